"""A month of a rehearsal: which steps are taken, and that none is taken twice."""

from datetime import date
from pathlib import Path

import pytest

from credit_limits.domain.errors import (
    AllocationInfeasible,
    BatchRefused,
    DataMissing,
    ModelError,
    NoCertifiedChampion,
)
from tidegate.operations import rehearsal_month
from tidegate.operations.adjust_limits import AdjustLimitsOutcome
from tidegate.operations.ingest_batch import IngestBatchOutcome
from tidegate.operations.limits_outcome import AllocationRow
from tidegate.operations.materialize_features import MaterializeFeaturesOutcome
from tidegate.operations.promotion_outcome import PromoteModelOutcome
from tidegate.operations.rehearsal_month import (
    Delivery,
    MonthPlan,
    MonthRecord,
    read_record,
    run_month,
)
from tidegate.operations.retrain_model import RetrainModelOutcome
from tidegate.operations.watch_outcome import WatchDriftOutcome

ALL = ["ingest_batch", "materialize_features", "watch_drift", "retrain_model", "promote_model"]
MONTHS = [date(2024, month, day) for month, day in ((4, 30), (5, 31), (6, 30), (7, 31), (8, 31))]
NOW = MONTHS[-1]


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def trained(version="2"):
    return RetrainModelOutcome(
        model_name="default_risk",
        version=version,
        run_id="r",
        run_key="k",
        as_of=NOW,
        feature_service="s",
        schema_hash="h",
        label_source="statements",
        cohorts=[],
        split="by time",
        rows_train=1,
        rows_test=1,
        default_rate=0.1,
        figures={},
        cross_validation=None,
        artefact_digest="d",
        policy_version="p",
        data_versions={},
    )


def judged(cleared=True, version="2"):
    return PromoteModelOutcome(
        model_name="default_risk",
        version=version,
        as_of=NOW,
        cleared=cleared,
        checks=[],
        certificate_digest="c" if cleared else None,
        previous_champion=None,
        thresholds_version="t",
        evidence_digest="e",
    )


def watched(level="none"):
    return WatchDriftOutcome(
        as_of=NOW,
        level=level,
        finding="",
        columns=[],
        rows=1,
        report="",
        model_version="1",
        certificate_digest="c",
        thresholds_version="t",
    )


def adjusted():
    allocation = AllocationRow(value=0, bound=0, gap=0, passes=1, split_accounts=0, caps=())
    return AdjustLimitsOutcome(
        as_of=NOW,
        batch_id="limits-1",
        decisions=1,
        actions={"hold": 1},
        by_product=(),
        by_grade=(),
        allocation=allocation,
        merkle_root="m",
        policy_version="p",
        policy_digest="d",
        model_name="default_risk",
        model_version="1",
        artefact_digest="a",
        certificate_digest="c",
        feature_service="s",
        label_window_months=6,
        data_versions={},
    )


def materialized():
    return MaterializeFeaturesOutcome(
        as_of=NOW,
        feature_service="s",
        schema_hash="h",
        snapshots=1,
        snapshots_computed=1,
        rows=1,
        views={},
        data_versions={},
    )


def ingested(path):
    return IngestBatchOutcome.model_construct(
        batch_id=f"b-{path.name}", rows_read=10, rows_quarantined=0
    )


class Operations:
    """Stand-ins for production's operations that remember what they were asked."""

    def __init__(self, monkeypatch):
        self.calls: list[str] = []
        self.requests: dict[str, object] = {}
        self.answers = {
            "ingest_batch": lambda request: ingested(request.path),
            "materialize_features": lambda _: materialized(),
            "watch_drift": lambda _: watched(),
            "retrain_model": lambda _: trained(),
            "promote_model": lambda request: judged(version=request.version),
            "adjust_limits": lambda _: adjusted(),
        }
        for name in self.answers:
            monkeypatch.setattr(rehearsal_month, name, self._operation(name))

    def _operation(self, name):
        def operation(_platform, request):
            self.calls.append(name)
            self.requests[name] = request
            return self.answers[name](request)

        return operation

    def fails(self, name, error):
        def answer(_):
            raise error

        self.answers[name] = answer


@pytest.fixture
def operations(monkeypatch):
    return Operations(monkeypatch)


def plan(*deliveries, every=3):
    return MonthPlan(
        month_end=NOW,
        deliveries=tuple(Path(name) for name in deliveries),
        again=Path("sound"),
        history_months=19,
        train_every_months=every,
        feature_service="default_risk_v1",
        label_window_months=6,
        seed=7,
    )


def earlier(trained_in=0, level="none", cleared=True):
    """The months before; one training, in the month of that place."""
    return [
        MonthRecord(
            month_end=day,
            watched=watched(level),
            trained=trained("1") if place == trained_in else None,
            judged=judged(cleared, "1") if place == trained_in else None,
            finished=True,
        )
        for place, day in enumerate(MONTHS[:-1])
    ]


def run(tmp_path, before, *deliveries, every=3):
    record, seconds = run_month(
        None, plan(*(deliveries or ("month-1",)), every=every), before, tmp_path / "m" / "r.json"
    )
    assert read_record(tmp_path / "m" / "r.json") == record
    assert record.finished
    assert all(taken >= 0 for taken in seconds.values())
    return record


def test_the_first_month_has_nobody_to_watch(operations, tmp_path):
    record = run(tmp_path, [])
    assert operations.calls == [
        *("ingest_batch", "materialize_features", "retrain_model", "promote_model"),
        "adjust_limits",
    ]
    assert record.promoted
    assert operations.requests["promote_model"].version == "2"


def test_a_usual_month_watches_and_decides_with_the_champion_it_has(operations, tmp_path):
    record = run(tmp_path, earlier(trained_in=3))
    assert operations.calls == [
        *("ingest_batch", "materialize_features", "watch_drift", "adjust_limits"),
    ]
    assert operations.requests["watch_drift"].page is False
    assert operations.requests["ingest_batch"].source == "world"
    assert all(
        operations.requests[name].as_of == NOW
        for name in ("materialize_features", "watch_drift", "adjust_limits")
    )
    assert not record.promoted


@pytest.mark.parametrize(
    ("trained_in", "every", "due"), [(3, 1, True), (3, 2, False), (2, 2, True), (0, 4, True)]
)
def test_a_training_is_due_so_many_months_after_the_last(
    operations, tmp_path, trained_in, every, due
):
    run(tmp_path, earlier(trained_in), every=every)
    assert ("retrain_model" in operations.calls) == due


@pytest.mark.parametrize(("before", "due"), [("none", True), ("notice", True), ("alarm", False)])
def test_the_first_alarm_of_several_asks_for_a_training(operations, tmp_path, before, due):
    operations.answers["watch_drift"] = lambda _: watched("alarm")
    run(tmp_path, earlier(3, before))
    assert ("retrain_model" in operations.calls) == due


def test_while_nobody_may_decide_every_month_is_a_try(operations, tmp_path):
    record = run(tmp_path, earlier(3, cleared=False))
    assert "watch_drift" not in operations.calls
    assert record.promoted


def test_without_a_delivery_nothing_is_done(operations, tmp_path):
    record, seconds = run_month(None, plan(), earlier(), tmp_path / "r.json")
    assert (operations.calls, seconds) == ([], {})
    assert record == MonthRecord(month_end=NOW, finished=True)


def test_a_refused_batch_comes_again_sound(operations, tmp_path):
    def answer(request):
        if request.path.name == "month-1":
            raise BatchRefused("nulls")
        return ingested(request.path)

    operations.answers["ingest_batch"] = answer
    record = run(tmp_path, earlier(3))
    assert record.deliveries == (
        Delivery(name="month-1", refused="nulls"),
        Delivery(name="sound", batch_id="b-sound", rows_read=10),
    )
    assert record.adjusted is not None


def test_where_the_sound_one_is_refused_too_nothing_is_decided(operations, tmp_path):
    operations.fails("ingest_batch", BatchRefused("too many"))
    record = run(tmp_path, earlier(3))
    assert [each.refused for each in record.deliveries] == ["too many", "too many"]
    assert set(operations.calls) == {"ingest_batch"}


@pytest.mark.parametrize(
    ("operation", "step", "error"),
    [
        ("retrain_model", "trained", ModelError("one class")),
        ("retrain_model", "trained", DataMissing("no cohort")),
        ("adjust_limits", "adjusted", NoCertifiedChampion("none")),
        ("adjust_limits", "adjusted", AllocationInfeasible("caps")),
    ],
)
def test_the_rehearsal_goes_on_where_a_step_comes_to_nothing(
    operations, tmp_path, operation, step, error
):
    operations.fails(operation, error)
    record = run(tmp_path, earlier(0))
    assert record.refused == {step: str(error)}
    assert getattr(record, step) is None
    assert ("promote_model" in operations.calls) == (operation == "adjust_limits")
    assert "adjust_limits" in operations.calls


@pytest.mark.parametrize("operation", ["materialize_features", "watch_drift", "promote_model"])
def test_what_should_never_happen_ends_the_rehearsal(operations, tmp_path, operation):
    operations.fails(operation, DataMissing("gone"))
    with pytest.raises(DataMissing):
        run(tmp_path, earlier(0))


@pytest.mark.parametrize("dying", [*ALL, "adjust_limits"])
def test_killed_in_a_step_it_goes_on_with_that_step(operations, tmp_path, dying):
    answer = operations.answers[dying]
    operations.fails(dying, Killed())
    with pytest.raises(Killed):
        run(tmp_path, earlier(0))
    done, operations.calls = operations.calls[:-1], []
    operations.answers[dying] = answer
    record = run(tmp_path, earlier(0))
    assert done + operations.calls == [*ALL, "adjust_limits"]
    assert record.promoted


def test_a_finished_step_is_kept_as_if_it_had_never_been_cut_short(operations, tmp_path):
    operations.answers["adjust_limits"] = lambda _: adjusted().model_copy(
        update={"recognised": True}
    )
    assert run(tmp_path, earlier(3)).adjusted.recognised is False


def test_there_is_no_record_before_there_is_one(tmp_path):
    assert read_record(tmp_path / "none.json") is None
