"""The verdict cannot be had without the whole chain."""

from dataclasses import replace

import pytest

from credit_limits.gates.result import CheckName, CheckResult
from credit_limits.gates.verdict import Cleared, Refused, judge
from tests.gate_samples import DAY, good_evidence, thresholds

CLEARED = judge(good_evidence(), thresholds(), DAY)
assert isinstance(CLEARED, Cleared)


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
    with pytest.raises(ValueError, match="no check refuses"):
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
    assert judge(good_evidence(), thresholds(), DAY).digest == CLEARED.digest


def test_a_slower_machine_gives_the_same_digests():
    good = good_evidence()
    slower = replace(good, technical=replace(good.technical, seconds_per_1000_rows=0.9))
    heavier = replace(good, technical=replace(good.technical, size_bytes=900_001))
    verdict = judge(slower, thresholds(), DAY)
    assert slower.digest == good.digest != heavier.digest
    assert verdict.digest == CLEARED.digest != judge(heavier, thresholds(), DAY).digest
    technical = next(item for item in verdict.checks if item.check is CheckName.TECHNICAL)
    assert dict(technical.measured)["seconds_per_1000_rows"] == 0.9
