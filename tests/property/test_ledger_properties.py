"""What must hold of the ledger's arithmetic for any content."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.errors import LedgerBroken
from credit_limits.ledger.chain import verify_chain
from credit_limits.ledger.entry import GENESIS_DIGEST, EntryKind, seal
from credit_limits.ledger.merkle import merkle_root, proof_holds, prove

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
payloads = st.dictionaries(st.text(), json_values, max_size=4)


def sealed(contents):
    entries = []
    for number, payload in enumerate(contents, start=1):
        entries.append(
            seal(
                sequence=number,
                time=datetime(2024, 1, 1, tzinfo=UTC),
                kind=EntryKind.DRIFT_WATCHED,
                key=str(number),
                actor="tester",
                payload=payload,
                previous_digest=entries[-1].digest if entries else GENESIS_DIGEST,
            )
        )
    return entries


@given(st.lists(payloads, max_size=8))
def test_any_chain_verifies_as_it_was_sealed(contents):
    assert verify_chain(sealed(contents)) == len(contents)


@given(st.lists(payloads, min_size=2, max_size=8), st.data())
def test_any_two_entries_swapped_show(contents, data):
    entries = sealed(contents)
    first = data.draw(st.integers(0, len(entries) - 2))
    entries[first], entries[first + 1] = entries[first + 1], entries[first]
    with pytest.raises(LedgerBroken):
        verify_chain(entries)


@given(payloads)
def test_a_digest_survives_reading_back(payload):
    import json

    assert digest_of(json.loads(canonical_json(payload))) == digest_of(payload)


def plain_root(leaves):
    """RFC 6962's definition as it is written: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return sha256(b"\x00" + bytes.fromhex(leaves[0])).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + plain_root(leaves[:split]) + plain_root(leaves[split:])).digest()


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_the_root_is_that_of_the_plain_definition(numbers):
    leaves = [digest_of(number) for number in numbers]
    assert merkle_root(leaves) == plain_root(leaves).hex()


@given(st.lists(st.integers(), min_size=1, max_size=40), st.data())
def test_any_leaf_can_be_proven_and_no_stranger(numbers, data):
    leaves = [digest_of(number) for number in numbers]
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = prove(leaves, index), merkle_root(leaves)
    assert proof_holds(leaves[index], proof, root)
    assert not proof_holds(digest_of("stranger"), proof, root)
