"""Which reasons a decision gives, on small tables."""

import numpy as np
import pytest

from credit_limits.domain.decision import Action, ReasonCode
from credit_limits.explanation.reasons import (
    ACTIONS,
    NONE,
    REASONS,
    Choices,
    actions,
    driven_by_risk,
    reasons,
    strongest_features,
)
from credit_limits.policy.permission import RULE_ORDER, Permissions
from tests.decision_samples import unchanged

R = ReasonCode


def explained(  # one account: limits before, after and without caps, what the rules say
    before, after, free, *, cap=None, rules=(), close=0, can_rise=True, gain=1.0, initial=0
):
    choices = Choices(
        from_minor=np.array([before]),
        to_minor=np.array([after]),
        unconstrained_minor=np.array([free]),
        can_rise=np.array([can_rise]),
        rise_gain_minor=np.array([gain]),
    )
    cap = cap if cap is not None else (before if rules else 2 * before)
    permissions = Permissions(
        floor_minor=np.array([0]),
        cap_minor=np.array([cap]),
        reasons=np.array([sum(1 << RULE_ORDER.index(rule) for rule in rules)], np.uint64),
        close_months=np.array([close]),
        changes=unchanged(1),
        initial=np.array([initial]),
    )
    table = reasons(choices, permissions)
    action = ACTIONS[actions(choices, permissions)[0, 0]]
    return action, [REASONS[place] for place in table[0] if place != NONE]


@pytest.mark.parametrize(
    ("case", "action", "expected"),
    [
        (explained(10, 12, 12), Action.INCREASE, [R.PROFITABLE_INCREASE]),
        (explained(10, 12, 15), Action.INCREASE, [R.PROFITABLE_INCREASE, R.PORTFOLIO_CAP]),
        (explained(0, 12, 12, cap=12, initial=1), Action.INCREASE, [R.INITIAL_LIMIT]),
        (
            explained(0, 12, 12, cap=12, initial=7),
            Action.INCREASE,
            [R.INITIAL_LIMIT, R.INITIAL_LIMIT_THIN_FILE, R.INITIAL_LIMIT_INCOME_UNKNOWN],
        ),
        (
            explained(0, 0, 0, cap=12, initial=3, gain=-1.0),
            Action.HOLD,
            [R.INITIAL_LIMIT_NOT_COVERED],
        ),
        (explained(0, 0, 12, cap=12, initial=1), Action.HOLD, [R.PORTFOLIO_CAP]),
        (explained(0, 0, 0, rules=[R.RISK_TOO_HIGH], initial=7), Action.HOLD, [R.RISK_TOO_HIGH]),
        (explained(10, 10, 12), Action.HOLD, [R.PORTFOLIO_CAP]),
        (explained(10, 10, 10), Action.HOLD, [R.ALREADY_BEST]),
        (explained(10, 10, 10, gain=-1.0), Action.HOLD, [R.NOT_PROFITABLE]),
        (explained(10, 10, 10, can_rise=False), Action.HOLD, [R.LIMIT_AT_CAP]),
        (explained(10, 10, 10, rules=[R.COOL_OFF]), Action.HOLD, [R.COOL_OFF]),
        (
            explained(10, 10, 10, rules=[R.OVERDUE], close=3),
            Action.CLOSE_INCREASES,
            [R.OVERDUE],
        ),
        (
            explained(10, 7, 10, cap=7, rules=[R.SERIOUSLY_OVERDUE], close=6),
            Action.DECREASE,
            [R.SERIOUSLY_OVERDUE],
        ),
        (
            explained(10, 5, 5, cap=7, rules=[R.OVERDUE, R.COOL_OFF], close=6),
            Action.DECREASE,
            [R.OVERDUE, R.LOSS_EXCEEDS_REVENUE, R.COOL_OFF],
        ),
        (
            explained(10, 5, 7, cap=7, rules=[R.OVERDUE], close=6),
            Action.DECREASE,
            [R.OVERDUE, R.PORTFOLIO_CAP],
        ),
        (explained(10, 7, 7), Action.DECREASE, [R.LOSS_EXCEEDS_REVENUE]),
        (explained(10, 5, 7), Action.DECREASE, [R.LOSS_EXCEEDS_REVENUE, R.PORTFOLIO_CAP]),
        (explained(10, 7, 10), Action.DECREASE, [R.PORTFOLIO_CAP]),
        (
            explained(10, 7, 10, rules=[R.RISK_TOO_HIGH]),
            Action.DECREASE,
            [R.PORTFOLIO_CAP, R.RISK_TOO_HIGH],
        ),
    ],
)
def test_what_moved_or_kept_the_limit(case, action, expected):
    assert case == (action, expected)


def test_at_most_four_strongest_first():
    _, found = explained(10, 10, 10, rules=list(RULE_ORDER))
    assert found == list(RULE_ORDER[:4])


def test_a_strongest_reason_that_rests_on_the_risk_asks_for_its_inputs():
    table = np.array(
        [
            [REASONS.index(R.RISK_TOO_HIGH), NONE],
            [REASONS.index(R.LOSS_EXCEEDS_REVENUE), REASONS.index(R.COOL_OFF)],
            [REASONS.index(R.OVERDUE), REASONS.index(R.RISK_TOO_HIGH)],
        ]
    )
    assert driven_by_risk(table).tolist() == [True, True, False]


def test_only_features_that_raise_the_risk_are_named_strongest_first():
    contributions = np.array([[0.1, -2.0, 0.5, 0.3, 0.2, 0.4], [0.0, -1.0, 0.0, -0.1, -3.0, 0.7]])
    assert strongest_features(contributions).tolist() == [[2, 5, 3, 4], [5, NONE, NONE, NONE]]
    assert strongest_features(contributions[:, :2], 4).tolist() == [[0, NONE], [NONE, NONE]]


def test_equal_contributions_keep_the_order_of_the_features():
    assert strongest_features(np.array([[0.5, 0.5, 0.5]]), 2).tolist() == [[0, 1]]
