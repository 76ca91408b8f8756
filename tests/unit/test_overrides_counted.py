"""Overrides: whose signature counts, for what, until when, and what a verdict makes of one."""

from dataclasses import fields, replace
from datetime import date, timedelta

import pytest

from credit_limits.domain.errors import NoCertifiedChampion
from credit_limits.gates.certificate import (
    Grounds,
    certify,
    read_certificate,
    verify_overrides,
)
from credit_limits.gates.overrides import (
    NEVER_OVERRIDDEN,
    Override,
    SignedOverride,
    finding_of,
    granted_overrides,
    read_override,
)
from credit_limits.gates.result import CheckName
from credit_limits.gates.verdict import Cleared, Refused, judge
from tests.gate_samples import DAY, good_evidence, thresholds
from tests.override_samples import (
    NAMES,
    NOW,
    SCOPE,
    UNTIL,
    WHY,
    failing,
    granted,
    override,
    policy,
    refused,
    signed,
    thin_evidence,
)
from tidegate.adapters.signing import make_key, verifies


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in (*NAMES, "Stranger")}


def grants(signers, *given: SignedOverride, now=NOW, **terms: int):
    return granted_overrides(
        given,
        policy(signers, **terms),
        scopes={CheckName.PERFORMANCE: SCOPE},
        now=now,
        makers=("Maker",),
        verifies=verifies,
    )


class TestCount:
    def test_two_who_sign_the_same_grant_it_and_one_does_not(self, signers):
        li, zhao = signed(signers["Li"]), signed(signers["Zhao"])
        (found,) = grants(signers, li, zhao)
        assert (found.by, found.until, found.reason) == (("Li", "Zhao"), UNTIL, WHY)
        assert found.digest == override().digest
        assert grants(signers, li) == grants(signers, li, li) == ()
        later = signed(signers["Li"], at=NOW - timedelta(hours=2))
        assert grants(signers, li, later) == ()

    @pytest.mark.parametrize("who", ["Maker", "Guest", "Stranger"])
    def test_whose_signature_is_none(self, signers, who):
        assert grants(signers, signed(signers["Li"]), signed(signers[who])) == ()

    @pytest.mark.parametrize(
        "change",
        [
            {"scope": "7" * 64},
            {"check": CheckName.FAIRNESS},
            {"finding": "7" * 64},
            {"until": UNTIL + timedelta(days=1)},
            {"reason": "another"},
            {"version": "5"},
            {"model_name": "other"},
        ],
    )
    def test_two_who_sign_different_things_have_not_signed_the_same(self, signers, change):
        other = signed(signers["Zhao"], override(**change))
        assert grants(signers, signed(signers["Li"]), other) == ()
        forged = replace(other, override=override())
        assert grants(signers, signed(signers["Li"]), forged) == ()

    def test_its_time_is_signed_too(self, signers):
        moved = replace(signed(signers["Zhao"]), given_at=NOW - timedelta(days=1))
        assert grants(signers, signed(signers["Li"]), moved) == ()

    @pytest.mark.parametrize(
        ("days", "holds"), [(0, True), (30, True), (31, False), (400, False), (-1, False)]
    )
    def test_it_holds_from_when_it_was_signed_to_its_last_day(self, signers, days, holds):
        given = signed(signers["Li"]), signed(signers["Zhao"])
        assert bool(grants(signers, *given, now=NOW + timedelta(days=days))) is holds

    def test_it_lasts_no_longer_than_the_policy_allows(self, signers):
        given = signed(signers["Li"]), signed(signers["Zhao"])
        assert grants(signers, *given, days=30)
        assert grants(signers, *given, days=29) == ()

    def test_a_policy_asks_for_more_keys_or_allows_none(self, signers):
        given = signed(signers["Li"]), signed(signers["Zhao"])
        assert grants(signers, *given, keys=3) == ()
        assert grants(signers, *given, days=0) == ()

    def test_of_two_of_one_check_the_longer_counts(self, signers):
        short = override(until=UNTIL - timedelta(days=9))
        given = [signed(signers[name], what) for what in (override(), short) for name in NAMES[:2]]
        assert [item.until for item in grants(signers, *given)] == [UNTIL]

    def test_what_is_written_is_read_back(self, signers):
        one = signed(signers["Li"])
        assert read_override(one.as_plain()) == one
        for broken in ({}, one.as_plain() | {"override": "x"}, one.as_plain() | {"given_at": "x"}):
            with pytest.raises(ValueError, match=r"override|isoformat"):
                read_override(broken)


class TestOverride:
    @pytest.mark.parametrize("check", NEVER_OVERRIDDEN)
    def test_some_checks_nobody_can_answer_for(self, check):
        with pytest.raises(ValueError, match=f"nobody can answer for {check}"):
            override(check=check)

    def test_which_checks_those_are(self):
        assert set(NEVER_OVERRIDDEN) == {"data", "time", "technical", "people"}

    @pytest.mark.parametrize("field", ["model_name", "version", "scope", "finding", "reason"])
    def test_one_without_a_part_is_unbuildable(self, field):
        with pytest.raises(ValueError, match="an override has"):
            override(**{field: " " if field == "reason" else ""})

    def test_every_part_is_in_its_digest(self):
        other = {"check": CheckName.DRIFT, "until": date(2024, 2, 2)}
        for item in fields(Override):
            changed = override(**{item.name: other.get(item.name, "other")})
            assert changed.digest != override().digest, item.name

    def test_a_finding_sees_figures_and_bounds_and_no_clock(self):
        one = finding_of(CheckName.DRIFT, [("psi", 0.3)], [("psi <=", 0.25)])
        assert one == finding_of(
            CheckName.DRIFT, [("psi", 0.3), ("seconds_x", 1)], [("psi <=", 0.25)]
        )
        assert one != finding_of(CheckName.DRIFT, [("psi", 0.31)], [("psi <=", 0.25)])
        assert one != finding_of(CheckName.DRIFT, [("psi", 0.3)], [("psi <=", 0.26)])
        assert one != finding_of(CheckName.WELFARE, [("psi", 0.3)], [("psi <=", 0.25)])


class TestVerdict:
    def test_it_clears_what_it_is_about_and_says_so(self):
        verdict = judge(thin_evidence(), thresholds(), DAY, [granted()])
        assert isinstance(verdict, Cleared)
        (result,) = [item for item in verdict.checks if item.override]
        assert (result.check, result.passed, result.dispensed) == ("performance", False, False)
        assert result.message.startswith(f"overridden until {UNTIL} by Li and Zhao: {WHY}; found:")
        assert verdict.overrides == (granted(),)

    @pytest.mark.parametrize(
        "change", [{"finding": "7" * 64}, {"check": CheckName.CALIBRATION}], ids=str
    )
    def test_another_finding_or_check_is_not_what_it_is_about(self, change):
        verdict = judge(thin_evidence(), thresholds(), DAY, [granted(**change)])
        assert verdict.digest == refused().digest

    def test_nobody_answers_for_what_nobody_measured(self):
        bare = replace(good_evidence(), performance=None)
        result = judge(bare, thresholds(), DAY).failing[0]
        empty = finding_of(result.check, result.measured, result.thresholds)
        verdict = judge(bare, thresholds(), DAY, [granted(finding=empty)])
        assert isinstance(verdict, Refused)

    @pytest.mark.parametrize("check", NEVER_OVERRIDDEN)
    def test_what_cannot_be_overridden_stays_refused(self, check):
        """Even with a grant that could only have been made past the parser."""
        spoiled = {
            "data": {"data": replace(good_evidence().data, tables=_unvalidated())},
            "time": {"time": replace(good_evidence().time, differing_rows=1)},
            "technical": {"technical": replace(good_evidence().technical, figures_differing=1)},
            "people": {"people": replace(good_evidence().people, approvers=("li",))},
        }[check]
        evidence = replace(good_evidence(), **spoiled)
        (result,) = judge(evidence, thresholds(), DAY).failing
        finding = finding_of(result.check, result.measured, result.thresholds)
        grant = granted(check=result.check, finding=finding)
        assert isinstance(judge(evidence, thresholds(), DAY, [grant]), Refused)
        checks = list(judge(good_evidence(), thresholds(), DAY).checks)
        checks[[item.check for item in checks].index(result.check)] = replace(
            result, override=grant
        )
        with pytest.raises(ValueError, match=f"nobody can answer for {check}"):
            Cleared("v", "e", tuple(checks))

    def test_a_check_that_passed_or_had_no_evidence_carries_none(self):
        passed = judge(good_evidence(), thresholds(), DAY).checks[2]
        with pytest.raises(ValueError, match="did not refuse on evidence"):
            replace(passed, override=granted())
        with pytest.raises(ValueError, match="did not refuse on evidence"):
            replace(failing(), evidence_missing=True, override=granted())
        with pytest.raises(ValueError, match="did not refuse on evidence"):
            replace(failing(), override=granted(check=CheckName.DRIFT))

    @pytest.mark.parametrize(
        "change",
        [{"by": ("Li",)}, {"by": ("Li", "Li")}, {"by": ()}, {"reason": " "}, {"digest": ""}],
    )
    def test_one_that_rests_on_less_than_two_people_is_unbuildable(self, change):
        with pytest.raises(ValueError, match="override"):
            granted(**change)

    @pytest.mark.parametrize(
        "change", [{"by": ("Li", "Wu")}, {"until": date(2024, 2, 2)}, {"reason": "x"}]
    )
    def test_the_verdict_s_digest_sees_who_until_when_and_why(self, change):
        one = judge(thin_evidence(), thresholds(), DAY, [granted()])
        other = judge(thin_evidence(), thresholds(), DAY, [granted(**change)])
        assert one.digest != other.digest


def _unvalidated():
    first, *rest = good_evidence().data.tables
    return (replace(first, unvalidated_rows=1), *rest)


def certificate(*overrides):
    verdict = judge(thin_evidence(), thresholds(), DAY, overrides or [granted()])
    return certify(
        verdict,
        Grounds("e" * 64, "limits/x", "f" * 64, "maker"),
        model_name="default_risk",
        version="4",
        artefact_digest="a" * 64,
        feature_service="s",
        schema_hash="b" * 64,
        data_versions={"accounts": 1},
        previous_champion=None,
        actor="ops",
        as_of=DAY,
    )


class TestCertificate:
    def test_it_names_by_whom_until_when_and_why(self):
        one = certificate()
        assert one.overrides == (granted(),)
        assert one.as_plain()["overrides"] == [granted().as_plain()]
        assert read_certificate(one.as_plain()) == one
        assert one.digest != certificate(granted(reason="another")).digest

    def test_one_without_overrides_says_what_it_always_said(self):
        plain = replace(certificate(), overrides=()).as_plain()
        assert "overrides" not in plain
        assert read_certificate(plain).overrides == ()

    @pytest.mark.parametrize(
        "wrong",
        ["x", [1], [{}], [{"by": "Li"}], [granted().as_plain() | {"by": ["Li"]}]],
        ids=str,
    )
    def test_overrides_that_cannot_be_read_are_no_certificate(self, wrong):
        with pytest.raises(NoCertifiedChampion, match="cannot be read"):
            read_certificate(certificate().as_plain() | {"overrides": wrong})

    def test_it_stands_to_the_last_day_of_its_override(self):
        verify_overrides(certificate(), UNTIL)
        with pytest.raises(NoCertifiedChampion, match=r"Li and Zhao ended on 2024-03-01\. Promote"):
            verify_overrides(certificate(), UNTIL + timedelta(days=1))
