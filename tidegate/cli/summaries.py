"""What a command says when it is done: the outcome in a few lines, and what to do next."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel

from credit_limits.domain.errors import (
    AllocationInfeasible,
    DecisionChanged,
    GateRefused,
    WorldOutsideBands,
)
from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.control_summaries import CONTROL_SUMMARIES
from tidegate.cli.gate_summaries import GATE_SUMMARIES
from tidegate.cli.invocation import table
from tidegate.cli.portfolio_rows import portfolio_rows

if TYPE_CHECKING:
    from tidegate.operations.adjust_limits import AdjustLimitsOutcome
    from tidegate.operations.allocate_problem import AllocateProblemOutcome
    from tidegate.operations.announce import AnnounceOutcome
    from tidegate.operations.check_world import CheckWorldOutcome
    from tidegate.operations.decided_shares import DecisionDriftRow
    from tidegate.operations.explain_account import ExplainAccountOutcome
    from tidegate.operations.generate_world import GenerateWorldOutcome
    from tidegate.operations.ingest_batch import IngestBatchOutcome
    from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
    from tidegate.operations.matured_decisions import MaturedRow
    from tidegate.operations.promotion_outcome import PromoteModelOutcome
    from tidegate.operations.rehearse_policy import RehearsePolicyOutcome
    from tidegate.operations.remade_decisions import PartRow
    from tidegate.operations.replay_decision import ReplayDecisionOutcome
    from tidegate.operations.retrain_model import RetrainModelOutcome
    from tidegate.operations.roll_back_model import RollBackModelOutcome
    from tidegate.operations.rule_rows import RuleBookRow
    from tidegate.operations.rulebook_diff import RulebookDiffOutcome
    from tidegate.operations.rulebook_list import RulebookListOutcome, RuleText
    from tidegate.operations.take_back import TakenBack
    from tidegate.operations.watch_drift import EarlyDelinquencyRow, WatchDriftOutcome
    from tidegate.operations.watch_registry import WatchRegistryOutcome
    from tidegate.operations.write_report import WriteReportOutcome

_KNOWN = "recognised: this was done before, and nothing was written"


def summary_of(operation: str, outcome: BaseModel) -> list[str]:
    """Lines for a person; ``operation`` is the name of the function that came to ``outcome``."""
    known = [_KNOWN] if getattr(outcome, "recognised", False) else []
    return [*known, *SUMMARIES[operation](cast("Any", outcome))]


def exit_code_of(outcome: BaseModel) -> int:
    """0, or what an outcome that is no success exits with: a refusal, a world off its bands."""
    if not getattr(outcome, "cleared", True) and not getattr(outcome, "waits_for", ""):
        return GateRefused.exit_code
    if not getattr(outcome, "all_identical", True):
        return DecisionChanged.exit_code
    if getattr(outcome, "infeasibility", None) is not None:
        return AllocationInfeasible.exit_code
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
    if outcome.waits_for:
        version = f"{outcome.model_name} version {outcome.version}"
        return [f"{version} was not judged: it waits for {outcome.waits_for}"]
    rows = [(c.check, c.word, c.message) for c in outcome.checks]
    if outcome.cleared and not outcome.is_champion:
        verdict = f"cleared: it launches, in {outcome.step}; the champion stays until full"
    else:
        verdict = (
            "cleared: it is the champion" if outcome.cleared else "refused: the champion stays"
        )
    failing = [check.check for check in outcome.checks if check.refuses]
    if outcome.cleared:
        following = "next: tidegate adjust"
    elif failing == ["people"]:
        following = f"next: tidegate approve {outcome.version} --key FILE --reason WHY"
    else:
        following = "next: mend what the refused checks name, then tidegate retrain"
    return [
        f"{outcome.model_name} version {outcome.version} {verdict}",
        *table(("check", "verdict", "what it says"), rows),
        *_older_thresholds(outcome),
        following,
    ]


def _older_thresholds(outcome: "PromoteModelOutcome") -> list[str]:
    older = outcome.older_thresholds
    if older is None:
        return []
    would = "have cleared it too" if older.passed else f"refuse {', '.join(older.refusing)}"
    return [f"looser than in {older.version}: {', '.join(older.loosened)}; the older would {would}"]


def _rolled_back(outcome: "RollBackModelOutcome") -> list[str]:
    return [
        f"{outcome.model_name} version {outcome.version} is the champion again",
        "next: tidegate adjust",
    ]


def _adjusted(outcome: "AdjustLimitsOutcome") -> list[str]:
    return [
        f"{outcome.decisions:,} decisions in batch {outcome.batch_id}, "
        f"by model version {outcome.model_version} under policy {outcome.policy_version}",
        *(f"brake: {brake.name}" for brake in outcome.brakes),
        *_overlay_lines(outcome),
        *([f"{outcome.launch.reason}; see tidegate launch status"] if outcome.launch else []),
        *table(("action", "accounts"), list(outcome.actions.items())),
        *(f"outbox: {row.words}" for row in outcome.due),
        *rule_book_lines(outcome.rule_book),
        *portfolio_rows([("", outcome.allocation.caps, outcome.allocation.ratio_rows)]),
        f"Merkle root of the decisions: {outcome.merkle_root}",
        "next: tidegate watch",
    ]


def _overlay_lines(outcome: "AdjustLimitsOutcome") -> list[str]:
    row = outcome.overlay
    if row is None or not row.accounts_moved:
        return []
    return [
        f"macro overlay {row.version}: {row.accounts_moved:,} probabilities moved, their mean from "
        f"{row.mean_model_probability:.4f} to {row.mean_probability:.4f}"
    ]


def _explained(outcome: "ExplainAccountOutcome") -> list[str]:
    return list(outcome.text)


def _replayed(outcome: "ReplayDecisionOutcome") -> list[str]:
    what = (
        f"decision {outcome.decision_id}"
        if outcome.decision_id
        else f"{outcome.decisions:,} decisions of batch {outcome.batch_id}"
    )
    other = [row for row in outcome.parts if not row.same]
    if outcome.all_identical:
        silent = ", ".join(outcome.without_effect)
        return [
            f"identical: {what}, made again, {outcome.identical:,} of {outcome.decisions:,}",
            *([f"changed since then, without effect: {silent}"] if silent else []),
            *_parts(other),
        ]
    named = ", ".join(outcome.changed) or "nothing that was recorded"
    return [
        f"changed: {named}",
        f"{what}, made again: {outcome.identical:,} of {outcome.decisions:,} identical",
        *_parts(other),
        *(
            f"decision {row.decision_id}, {row.column}: {row.recorded} then, {row.now} now"
            for row in outcome.differences
        ),
    ]


def _parts(rows: "Sequence[PartRow]") -> list[str]:
    lines = [(row.part.value, row.recorded, row.now) for row in rows]
    return table(("part", "as recorded", "now"), lines) if lines else []


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


def _decisions_moved(decisions: "DecisionDriftRow | None") -> list[str]:
    return [f"decisions: {text}" for text in decisions.findings] if decisions else []


def _taken_back(taken: "TakenBack | None") -> list[str]:
    if taken is None:
        return []
    if taken.to_version is None:
        return [f"version {taken.from_version} broke its bounds and stays: {taken.reason}"]
    return [
        f"version {taken.from_version} is taken back: version {taken.to_version} is champion "
        f"again. {taken.reason}"
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


def _allocated(outcome: "AllocateProblemOutcome") -> list[str]:
    head = f"{outcome.status}: {outcome.accounts:,} accounts"
    if outcome.infeasibility is not None:
        return [head, outcome.infeasibility.message]
    caps = zip(outcome.used or [], outcome.slack or [], outcome.prices or [], strict=True)
    rows = [(place, *figures) for place, figures in enumerate(caps)]
    return [
        f"{head}, value {outcome.value:,.2f}, bound {outcome.bound:,.2f}, "
        f"gap {outcome.gap:.1e}, {outcome.passes} passes",
        *table(("cap", "used", "slack", "shadow price"), rows),
        "the choice of each account: --json",
    ]


def rule_book_lines(book: "RuleBookRow | None") -> list[str]:
    """The rule book of a batch, with the rules that touched accounts or could not be evaluated."""
    if book is None:
        return []
    told = [rule for rule in book.rules if rule.touched or rule.not_evaluated]
    rows = [(rule.rule_id, rule.touched, rule.status) for rule in told]
    head = f"{book.version}: {len(book.rules)} rules in force"
    return [head, *(table(("rule", "accounts touched", "status"), rows) if rows else [])]


def _rules_listed(outcome: "RulebookListOutcome") -> list[str]:
    head = f"{outcome.version}: {len(outcome.rules)} rules in force on {outcome.on}"
    rows = [
        (rule.rule_id, rule.severity, _effect(rule), str(rule.effective_from), rule.description)
        for rule in outcome.rules
    ]
    return [head, *table(("rule", "severity", "effect", "since", "what it asks"), rows)]


def _rules_compared(outcome: "RulebookDiffOutcome") -> list[str]:
    lines = [f"from {outcome.before} to {outcome.after}"]
    for word, rules in (("added", outcome.added), ("ended", outcome.ended)):
        for rule in rules:
            lines += [f"{word} {rule.rule_id}: {_effect(rule)} where {rule.predicate}"]
            lines += [f"  {rule.description}", f"  source: {rule.source}"]
    for change in outcome.changed:
        lines += [f"changed {change.after.rule_id}: {change.after.description}"]
        lines += [
            f"  {name}: {getattr(change.before, name)} -> {getattr(change.after, name)}"
            for name in change.fields
        ]
    return lines if len(lines) > 1 else [*lines, "nothing changes"]


def _effect(rule: "RuleText") -> str:
    if rule.within_days is not None:
        told = f" of {rule.of}" if rule.of is not None else ""
        return f"{rule.effect}{told} within {rule.within_days} days"
    return f"{rule.effect} at {rule.at_most}" if rule.at_most is not None else rule.effect


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


SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "ingest_batch": _ingested,
    "materialize_features": _materialized,
    "retrain_model": _retrained,
    "promote_model": _promoted,
    "roll_back_model": _rolled_back,
    "adjust_limits": _adjusted,
    "explain_account": _explained,
    "replay_decision": _replayed,
    "watch_drift": _watched,
    "write_report": _reported,
    "generate_world": _generated,
    "check_world": _checked,
    "rehearse_policy": _rehearsed,
    "rulebook_list": _rules_listed,
    "rulebook_diff": _rules_compared,
    "allocate_problem": _allocated,
    "announce": _announced,
    "watch_registry": _registry_watched,
    **GATE_SUMMARIES,
    **CONTROL_SUMMARIES,
}
