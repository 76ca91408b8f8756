"""The time line: what the ledger and the deliveries of a rehearsal tell, in sentences."""

from datetime import date

import pytest

from credit_limits.domain.periods import end_of_day
from credit_limits.ledger.entry import GENESIS_DIGEST, EntryKind, seal
from credit_limits.rehearsal.result import EventKind
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.faults import Fault, FaultKind
from tidegate.operations.rehearsal_events import (
    events_of_deliveries,
    events_of_faults,
    events_of_ledger,
    events_of_refusals,
    shock,
)
from tidegate.operations.rehearsal_month import Delivery, MonthRecord

MAY, JUNE = date(2024, 5, 31), date(2024, 6, 30)


def entry(kind, payload, day=MAY):
    return seal(
        sequence=1,
        time=end_of_day(day),
        kind=kind,
        key="k",
        actor="rehearsal",
        payload=payload,
        previous_digest=GENESIS_DIGEST,
    )


def told(kind, **payload):
    (event,) = events_of_ledger([entry(kind, payload)])
    assert event.month_end == MAY
    return event.kind, event.text


def test_a_training_tells_its_version_rows_and_auc():
    said = told(
        EntryKind.MODEL_TRAINED, version="3", rows_train=12_345, figures={"auc": {"value": 0.8567}}
    )
    assert said == (EventKind.RETRAINING, "Version 3 trained on 12,345 rows, AUC 0.857.")


@pytest.mark.parametrize(
    ("before", "text"),
    [
        ("2", "Version 3 became champion, in place of version 2."),
        (None, "Version 3 became champion, the first."),
    ],
)
def test_a_promotion_tells_whom_it_replaces(before, text):
    said = told(EntryKind.MODEL_PROMOTED, version="3", previous_champion=before)
    assert said == (EventKind.PROMOTION, text)


def test_steps_of_a_launch_are_no_promotions_and_its_last_is_told_by_the_promotion():
    begun = told(EntryKind.LAUNCH_BEGUN, version="3", step="shadow")
    assert begun == (EventKind.LAUNCH, "Version 3 was cleared and is in shadow.")
    stepped = told(EntryKind.LAUNCH_STEPPED, version="3", step="canary")
    assert stepped == (EventKind.LAUNCH, "Version 3 is in canary.")
    full = entry(EntryKind.LAUNCH_STEPPED, {"version": "3", "step": "full"})
    assert list(events_of_ledger([full])) == []
    stopped = told(EntryKind.LAUNCH_STOPPED, version="3", reason="harm")
    assert stopped == (EventKind.REFUSAL, "The launch of version 3 was stopped: harm")


def test_a_refusal_tells_the_checks_that_failed_and_no_others():
    checks = [
        {"check": "performance", "passed": True, "message": "fine"},
        {"check": "calibration", "passed": False, "message": "too low"},
        {"check": "policy_value", "passed": False, "dispensed": True, "message": "none drawn"},
    ]
    said = told(EntryKind.PROMOTION_REFUSED, version="3", checks=checks)
    assert said == (EventKind.REFUSAL, "Version 3 was refused: calibration: too low")


@pytest.mark.parametrize(
    ("level", "kind"), [("notice", EventKind.NOTICE), ("alarm", EventKind.ALARM)]
)
def test_a_watch_that_found_something_tells_what(level, kind):
    assert told(EntryKind.DRIFT_WATCHED, level=level, finding="score moved") == (
        kind,
        "score moved",
    )


def test_what_nobody_looks_for_is_no_event():
    quiet = [
        entry(EntryKind.DRIFT_WATCHED, {"level": "none", "finding": ""}),
        entry(EntryKind.BATCH_ACCEPTED, {"rows_quarantined": 0}),
        entry(EntryKind.FEATURES_MATERIALIZED, {}),
        entry(EntryKind.LIMITS_ADJUSTED, {}),
    ]
    assert list(events_of_ledger(quiet)) == []


def test_a_brake_tells_what_it_stops_and_when_it_is_released():
    said = told(EntryKind.BRAKE_APPLIED, measure="no_increases", products=["cash_loan"])
    assert said == (EventKind.BRAKE_ON, "Brake: no increases of cash loan.")
    said = told(EntryKind.BRAKE_RELEASED, quiet_watches=2)
    assert said == (EventKind.BRAKE_OFF, "Brake released after 2 quiet watches.")


def test_batches_tell_why_they_were_refused_or_what_was_set_aside():
    said = told(EntryKind.BATCH_REFUSED, reasons=["statements: null", "accounts: stale"])
    assert said == (EventKind.BATCH_REFUSED, "statements: null; accounts: stale")
    said = told(
        EntryKind.BATCH_ACCEPTED,
        rows_read=1_000,
        rows_quarantined=20,
        quarantine_examples=[{"message": "is none of retail"}],
    )
    assert said == (EventKind.QUARANTINE, "20 of 1,000 lines set aside: is none of retail")


def test_a_long_finding_is_cut():
    _, text = told(EntryKind.BATCH_REFUSED, reasons=["x" * 1_000])
    assert len(text) == 300
    assert text.endswith("…")


def record(day, *deliveries, **refused):
    return MonthRecord(month_end=day, deliveries=deliveries, refused=refused)


def test_a_month_without_a_delivery_and_a_batch_that_came_twice_are_events():
    came = Delivery(name="month-1", batch_id="b1", rows_read=10)
    events = list(events_of_deliveries([record(MAY, came, came), record(JUNE)]))
    assert [(event.month_end, event.kind) for event in events] == [
        (MAY, EventKind.FAULT),
        (JUNE, EventKind.FAULT),
    ]
    assert events[0].text == "Batch b1 came again and was recognised."
    assert events[1].text == "No delivery came: nothing was decided."


def test_a_refused_delivery_is_not_taken_for_a_batch_that_came_twice():
    refused = Delivery(name="month-1", refused="nulls")
    sound = Delivery(name="month-sound", batch_id="b1", rows_read=10)
    assert list(events_of_deliveries([record(MAY, refused, refused, sound)])) == []


def test_a_step_that_came_to_nothing_tells_why():
    (event,) = events_of_refusals([record(MAY, adjusted="there is no champion"), record(JUNE)])
    assert (event.month_end, event.kind) == (MAY, EventKind.REFUSAL)
    assert event.text == "Nothing was adjusted: there is no champion"


def test_faults_tell_where_they_are():
    faults = [
        Fault(FaultKind.NULL_COLUMN, 4, "statements", "days_past_due"),
        Fault(FaultKind.MISSING_BATCH, 5),
    ]
    events = list(events_of_faults(faults, Calendar(date(2024, 1, 1), 12)))
    assert [event.month_end for event in events] == [MAY, JUNE]
    assert (
        events[0].text == "Fault in the delivery: null column in statements, column days_past_due."
    )
    assert events[1].text == "Fault in the delivery: missing batch."


def test_the_shock_is_told_by_its_title():
    event = shock(MAY, "A boom")
    assert (event.kind, event.text) == (EventKind.SHOCK, "A boom begins.")
