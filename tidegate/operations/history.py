"""History: which version drove limits on a day, who made it so and on what, from the ledger alone.

Two calendars meet here. A version is champion from the entry that makes it so to the next one, by
the ledger's own time; limits are decided for a day, which is a batch's ``as_of``. In production and
in a rehearsal, whose clock stands at the day it decides for, the two are the same.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.champion import SEAL, Found, certificate_in, certificate_of, crownings
from tidegate.operations.ledger_time import latest_time
from tidegate.operations.list_overrides import OverrideListed, end_of, standing_overrides
from tidegate.operations.platform import Platform

_STEPS = (EntryKind.LAUNCH_BEGUN, EntryKind.LAUNCH_STEPPED, EntryKind.LAUNCH_STOPPED)
_OVER = ("full", "stopped")


class HistoryRequest(BaseModel):
    """Of which model, and of which day."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    on: date | None = Field(None, description="day to tell of; the whole history if empty")
    model_name: str = Field("default_risk", description="model in the registry")


class Reign(BaseModel):
    """A version's time as champion.

    ``until`` is None while it lasts. ``how`` is ``promoted`` or ``rolled back``; ``reason`` is
    there for a roll-back. ``evidence`` says where the evidence of that digest lies. ``loosened``
    are thresholds that asked for less than older ones, which ``older_thresholds_passed`` or not;
    ``overridden`` are checks that people answered for, each by whom, until when and why.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    version: str
    since: datetime
    until: datetime | None
    how: str
    who: str
    reason: str | None
    in_place_of: str | None
    as_of: date
    maker: str
    approvals: list[str]
    thresholds_version: str
    loosened: list[str]
    older_thresholds_passed: bool | None
    overridden: list[str] = []
    evidence_digest: str
    evidence: str
    certificate_digest: str
    signed_by: str
    ledger_entry: int


class DecidedBatch(BaseModel):
    """Limits decided for a day, and the version that decided them."""

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    as_of: date
    version: str
    batch_id: str
    decisions: int
    certificate_digest: str
    ledger_entry: int


class StepTaken(BaseModel):
    """A step of a launch, from the first day that is decided in it up to ``until``, exclusive.

    ``step`` is shadow, canary, full or stopped; ``until`` is None where nothing came after it.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    version: str
    step: str
    since: date
    until: date | None
    reason: str
    who: str
    ledger_entry: int


class HistoryOutcome(BaseModel):
    """Champions, steps of launches and decided batches, oldest first.

    With a day: the champions and steps of that day, and the batches whose limits were in force on
    it, which are those of the newest day decided up to then.
    ``overrides`` are those that enough people had signed and that had not ended, on that day or
    now.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    model_name: str
    on: date | None
    champions: list[Reign]
    batches: list[DecidedBatch]
    steps: list[StepTaken] = []
    overrides: list[OverrideListed] = []


def history(platform: Platform, request: HistoryRequest) -> HistoryOutcome:
    """What the ledger says of a model's champions and of what they decided.

    Raises:
        NoCertifiedChampion: a champion's certificate is absent or cannot be read.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    champions, batches = _reigns(platform, request.model_name), _batches(platform, request)
    steps = _steps(platform, request.model_name)
    if request.on is not None:
        champions = [reign for reign in champions if _covers(reign, request.on)]
        decided = [batch for batch in batches if batch.as_of <= request.on]
        newest = max((batch.as_of for batch in decided), default=None)
        batches = [batch for batch in decided if batch.as_of == newest]
        steps = [step for step in steps if _is_in(step, request.on)]
    at = end_of(request.on) if request.on else latest_time(platform)
    return HistoryOutcome(
        model_name=request.model_name,
        on=request.on,
        champions=champions,
        batches=batches,
        steps=steps,
        overrides=[
            row for row in standing_overrides(platform, at) if row.model_name == request.model_name
        ],
    )


def _steps(platform: Platform, model_name: str) -> list[StepTaken]:
    """The steps of every launch; the last of a launch that was stopped is ``stopped``."""
    taken: dict[str, list[StepTaken]] = {}
    for entry in platform.ledger.entries():
        if entry.kind not in _STEPS or entry.payload["model_name"] != model_name:
            continue
        payload = entry.payload
        step = StepTaken(
            version=str(payload["version"]),
            step="stopped" if entry.kind is EntryKind.LAUNCH_STOPPED else str(payload["step"]),
            since=date.fromisoformat(str(payload["as_of"])),
            until=None,
            reason=str(payload["reason"]),
            who=entry.actor,
            ledger_entry=entry.sequence,
        )
        before = taken.setdefault(str(payload.get("launch", entry.key)), [])
        if before:
            before[-1] = before[-1].model_copy(update={"until": step.since})
        before.append(step)
    return sorted(
        (step for steps in taken.values() for step in steps), key=lambda step: step.ledger_entry
    )


def _is_in(step: StepTaken, day: date) -> bool:
    """Whether a step held on a day; of what is over only the day itself."""
    if step.step in _OVER:
        return step.since == day
    return step.since <= day and (step.until is None or day < step.until)


def _reigns(platform: Platform, model_name: str) -> list[Reign]:
    crowned = crownings(platform, model_name)
    ends: Sequence[Entry | None] = [*crowned[1:], None]
    return [
        _reign(platform, entry, end.time if end else None)
        for entry, end in zip(crowned, ends, strict=True)
    ]


def _reign(platform: Platform, entry: Entry, until: datetime | None) -> Reign:
    promoted = entry.kind is EntryKind.MODEL_PROMOTED
    found = _certificate(platform, entry)
    certificate = found.certificate
    older = certificate.older_thresholds
    payload = entry.payload
    before = payload.get("previous_champion")
    seal = (found.intended if promoted else entry).payload.get(SEAL)
    return Reign(
        version=certificate.version,
        since=entry.time,
        until=until,
        how="promoted" if promoted else "rolled back",
        who=entry.actor,
        reason=None if promoted else str(payload["reason"]),
        in_place_of=None if before is None else str(before),
        as_of=certificate.as_of,
        maker=certificate.maker,
        approvals=list(certificate.approvals),
        thresholds_version=certificate.thresholds_version,
        loosened=list(older.loosened) if older else [],
        older_thresholds_passed=older.passed if older else None,
        overridden=[f"{item.check} {item.sentence}" for item in certificate.overrides],
        evidence_digest=certificate.evidence_digest,
        evidence=f"models:/{certificate.model_name}/{certificate.version}, gate/evidence.json",
        certificate_digest=found.digest,
        signed_by=_key_id(seal),
        ledger_entry=entry.sequence,
    )


def _certificate(platform: Platform, entry: Entry) -> Found:
    """The certificate under which an entry made a version champion."""
    model_name, version = str(entry.payload["model_name"]), str(entry.payload["version"])
    if entry.kind is EntryKind.MODEL_PROMOTED:
        intended = platform.ledger.find(EntryKind.PROMOTION_INTENDED, entry.key)
        digest = str(entry.payload["certificate_digest"])
        found = Found(certificate_in(intended), digest, intended) if intended else None
    else:
        found = certificate_of(platform, model_name, version, before=entry.sequence)
    if found is None:
        raise NoCertifiedChampion(
            f"ledger entry {entry.sequence} makes version {version} of {model_name} champion "
            "without a certificate; check `tidegate ledger verify`"
        )
    return found


def _key_id(seal: object) -> str:
    signature = seal.get("signature") if isinstance(seal, dict) else None
    return str(signature.get("key_id", "")) if isinstance(signature, dict) else ""


def _batches(platform: Platform, request: HistoryRequest) -> list[DecidedBatch]:
    return [
        DecidedBatch(
            as_of=date.fromisoformat(str(entry.payload["as_of"])),
            version=str(entry.payload["model_version"]),
            batch_id=str(entry.payload["batch_id"]),
            decisions=int(str(entry.payload["decisions"])),
            certificate_digest=str(entry.payload["certificate_digest"]),
            ledger_entry=entry.sequence,
        )
        for entry in platform.ledger.entries(EntryKind.LIMITS_ADJUSTED)
        if entry.payload["model_name"] == request.model_name
    ]


def _covers(reign: Reign, day: date) -> bool:
    begin = datetime.combine(day, time.min, UTC)
    return reign.since < begin + timedelta(days=1) and (reign.until is None or reign.until > begin)
