"""Closed by default: whatever is taken from the evidence, nothing is ever cleared."""

from dataclasses import fields, is_dataclass, replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from credit_limits.gates.evidence import Evidence
from credit_limits.gates.result import CheckName
from credit_limits.gates.threshold_sections import Dispensation
from credit_limits.gates.thresholds import DISPENSABLE
from credit_limits.gates.verdict import Cleared, Refused, judge
from tests.gate_samples import DAY, good_evidence, paired, strict_thresholds, thresholds

CHECKS = [name.value for name in CheckName]
NO_FIGURE = [None, float("nan"), float("inf"), float("-inf"), "", "0.9"]
NO_COLLECTION = [None, ()]
GOOD = [good_evidence(), good_evidence(paired())]


def places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The path of every figure and of every collection within a value."""
    if is_dataclass(value):
        return [
            found
            for item in fields(value)
            for found in places(getattr(value, item.name), (*path, item.name))
        ]
    if isinstance(value, tuple):
        inner = [found for i, item in enumerate(value) for found in places(item, (*path, i))]
        return [path, *inner]
    return [path] if isinstance(value, int | float) else []


def at(value: object, path: tuple[object, ...]) -> object:
    for head in path:
        value = value[head] if isinstance(value, tuple) else getattr(value, str(head))
    return value


def put(value: object, path: tuple[object, ...], wreck: object) -> object:
    if not path:
        return wreck
    head, *rest = path
    if isinstance(value, tuple):
        index = int(str(head))
        return (*value[:index], put(value[index], tuple(rest), wreck), *value[index + 1 :])
    return replace(value, **{str(head): put(getattr(value, str(head)), tuple(rest), wreck)})


@given(
    evidence=st.sampled_from(GOOD),
    absent=st.sets(st.sampled_from(CHECKS), min_size=1),
)
def test_any_subset_of_absent_evidence_refuses_exactly_those_checks(evidence, absent):
    verdict = judge(replace(evidence, **dict.fromkeys(absent)), strict_thresholds(), DAY)
    assert isinstance(verdict, Refused)
    assert {item.check.value for item in verdict.failing} == absent
    assert all(item.evidence_missing for item in verdict.failing)


@given(
    evidence=st.sampled_from(GOOD),
    absent=st.sets(st.sampled_from(CHECKS)),
    dispensed=st.sets(st.sampled_from(DISPENSABLE)),
    days=st.integers(-400, 400),
)
def test_a_dispensation_excuses_its_own_check_and_only_until_its_day(
    evidence, absent, dispensed, days
):
    until = DAY + timedelta(days)
    without = {name: Dispensation(until, "model risk", "none is drawn") for name in dispensed}
    held = replace(strict_thresholds(), dispensed=without)
    verdict = judge(replace(evidence, **dict.fromkeys(absent)), held, DAY)
    excused = (absent & dispensed) if days >= 0 else set()
    assert {item.check.value for item in verdict.checks if item.refuses} == absent - excused
    assert {item.check.value for item in verdict.checks if item.dispensed} == excused
    assert not any(item.passed for item in verdict.checks if item.dispensed)


@given(evidence=st.sampled_from(GOOD), data=st.data())
def test_any_figure_that_is_no_figure_refuses(evidence, data):
    where = [path for path in places(evidence) if path[0] in CHECKS and path[-1] != "version"]
    chosen = data.draw(st.lists(st.sampled_from(where), min_size=1, max_size=3, unique=True))
    spoiled = evidence
    for path in sorted(chosen, key=len, reverse=True):
        held = at(spoiled, path)
        wrecks = NO_COLLECTION if isinstance(held, tuple) else NO_FIGURE
        wrecks = [None] if held == () else wrecks  # an empty collection is emptied already
        spoiled = put(spoiled, path, data.draw(st.sampled_from(wrecks)))
    assert isinstance(spoiled, Evidence)
    verdict = judge(spoiled, thresholds(), DAY)
    assert not isinstance(verdict, Cleared)
    assert {path[0] for path in chosen} == {item.check.value for item in verdict.failing}


@given(st.data())
def test_no_check_looks_at_another_s_evidence(data):
    check = data.draw(st.sampled_from(CHECKS))
    kept, spoiled = GOOD[1], replace(GOOD[1], **{check: None})
    before = {item.check: item for item in judge(kept, thresholds(), DAY).checks}
    after = {item.check: item for item in judge(spoiled, thresholds(), DAY).checks}
    assert {name for name in before if before[name] != after[name]} == {check}
