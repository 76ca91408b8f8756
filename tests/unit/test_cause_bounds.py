"""Each cause at its two bounds: at the upper it comes in, at the lower it still stands, no more.

The figures are those of the shipped policy, written out: bulk and plain read their bounds in one
place, so holding one against the other would not show a bound taken for another.
"""

import pytest

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.triggers import triggers
from credit_limits.policy.triggers_plain import triggers_of
from tests.decision_samples import portfolio_of, shipped_policy

R = ReasonCode
POLICY = shipped_policy()
LATE, BUSY = {"days_past_due_latest": 1.0}, {"transaction_count_90d": 10.0}
DEBT = {"revolving_share_12m": 0.9, "payment_ratio_12m": 0.08, "utilization_ratio_12m": 0.75}
LESS = 0.001  # just under a bound

# cause, what else is so, figure, closes from, lingers from
AT_LEAST = [
    (R.HARDSHIP, LATE, "income_lost_ratio", 0.2, 0.1),
    (R.LINKED_RISK, {}, "linked_past_due_count", 2.0, 1.0),
    (R.LOAN_APPLICATION_BURST, {}, "loan_application_count_7d", 3.0, 2.0),
    (R.LOAN_APPLICATION_BURST, {}, "loan_application_count_30d", 5.0, 3.0),
    (R.DEVICE_CHANGE_BURST, {}, "device_change_count_30d", 3.0, 2.0),
    (R.LOGIN_ANOMALY, {"login_count_30d": 12.0}, "login_ratio_7d", 6.0, 3.0),
    (R.LOGIN_ANOMALY, {"login_ratio_7d": 6.0}, "login_count_30d", 12.0, 12.0),
    (R.SPENDING_ANOMALY, BUSY, "spend_trend_90d", 2.7, 2.0),
    (R.SPENDING_ANOMALY, {"spend_trend_90d": 2.7}, "transaction_count_90d", 10.0, 10.0),
    (R.PERSISTENT_DEBT, DEBT, "revolving_share_12m", 0.9, 0.8),
    (R.PERSISTENT_DEBT, DEBT, "utilization_ratio_12m", 0.75, 0.7),
    (R.OVERDUE, {}, "days_past_due_latest", 1.0, 1.0),
    (R.SERIOUSLY_OVERDUE, {}, "days_past_due_latest", 60.0, 30.0),
]


def stands(cause: ReasonCode, **change: float) -> tuple[bool, bool]:
    """Whether it closes an account, and whether it keeps a closed one so; in bulk and plainly."""
    portfolio = portfolio_of(change)
    bulk, one = triggers(portfolio, POLICY), triggers_of(portfolio.account(0), POLICY)
    plain = (cause in one.closing, cause in one.lingering)
    assert plain == (bool(bulk.closing[cause][0]), bool(bulk.lingering[cause][0]))
    return plain


@pytest.mark.parametrize(("cause", "also", "figure", "closes", "lingers"), AT_LEAST)
def test_a_cause_stands_from_its_bounds_on(cause, also, figure, closes, lingers):
    assert stands(cause, **also | {figure: closes}) == (True, True)
    assert stands(cause, **also | {figure: closes - LESS}) == (False, closes - LESS >= lingers)
    assert stands(cause, **also | {figure: lingers})[1]
    assert stands(cause, **also | {figure: lingers - LESS}) == (False, False)


def test_debt_is_persistent_while_little_of_it_is_paid():
    ratios = [(0.08, (True, True)), (0.081, (False, True)), (0.09, (False, True))]
    for ratio, expected in [*ratios, (0.091, (False, False))]:
        assert stands(R.PERSISTENT_DEBT, **DEBT | {"payment_ratio_12m": ratio}) == expected


def test_hardship_comes_of_early_delinquency_alone_and_does_not_go_by_getting_later():
    lost = {"income_lost_ratio": 0.2}
    assert stands(R.HARDSHIP, **lost, days_past_due_latest=89.0) == (True, True)
    assert stands(R.HARDSHIP, **lost, days_past_due_latest=90.0) == (False, True)
    assert stands(R.HARDSHIP, **lost, days_past_due_latest=0.0) == (False, False)


def test_a_serious_delinquency_that_has_come_down_lingers_as_both():
    assert stands(R.OVERDUE, days_past_due_latest=60.0) == (False, True)
    assert stands(R.SERIOUSLY_OVERDUE, days_past_due_latest=59.0) == (False, True)
