"""run-cycle: the whole way once, from a lender's files to limit decisions and their report."""

from flows.command_line import main

if __name__ == "__main__":  # above Prefect's import, which reads the environment set here
    main("run_cycle")

from datetime import date

from prefect import flow, task
from pydantic import BaseModel, ConfigDict, Field

from flows import publishing
from flows.adjust_limits import adjust
from flows.ingest_batch import ingest
from flows.materialize_features import materialize
from flows.promote_model import judge, require_cleared
from flows.retrain_model import retrain
from flows.steps import carry_out, say
from flows.watch_drift import watch
from tidegate.operations.adjust_limits import AdjustLimitsRequest
from tidegate.operations.ingest_batch import IngestBatchRequest
from tidegate.operations.materialize_features import MaterializeFeaturesRequest
from tidegate.operations.prepare_source import (
    PrepareSourceOutcome,
    PrepareSourceRequest,
    prepare_source,
)
from tidegate.operations.promote_model import PromoteModelRequest
from tidegate.operations.retrain_model import RetrainModelRequest
from tidegate.operations.watch_drift import WatchDriftRequest
from tidegate.operations.write_report import WriteReportOutcome, WriteReportRequest, write_report


class RunCycleRequest(PrepareSourceRequest):
    """One whole cycle: data, features, model, gate, drift, limits, report."""

    as_of: date | None = Field(
        None, description="day of the cycle; the newest that the lake knows of if empty"
    )


class RunCycleOutcome(BaseModel):
    """Where a cycle ended, in a few words; the ledger has all of it."""

    model_config = ConfigDict(frozen=True)

    as_of: date
    batch_id: str
    model_version: str
    decisions: int
    drift: str
    report: str
    data_docs: str


@task(name="prepare-source")
def prepare(request: PrepareSourceRequest) -> PrepareSourceOutcome:
    """Recognise the lender's files, or make a simulated portfolio where none are given."""
    return carry_out("prepare", prepare_source, request, publishing.source)


@task(name="write-report")
def report(request: WriteReportRequest) -> WriteReportOutcome:
    """Write the cycle's page from the ledger and the lake."""
    return carry_out("report", write_report, request, publishing.report)


@flow(name="run-cycle")
def run_cycle(request: RunCycleRequest) -> RunCycleOutcome:
    """The whole way once. A step that fails ends the cycle, and a gate that refuses is one.

    The watch comes before the limits, so that an alarm brakes the very decisions of its day.
    """
    done = publishing.progress("cycle", "Steps of the cycle", steps=8)
    source = done(prepare(request))
    batch = done(ingest(IngestBatchRequest(source=source.source, path=source.path)))
    features = done(
        materialize(
            MaterializeFeaturesRequest(as_of=request.as_of, feature_service=source.feature_service)
        )
    )
    as_of = features.as_of
    candidate = done(
        retrain(
            RetrainModelRequest(
                as_of=as_of,
                feature_service=source.feature_service,
                label_window_months=source.label_window_months,
                seed=request.seed,
            )
        )
    )
    verdict = judge(PromoteModelRequest(version=candidate.version, as_of=as_of))
    champion = done(require_cleared(verdict))
    drift = done(watch(WatchDriftRequest(as_of=as_of)))
    limits = done(adjust(AdjustLimitsRequest(as_of=as_of), champion))
    page = done(report(WriteReportRequest(as_of=as_of)))
    outcome = RunCycleOutcome(
        as_of=as_of,
        batch_id=batch.batch_id,
        model_version=limits.model_version,
        decisions=limits.decisions,
        drift=drift.level,
        report=page.path,
        data_docs=batch.data_docs,
    )
    say(publishing.whereabouts(outcome.report, outcome.data_docs))
    return outcome
