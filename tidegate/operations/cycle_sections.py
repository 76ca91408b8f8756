"""Outcomes of operations, as the ledger holds them, in the shape of the cycle's page."""

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import PurePath

from pydantic import BaseModel

from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.adapters.cycle_report_decisions import (
    Allocation,
    CapUse,
    RatioUse,
    RuleCount,
    RulesInForce,
)
from tidegate.adapters.cycle_report_model import (
    CrossValidation,
    FigureRow,
    GateCheck,
    GateFigure,
    GateVerdict,
    Interval,
    LaunchCycle,
    ModelComparison,
    OverrideLine,
)
from tidegate.adapters.cycle_report_quality import (
    BatchQuality,
    FailedExpectation,
    QuarantinedRow,
    TableQuality,
)
from tidegate.adapters.cycle_report_watch import (
    NOT_JUDGED,
    BrakeLine,
    DecidedShift,
    Drift,
    DriftColumn,
    FirstMisses,
    MaturedLine,
)
from tidegate.operations.decided_shares import DecisionDriftRow
from tidegate.operations.ingest_batch import IngestBatchOutcome, QualityCheck
from tidegate.operations.launches import LaunchServed, LaunchStepped, LaunchStopped
from tidegate.operations.limits_outcome import AllocationRow
from tidegate.operations.list_overrides import OverrideListed
from tidegate.operations.matured_decisions import MaturedRow
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.retrain_model import CrossValidationFigures, RetrainModelOutcome
from tidegate.operations.rule_rows import RuleBookRow
from tidegate.operations.take_back import TakenBack
from tidegate.operations.train_response import FigureInterval
from tidegate.operations.watch_outcome import ColumnRow, EarlyDelinquencyRow, WatchDriftOutcome

_COLUMNS_SHOWN = 12
_WHOLE_SHIFTS = 2
_CALM = "none"
_FIGURES = ("auc", "ks", "ece", "brier", "slope", "intercept", "predicted_over_observed")


class RefusedBatch(BaseModel):
    """What the ledger keeps of a batch that was refused whole."""

    batch_id: str
    source: str
    reasons: list[str]


def batch_quality(entry: Entry) -> BatchQuality:
    """A batch that was accepted or refused."""
    if entry.kind is EntryKind.BATCH_REFUSED:
        return _refused(entry)
    batch = IngestBatchOutcome.model_validate(entry.payload)
    return BatchQuality(
        batch_id=batch.batch_id,
        source=batch.source,
        received=entry.time,
        refusal=None,
        rows_read=batch.rows_read,
        rows_accepted=batch.rows_accepted,
        rows_quarantined=batch.rows_quarantined,
        tables=tuple(
            TableQuality(name, rows.read, rows.accepted, rows.quarantined)
            for name, rows in batch.tables.items()
        ),
        expectations=len(batch.checks),
        failed=tuple(
            FailedExpectation(check.table, check.expectation, _observed(check))
            for check in batch.checks
            if check.offending or not check.passed
        ),
        examples=tuple(
            QuarantinedRow(
                table=row.table or row.source_file,
                line=str(row.source_line),
                record=row.record or "",
                column=row.column,
                value=row.value or "",
                rule=row.message,
            )
            for row in batch.quarantine_examples
        ),
        assumptions=tuple(batch.assumptions),
    )


def model_comparison(
    trained: RetrainModelOutcome, before: RetrainModelOutcome | None
) -> ModelComparison:
    """The version judged beside the champion that there was before it."""
    return ModelComparison(
        model_name=trained.model_name,
        challenger=trained.version,
        champion=before.version if before else None,
        rows_train=trained.rows_train,
        rows_test=trained.rows_test,
        default_rate=trained.default_rate,
        figures=_figures(trained.figures, before.figures if before else {}),
        cross_validation=_cross_validation(trained.cross_validation),
    )


def gate_verdict(outcome: PromoteModelOutcome) -> GateVerdict:
    """The chain, check by check."""
    return GateVerdict(
        model_name=outcome.model_name,
        version=outcome.version,
        cleared=outcome.cleared,
        checks=tuple(
            GateCheck(
                check=check.check,
                passed=check.passed,
                figures=_gate_figures(check),
                message=check.message,
                dispensed=check.dispensed,
                overridden=check.override is not None,
            )
            for check in outcome.checks
        ),
        certificate_digest=outcome.certificate_digest,
        thresholds_version=outcome.thresholds_version,
    )


def override_line(row: OverrideListed) -> OverrideLine:
    """An override that holds."""
    return OverrideLine(row.check, row.version, tuple(row.signed_by), row.until, row.reason)


def allocation(row: AllocationRow) -> Allocation:
    """The solution of a batch and its caps."""
    caps = (
        CapUse(cap.name, cap.cap, cap.used, cap.slack, cap.price, cap.measure) for cap in row.caps
    )
    ratios = (
        RatioUse(
            ratio.name,
            ratio.ratio,
            ratio.average_minor,
            ratio.reference_average_minor,
            ratio.slack_minor,
            ratio.price,
        )
        for ratio in row.ratio_rows
    )
    return Allocation(row.value, row.bound, row.gap, tuple(caps), tuple(ratios))


def rules_in_force(row: RuleBookRow | None) -> RulesInForce | None:
    """The rule book of a batch, with what each rule did."""
    if row is None:
        return None
    counts = (
        RuleCount(
            rule.rule_id,
            rule.description,
            rule.applies,
            rule.touched,
            rule.not_evaluated,
            rule.status,
        )
        for rule in row.rules
    )
    return RulesInForce(row.version, tuple(counts))


def drift(
    outcome: WatchDriftOutcome, not_judged: Mapping[str, str], open_brakes: Sequence[str] = ()
) -> Drift:
    """The verdict with the columns that moved most beyond what sampling alone gives.

    ``not_judged`` names the columns whose distribution the policy does not judge, with the reason,
    ``open_brakes`` the brakes that are open after the watch.
    """
    moved = [column for column in outcome.columns if column.level != _CALM]
    shown = max(_COLUMNS_SHOWN, len(moved))
    return Drift(
        level=outcome.level,
        report="/".join(PurePath(outcome.report).parts[-2:]) if outcome.report else "",
        rows=outcome.rows,
        columns_watched=len(outcome.columns),
        columns_moved=len(moved),
        worst=tuple(
            _drift_column(column, not_judged.get(column.name))
            for column in sorted(outcome.columns, key=lambda c: _severity(c, not_judged))[:shown]
        ),
        first_misses=_first_misses(outcome.early) if outcome.early else None,
        brakes=_brake_lines(outcome, open_brakes),
        matured=_matured(outcome.matured) if outcome.matured else (),
        decided=_decided(outcome.decisions) if outcome.decisions else (),
        taken_back=_taken_back(outcome.taken_back) if outcome.taken_back else "",
    )


def launch_cycle(
    served: LaunchServed | None, events: Sequence[LaunchStepped | LaunchStopped]
) -> LaunchCycle | None:
    """What a cycle did for a version that launches; None where there is neither cycle nor event."""
    newest = served or (events[-1] if events else None)
    if newest is None:
        return None
    told = [*(event.reason for event in events), *([served.reason] if served else [])]
    if served and (parity := served.parity):
        apart = parity.only_champion + parity.only_launching
        told.append(
            f"{parity.accounts:,} accounts were decided by both and {apart:,} by one of the two; "
            f"{parity.same_score:,} were scored alike, {parity.same_score_and_limit:,} of these "
            "given the same limit"
        )
    return LaunchCycle(
        version=newest.version,
        step="stopped" if isinstance(newest, LaunchStopped) else newest.step,
        lines=tuple(f"{line[0].upper()}{line[1:]}." for line in told),
        swap_set=served.swap_set if served else (),
    )


def _matured(row: MaturedRow) -> tuple[MaturedLine, ...]:
    kept = {"name", "accounts", "defaults", "expected", "ratio", "low", "high", "level"}
    return tuple(MaturedLine(**group.model_dump(include=kept)) for group in row.groups)


def _decided(row: DecisionDriftRow) -> tuple[DecidedShift, ...]:
    """The shifts of all accounts, and of a group where it moved."""
    return tuple(
        DecidedShift(
            group=shift.group,
            measure=shift.measure,
            accounts=shift.accounts_now,
            effect=max(shift.psi - shift.noise, 0.0),
            p_corrected=shift.p_corrected,
            level=shift.level,
        )
        for place, shift in enumerate(row.shifts)
        if place < _WHOLE_SHIFTS or shift.level != _CALM
    )


def _taken_back(taken: TakenBack) -> str:
    reason = f"{taken.reason[0].upper()}{taken.reason[1:]}."
    if taken.to_version is None:
        return f"Version {taken.from_version} broke its bounds and stays champion. {reason}"
    return (
        f"Version {taken.from_version} was taken back: version {taken.to_version} is champion "
        f"again. {reason}"
    )


def _refused(entry: Entry) -> BatchQuality:
    batch = RefusedBatch.model_validate(entry.payload)
    return BatchQuality(
        batch_id=batch.batch_id,
        source=batch.source,
        received=entry.time,
        refusal="; ".join(batch.reasons),
        rows_read=0,
        rows_accepted=0,
        rows_quarantined=0,
        tables=(),
        expectations=0,
        failed=(),
        examples=(),
        assumptions=(),
    )


def _observed(check: QualityCheck) -> str:
    rows = f"{check.offending:,} rows" if check.offending else ""
    return ", ".join(part for part in (rows, check.observed) if part)


def _figures(
    challenger: Mapping[str, FigureInterval], champion: Mapping[str, FigureInterval]
) -> tuple[FigureRow, ...]:
    """In the order in which readers look at them, whatever else there is after them."""
    known = [name for name in _FIGURES if name in challenger]
    return tuple(
        FigureRow(
            name,
            _interval(challenger[name]),
            _interval(champion[name]) if name in champion else None,
        )
        for name in (*known, *sorted(challenger.keys() - set(known)))
    )


def _cross_validation(figures: CrossValidationFigures | None) -> CrossValidation | None:
    if figures is None:
        return None
    named = {"auc": figures.auc, "ks": figures.ks, "ece": figures.ece}
    return CrossValidation(figures.folds, figures.rows, _figures(named, {}))


def _interval(figure: FigureInterval) -> Interval:
    return Interval(figure.value, figure.low, figure.high)


def _gate_figures(check: CheckRow) -> tuple[GateFigure, ...]:
    """Every figure measured or asked for, with its bounds."""
    bounds: dict[str, list[tuple[str, float]]] = {name: [] for name in check.measured}
    for name, value in check.threshold.items():
        figure, _, sign = name.rpartition(" ")
        bounds.setdefault(figure, []).append((sign, value))
    return tuple(
        GateFigure(name, check.measured.get(name), tuple(sorted(held, reverse=True)))
        for name, held in bounds.items()
    )


def _first_misses(row: EarlyDelinquencyRow) -> FirstMisses:
    return FirstMisses(
        level=row.level,
        month_end=row.month_end,
        months=row.months,
        accounts=row.accounts,
        past_due=row.past_due,
        share=row.share,
        reference_share=row.reference_share,
        reference_months=row.reference_months,
        p_value=row.p_value,
        finding=row.finding,
    )


def _brake_lines(outcome: WatchDriftOutcome, still_open: Sequence[str]) -> tuple[BrakeLine, ...]:
    return (
        *(BrakeLine("applied", name) for name in outcome.brakes_applied),
        *(BrakeLine("released", name) for name in outcome.brakes_released),
        *(BrakeLine("open", name) for name in still_open if name not in outcome.brakes_applied),
    )


def _drift_column(column: ColumnRow, why_not_judged: str | None) -> DriftColumn:
    unjudged = column.level == _CALM and why_not_judged is not None
    return DriftColumn(
        name=column.name,
        psi=column.psi,
        null_share_reference=column.null_share_reference,
        null_share_now=column.null_share_now,
        level=NOT_JUDGED if unjudged else column.level,
        finding=why_not_judged or "" if unjudged else column.finding,
    )


def _severity(
    column: ColumnRow, not_judged: Mapping[str, str]
) -> tuple[bool, bool, float, float, str]:
    """Columns at notice or alarm first, those not judged last; then by how far they moved."""
    psi = inf if column.psi is None else column.psi
    return (
        column.level == _CALM,
        column.name in not_judged,
        -max(psi - column.noise, 0.0),
        -psi,
        column.name,
    )
