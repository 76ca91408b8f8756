"""A certificate names all that a clearance rests on; its seal names in whose place it came."""

from dataclasses import fields, replace
from datetime import date

import pytest

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.domain.signature import Signature
from credit_limits.gates.certificate import (
    Certificate,
    Grounds,
    OlderThresholds,
    SignedCertificate,
    certify,
    crowning,
    read_certificate,
    read_seal,
    verify_certificate,
)
from credit_limits.gates.verdict import Cleared, judge
from tests.gate_samples import DAY, good_evidence, thresholds
from tests.override_samples import granted

CLEARED = judge(good_evidence(), thresholds(), DAY)
assert isinstance(CLEARED, Cleared)
OLDER = OlderThresholds(
    "default_risk/2005-01-01", "d" * 64, ("performance.auc_low_floor",), False, ("performance",)
)
GROUNDS = Grounds("e" * 64, "limits/2005-01-01", "f" * 64, "maker", ("Li", "Zhao"), OLDER)
ANSWERED = replace(GROUNDS, limit_response_version="2", limit_response_digest="9" * 64)
SIGNATURE = Signature("0" * 16, "1" * 128)


def certificate(grounds: Grounds = GROUNDS) -> Certificate:
    return certify(
        CLEARED,
        grounds,
        model_name="default_risk",
        version="4",
        artefact_digest="a" * 64,
        feature_service="default_risk_v1",
        schema_hash="b" * 64,
        data_versions={"statements": 3, "accounts": 1},
        previous_champion=None,
        actor="tester",
        as_of=date(2024, 1, 31),
    )


def held(**changed: str) -> None:
    sealed = certificate()
    found = {
        "model_name": "default_risk",
        "version": "4",
        "artefact_digest": "a" * 64,
        "feature_service": "default_risk_v1",
        "schema_hash": "b" * 64,
        "thresholds_digest": "e" * 64,
        "digest": sealed.digest,
    }
    verify_certificate(sealed, **(found | changed))


@pytest.mark.parametrize(
    "grounds", [GROUNDS, ANSWERED, replace(GROUNDS, approvals=(), older_thresholds=None)]
)
def test_a_certificate_survives_its_plain_form(grounds):
    assert read_certificate(certificate(grounds).as_plain()) == certificate(grounds)
    assert certificate().data_versions == (("accounts", 1), ("statements", 3))


def test_every_field_is_part_of_the_digest_and_of_what_is_signed():
    one = certificate(ANSWERED)
    other = {
        "data_versions": (("accounts", 2),),
        "previous_champion": "3",
        "approvals": ("Li",),
        "older_thresholds": None,
        "as_of": date(2024, 2, 29),
        "overrides": (granted(),),
    }
    for item in fields(Certificate):
        changed = replace(one, **{item.name: other.get(item.name, "other")})
        assert changed.digest != one.digest, item.name
        assert crowning(changed, None) != crowning(one, None), item.name


@pytest.mark.parametrize(
    "field",
    [
        *("version", "artefact_digest", "schema_hash", "thresholds_digest", "policy_digest"),
        *("verdict_digest", "maker", "actor"),
    ],
)
def test_a_certificate_without_a_field_is_unbuildable(field):
    with pytest.raises(ValueError, match=f"without {field}"):
        replace(certificate(), **{field: ""})


def test_a_certificate_without_a_limit_response_does_not_speak_of_one():
    assert not any("limit_response" in name for name in certificate().as_plain())
    assert certificate(ANSWERED).as_plain()["limit_response_version"] == "2"


@pytest.mark.parametrize("field", ["limit_response_version", "limit_response_digest"])
def test_half_a_limit_response_is_unbuildable(field):
    with pytest.raises(ValueError, match="half a limit response"):
        replace(certificate(ANSWERED), **{field: ""})


@pytest.mark.parametrize(
    "change",
    [
        {"version": ""},
        {"loosened": ()},
        {"passed": True},
        {"refusing": ()},
    ],
)
def test_older_thresholds_that_contradict_themselves_are_unbuildable(change):
    with pytest.raises(ValueError, match="older thresholds"):
        replace(OLDER, **change)


def test_the_certificate_of_this_very_model_verifies():
    held()


@pytest.mark.parametrize(
    "field",
    [
        *("model_name", "version", "artefact_digest", "feature_service", "schema_hash"),
        *("thresholds_digest", "digest"),
    ],
)
def test_a_certificate_of_anything_else_is_refused_by_name(field):
    with pytest.raises(NoCertifiedChampion, match=f"{field} is other"):
        held(**{field: "other"})
    with pytest.raises(NoCertifiedChampion, match=f"{field} is absent"):
        held(**{field: ""})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda plain: plain.pop("artefact_digest"),
        lambda plain: plain.update(artefact_digest=""),
        lambda plain: plain.update(data_versions=[]),
        lambda plain: plain.update(data_versions={"accounts": "many"}),
        lambda plain: plain.update(as_of="yesterday"),
        lambda plain: plain.update(signed_by="nobody"),
        lambda plain: plain.update(approvals="Li"),
        lambda plain: plain.pop("older_thresholds"),
        lambda plain: plain.update(older_thresholds="none"),
        lambda plain: plain.update(older_thresholds={"version": "x"}),
    ],
)
def test_an_unreadable_certificate_is_none(spoil):
    plain = certificate().as_plain()
    spoil(plain)
    with pytest.raises(NoCertifiedChampion, match="cannot be read"):
        read_certificate(plain)


@pytest.mark.parametrize("follows", [None, "c" * 64])
def test_a_seal_survives_its_plain_form(follows):
    signed = SignedCertificate(certificate(), follows, SIGNATURE)
    assert read_seal(certificate(), signed.seal_as_plain()) == signed
    assert signed.signed == crowning(certificate(), follows)


def test_a_seal_says_in_whose_place_the_version_came():
    assert crowning(certificate(), None) != crowning(certificate(), "c" * 64)


def test_the_seal_is_no_part_of_the_certificate_s_digest():
    signed = SignedCertificate(certificate(), "c" * 64, SIGNATURE)
    assert signed.certificate.digest == certificate().digest
    assert SIGNATURE.key_id not in str(certificate().as_plain())


@pytest.mark.parametrize(
    "plain",
    [
        *(None, {}, "seal", {"follows": None}, {"signature": SIGNATURE.as_plain()}),
        {"follows": 4, "signature": SIGNATURE.as_plain()},
        {"follows": None, "signature": {"key_id": "0" * 16}},
    ],
)
def test_a_certificate_without_a_seal_is_not_signed(plain):
    with pytest.raises(NoCertifiedChampion, match="version 4 is not signed"):
        read_seal(certificate(), plain)
