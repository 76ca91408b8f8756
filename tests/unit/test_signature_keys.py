"""Signatures and the platform's keys: what is signed, and whose key counts from when to when."""

import stat

import pytest

from credit_limits.domain.errors import SettingsError
from credit_limits.domain.signature import Signature, key_id_of, read_signature, statement
from credit_limits.ledger.entry import Entry, EntryKind
from credit_limits.ledger.keys import KeyRing, endorsement, key_ring
from tests.conftest import StoppedClock
from tidegate.adapters.signing import make_key, read_key, verifies

# RFC 8032, section 7.1, test 2
PUBLIC = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
SIGNED = bytes.fromhex("72")
SIGNATURE = (
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return [make_key(folder / f"{number}.pem") for number in range(3)]


def entry(sequence: int, kind: EntryKind, **payload: object) -> Entry:
    now = StoppedClock().now()
    return Entry(sequence, now, kind, str(sequence), "tester", payload, "", "", "")


def added(sequence: int, signer, by=None) -> Entry:
    signature = by.sign(endorsement(signer.public_key)).as_plain() if by else None
    return entry(sequence, EntryKind.KEY_ADDED, public_key=signer.public_key, endorsement=signature)


def revoked(sequence: int, signer) -> Entry:
    return entry(sequence, EntryKind.KEY_REVOKED, key_id=signer.key_id)


def ring(*entries: Entry) -> KeyRing:
    return key_ring(entries, verifies)


def test_the_published_test_vector_verifies_and_nothing_near_it_does():
    assert verifies(PUBLIC, SIGNATURE, SIGNED)
    assert not verifies(PUBLIC, SIGNATURE, b"s")
    assert not verifies(PUBLIC, SIGNATURE[:-1] + "1", SIGNED)
    assert not verifies("00" * 32, SIGNATURE, SIGNED)
    assert not verifies("no key", SIGNATURE, SIGNED)


def test_signing_twice_gives_the_same_bytes(signers):
    first, second = (signers[0].sign(b"the same") for _ in range(2))
    assert first == second
    assert verifies(signers[0].public_key, first.value, b"the same")


def test_a_purpose_is_part_of_what_is_signed():
    assert statement("approve", {"version": "4"}) != statement("crown", {"version": "4"})


@pytest.mark.parametrize(
    "plain",
    [None, {}, "signature", {"key_id": "x", "value": SIGNATURE}, {"key_id": "0" * 16, "value": ""}],
)
def test_what_is_no_signature_cannot_be_read_as_one(plain):
    with pytest.raises(ValueError, match=r"signature|names no key"):
        read_signature(plain)


def test_a_signature_survives_its_plain_form():
    signature = Signature(key_id_of(PUBLIC), SIGNATURE)
    assert read_signature(signature.as_plain()) == signature


def test_a_key_file_is_its_owner_s_alone_and_is_read_again(tmp_path):
    made = make_key(tmp_path / "keys" / "me.pem")
    assert stat.S_IMODE((tmp_path / "keys" / "me.pem").stat().st_mode) == 0o600
    assert read_key(tmp_path / "keys" / "me.pem").public_key == made.public_key
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["me.pem"]


def test_a_key_file_is_never_overwritten(tmp_path):
    first = make_key(tmp_path / "me.pem")
    with pytest.raises(FileExistsError):
        make_key(tmp_path / "me.pem")
    assert read_key(tmp_path / "me.pem").public_key == first.public_key


def test_a_key_file_that_others_may_read_is_refused(tmp_path):
    make_key(tmp_path / "me.pem")
    (tmp_path / "me.pem").chmod(0o640)
    with pytest.raises(SettingsError, match=r"can be read by others .*chmod 600"):
        read_key(tmp_path / "me.pem")


@pytest.mark.parametrize("content", [b"", b"rubbish", None])
def test_a_file_without_a_key_says_what_to_do(tmp_path, content):
    path = tmp_path / "me.pem"
    if content is not None:
        path.write_bytes(content)
        path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"tidegate key new|no private key"):
        read_key(path)


def test_the_first_key_is_the_root_and_counts_from_its_entry_on(signers):
    found = ring(added(3, signers[0])).find(signers[0].key_id)
    assert not found.signs_at(3)
    assert found.signs_at(4)
    assert ring(added(3, signers[0])).root == found


def test_a_later_key_counts_where_one_that_counts_signed_for_it(signers):
    first, second, third = signers
    known = ring(added(1, first), added(2, second, by=first), added(3, third, by=second))
    assert [key.added_at for key in known.keys.values()] == [1, 2, 3]


@pytest.mark.parametrize("forged", ["nobody", "itself", "a stranger", "a revoked key"])
def test_nobody_adds_a_key_of_his_own(signers, forged):
    first, second, third = signers
    by = {"nobody": None, "itself": second, "a stranger": third, "a revoked key": first}[forged]
    before = [added(1, first)] + ([revoked(2, first)] if forged == "a revoked key" else [])
    assert ring(*before, added(5, second, by=by)).find(second.key_id) is None


def test_a_signature_for_one_key_adds_no_other(signers):
    first, second, third = signers
    signature = first.sign(endorsement(second.public_key)).as_plain()
    other = entry(2, EntryKind.KEY_ADDED, public_key=third.public_key, endorsement=signature)
    assert ring(added(1, first), other).find(third.key_id) is None


def test_a_revoked_key_counts_for_what_was_signed_before_alone(signers):
    found = ring(added(1, signers[0]), revoked(5, signers[0]), revoked(9, signers[0]))
    key = found.find(signers[0].key_id)
    assert key.revoked_at == 5
    assert [key.signs_at(sequence) for sequence in (1, 4, 5, 6)] == [False, True, False, False]


def test_a_revoked_key_does_not_come_back(signers):
    found = ring(added(1, signers[0]), revoked(2, signers[0]), added(3, signers[0]))
    assert found.find(signers[0].key_id).revoked_at == 2


@pytest.mark.parametrize("public_key", ["", "zz" * 32, "00" * 31, None])
def test_an_entry_without_a_key_adds_none(public_key):
    nothing = entry(1, EntryKind.KEY_ADDED, public_key=public_key, endorsement=None)
    assert not ring(nothing).keys
