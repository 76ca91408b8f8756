"""Revoke: from now on nothing that a key has signed is good, until it is signed anew."""

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.domain.errors import ModelError
from credit_limits.ledger.entry import EntryKind
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import known_keys, platform_signer
from tidegate.operations.rotate_key import RotateKeyRequest, rotate_key

_log = structlog.get_logger(__name__)


class RevokeKeyRequest(BaseModel):
    """Which key is no longer trusted, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str = Field(description="key as tidegate key list names it")
    reason: str = Field(min_length=1, description="why, as the ledger will tell it")


class RevokeKeyOutcome(BaseModel):
    """The key revoked, and the one that signs now."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    signing_key_id: str
    recognised: bool = False


def revoke_key(platform: Platform, request: RevokeKeyRequest) -> RevokeKeyOutcome:
    """Revoke a key; where it is the one that signs now, another takes its place first.

    A champion whose certificate the key signed decides nothing more until it is promoted or
    rolled back to again.

    Raises:
        ModelError: the ledger knows no such key.
        SettingsError: the present key cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    ring = known_keys(platform)
    key = ring.find(request.key_id)
    if key is None:
        known = ", ".join(ring.keys) or "none"
        raise ModelError(f"the ledger knows no key {request.key_id}; it knows {known}")
    if key.revoked_at is None:
        if platform_signer(platform).key_id == key.key_id:
            rotate_key(platform, RotateKeyRequest(reason=request.reason))
        platform.ledger.append(
            EntryKind.KEY_REVOKED,
            platform.settings.actor,
            {"key_id": key.key_id, "reason": request.reason},
            key=key.key_id,
        )
        _log.warning("key_revoked", key_id=key.key_id)
    return RevokeKeyOutcome(
        key_id=key.key_id,
        signing_key_id=platform_signer(platform).key_id,
        recognised=key.revoked_at is not None,
    )
