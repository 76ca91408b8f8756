"""Drift of decisions: certain and large, corrected for many histograms, capped by policy."""

from datetime import date

import numpy as np
import pytest
import yaml

from credit_limits.domain.errors import PolicyError
from monitoring.decision_drift import (
    DecisionCounts,
    DecisionThresholds,
    decision_shifts,
    parse_decision_thresholds,
)
from monitoring.thresholds import DriftLevel, FalseAlarms, Steps
from tests.conftest import ROOT
from tidegate.adapters.dated_policies import load_dated

THRESHOLDS = DecisionThresholds(
    3, 200, Steps(0.25, 0.5), FalseAlarms(0.05, 0.005), DriftLevel.ALARM
)
CALM = (100, 800, 60, 40)


def counts(now, then=CALM, group="all accounts", measure="actions") -> DecisionCounts:
    return DecisionCounts(group, measure, then, now)


def levels(*each: DecisionCounts, thresholds=THRESHOLDS) -> list[DriftLevel]:
    return [shift.level for shift in decision_shifts(each, thresholds)]


def test_the_same_shares_are_no_shift_and_others_are():
    assert levels(counts(CALM)) == [DriftLevel.NONE]
    assert levels(counts((450, 450, 60, 40))) == [DriftLevel.ALARM]
    (shift,) = decision_shifts([counts((450, 450, 60, 40))], THRESHOLDS)
    assert shift.finding.startswith("actions of all accounts: PSI 0.")
    assert (shift.accounts_then, shift.accounts_now) == (1000, 1000)


def test_a_shift_that_is_certain_and_small_is_none():
    then = tuple(1000 * count for count in CALM)
    now = tuple(1000 * count for count in (110, 790, 60, 40))
    (shift,) = decision_shifts([counts(now, then)], THRESHOLDS)
    assert shift.p_corrected < 1e-6
    assert shift.level is DriftLevel.NONE


def test_a_group_with_too_few_accounts_on_either_side_is_not_judged():
    few = (20, 100, 10, 10)
    assert levels(counts(few), counts(CALM, then=few), counts(CALM)) == [DriftLevel.NONE]


def test_the_policy_says_how_far_a_finding_counts():
    capped = DecisionThresholds(3, 200, THRESHOLDS.psi, THRESHOLDS.false_alarms, DriftLevel.NOTICE)
    assert levels(counts((450, 450, 60, 40)), thresholds=capped) == [DriftLevel.NOTICE]


def test_even_one_false_finding_among_many_groups_is_as_rare_as_stated():
    random, found = np.random.default_rng(11), 0
    share = np.array(CALM) / sum(CALM)
    certain = DecisionThresholds(
        3, 200, Steps(1e-9, 1e-9), FalseAlarms(0.05, 0.05), DriftLevel.ALARM
    )
    for _ in range(300):
        drawn = [
            counts(
                tuple(random.multinomial(800, share).tolist()),
                tuple(random.multinomial(2400, share).tolist()),
                group=f"grade {place}",
            )
            for place in range(8)
        ]
        found += max(levels(*drawn, thresholds=certain)) is DriftLevel.ALARM
    assert found / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_counts_need_the_same_bins():
    with pytest.raises(ValueError, match="then"):
        DecisionCounts("all", "actions", (1, 2), (1,))


def shipped() -> dict:
    file = load_dated(ROOT / "policies" / "monitoring", date(2024, 1, 1))
    return yaml.safe_load(yaml.safe_dump(file.content))


def test_the_shipped_policy_is_read():
    thresholds = parse_decision_thresholds("monitoring/x", shipped())
    assert (thresholds.batches, thresholds.highest) == (3, DriftLevel.NOTICE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("highest", {"level": "loud", "reason": "why"}),
        ("highest", {"level": "alarm", "reason": ""}),
        ("batches", {"value": 0, "unit": "days", "reason": "why"}),
        ("psi", {"notice": 0.5, "alarm": 0.1, "unit": "PSI", "reason": "why"}),
        ("unknown", 1),
    ],
)
def test_thresholds_that_do_not_hold_together_are_refused(name, value):
    content = shipped()
    content["decisions"][name] = value
    with pytest.raises(PolicyError, match="monitoring/x"):
        parse_decision_thresholds("monitoring/x", content)
