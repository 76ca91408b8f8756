"""Announce: tell people of something that happened, once.

What may be told of an event stands here, fact by fact; whatever else an event carries stays
behind, so that no notice can hold a person's data.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import InputError
from credit_limits.ledger.entry import EntryKind
from tidegate.adapters.notify import Notice, notify
from tidegate.operations.platform import Platform

_LONGEST_FACT = 500
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Announced:
    """A kind of event that people are told of: a sentence, and the facts that may go with it."""

    sentence: str
    facts: tuple[str, ...]


ANNOUNCED: Mapping[str, Announced] = {
    "tidegate.drift.alarm": Announced(
        "The watch of {as_of} alarms: {finding}. Retraining starts by itself; see that its model "
        "passes the gate, or what is wrong with the data.",
        ("as_of", "level", "finding", "model_version", "thresholds_version", "brakes_applied"),
    ),
    "tidegate.champion.not-certified": Announced(
        "No limit is decided: {reason}.",
        ("model_name", "reason", "alias_version", "certified_version", "ledger_entry", "run"),
    ),
    "tidegate.promotion.refused": Announced(
        "{model_name} version {version} is refused by {refusing}; the champion stays. The "
        "verdict stands with the version in MLflow.",
        ("model_name", "version", "as_of", "refusing", "thresholds_version", "evidence_digest"),
    ),
    "tidegate.champion.rolled-back": Announced(
        "{model_name} is back at version {version}; version {previous_champion} decides no more. "
        "Why stands in the ledger.",
        ("model_name", "version", "previous_champion", "certificate_digest"),
    ),
    "tidegate.batch.late": Announced(
        "No batch was accepted since {last_batch}, of {last_time}. Look into the inbox and at "
        "the last runs of ingest-batch.",
        ("last_batch", "last_time", "source"),
    ),
}


class AnnounceRequest(BaseModel):
    """What to tell people of."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event: str = Field(description="name of the event, for instance tidegate.drift.alarm")
    subject: str = Field(description="id of what it happened to, tidegate.model.default_risk")
    facts: str = Field(
        "{}", description="what is known of it, a JSON object; only listed facts are passed on"
    )


class AnnounceOutcome(BaseModel):
    """The notice. ``withheld`` names facts of the event that a notice does not pass on."""

    model_config = ConfigDict(frozen=True)

    notice_id: str
    event: str
    subject: str
    text: str
    facts: dict[str, str]
    withheld: list[str]
    posted: bool
    recognised: bool = False


def announce(platform: Platform, request: AnnounceRequest) -> AnnounceOutcome:
    """Log a notice, post it where a webhook is set, and record it in the ledger.

    The same event with the same facts is one notice: told before, it is recognised. It is posted
    first and recorded after, so that none is lost; killed in between it is posted again, under
    the same id.

    Raises:
        InputError: the event is none that people are told of, or the facts are no JSON object.
        SettingsError: the webhook's settings cannot be used.
        ServerError: the webhook did not take the notice; nothing is recorded.
    """
    kind = ANNOUNCED.get(request.event)
    if kind is None:
        raise InputError(
            f"{request.event} is no event that is announced; these are: {', '.join(ANNOUNCED)}"
        )
    given = _facts(request.facts)
    facts = {name: _shortened(given[name]) for name in kind.facts if given.get(name) is not None}
    key = digest_of({"event": request.event, "subject": request.subject, "facts": facts})
    if entry := platform.ledger.find(EntryKind.NOTICE_SENT, key):
        stored = AnnounceOutcome.model_validate(entry.payload)
        return stored.model_copy(update={"recognised": True})
    text = kind.sentence.format_map({name: facts.get(name, _UNKNOWN) for name in kind.facts})
    notice = Notice(key[:16], request.event, request.subject, text, facts)
    outcome = AnnounceOutcome(
        notice_id=notice.notice_id,
        event=request.event,
        subject=request.subject,
        text=text,
        facts=facts,
        withheld=sorted(set(given) - set(kind.facts)),
        posted=notify(platform.settings, notice),
    )
    platform.record(EntryKind.NOTICE_SENT, outcome, key=key)
    return outcome


def _facts(text: str) -> dict[str, object]:
    try:
        facts = json.loads(text)
    except ValueError as error:
        raise InputError(
            f"the facts of an event are a JSON object, and cannot be read: {error}"
        ) from error
    if not isinstance(facts, dict):
        raise InputError(f"the facts of an event are a JSON object, not {type(facts).__name__}")
    return facts


def _shortened(fact: object) -> str:
    text = str(fact)
    return text if len(text) <= _LONGEST_FACT else f"{text[: _LONGEST_FACT - 1]}…"
