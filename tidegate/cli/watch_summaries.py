"""What the commands that watch say when they are done."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.announce import AnnounceOutcome
    from tidegate.operations.matured_decisions import MaturedRow
    from tidegate.operations.take_back import TakenBack
    from tidegate.operations.watch_outcome import EarlyDelinquencyRow, WatchDriftOutcome
    from tidegate.operations.watch_registry import WatchRegistryOutcome


def _first_misses(row: "EarlyDelinquencyRow") -> list[str]:
    if row.share is None or row.reference_share is None:
        return [f"first missed payments: not judged, {row.finding}"]
    return [
        f"first missed payments: {row.level}, {row.share:.2%} of {row.accounts:,} accounts, "
        f"{row.reference_share:.2%} in the {row.reference_months} months of reference"
    ]


def _matured(row: "MaturedRow") -> list[str]:
    if not row.groups:
        return [f"matured decisions: not judged, {row.finding}"]
    every = row.groups[0]
    ranked = "" if row.auc is None else f", AUC {row.auc:.3f}"
    moved = [
        (group.name, group.accounts, group.defaults, f"{group.expected:.1f}", group.level)
        for group in row.groups
        if group.level != "none"
    ]
    return [
        f"matured decisions: {row.level}, {every.defaults:,} of {every.accounts:,} accounts have "
        f"defaulted, {every.expected:.1f} were expected{ranked}; {row.waiting:,} not known yet",
        *(table(("group", "accounts", "defaults", "expected", "level"), moved) if moved else []),
    ]


def _watched(outcome: "WatchDriftOutcome") -> list[str]:
    moved = [
        (
            column.name,
            "absent" if column.psi is None else f"{column.psi:.4f}",
            column.null_share_reference,
            column.null_share_now,
            column.level,
        )
        for column in outcome.columns
        if column.level != "none"
    ]
    header = ("column", "PSI", "nulls then", "nulls now", "level")
    return [
        f"drift: {outcome.level}, {len(moved):,} of {len(outcome.columns):,} columns moved, "
        f"on {outcome.rows:,} rows",
        *(table(header, moved) if moved else []),
        *(_first_misses(outcome.early) if outcome.early else []),
        *(_matured(outcome.matured) if outcome.matured else []),
        *(
            f"decisions: {text}"
            for text in (outcome.decisions.findings if outcome.decisions else ())
        ),
        *(f"brake applied: {name}" for name in outcome.brakes_applied),
        *(f"brake released: {name}" for name in outcome.brakes_released),
        *_taken_back(outcome.taken_back),
        *([f"report: {outcome.report}"] if outcome.report else []),
        "next: tidegate report",
    ]


def _taken_back(taken: "TakenBack | None") -> list[str]:
    if taken is None:
        return []
    if taken.to_version is None:
        return [f"version {taken.from_version} broke its bounds and stays: {taken.reason}"]
    return [
        f"version {taken.from_version} is taken back: version {taken.to_version} is champion "
        f"again. {taken.reason}"
    ]


def _announced(outcome: "AnnounceOutcome") -> list[str]:
    how = "posted to the webhook" if outcome.posted else "logged; no webhook is set"
    withheld = f"withheld: {', '.join(outcome.withheld)}"
    return [
        f"notice {outcome.notice_id} {how}",
        outcome.text,
        *([withheld] if outcome.withheld else []),
    ]


def _registry_watched(outcome: "WatchRegistryOutcome") -> list[str]:
    champion = outcome.certified_version or "none"
    return [
        f"champion of {outcome.model_name} by the ledger: {champion}; "
        f"by the alias: {outcome.alias_version or 'none'}",
        *(moved.finding for moved in outcome.moved),
        *(
            f"version {each.version}: the tag promotion={each.value} means nothing, left alone"
            for each in outcome.unknown
        ),
        *(f"next: tidegate promote --version {version}" for version in outcome.requested),
    ]


WATCH_SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "watch_drift": _watched,
    "announce": _announced,
    "watch_registry": _registry_watched,
}
