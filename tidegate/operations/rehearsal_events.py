"""The time line of a rehearsal: what its ledger and its deliveries tell, each in a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.rehearsal.result import Event, EventKind
from credit_limits.simulation.calendar import Calendar
from credit_limits.simulation.faults import Fault
from tidegate.operations.rehearsal_month import MonthRecord

_LONGEST = 300


def events_of_ledger(entries: Sequence[Entry]) -> Iterator[Event]:
    """An event for each entry that people look for, in the ledger's order.

    The rehearsal's clock stands at the month's end, so an entry's time tells its month.
    """
    for entry in entries:
        told = _TOLD[entry.kind](entry.payload) if entry.kind in _TOLD else None
        if told is not None:
            kind, text = told
            yield Event(entry.time.date(), kind, _short(text))


def events_of_deliveries(records: Sequence[MonthRecord]) -> Iterator[Event]:
    """What no entry of the ledger tells: months without a delivery, and batches that came twice."""
    seen: set[str] = set()
    for record in records:
        if not record.deliveries:
            yield Event(record.month_end, EventKind.FAULT, "No delivery came: nothing was decided.")
        for delivery in record.deliveries:
            if delivery.batch_id in seen:
                text = f"Batch {delivery.batch_id} came again and was recognised."
                yield Event(record.month_end, EventKind.FAULT, text)
            if delivery.batch_id:
                seen.add(delivery.batch_id)


def events_of_refusals(records: Sequence[MonthRecord]) -> Iterator[Event]:
    """Steps that were tried and came to nothing, so that the month went on without them."""
    for record in records:
        for step, reason in record.refused.items():
            text = f"Nothing was {step}: {reason}"
            yield Event(record.month_end, EventKind.REFUSAL, _short(text))


def events_of_faults(faults: Sequence[Fault], calendar: Calendar) -> Iterator[Event]:
    """What was made to go wrong."""
    for fault in faults:
        place = f" in {fault.table}" if fault.table else ""
        column = f", column {fault.column}" if fault.column else ""
        text = f"Fault in the delivery: {fault.kind.replace('_', ' ')}{place}{column}."
        yield Event(calendar.month_end(fault.month), EventKind.FAULT, text)


def shock(month_end: date, title: str) -> Event:
    """The scenario departs from calm."""
    return Event(month_end, EventKind.SHOCK, f"{title} begins.")


_Told = tuple[EventKind, str] | None


def _trained(payload: Mapping[str, Any]) -> _Told:
    auc = payload["figures"]["auc"]["value"]
    return (
        EventKind.RETRAINING,
        f"Version {payload['version']} trained on {payload['rows_train']:,} rows, AUC {auc:.3f}.",
    )


def _promoted(payload: Mapping[str, Any]) -> _Told:
    before = payload["previous_champion"]
    place = f"in place of version {before}" if before else "the first"
    return EventKind.PROMOTION, f"Version {payload['version']} became champion, {place}."


def _launched(payload: Mapping[str, Any]) -> _Told:
    step = payload["step"]
    return EventKind.LAUNCH, f"Version {payload['version']} was cleared and is in {step}."


def _stepped(payload: Mapping[str, Any]) -> _Told:
    if payload["step"] == "full":
        return None  # the promotion that follows says so
    return EventKind.LAUNCH, f"Version {payload['version']} is in {payload['step']}."


def _launch_stopped(payload: Mapping[str, Any]) -> _Told:
    text = f"The launch of version {payload['version']} was stopped: {payload['reason']}"
    return EventKind.REFUSAL, text


def _not_promoted(payload: Mapping[str, Any]) -> _Told:
    refusing = [
        c for c in payload["checks"] if not (c["passed"] or c.get("dispensed") or c.get("override"))
    ]
    failing = [f"{check['check']}: {check['message']}" for check in refusing]
    return EventKind.REFUSAL, f"Version {payload['version']} was refused: {'; '.join(failing)}"


def _watched(payload: Mapping[str, Any]) -> _Told:
    kind = {"notice": EventKind.NOTICE, "alarm": EventKind.ALARM}.get(payload["level"])
    return (kind, str(payload["finding"])) if kind is not None else None


def _braked(payload: Mapping[str, Any]) -> _Told:
    stopped = f"{payload['measure']} of {', '.join(payload['products'])}".replace("_", " ")
    return EventKind.BRAKE_ON, f"Brake: {stopped}."


def _released(payload: Mapping[str, Any]) -> _Told:
    text = f"Brake released after {payload['quiet_watches']} quiet watches."
    return EventKind.BRAKE_OFF, text


def _batch_refused(payload: Mapping[str, Any]) -> _Told:
    return EventKind.BATCH_REFUSED, "; ".join(payload["reasons"])


def _batch_accepted(payload: Mapping[str, Any]) -> _Told:
    lines = payload["rows_quarantined"]
    if not lines:
        return None
    first = payload["quarantine_examples"][0]
    text = f"{lines:,} of {payload['rows_read']:,} lines set aside: {first['message']}"
    return EventKind.QUARANTINE, text


_TOLD: dict[EntryKind, Callable[[Mapping[str, Any]], _Told]] = {
    EntryKind.MODEL_TRAINED: _trained,
    EntryKind.MODEL_PROMOTED: _promoted,
    EntryKind.PROMOTION_REFUSED: _not_promoted,
    EntryKind.LAUNCH_BEGUN: _launched,
    EntryKind.LAUNCH_STEPPED: _stepped,
    EntryKind.LAUNCH_STOPPED: _launch_stopped,
    EntryKind.DRIFT_WATCHED: _watched,
    EntryKind.BRAKE_APPLIED: _braked,
    EntryKind.BRAKE_RELEASED: _released,
    EntryKind.BATCH_REFUSED: _batch_refused,
    EntryKind.BATCH_ACCEPTED: _batch_accepted,
}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
