"""What a flow tells the orchestrator has happened, so that automations can act on it.

Each function makes :class:`Event` values, plain ones, of one outcome; :func:`emit` alone speaks to
Prefect. What happened is the outcome's to say: a name has its word in it, ``tidegate.drift.alarm``
for instance, and nothing here decides. Payloads hold ids, days, words and what the platform itself
found, never a person. Every value is a text: a parameter that an automation fills in from a
payload takes the value's own type, and a text parameter refuses a number unseen.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect.context import FlowRunContext, TaskRunContext, get_run_context
from prefect.events import emit_event
from prefect.exceptions import MissingContextError

from credit_limits.domain.errors import NoCertifiedChampion

if TYPE_CHECKING:  # each flow imports its own operation and need not pay for the others
    from tidegate.operations.ingest_batch import IngestBatchOutcome
    from tidegate.operations.promotion_outcome import PromoteModelOutcome
    from tidegate.operations.roll_back_model import RollBackModelOutcome
    from tidegate.operations.watch_outcome import WatchDriftOutcome
    from tidegate.operations.watch_registry import WatchRegistryOutcome

NOT_CERTIFIED = "tidegate.champion.not-certified"


@dataclass(frozen=True, slots=True)
class Event:
    """That something happened to something: ``subject`` is the id of the resource it concerns."""

    name: str
    subject: str
    payload: Mapping[str, str]


def emit(events: Iterable[Event]) -> None:
    """Tell the orchestrator of the run under way; outside of a run there is no one to tell."""
    try:
        get_run_context()
    except MissingContextError:
        return
    for event in events:
        emit_event(
            event=event.name,
            resource={
                "prefect.resource.id": event.subject,
                "prefect.resource.name": event.subject.rpartition(".")[2],
            },
            payload=dict(event.payload),
        )


@contextmanager
def of_refusal() -> Iterator[None]:
    """Tell of a champion that may not decide, where that is what ends the step; it still ends."""
    try:
        yield
    except NoCertifiedChampion as refusal:
        from tidegate.operations.champion import DEFAULT_RISK

        emit([not_certified(DEFAULT_RISK, {"reason": str(refusal), "run": _run_id()})])
        raise


def not_certified(model_name: str, payload: Mapping[str, str]) -> Event:
    """The alias champion is not where a certificate is."""
    return Event(NOT_CERTIFIED, _model(model_name), {"model_name": model_name, **payload})


def of_batch(outcome: "IngestBatchOutcome") -> Sequence[Event]:
    """A batch was accepted, or one that had been accepted came again."""
    word = "recognised" if outcome.recognised else "accepted"
    payload = {"batch_id": outcome.batch_id, "source": outcome.source}
    return [Event(f"tidegate.batch.{word}", f"tidegate.source.{outcome.source}", payload)]


def of_watch(outcome: "WatchDriftOutcome") -> Sequence[Event]:
    """What a watch came to, in its own word."""
    from tidegate.operations.champion import DEFAULT_RISK

    payload = {
        "as_of": outcome.as_of.isoformat(),
        "level": outcome.level,
        "finding": outcome.finding,
        "model_version": outcome.model_version,
        "thresholds_version": outcome.thresholds_version,
        "brakes_applied": ", ".join(outcome.brakes_applied),
    }
    return [Event(f"tidegate.drift.{outcome.level}", _model(DEFAULT_RISK), payload)]


def of_promotion(outcome: "PromoteModelOutcome") -> Sequence[Event]:
    """What a promotion came to, in its own word."""
    payload = {
        "model_name": outcome.model_name,
        "version": outcome.version,
        "as_of": outcome.as_of.isoformat(),
        "refusing": ", ".join(outcome.refusing),
        "thresholds_version": outcome.thresholds_version,
        "evidence_digest": outcome.evidence_digest,
    }
    return [Event(f"tidegate.promotion.{outcome.word}", _model(outcome.model_name), payload)]


def of_roll_back(outcome: "RollBackModelOutcome") -> Sequence[Event]:
    """An earlier version is champion again; why stands in the ledger, in a person's own words."""
    payload = {
        "model_name": outcome.model_name,
        "version": outcome.version,
        "previous_champion": outcome.previous_champion or "none",
        "certificate_digest": outcome.certificate_digest,
    }
    return [Event("tidegate.champion.rolled-back", _model(outcome.model_name), payload)]


def of_registry(outcome: "WatchRegistryOutcome") -> Sequence[Event]:
    """Each promotion that is asked for, and an alias champion that was moved by hand."""
    model = outcome.model_name
    requested = [
        Event(
            "tidegate.promotion.requested",
            _model(model),
            {"model_name": model, "version": version},
        )
        for version in outcome.requested
    ]
    moved = [
        not_certified(
            model,
            {
                "reason": moved.finding,
                "alias_version": outcome.alias_version or "none",
                "certified_version": outcome.certified_version or "none",
                "ledger_entry": str(moved.ledger_entry),
            },
        )
        for moved in outcome.moved
    ]
    return [*requested, *moved]


def _model(name: str) -> str:
    return f"tidegate.model.{name}"


def _run_id() -> str:
    """Id of the flow run under way, empty outside of one."""
    try:
        context = get_run_context()
    except MissingContextError:
        return ""
    match context:
        case FlowRunContext(flow_run=run) if run is not None:
            return str(run.id)
        case TaskRunContext(task_run=run):
            return str(run.flow_run_id)
        case _:
            return ""
