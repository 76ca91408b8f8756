"""The platform's keys, by the ledger: which may sign, from which entry on, and which no more.

The first key of a ledger is its root. A later one counts only where a key that counts has signed
for it, so that nobody who can merely write an entry can add a key of his own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from credit_limits.domain.signature import Verifier, key_id_of, read_signature, statement
from credit_limits.ledger.entry import Entry, EntryKind


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """A key that the ledger knows.

    ``added_at`` and ``revoked_at`` are the sequences of the entries that say so; None where the
    key was never revoked.
    """

    key_id: str
    public_key: str
    added_at: int
    revoked_at: int | None = None

    def signs_at(self, sequence: int) -> bool:
        """Whether what it signed for an entry counted then: added before, not yet revoked."""
        return self.added_at < sequence and (self.revoked_at is None or sequence < self.revoked_at)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of a ledger by their id, in the order in which they were added."""

    keys: Mapping[str, PlatformKey]

    @property
    def root(self) -> PlatformKey | None:
        """The first key of the ledger."""
        return next(iter(self.keys.values()), None)

    def find(self, key_id: str) -> PlatformKey | None:
        """The key of this id, revoked or not."""
        return self.keys.get(key_id)


def endorsement(public_key: str) -> bytes:
    """What an older key signs so that ``public_key`` counts."""
    return statement("endorse_key", {"public_key": public_key})


def key_ring(entries: Iterable[Entry], verifies: Verifier) -> KeyRing:
    """The keys that the entries make known.

    Args:
        entries: of the ledger, oldest first; those of other kinds are passed over.
        verifies: says whether a signature is that of a public key.
    """
    keys: dict[str, PlatformKey] = {}
    for entry in entries:
        if entry.kind is EntryKind.KEY_ADDED:
            added = _added(entry, keys, verifies)
            if added is not None and added.key_id not in keys:
                keys[added.key_id] = added
        elif entry.kind is EntryKind.KEY_REVOKED:
            revoked = str(entry.payload.get("key_id"))
            if revoked in keys and keys[revoked].revoked_at is None:
                keys[revoked] = replace(keys[revoked], revoked_at=entry.sequence)
    return KeyRing(keys)


def _added(entry: Entry, keys: Mapping[str, PlatformKey], verifies: Verifier) -> PlatformKey | None:
    """The key of an entry, None where nobody who counts has signed for it."""
    public_key = str(entry.payload.get("public_key"))
    try:
        added = PlatformKey(key_id_of(public_key), public_key, entry.sequence)
        if not keys:
            return added
        signature = read_signature(entry.payload.get("endorsement"))
    except ValueError:
        return None
    by = keys.get(signature.key_id)
    if by is None or not by.signs_at(entry.sequence):
        return None
    return added if verifies(by.public_key, signature.value, endorsement(public_key)) else None
