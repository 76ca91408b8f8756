"""Release a brake: a person ends it before quiet watches would, and says why.

Where the approval policy names approvers, it takes the key of one of them, and their signature
stays with the release. Where it names nobody, the ledger keeps who asked.
"""

from datetime import date
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import InputError
from credit_limits.ledger.entry import Entry, EntryKind
from tidegate.operations.approver_signatures import signed_by_approver
from tidegate.operations.brakes import Brake, BrakeReleased, open_brakes
from tidegate.operations.platform import Platform

_log = structlog.get_logger(__name__)


class ReleaseBrakeRequest(BaseModel):
    """Which brake, why, and with which key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: int = Field(
        ge=1, description="the brake's entry in the ledger, as 'control list' says"
    )
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")
    key: Path | None = Field(
        None, description="file with your private key, needed where the policy names approvers"
    )
    as_of: date | None = Field(
        None, description="day from which it no longer holds; the lake's last day if empty"
    )


class ReleaseBrakeOutcome(BaseModel):
    """The brake that was released, from which day on, and by whom.

    ``name`` is the approver's whose key signed, empty where nobody's was needed.
    """

    model_config = ConfigDict(frozen=True)

    as_of: date
    brake: str
    actor: str
    name: str
    reason: str
    recognised: bool = False


def release_brake(platform: Platform, request: ReleaseBrakeRequest) -> ReleaseBrakeOutcome:
    """End a brake from a day on; the days before it are decided under it for ever.

    Called again with the same reason it writes nothing and says the same.

    Raises:
        InputError: no brake of that entry is open on that day.
        PolicyError: approvers are named, and no key was given or it is none of theirs.
        SettingsError: the key file cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    as_of = request.as_of or platform.lake.latest_knowledge()
    applied = _applied(platform, request.sequence)
    key = digest_of({"brake": applied.key, "as_of": as_of, "reason": request.reason})
    if entry := platform.ledger.find(EntryKind.BRAKE_RELEASED, key):
        return _outcome(entry, recognised=True)
    brake = _open(platform, request.sequence, as_of)
    released = BrakeReleased(
        as_of=as_of,
        brake=brake.name,
        applied_key=applied.key,
        reason=request.reason,
        **_signed(platform, request, applied, as_of),
    )
    entry = platform.record(EntryKind.BRAKE_RELEASED, released, key=key)
    _log.info("brake_released", brake=brake.name, as_of=str(as_of), by=released.name)
    return _outcome(entry, recognised=False)


def _applied(platform: Platform, sequence: int) -> Entry:
    for entry in platform.ledger.entries(EntryKind.BRAKE_APPLIED):
        if entry.sequence == sequence:
            return entry
    raise InputError(f"entry {sequence} of the ledger applies no brake; see tidegate control list")


def _open(platform: Platform, sequence: int, as_of: date) -> Brake:
    for brake in open_brakes(platform, as_of):
        if brake.entry_sequence == sequence:
            return brake
    raise InputError(
        f"the brake of entry {sequence} does not hold on {as_of}: it was released, has expired or "
        "was applied later; see tidegate control list"
    )


def _signed(
    platform: Platform, request: ReleaseBrakeRequest, applied: Entry, as_of: date
) -> dict[str, str]:
    """Name, key and signature of the approver; nothing where the policy names nobody."""
    said = {
        "purpose": "release_brake",
        "brake": applied.digest,
        "as_of": as_of.isoformat(),
        "reason": request.reason,
    }
    return signed_by_approver(platform, request.key, as_of, "a brake is released", said)


def _outcome(entry: Entry, *, recognised: bool) -> ReleaseBrakeOutcome:
    released = BrakeReleased.model_validate(entry.payload)
    return ReleaseBrakeOutcome(
        as_of=released.as_of,
        brake=released.brake,
        actor=entry.actor,
        name=released.name,
        reason=released.reason,
        recognised=recognised,
    )
