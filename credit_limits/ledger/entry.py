"""One entry of the ledger: what happened, who asked, and the digest that seals it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from credit_limits.domain.digest import digest_of

GENESIS_DIGEST = "0" * 64


class EntryKind(StrEnum):
    """Everything that leaves a trace in the ledger."""

    BATCH_ACCEPTED = "batch_accepted"
    BATCH_REFUSED = "batch_refused"
    FEATURES_MATERIALIZED = "features_materialized"
    LIMIT_RESPONSE_TRAINED = "limit_response_trained"
    MODEL_TRAINED = "model_trained"
    PROMOTION_INTENDED = "promotion_intended"
    MODEL_PROMOTED = "model_promoted"
    PROMOTION_REFUSED = "promotion_refused"
    MODEL_ROLLED_BACK = "model_rolled_back"
    LAUNCH_BEGUN = "launch_begun"
    LAUNCH_SERVED = "launch_served"
    LAUNCH_STEPPED = "launch_stepped"
    LAUNCH_STOPPED = "launch_stopped"
    THRESHOLDS_CHANGED = "thresholds_changed"
    APPROVERS_CHANGED = "approvers_changed"
    APPROVAL_GIVEN = "approval_given"
    APPROVAL_REJECTED = "approval_rejected"
    OVERRIDE_SIGNED = "override_signed"
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    DRIFT_WATCHED = "drift_watched"
    LIMITS_ADJUSTED = "limits_adjusted"
    ADJUSTMENT_REFUSED = "adjustment_refused"
    OUTBOX_WRITTEN = "outbox_written"
    BRAKE_APPLIED = "brake_applied"
    BRAKE_RELEASED = "brake_released"
    ALIAS_MOVED = "alias_moved"
    ALIAS_RESTORED = "alias_restored"
    NOTICE_SENT = "notice_sent"
    REHEARSAL_FINISHED = "rehearsal_finished"


@dataclass(frozen=True, slots=True)
class Entry:
    """A sealed entry.

    ``key`` is derived from content: a second entry of the same kind and key is the same event
    and is not written again. ``time`` is when it was written, UTC; nothing is decided by it.
    ``payload_digest`` is :func:`payload_digest_of` the payload, ``digest`` the digest of all other
    fields, so an alteration of any of them shows.
    """

    sequence: int
    time: datetime
    kind: EntryKind
    key: str
    actor: str
    payload: Mapping[str, object]
    payload_digest: str
    previous_digest: str
    digest: str

    @property
    def header_digest(self) -> str:
        """The digest that ``digest`` should be."""
        return digest_of(
            {
                "sequence": self.sequence,
                "time": self.time,
                "kind": self.kind,
                "key": self.key,
                "actor": self.actor,
                "payload_digest": self.payload_digest,
                "previous_digest": self.previous_digest,
            }
        )


def field_digests(payload: Mapping[str, object]) -> dict[str, str]:
    """The digest of each field of a payload, by its name."""
    return {name: digest_of(value) for name, value in payload.items()}


def payload_digest_of(payload: Mapping[str, object]) -> str:
    """The digest of :func:`field_digests`.

    Two levels, so that one field can be shown to belong to an entry with the digests of the
    others, and without what they say.
    """
    return digest_of(field_digests(payload))


def seal(
    *,
    sequence: int,
    time: datetime,
    kind: EntryKind,
    key: str,
    actor: str,
    payload: Mapping[str, object],
    previous_digest: str,
) -> Entry:
    """The entry of these fields with its digests computed.

    ``sequence`` counts from 1; ``previous_digest`` is the digest of the entry before, or
    :data:`GENESIS_DIGEST`. Raises ``ValueError`` for a time without a zone.
    """
    if time.tzinfo is None:
        raise ValueError("a ledger time needs its zone")
    unsealed = Entry(
        sequence, time, kind, key, actor, payload, payload_digest_of(payload), previous_digest, ""
    )
    return Entry(
        sequence,
        time,
        kind,
        key,
        actor,
        payload,
        unsealed.payload_digest,
        previous_digest,
        unsealed.header_digest,
    )
