"""What flows tell the orchestrator: names from outcomes, texts alone, and no one's data."""

import time
from datetime import date

import pytest

from credit_limits.domain.errors import DataMissing, NoCertifiedChampion
from flows import events
from tidegate.operations.ingest_batch import IngestBatchOutcome
from tidegate.operations.promotion_outcome import CheckRow, PromoteModelOutcome
from tidegate.operations.roll_back_model import RollBackModelOutcome
from tidegate.operations.watch_outcome import WatchDriftOutcome
from tidegate.operations.watch_registry import MovedAlias, WatchRegistryOutcome

MODEL = "tidegate.model.default_risk"


def some(model, **values):
    """An outcome of which events read only ``values``."""
    return model.model_construct(**values)


def batch(recognised):
    return some(IngestBatchOutcome, batch_id="b-1", source="taiwan", recognised=recognised)


def drift(level):
    return some(
        WatchDriftOutcome,
        as_of=date(2024, 1, 31),
        level=level,
        finding="score: shifted",
        model_version="1",
        thresholds_version="2005-01-01",
        brakes_applied=["a brake"],
    )


def promotion(cleared):
    rows = [("data", True, False), ("performance", cleared, False), ("welfare", False, True)]
    return some(
        PromoteModelOutcome,
        model_name="default_risk",
        version="3",
        as_of=date(2024, 1, 31),
        cleared=cleared,
        thresholds_version="2005-01-01",
        evidence_digest="e1",
        checks=[
            some(CheckRow, check=name, passed=passed, dispensed=dispensed)
            for name, passed, dispensed in rows
        ],
    )


def registry(requested=(), moved=()):
    return WatchRegistryOutcome(
        model_name="default_risk",
        requested=list(requested),
        unknown=[],
        alias_version=None,
        certified_version="1",
        moved=[MovedAlias(finding=finding, ledger_entry=7) for finding in moved],
    )


ROLL_BACK = RollBackModelOutcome(
    model_name="default_risk",
    version="1",
    previous_champion=None,
    certificate_digest="c1",
    reason="asked for by Wang Fang",
)


@pytest.mark.parametrize(
    ("told", "name", "subject"),
    [
        (events.of_batch(batch(False)), "tidegate.batch.accepted", "tidegate.source.taiwan"),
        (events.of_batch(batch(True)), "tidegate.batch.recognised", "tidegate.source.taiwan"),
        (events.of_watch(drift("alarm")), "tidegate.drift.alarm", MODEL),
        (events.of_watch(drift("none")), "tidegate.drift.none", MODEL),
        (events.of_promotion(promotion(True)), "tidegate.promotion.cleared", MODEL),
        (events.of_promotion(promotion(False)), "tidegate.promotion.refused", MODEL),
        (events.of_roll_back(ROLL_BACK), "tidegate.champion.rolled-back", MODEL),
        (events.of_registry(registry(["3"])), "tidegate.promotion.requested", MODEL),
        (events.of_registry(registry((), ["moved"])), events.NOT_CERTIFIED, MODEL),
    ],
)
def test_an_outcome_is_an_event_of_its_own_word_in_texts(told, name, subject):
    (event,) = told
    assert (event.name, event.subject) == (name, subject)
    assert all(isinstance(value, str) for value in event.payload.values())


def test_a_refusal_names_what_refuses_and_not_what_is_dispensed_with():
    (event,) = events.of_promotion(promotion(False))
    assert event.payload["refusing"] == "performance"


def test_the_words_of_a_person_stay_in_the_ledger():
    (event,) = events.of_roll_back(ROLL_BACK)
    assert "Wang" not in str(event.payload)


def test_a_quiet_registry_tells_nothing_and_a_busy_one_everything():
    assert events.of_registry(registry()) == []
    told = events.of_registry(registry(["3", "4"], ["moved"]))
    assert [event.payload.get("version") for event in told] == ["3", "4", None]
    assert told[-1].payload["ledger_entry"] == "7"


def test_outside_of_a_run_there_is_no_one_to_tell(monkeypatch):
    monkeypatch.setattr(events, "emit_event", pytest.fail)
    events.emit(events.of_watch(drift("alarm")))


def test_only_a_champion_that_may_not_decide_is_told_of_and_the_error_goes_on(monkeypatch):
    told = []
    monkeypatch.setattr(events, "emit", told.extend)
    with pytest.raises(DataMissing), events.of_refusal():
        raise DataMissing("no features")
    assert told == []
    with pytest.raises(NoCertifiedChampion), events.of_refusal():
        raise NoCertifiedChampion("no champion")
    assert [event.payload["reason"] for event in told] == ["no champion"]


def test_a_cycle_tells_what_happened_to_an_api_that_starts_nothing_for_it(finished):
    def told():
        cycle = finished.cycle
        found = cycle.ask_prefect_once("events", filter={"event": {"prefix": ["tidegate."]}})
        run = f"prefect.flow-run.{finished.run_id}"
        return {
            event["event"]: event
            for event in found["events"]
            if run in {related["prefect.resource.id"] for related in event["related"]}
        }

    deadline = time.monotonic() + 30
    while len(told()) < 3 and time.monotonic() < deadline:
        time.sleep(0.5)
    assert set(told()) == {
        "tidegate.batch.accepted",
        "tidegate.promotion.cleared",
        f"tidegate.drift.{_drift_of(finished)}",
    }


def _drift_of(finished):
    from credit_limits.ledger.entry import EntryKind

    return finished.cycle.platform.ledger.latest(EntryKind.DRIFT_WATCHED).payload["level"]
