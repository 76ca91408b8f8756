"""What a flow shows of an outcome: one line for people, and artifacts in the Prefect UI.

Each function makes a :class:`Publication`, a plain value, of one outcome; :func:`store` alone
speaks to Prefect. An artifact's key stays the same from run to run, so the UI keeps its history.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast
from uuid import UUID

from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.context import get_run_context
from prefect.exceptions import MissingContextError
from pydantic import BaseModel

if TYPE_CHECKING:  # each flow imports its own operation and need not pay for the others
    from tidegate.operations.adjust_limits import AdjustLimitsOutcome
    from tidegate.operations.announce import AnnounceOutcome
    from tidegate.operations.ingest_batch import IngestBatchOutcome, QuarantineExample
    from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
    from tidegate.operations.prepare_source import PrepareSourceOutcome
    from tidegate.operations.promotion_outcome import PromoteModelOutcome
    from tidegate.operations.rehearsal_course import MonthLine
    from tidegate.operations.rehearse_policy import RehearsePolicyOutcome
    from tidegate.operations.retrain_model import RetrainModelOutcome
    from tidegate.operations.roll_back_model import RollBackModelOutcome
    from tidegate.operations.watch_outcome import WatchDriftOutcome
    from tidegate.operations.watch_registry import WatchRegistryOutcome
    from tidegate.operations.write_report import WriteReportOutcome

Row = Mapping[str, object]
Outcome = TypeVar("Outcome")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, each a JSON-able value by column name."""

    key: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Markdown:
    """A page of text."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file that a run has written."""

    key: str
    title: str
    path: Path


@dataclass(frozen=True, slots=True)
class Publication:
    """What is shown of one outcome.

    ``rows`` is what the step handled, None where rows are not what it handles; ``summary`` ends
    the step's line.
    """

    rows: int | None
    summary: str
    artifacts: tuple[Table | Markdown | FileLink, ...] = ()


def store(publication: Publication) -> None:
    """Store the artifacts with the run under way; outside of a run there is nowhere to."""
    try:
        get_run_context()
    except MissingContextError:
        return
    for artifact in publication.artifacts:
        match artifact:
            case Table(key, title, rows):
                create_table_artifact([dict(row) for row in rows], key=key, description=title)
            case Markdown(key, title, text):
                create_markdown_artifact(text, key=key, description=title)
            case FileLink(key, title, path):
                create_link_artifact(
                    path.resolve().as_uri(), key=key, link_text=str(path), description=title
                )


def progress(key: str, title: str, steps: int) -> Callable[[Outcome], Outcome]:
    """A bar in the UI that moves on by one of ``steps`` each time an outcome is handed through."""
    try:
        get_run_context()
    except MissingContextError:
        return lambda outcome: outcome
    artifact = cast("UUID", create_progress_artifact(0.0, key=key, description=title))
    done = count(1)

    def hand_through(outcome: Outcome) -> Outcome:
        update_progress_artifact(artifact, progress=100.0 * next(done) / steps)
        return outcome

    return hand_through


def source(outcome: "PrepareSourceOutcome") -> Publication:
    """Which mapping the files go through."""
    return Publication(outcome.rows, f"mapping {outcome.source}, {outcome.path}")


def batch(outcome: "IngestBatchOutcome") -> Publication:
    """Lines read, accepted and in quarantine, and where the Data Docs are."""
    title = f"Batch {outcome.batch_id} of source {outcome.source}"
    findings = outcome.quarantine_examples
    failed = [check for check in outcome.checks if not check.passed]
    return Publication(
        outcome.rows_read,
        f"{outcome.rows_accepted:,} accepted, {outcome.rows_quarantined:,} in quarantine"
        + _first(findings),
        (
            Table("batch", title, _named_rows("table", outcome.tables)),
            *_unless_empty(Table("quarantine", "First findings", _rows(findings))),
            *_unless_empty(Table("failed-checks", "Expectations not met", _rows(failed))),
            FileLink("data-docs", "Data Docs of the batch", Path(outcome.data_docs)),
        ),
    )


def _first(findings: "Sequence[QuarantineExample]") -> str:
    """The first lines set aside and the columns at fault; their values stay in the quarantine."""
    named = [f"{f.record or f'line {f.source_line}'} ({f.column})" for f in findings[:3]]
    return f": {', '.join(named)}" if named else ""


def features(outcome: "MaterializeFeaturesOutcome") -> Publication:
    """Rows of each feature view."""
    title = f"{outcome.feature_service} as of {outcome.as_of}"
    rows = tuple({"view": view, "rows": count} for view, count in outcome.views.items())
    return Publication(
        outcome.rows,
        f"{outcome.snapshots_computed} of {outcome.snapshots} snapshots computed",
        (Table("features", title, rows),),
    )


def candidate(outcome: "RetrainModelOutcome") -> Publication:
    """The new version's figures out of time, with their intervals, and its limit response."""
    title = f"{outcome.model_name} version {outcome.version} as of {outcome.as_of}"
    beside = outcome.limit_response
    told = (Markdown("limit-response", "The limit response", beside.sentence),) if beside else ()
    return Publication(
        outcome.rows_train + outcome.rows_test,
        f"{outcome.model_name} version {outcome.version}, {_measured(outcome)}"
        + (f"; limit_response version {beside.version}" if beside and beside.version else ""),
        (Table("candidate", title, _named_rows("figure", outcome.figures)), *told),
    )


def _measured(outcome: "RetrainModelOutcome") -> str:
    folds, figures = outcome.cross_validation, outcome.figures
    test = f"AUC {figures['auc'].value:.3f}, KS {figures['ks'].value:.3f} on test rows"
    if folds is None:
        return test
    return f"{test}; cross-validated {folds.auc.value:.3f}, {folds.ks.value:.3f}"


def gate(outcome: "PromoteModelOutcome") -> Publication:
    """The verdict, check by check."""
    verdict = "cleared" if outcome.cleared else "waits" if outcome.waits_for else "refused"
    title = f"{outcome.model_name} version {outcome.version} {verdict}"
    passed = sum(check.passed for check in outcome.checks)
    rows = tuple(
        {"check": check.check, "result": check.word, "message": check.message}
        for check in outcome.checks
    )
    without = sum(check.dispensed for check in outcome.checks)
    overridden = sum(check.override is not None for check in outcome.checks)
    return Publication(
        None,
        f"{title}, {passed} of {len(outcome.checks)} checks passed"
        + (f", {without} dispensed with" if without else "")
        + (f", {overridden} overridden" if overridden else ""),
        (Table("gate", f"{title} by thresholds {outcome.thresholds_version}", rows),),
    )


def rollback(outcome: "RollBackModelOutcome") -> Publication:
    """Which version is champion again, and why."""
    title = f"{outcome.model_name} version {outcome.version} is champion again"
    text = f"Before: version {outcome.previous_champion}\n\nReason: {outcome.reason}"
    return Publication(None, title, (Markdown("roll-back", title, text),))


def limits(outcome: "AdjustLimitsOutcome") -> Publication:
    """Decisions by action, and the portfolio's caps with their slack and price."""
    from tidegate.adapters.report_plots import used_share

    actions = tuple({"action": name, "accounts": n} for name, n in outcome.counts.items())
    caps = f"Portfolio caps, met at a gap of {outcome.allocation.gap:.1e}"
    ratios = _rows(outcome.allocation.ratio_rows)
    return Publication(
        outcome.decisions,
        ", ".join(f"{count:,} {name}" for name, count in outcome.counts.items())
        + f"; gap {outcome.allocation.gap:.1e}"
        + "".join(
            f"; {cap.name} {used_share(cap.used, cap.cap):.1%} of its cap at price {cap.price:.3f}"
            for cap in outcome.allocation.caps
        )
        + "".join(f"; {row.words}" for row in outcome.due),
        (
            Table("limits", f"Decisions of batch {outcome.batch_id}", actions),
            Table("caps", caps, _rows(outcome.allocation.caps)),
            *_unless_empty(Table("ratio-rows", "Ratio rows of the portfolio", ratios)),
            *_unless_empty(Table("outbox", "Notices due", _rows(outcome.due))),
        ),
    )


def drift(outcome: "WatchDriftOutcome") -> Publication:
    """Every watched column, most drifted first, first misses, brakes, and Evidently's page."""
    columns = sorted(outcome.columns, key=lambda column: -(column.psi or 0.0))
    misses = "First missed payments, against the months before"
    brakes = [{"brake": name, "now": "applied"} for name in outcome.brakes_applied]
    brakes += [{"brake": name, "now": "released"} for name in outcome.brakes_released]
    page = FileLink("drift-report", "Evidently's page", Path(outcome.report))
    return Publication(
        outcome.rows,
        f"drift: {outcome.level}" + "".join(f"; brake {b['now']}: {b['brake']}" for b in brakes),
        (
            Table("drift", f"Drift as of {outcome.as_of}: {outcome.level}", _rows(columns)),
            *_unless_empty(Table("first-misses", misses, _rows(_there(outcome.early)))),
            *_unless_empty(Table("brakes", f"Brakes as of {outcome.as_of}", tuple(brakes))),
            *([page] if outcome.report else []),
        ),
    )


def registry(outcome: "WatchRegistryOutcome") -> Publication:
    """Promotions that are asked for, tags that mean nothing, and an alias moved by hand."""
    rows = [{"version": version, "promotion": "asked for"} for version in outcome.requested]
    rows += [
        {"version": each.version, "promotion": f"{each.value}: means nothing, left alone"}
        for each in outcome.unknown
    ]
    told = [f"{len(outcome.requested)} promotions asked for"]
    told += [moved.finding for moved in outcome.moved]
    return Publication(
        None,
        "; ".join(told),
        _unless_empty(Table("registry", f"{outcome.model_name} in the registry", tuple(rows))),
    )


def notice(outcome: "AnnounceOutcome") -> Publication:
    """What people were told, and how."""
    how = "posted" if outcome.posted else "logged: no webhook is set"
    facts = tuple({"fact": name, "value": value} for name, value in outcome.facts.items())
    return Publication(
        None,
        f"notice {outcome.notice_id} {how}",
        (
            Markdown("notice", outcome.event, outcome.text),
            *_unless_empty(Table("notice-facts", f"Facts of {outcome.notice_id}", facts)),
        ),
    )


def report(outcome: "WriteReportOutcome") -> Publication:
    """Where the cycle's page is."""
    return Publication(
        None, outcome.path, (FileLink("report", "The cycle's page", Path(outcome.path)),)
    )


def rehearsed_month(line: "MonthLine") -> str:
    """A month of a rehearsal: its end, rows, seconds, watch, gate and decisions."""
    record = line.record
    told = [f"drift {record.watched.level}"] if record.watched else []
    if record.judged:
        verdict = "promoted" if record.judged.cleared else "refused"
        told.append(f"version {record.judged.version} {verdict}")
    if record.adjusted:
        told.append(", ".join(f"{n:,} {name}" for name, n in record.adjusted.counts.items() if n))
    if not record.deliveries:
        told.append("no delivery")
    told += [f"nothing was {step}" for step in record.refused]
    seconds = sum(line.seconds.values())
    return (
        f"{line.number:>3} of {line.months}  {record.month_end}  {line.rows:>9,} rows "
        f"{seconds:>6.1f} s  {'; '.join(told)}"
    )


def rehearsal(outcome: "RehearsePolicyOutcome") -> Publication:
    """The policies side by side, the platform's scores, the time line and the page."""
    missed = [score.name for score in outcome.scores if score.passed is False]
    return Publication(
        None,
        f"{len(outcome.scores) - len(missed)} of {len(outcome.scores)} scores not missed"
        + (f"; missed: {', '.join(missed)}" if missed else ""),
        (
            Table("rehearsal-policies", "Policies, minor units", _rows(outcome.policies)),
            Table("rehearsal-scores", "How the platform did", _rows(outcome.scores)),
            *_unless_empty(Table("rehearsal-events", "Time line", _rows(outcome.events))),
            FileLink("rehearsal-page", "The rehearsal's page", Path(outcome.report)),
        ),
    )


def whereabouts(report: str, data_docs: str) -> str:
    """What to look at after a cycle."""
    return "\n".join(
        (
            "",
            f"report       {report}",
            f"Data Docs    {data_docs}",
            "UIs          `make up` starts Prefect's and MLflow's",
        )
    )


def _rows(models: Sequence[BaseModel]) -> tuple[Row, ...]:
    return tuple(_readable(model.model_dump(mode="json")) for model in models)


def _named_rows(name: str, models: Mapping[str, BaseModel]) -> tuple[Row, ...]:
    return tuple(
        {name: key} | _readable(model.model_dump(mode="json")) for key, model in models.items()
    )


def _readable(row: dict[str, object]) -> dict[str, object]:
    """The row with its figures as people read them: four digits of a share, cents of an amount."""
    return {name: _rounded(x) if isinstance(x, float) else x for name, x in row.items()}


def _rounded(figure: float) -> float:
    return float(f"{figure:.4g}") if abs(figure) < 1.0 else round(figure, 2)


def _there(row: BaseModel | None) -> tuple[BaseModel, ...]:
    return () if row is None else (row,)


def _unless_empty(table: Table) -> tuple[Table, ...]:
    return (table,) if table.rows else ()
