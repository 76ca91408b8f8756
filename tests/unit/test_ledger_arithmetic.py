"""The chain and the tree, as arithmetic: any alteration shows, any proof holds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from credit_limits.domain.digest import digest_of
from credit_limits.domain.errors import LedgerBroken
from credit_limits.ledger.chain import verify_chain
from credit_limits.ledger.entry import GENESIS_DIGEST, Entry, EntryKind, seal
from credit_limits.ledger.merkle import EMPTY_ROOT, merkle_root, proof_holds, prove


def chain(length: int) -> list[Entry]:
    entries: list[Entry] = []
    for number in range(1, length + 1):
        entries.append(
            seal(
                sequence=number,
                time=datetime(2024, 1, number, tzinfo=UTC),
                kind=EntryKind.DRIFT_WATCHED,
                key=f"k{number}",
                actor="tester",
                payload={"number": number},
                previous_digest=entries[-1].digest if entries else GENESIS_DIGEST,
            )
        )
    return entries


def test_an_untouched_chain_counts_its_entries():
    assert verify_chain([]) == 0
    assert verify_chain(chain(5)) == 5


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"payload": {"number": 99}}, "payload was altered"),
        ({"actor": "someone else"}, "fields was altered"),
        ({"time": datetime(2030, 1, 1, tzinfo=UTC)}, "fields was altered"),
        ({"kind": EntryKind.MODEL_PROMOTED}, "fields was altered"),
        ({"key": "other"}, "fields was altered"),
        ({"digest": "f" * 64}, "fields was altered"),
        ({"previous_digest": "f" * 64}, "does not follow"),
        ({"payload_digest": "f" * 64}, "payload was altered"),
    ],
)
def test_an_altered_entry_is_named(change, problem):
    entries = chain(5)
    entries[2] = replace(entries[2], **change)
    with pytest.raises(LedgerBroken, match=rf"entry 3 .*{problem}"):
        verify_chain(entries)


def test_an_entry_resealed_after_alteration_breaks_the_next():
    entries = chain(3)
    entries[1] = seal(
        sequence=2,
        time=entries[1].time,
        kind=entries[1].kind,
        key=entries[1].key,
        actor="someone else",
        payload=entries[1].payload,
        previous_digest=entries[1].previous_digest,
    )
    with pytest.raises(LedgerBroken, match=r"entry 3 .*does not follow"):
        verify_chain(entries)


def test_a_removed_entry_is_missed():
    entries = chain(4)
    del entries[1]
    with pytest.raises(LedgerBroken, match="entry 2 is missing"):
        verify_chain(entries)


def test_an_entry_needs_a_zone():
    with pytest.raises(ValueError, match="zone"):
        seal(
            sequence=1,
            time=datetime(2024, 1, 1),
            kind=EntryKind.DRIFT_WATCHED,
            key="k",
            actor="tester",
            payload={},
            previous_digest=GENESIS_DIGEST,
        )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 13])
def test_every_leaf_has_a_proof_and_no_other_leaf_fits_it(count):
    leaves = [digest_of(number) for number in range(count)]
    root = merkle_root(leaves)
    for index, leaf in enumerate(leaves):
        proof = prove(leaves, index)
        assert len(proof) <= 4
        assert proof_holds(leaf, proof, root)
        assert not proof_holds(digest_of("another"), proof, root)


def test_the_root_depends_on_every_leaf_and_on_their_order():
    leaves = [digest_of(number) for number in range(6)]
    root = merkle_root(leaves)
    assert root != merkle_root(leaves[::-1])
    for index in range(6):
        changed = leaves.copy()
        changed[index] = digest_of("another")
        assert merkle_root(changed) != root
    assert merkle_root([]) == EMPTY_ROOT


def test_a_lone_leaf_is_not_counted_twice():
    leaves = [digest_of(number) for number in range(3)]
    assert merkle_root(leaves) != merkle_root([*leaves, leaves[-1]])


def test_there_is_no_proof_of_a_leaf_outside():
    with pytest.raises(IndexError, match="leaf 3 of 3"):
        prove([digest_of(number) for number in range(3)], 3)
