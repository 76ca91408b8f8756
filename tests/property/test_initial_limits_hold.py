"""What always holds of first limits: less for who is riskier, or of whom less is known."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.initial_limits import without_limit
from credit_limits.policy.portfolio import FEATURES_READ
from tests.decision_samples import NOT_KNOWN, drawn_accounts, portfolio_of, shipped_policy

POLICY = shipped_policy()
FEW = settings(max_examples=20, deadline=None)
BARE = {"limit": 0, "balance": 0, "statement_count_12m": 0.0, "months_since_change": NOT_KNOWN}


@st.composite
def new_portfolios(draw):
    accounts = draw(st.lists(drawn_accounts(), min_size=1, max_size=8))
    return portfolio_of(*({**account, **BARE} for account in accounts))


@given(new_portfolios())
@FEW
def test_each_is_a_round_amount_within_the_bounds_or_nothing(portfolio):
    assert without_limit(portfolio).all()
    caps = permitted(portfolio, POLICY).cap_minor
    assert (caps == POLICY.ladder.round_down(caps)).all()
    assert ((caps == 0) | (caps >= POLICY.bounds.floor_minor)).all()
    rules = POLICY.initial_limits
    assert (caps <= max(map(max, rules.amounts_minor))).all()
    income = portfolio.features.income_monthly_minor
    known = ~np.isnan(income)
    assert (caps[known] <= rules.income_months * income[known]).all()
    assert (caps[~known] <= rules.income_unknown_ceiling_minor).all()


@given(new_portfolios(), st.floats(0, 1))
@FEW
def test_a_riskier_account_never_starts_with_more(portfolio, probability):
    riskier = np.maximum(portfolio.default_probability, probability)
    after = permitted(replace(portfolio, default_probability=riskier), POLICY).cap_minor
    assert (after <= permitted(portfolio, POLICY).cap_minor).all()


@given(new_portfolios())
@FEW
def test_what_is_not_known_makes_a_first_limit_lower_and_never_an_error(portfolio):
    seen = portfolio.features
    # known to be good: nothing owed elsewhere, an income that bears every amount
    good = replace(
        seen,
        bureau_other_balance_minor=np.zeros(len(portfolio)),
        income_monthly_minor=np.full(len(portfolio), 1e8),
    )
    nothing = replace(seen, **dict.fromkeys(FEATURES_READ, np.full(len(portfolio), NOT_KNOWN)))
    caps = [
        permitted(replace(portfolio, features=features), POLICY).cap_minor
        for features in (
            good,
            replace(good, bureau_other_balance_minor=seen.bureau_other_balance_minor * np.nan),
            replace(good, income_monthly_minor=seen.income_monthly_minor * np.nan),
        )
    ]
    assert (caps[1] <= caps[0]).all()
    assert (caps[2] <= caps[0]).all()
    batch = decide(replace(portfolio, features=nothing), POLICY, 6)
    assert (batch.to_minor <= POLICY.initial_limits.income_unknown_ceiling_minor).all()
