"""The verifier of a proof: it needs the proof and the root, and one byte altered shows."""

import json
from datetime import UTC, date, datetime

import pytest

from credit_limits.domain.digest import canonical_json, digest_of
from credit_limits.domain.errors import LedgerBroken, ProofBroken
from credit_limits.ledger.entry import GENESIS_DIGEST, EntryKind, field_digests, seal
from credit_limits.ledger.merkle import merkle_root, prove
from credit_limits.ledger.proof import FORMAT, check_proof, write_proof

ROWS = [
    {
        "decision_id": f"d{number}",
        "account_id": f'账户 "{number}"',
        "default_probability": 0.1 / (number + 1),
        "reasons": ["cool_off"],
        "as_of": date(2024, 1, 31),
        "increases_closed_until": None,
        "batch_id": "limits-2024-01-31-0",
    }
    for number in range(5)
]
LEAVES = [digest_of(row) for row in ROWS]
ROOT = merkle_root(LEAVES)


def entry(**payload):
    content = {"batch_id": "limits-2024-01-31-0", "merkle_root": ROOT, "secret": 7, **payload}
    return seal(
        sequence=3,
        time=datetime(2024, 2, 1, tzinfo=UTC),
        kind=EntryKind.LIMITS_ADJUSTED,
        key="k",
        actor="tester",
        payload=content,
        previous_digest=GENESIS_DIGEST,
    )


def proof(place=2, **payload) -> bytes:
    return write_proof(ROWS[place], prove(LEAVES, place), entry(**payload))


def altered(change) -> bytes:
    content = json.loads(proof())
    change(content)
    return canonical_json(content)


@pytest.mark.parametrize("place", range(5))
def test_it_shows_the_decision_and_the_entry_of_its_root(place):
    proven = check_proof(proof(place), ROOT)
    assert proven.decision == json.loads(canonical_json(ROWS[place]))
    assert (proven.root, proven.entry_sequence) == (ROOT, 3)
    assert proven.entry_digest == entry().digest


def test_it_says_nothing_of_any_other_decision_or_of_the_rest_of_the_payload():
    text = proof().decode()
    assert not any(f'"d{number}"' in text for number in (0, 1, 3, 4))
    assert set(json.loads(text)["payload"].values()) == set(field_digests(entry().payload).values())
    assert '"secret":7' not in text


def test_the_end_of_the_line_may_be_missing():
    assert check_proof(proof().removesuffix(b"\n"), ROOT) == check_proof(proof(), ROOT)


def test_any_one_byte_changed_fails():
    whole = proof()
    for place in range(len(whole)):
        for flipped in (whole[place] ^ 0x01, whole[place] ^ 0x20):
            spoiled = whole[:place] + bytes([flipped]) + whole[place + 1 :]
            with pytest.raises(ProofBroken):
                check_proof(spoiled, ROOT)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda p: p["decision"].update(to_minor=1), "do not lead to the root"),
        (lambda p: p["path"].pop(), "do not lead to the root"),
        (lambda p: p["path"][0].update(up="0" * 64), "step 1 of its path is no sibling"),
        (lambda p: p["path"].__setitem__(1, {"left": "0" * 63}), "step 2 of its path"),
        (lambda p: p.update(path={}), "path is no list"),
        (lambda p: p.update(entry=[]), "entry is no mapping"),
        (lambda p: p.update(root="0" * 64), "under the root 0000"),
        (lambda p: p.update(format="another"), FORMAT),
        (lambda p: p.update(more=1), FORMAT),
        (lambda p: p["entry"].update(actor="else"), "fields do not add up"),
        (lambda p: p["entry"].pop("time"), "lacks a field"),
        (lambda p: p["entry"].update(kind="model_promoted"), "model_promoted holds no decisions"),
        (lambda p: p["payload"].update(secret="0" * 64), "do not add up to the entry's payload"),
        (lambda p: p["payload"].update(merkle_root="0" * 64), "holds another root"),
        (lambda p: p["payload"].pop("batch_id"), "another batch"),
    ],
)
def test_it_says_what_does_not_fit(change, said):
    with pytest.raises(ProofBroken, match=said):
        check_proof(altered(change), ROOT)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff", "no JSON text"),
        (b"{", "no JSON text"),
        (b"[" * 100_000, "no JSON text"),
        (b'{"a":NaN}', "no JSON text"),
        (b'{"a": 1}', "not in canonical form"),
        (b'{"a":1,"a":1}', "not in canonical form"),
        (b"[]", "is no 'tidegate"),
        (b"{}", "is no 'tidegate"),
    ],
)
def test_what_is_no_proof(data, said):
    with pytest.raises(ProofBroken, match=said):
        check_proof(data, ROOT)


def test_a_proof_under_another_root_proves_nothing_here():
    other = merkle_root(LEAVES[:4])
    with pytest.raises(ProofBroken, match="not under"):
        check_proof(proof(), other)
    with pytest.raises(ProofBroken, match="64 hexadecimal digits"):
        check_proof(proof(), ROOT.upper())


def test_an_entry_of_another_batch_does_not_carry_it():
    with pytest.raises(ProofBroken, match="another batch"):
        check_proof(proof(batch_id="limits-2024-01-31-1"), ROOT)


def test_it_is_told_apart_from_a_broken_ledger():
    assert issubclass(ProofBroken, LedgerBroken)
    assert ProofBroken.exit_code != LedgerBroken.exit_code
