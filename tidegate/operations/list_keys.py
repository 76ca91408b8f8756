"""List keys: which have signed for the platform, from when to when."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from credit_limits.ledger.entry import EntryKind
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import known_keys


class ListKeysRequest(BaseModel):
    """Nothing to ask for."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KeyRow(BaseModel):
    """A key of the platform; ``revoked`` and ``why`` are None where it was never revoked."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    added: datetime
    revoked: datetime | None
    why: str | None


class ListKeysOutcome(BaseModel):
    """Every key that counts or counted, oldest first."""

    model_config = ConfigDict(frozen=True)

    keys: list[KeyRow]


def list_keys(platform: Platform, request: ListKeysRequest) -> ListKeysOutcome:
    """The platform's keys by the ledger.

    Raises :class:`~credit_limits.domain.errors.LedgerBroken` where an entry was altered.
    """
    del request
    platform.ledger.verify()
    added = {entry.sequence: entry for entry in platform.ledger.entries(EntryKind.KEY_ADDED)}
    revoked = {entry.sequence: entry for entry in platform.ledger.entries(EntryKind.KEY_REVOKED)}
    rows = []
    for key in known_keys(platform).keys.values():
        end = revoked.get(key.revoked_at) if key.revoked_at is not None else None
        rows.append(
            KeyRow(
                key_id=key.key_id,
                added=added[key.added_at].time,
                revoked=end.time if end else None,
                why=str(end.payload["reason"]) if end else None,
            )
        )
    return ListKeysOutcome(keys=rows)
