"""The chain: every entry holds the digest of the one before, so the past cannot be rewritten."""

from collections.abc import Iterable

from credit_limits.domain.errors import LedgerBroken
from credit_limits.ledger.entry import GENESIS_DIGEST, Entry, payload_digest_of


def verify_chain(entries: Iterable[Entry]) -> int:
    """The number of entries, all of them intact.

    Raises :class:`LedgerBroken` that names the first altered, missing or inserted entry.
    """
    previous, count = GENESIS_DIGEST, 0
    for count, entry in enumerate(entries, start=1):
        if problem := _problem(entry, count, previous):
            raise LedgerBroken(
                f"ledger entry {entry.sequence} ({entry.kind}, {entry.key}): {problem}; "
                "entries before it are intact. Restore the control database from a backup "
                "taken before the alteration and compare the two"
            )
        previous = entry.digest
    return count


def _problem(entry: Entry, expected_sequence: int, previous_digest: str) -> str | None:
    if entry.sequence != expected_sequence:
        return f"entry {expected_sequence} is missing before it"
    if payload_digest_of(entry.payload) != entry.payload_digest:
        return "its payload was altered"
    if entry.previous_digest != previous_digest:
        return "it does not follow the entry before it"
    if entry.header_digest != entry.digest:
        return "one of its fields was altered"
    return None
