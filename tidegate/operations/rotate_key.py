"""Rotate: a new key signs for the platform; what the one before has signed stays good.

The new key lies beside the old until the ledger has it, with the old key's signature; then it
takes the old one's place. A rotation that was killed goes on with the key it had made.
"""

from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, Field

from credit_limits.ledger.entry import EntryKind
from credit_limits.ledger.keys import endorsement
from tidegate.adapters.signing import Signer, make_key, read_key
from tidegate.operations.platform import Platform
from tidegate.operations.platform_key import key_file, platform_signer

_log = structlog.get_logger(__name__)


class RotateKeyRequest(BaseModel):
    """Why the platform signs with another key from now on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str = Field(min_length=1, description="why, as the ledger will tell it")


class RotateKeyOutcome(BaseModel):
    """The key that signs now, and the one before."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    previous_key_id: str


def rotate_key(platform: Platform, request: RotateKeyRequest) -> RotateKeyOutcome:
    """Make a new platform key, have the present one sign for it, and put it in its place.

    Raises:
        SettingsError: the present key cannot be used.
        LedgerBroken: an entry of the ledger was altered.
    """
    platform.ledger.verify()
    before = platform_signer(platform)
    following = key_file(platform).with_name("next.pem")
    signer = _made(following)
    platform.ledger.append(
        EntryKind.KEY_ADDED,
        platform.settings.actor,
        {
            "key_id": signer.key_id,
            "public_key": signer.public_key,
            "endorsement": before.sign(endorsement(signer.public_key)).as_plain(),
            "reason": request.reason,
        },
        key=signer.key_id,
    )
    following.replace(key_file(platform))
    _log.info("key_rotated", key_id=signer.key_id, previous=before.key_id)
    return RotateKeyOutcome(key_id=signer.key_id, previous_key_id=before.key_id)


def _made(path: Path) -> Signer:
    return read_key(path) if path.exists() else make_key(path)
