"""What always holds of sub-limits: bounded each and together, monotone, blind to balances."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.domain.account import AccountStatus, Product
from credit_limits.policy.portfolio import PRODUCTS, STATUSES
from credit_limits.policy.scenario_limits import NO_SUB_LIMIT, scenario_limits_minor
from tests.decision_samples import drawn_portfolios, reordered, shipped_policy

POLICY = shipped_policy()
MULTIPLIERS = POLICY.by_segment(lambda own: own.scenario_limits.risk_multipliers)
OPEN, FROZEN = STATUSES.index(AccountStatus.OPEN), STATUSES.index(AccountStatus.FROZEN)
FEW = settings(max_examples=20, deadline=None)
TOPS = st.integers(0, 30_000_000)


def of(portfolio, to_minor, state=OPEN):
    to = np.full(len(portfolio), to_minor)
    return scenario_limits_minor(portfolio, POLICY, to, np.full(len(portfolio), state))


def pay_later(portfolio):
    return portfolio.product == PRODUCTS.index(Product.PAY_LATER)


@given(drawn_portfolios(), TOPS)
@FEW
def test_each_is_within_the_limit_and_all_risky_ones_within_what_it_bears(portfolio, to_minor):
    found = of(portfolio, to_minor)
    mine, multipliers = found[pay_later(portfolio)], MULTIPLIERS[portfolio.segment]
    multipliers = multipliers[pay_later(portfolio)]
    risky = multipliers > 1
    assert ((mine >= 0) & (mine <= to_minor)).all()
    assert (np.where(risky, mine * multipliers, 0).sum(axis=1) <= to_minor).all()
    assert (mine[~risky] == to_minor).all()
    assert (mine[risky] == POLICY.ladder.round_down(mine[risky])).all()
    assert (found[~pay_later(portfolio)] == NO_SUB_LIMIT).all()


@given(drawn_portfolios(), TOPS, st.floats(0, 1), st.integers(0, 3))
@FEW
def test_a_riskier_account_has_no_larger_sub_limit(portfolio, to_minor, probability, links):
    riskier = replace(
        portfolio,
        default_probability=np.maximum(portfolio.default_probability, probability),
        features=replace(
            portfolio.features,
            linked_past_due_count=np.nan_to_num(portfolio.features.linked_past_due_count) + links,
        ),
    )
    assert (of(riskier, to_minor) <= of(portfolio, to_minor)).all()


@given(drawn_portfolios(), TOPS, st.integers(-(10**6), 10**8))
@FEW
def test_neither_balances_nor_the_order_of_accounts_enter(portfolio, to_minor, balance):
    owing = replace(portfolio, balance_minor=np.full(len(portfolio), balance))
    found = of(portfolio, to_minor)
    assert (of(owing, to_minor) == found).all()
    back = np.arange(len(portfolio))[::-1]
    assert (of(reordered(portfolio, back), to_minor) == found[back]).all()


@given(drawn_portfolios(), TOPS)
@FEW
def test_nothing_of_a_frozen_line_may_be_used(portfolio, to_minor):
    assert not of(portfolio, to_minor, FROZEN)[pay_later(portfolio)].any()
