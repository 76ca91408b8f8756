"""What a command says when it is done: the outcome in a few lines, and what to do next."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from credit_limits.domain.errors import GateRefused, WorldOutsideBands
from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.adjust_limits import AdjustLimitsOutcome
    from tidegate.operations.check_world import CheckWorldOutcome
    from tidegate.operations.generate_world import GenerateWorldOutcome
    from tidegate.operations.ingest_batch import IngestBatchOutcome
    from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
    from tidegate.operations.promote_model import PromoteModelOutcome
    from tidegate.operations.rehearse_policy import RehearsePolicyOutcome
    from tidegate.operations.retrain_model import RetrainModelOutcome
    from tidegate.operations.roll_back_model import RollBackModelOutcome
    from tidegate.operations.watch_drift import EarlyDelinquencyRow, WatchDriftOutcome
    from tidegate.operations.write_report import WriteReportOutcome

_KNOWN = "recognised: this was done before, and nothing was written"


def summary_of(operation: str, outcome: BaseModel) -> list[str]:
    """Lines for a person; ``operation`` is the name of the function that came to ``outcome``."""
    known = [_KNOWN] if getattr(outcome, "recognised", False) else []
    return [*known, *SUMMARIES[operation](cast("Any", outcome))]


def exit_code_of(outcome: BaseModel) -> int:
    """0, or what an outcome that is no success exits with: a refusal, a world off its bands."""
    if not getattr(outcome, "cleared", True):
        return GateRefused.exit_code
    return 0 if getattr(outcome, "all_within", True) else WorldOutsideBands.exit_code


def _ingested(outcome: "IngestBatchOutcome") -> list[str]:
    rows = [(name, t.read, t.accepted, t.quarantined) for name, t in outcome.tables.items()]
    return [
        f"batch {outcome.batch_id} from {outcome.source}",
        *table(("table", "read", "accepted", "quarantined"), rows),
        f"{outcome.rows_read:,} source lines read: {outcome.rows_accepted:,} accepted, "
        f"{outcome.rows_quarantined:,} in quarantine",
        *_findings(outcome),
        f"Data Docs: {outcome.data_docs}",
        "next: tidegate materialize",
    ]


def _findings(outcome: "IngestBatchOutcome") -> list[str]:
    rows = [
        (f.source_line, f.record or "", f.column, f.value or "nothing", f.message)
        for f in outcome.quarantine_examples
    ]
    return table(("line", "record", "column", "value", "what is wrong"), rows) if rows else []


def _materialized(outcome: "MaterializeFeaturesOutcome") -> list[str]:
    return [
        f"features of {outcome.feature_service} as of {outcome.as_of}",
        *table(("view", "rows"), list(outcome.views.items())),
        f"{outcome.snapshots:,} snapshots, {outcome.snapshots_computed:,} of them computed now",
        f"next: tidegate retrain --as-of {outcome.as_of} "
        f"--feature-service {outcome.feature_service}",
    ]


def _retrained(outcome: "RetrainModelOutcome") -> list[str]:
    rows = [(name, f.value, f.low, f.high) for name, f in outcome.figures.items()]
    return [
        f"{outcome.model_name} version {outcome.version}, the challenger",
        f"trained on {outcome.rows_train:,} rows, measured on {outcome.rows_test:,}, "
        f"of which {outcome.default_rate:.1%} defaulted",
        *table(("figure", "value", "low", "high"), rows),
        "next: tidegate promote",
    ]


def _promoted(outcome: "PromoteModelOutcome") -> list[str]:
    rows = [(c.check, "passed" if c.passed else "refused", c.message) for c in outcome.checks]
    verdict = "cleared: it is the champion" if outcome.cleared else "refused: the champion stays"
    following = (
        "next: tidegate adjust"
        if outcome.cleared
        else "next: mend what the refused checks name, then tidegate retrain"
    )
    return [
        f"{outcome.model_name} version {outcome.version} {verdict}",
        *table(("check", "verdict", "what it says"), rows),
        following,
    ]


def _rolled_back(outcome: "RollBackModelOutcome") -> list[str]:
    return [
        f"{outcome.model_name} version {outcome.version} is the champion again",
        "next: tidegate adjust",
    ]


def _adjusted(outcome: "AdjustLimitsOutcome") -> list[str]:
    caps = [
        (
            cap.name,
            *(round(amount / MINOR_PER_YUAN) for amount in (cap.cap, cap.used, cap.slack)),
            cap.price,
        )
        for cap in outcome.allocation.caps
    ]
    return [
        f"{outcome.decisions:,} decisions in batch {outcome.batch_id}, "
        f"by model version {outcome.model_version} under policy {outcome.policy_version}",
        *(f"brake of {b.since}: {b.measure} of {', '.join(b.products)}" for b in outcome.brakes),
        *table(("action", "accounts"), list(outcome.actions.items())),
        *table(("cap, yuan", "allowed", "used", "slack", "shadow price"), caps),
        f"Merkle root of the decisions: {outcome.merkle_root}",
        "next: tidegate watch",
    ]


def _first_misses(row: "EarlyDelinquencyRow") -> list[str]:
    if row.share is None or row.reference_share is None:
        return [f"first missed payments: not judged, {row.finding}"]
    return [
        f"first missed payments: {row.level}, {row.share:.2%} of {row.accounts:,} accounts, "
        f"{row.reference_share:.2%} in the {row.reference_months} months of reference"
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
        *(f"brake applied: {name}" for name in outcome.brakes_applied),
        *(f"brake released: {name}" for name in outcome.brakes_released),
        *([f"report: {outcome.report}"] if outcome.report else []),
        "next: tidegate report",
    ]


def _reported(outcome: "WriteReportOutcome") -> list[str]:
    return [f"report: {outcome.path}"]


def _generated(outcome: "GenerateWorldOutcome") -> list[str]:
    return [
        f"a world in {outcome.path}",
        *table(("table", "rows"), list(outcome.rows.items())),
        f"next: tidegate ingest {outcome.path} --source world",
    ]


def _checked(outcome: "CheckWorldOutcome") -> list[str]:
    rows = [
        (
            each.name,
            f"{each.value:.4g}",
            f"{each.target:.4g}",
            f"{each.low:.4g} to {each.high:.4g}",
            each.unit,
            "within" if each.within else "OUTSIDE",
            each.source,
        )
        for each in outcome.quantities
    ]
    outside = sum(not each.within for each in outcome.quantities)
    return [
        *table(("quantity", "value", "target", "band", "unit", "", "source"), rows),
        f"{len(rows) - outside} of {len(rows)} quantities lie within their bands",
    ]


def _rehearsed(outcome: "RehearsePolicyOutcome") -> list[str]:
    policies = [
        (
            policy.title,
            *(
                round(minor / MINOR_PER_YUAN)
                for minor in (
                    policy.profit_minor,
                    policy.profit_over_hold_minor,
                    policy.bad_debt_minor,
                    policy.limit_minor,
                )
            ),
            policy.default_rate,
        )
        for policy in outcome.policies
    ]
    marks = {True: "reached", False: "MISSED", None: ""}
    scores = [(s.name, s.target, marks[s.passed], s.text) for s in outcome.scores]
    return [
        f"scenario {outcome.scenario}: {outcome.months} months, {outcome.customers:,} customers, "
        f"seeds {', '.join(map(str, outcome.seeds))}",
        *table(
            ("policy, yuan", "profit", "over hold", "bad debt", "mean limits", "default rate"),
            policies,
        ),
        *table(("score", "target", "", "what was found"), scores),
        f"events on the time line: {len(outcome.events):,}; all figures: {outcome.result_path}",
        f"report: {outcome.report}",
    ]


SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "ingest_batch": _ingested,
    "materialize_features": _materialized,
    "retrain_model": _retrained,
    "promote_model": _promoted,
    "roll_back_model": _rolled_back,
    "adjust_limits": _adjusted,
    "watch_drift": _watched,
    "write_report": _reported,
    "generate_world": _generated,
    "check_world": _checked,
    "rehearse_policy": _rehearsed,
}
