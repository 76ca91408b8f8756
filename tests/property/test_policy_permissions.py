"""What must hold of every permission, whatever the account."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.permission import RULE_ORDER
from tests.decision_samples import (
    AS_OF,
    drawn_accounts,
    drawn_portfolios,
    portfolio_of,
    reordered,
    shipped_policy,
)

RISKS = st.floats(0, 1)


@given(drawn_portfolios())
def test_floor_below_cap_and_below_today(portfolio):
    found = permitted(portfolio, shipped_policy())
    assert (found.floor_minor <= found.cap_minor).all()
    assert (found.floor_minor <= portfolio.limit_minor).all()


@given(drawn_portfolios())
def test_a_raise_is_open_exactly_where_no_rule_forbids_it(portfolio):
    found = permitted(portfolio, shipped_policy())
    assert ((found.cap_minor > portfolio.limit_minor) == (found.reasons == 0)).all()


@given(drawn_portfolios())
def test_a_raise_stays_within_the_bounds(portfolio):
    policy = shipped_policy()
    cap = permitted(portfolio, policy).cap_minor
    raised = cap > portfolio.limit_minor
    assert (cap[raised] <= policy.bounds.ceiling_minor).all()
    total = portfolio.customer_total_minor + portfolio.customer_account_count * (
        cap - portfolio.limit_minor
    )
    assert (total[raised] <= policy.bounds.customer_total_minor).all()
    assert (policy.ladder.round_down(cap[raised]) == cap[raised]).all()


@given(drawn_portfolios())
def test_nothing_is_raised_that_is_closed_overdue_or_in_cool_off(portfolio):
    policy = shipped_policy()
    shut = (
        (portfolio.features.days_past_due_latest > 0)
        | (portfolio.months_since_limit_change < policy.observation.cool_off_months)
        | portfolio.declines_increases
        | (portfolio.status != 0)
        | (portfolio.increases_closed_until >= np.datetime64(AS_OF))
    )
    assert (permitted(portfolio, policy).cap_minor <= portfolio.limit_minor)[shut].all()


@given(drawn_accounts(), RISKS, RISKS)
def test_more_risk_is_never_permitted_more(account, one, other):
    safer, riskier = sorted((one, other))
    found = permitted(
        portfolio_of({**account, "pd": safer}, {**account, "pd": riskier}), shipped_policy()
    )
    assert found.cap_minor[1] <= found.cap_minor[0]


@given(drawn_accounts(), st.integers(0, 120), st.integers(0, 120))
def test_a_longer_delay_is_never_permitted_more_and_never_closes_for_less(account, one, other):
    shorter, longer = sorted((float(one), float(other)))
    found = permitted(
        portfolio_of(
            {**account, "days_past_due_latest": shorter},
            {**account, "days_past_due_latest": longer},
        ),
        shipped_policy(),
    )
    assert found.cap_minor[1] <= found.cap_minor[0]
    assert found.close_months[1] >= found.close_months[0]


@given(drawn_accounts())
def test_a_person_decides_where_the_customer_asked_for_it(account):
    portfolio = portfolio_of({**account, "human_review_only": True})
    found = permitted(portfolio, shipped_policy())
    assert found.cap_minor[0] == found.floor_minor[0] == portfolio.limit_minor[0]
    assert found.one(0).reasons == (ReasonCode.HUMAN_REVIEW_ONLY,)


@given(drawn_portfolios(), st.randoms(use_true_random=False))
def test_the_order_of_accounts_makes_no_difference(portfolio, random):
    order = np.array(random.sample(range(len(portfolio)), len(portfolio)))
    straight = permitted(portfolio, shipped_policy())
    mixed = permitted(reordered(portfolio, order), shipped_policy())
    assert [mixed.one(place) for place in range(len(order))] == [
        straight.one(place) for place in order
    ]


def test_rules_fit_into_their_mask():
    assert len(set(RULE_ORDER)) == len(RULE_ORDER) <= 64
