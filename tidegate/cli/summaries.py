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
from tidegate.cli.control_summaries import CONTROL_SUMMARIES
from tidegate.cli.gate_summaries import GATE_SUMMARIES
from tidegate.cli.invocation import table
from tidegate.cli.portfolio_rows import portfolio_rows
from tidegate.cli.rulebook_summaries import RULEBOOK_SUMMARIES, rule_book_lines
from tidegate.cli.watch_summaries import WATCH_SUMMARIES
from tidegate.cli.world_summaries import WORLD_SUMMARIES

if TYPE_CHECKING:
    from tidegate.operations.adjust_limits import AdjustLimitsOutcome
    from tidegate.operations.allocate_problem import AllocateProblemOutcome
    from tidegate.operations.explain_account import ExplainAccountOutcome
    from tidegate.operations.ingest_batch import IngestBatchOutcome
    from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
    from tidegate.operations.promotion_outcome import PromoteModelOutcome
    from tidegate.operations.remade_decisions import PartRow
    from tidegate.operations.replay_decision import ReplayDecisionOutcome
    from tidegate.operations.retrain_model import RetrainModelOutcome
    from tidegate.operations.roll_back_model import RollBackModelOutcome
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
        *([outcome.limit_response.sentence] if outcome.limit_response else []),
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
        *([outcome.limit_response.words] if outcome.limit_response else []),
        *([f"{outcome.launch.reason}; see tidegate launch status"] if outcome.launch else []),
        *table(("action", "accounts"), list(outcome.counts.items())),
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


def _reported(outcome: "WriteReportOutcome") -> list[str]:
    return [f"report: {outcome.path}"]


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


SUMMARIES: dict[str, Callable[[Any], list[str]]] = {
    "ingest_batch": _ingested,
    "materialize_features": _materialized,
    "retrain_model": _retrained,
    "promote_model": _promoted,
    "roll_back_model": _rolled_back,
    "adjust_limits": _adjusted,
    "explain_account": _explained,
    "replay_decision": _replayed,
    "write_report": _reported,
    "allocate_problem": _allocated,
    **RULEBOOK_SUMMARIES,
    **WATCH_SUMMARIES,
    **WORLD_SUMMARIES,
    **GATE_SUMMARIES,
    **CONTROL_SUMMARIES,
}
