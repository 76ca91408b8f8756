"""The verdict and the certificate cannot be had without the whole chain."""

from dataclasses import replace
from datetime import date

import pytest

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.gates.certificate import (
    Certificate,
    certify,
    read_certificate,
    verify_certificate,
)
from credit_limits.gates.result import CheckName, CheckResult
from credit_limits.gates.verdict import Cleared, Refused, judge
from tests.gate_samples import good_evidence, thresholds

CLEARED = judge(good_evidence(), thresholds())
assert isinstance(CLEARED, Cleared)


def certificate() -> Certificate:
    return certify(
        CLEARED,
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
        "digest": sealed.digest,
    }
    verify_certificate(sealed, **(found | changed))


@pytest.mark.parametrize("index", range(len(CheckName)))
def test_cleared_cannot_be_built_with_a_failing_check(index):
    checks = list(CLEARED.checks)
    checks[index] = CheckResult(checks[index].check, False, (), (), "no")
    with pytest.raises(ValueError, match=f"not cleared: {checks[index].check}"):
        Cleared("v", "e", tuple(checks))


@pytest.mark.parametrize(
    "checks",
    [
        (),
        CLEARED.checks[:-1],
        CLEARED.checks[1:],
        CLEARED.checks[::-1],
        (*CLEARED.checks, CLEARED.checks[0]),
        (CLEARED.checks[0],) * len(CLEARED.checks),
    ],
    ids=["none", "last absent", "first absent", "reversed", "one twice", "one eight times"],
)
def test_cleared_cannot_be_built_without_the_whole_chain(checks):
    with pytest.raises(ValueError, match="once and in order"):
        Cleared("v", "e", checks)


def test_cleared_needs_its_thresholds_and_its_evidence():
    for version, evidence in (("", "e"), ("v", "")):
        with pytest.raises(ValueError, match="names its thresholds and its evidence"):
            Cleared(version, evidence, CLEARED.checks)


def test_refused_needs_something_that_refuses():
    with pytest.raises(ValueError, match="every check passed"):
        Refused("v", "e", CLEARED.checks)


@pytest.mark.parametrize(
    "change",
    [
        {"measured": ()},
        {"thresholds": ()},
        {"measured": (("auc", float("nan")),)},
        {"measured": (("auc", float("inf")),)},
        {"evidence_missing": True},
    ],
)
def test_a_pass_that_rests_on_nothing_is_unbuildable(change):
    with pytest.raises(ValueError, match="passed with"):
        replace(CLEARED.checks[0], **change)


def test_a_result_says_something():
    with pytest.raises(ValueError, match="without a message"):
        replace(CLEARED.checks[0], message="")


def test_the_verdict_digest_sees_every_figure():
    first = CLEARED.checks[0]
    other = replace(first, measured=(*first.measured[:-1], ("unvalidated_rows", 0.5)))
    assert Cleared("v", "e", CLEARED.checks).digest != CLEARED.digest
    assert replace(CLEARED, checks=(other, *CLEARED.checks[1:])).digest != CLEARED.digest
    assert judge(good_evidence(), thresholds()).digest == CLEARED.digest


def test_a_slower_machine_gives_the_same_digests():
    good = good_evidence()
    slower = replace(good, technical=replace(good.technical, seconds_per_1000_rows=0.9))
    heavier = replace(good, technical=replace(good.technical, size_bytes=900_001))
    verdict = judge(slower, thresholds())
    assert slower.digest == good.digest != heavier.digest
    assert verdict.digest == CLEARED.digest != judge(heavier, thresholds()).digest
    assert dict(verdict.checks[-1].measured)["seconds_per_1000_rows"] == 0.9


def test_a_certificate_survives_its_plain_form():
    assert read_certificate(certificate().as_plain()) == certificate()
    assert certificate().data_versions == (("accounts", 1), ("statements", 3))


@pytest.mark.parametrize(
    "field", ["version", "artefact_digest", "schema_hash", "verdict_digest", "actor"]
)
def test_a_certificate_without_a_field_is_unbuildable(field):
    with pytest.raises(ValueError, match=f"without {field}"):
        replace(certificate(), **{field: ""})


def test_the_certificate_of_this_very_model_verifies():
    held()


@pytest.mark.parametrize(
    "field",
    ["model_name", "version", "artefact_digest", "feature_service", "schema_hash", "digest"],
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
    ],
)
def test_an_unreadable_certificate_is_none(spoil):
    plain = certificate().as_plain()
    spoil(plain)
    with pytest.raises(NoCertifiedChampion, match="cannot be read"):
        read_certificate(plain)
