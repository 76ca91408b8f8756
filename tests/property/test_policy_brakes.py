"""Brakes on drawn portfolios: nothing of their products rises, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.decisions import decide
from credit_limits.domain.account import Product
from credit_limits.domain.decision import ReasonCode
from credit_limits.explanation.reasons import NONE, REASONS
from credit_limits.policy.brakes import NO_BRAKES, Brakes
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.portfolio import PRODUCTS
from tests.decision_samples import drawn_portfolios, portfolio_of, shipped_policy

BRAKES = st.frozensets(st.sampled_from(Product)).map(Brakes)
BOTH = Brakes(frozenset(Product))
BRAKE = REASONS.index(ReasonCode.BRAKE_NO_INCREASES)
POLICY = replace(shipped_policy(), caps=())


@given(drawn_portfolios(), BRAKES)
def test_a_brake_takes_away_raises_of_its_products_and_nothing_else(portfolio, brakes):
    free, held = permitted(portfolio, POLICY), permitted(portfolio, POLICY, brakes)
    stopped = brakes.stops_increases(portfolio.product)
    rising = free.cap_minor > portfolio.limit_minor
    assert (held.has(ReasonCode.BRAKE_NO_INCREASES) == (stopped & rising)).all()
    assert (held.cap_minor[stopped] <= portfolio.limit_minor[stopped]).all()
    same = ~(stopped & rising)
    for name in ("cap_minor", "reasons"):
        assert (getattr(held, name)[same] == getattr(free, name)[same]).all()
    for name in ("floor_minor", "close_months"):
        assert (getattr(held, name) == getattr(free, name)).all()


@given(drawn_portfolios(most=6), BRAKES)
@settings(max_examples=60, deadline=None)
def test_no_limit_of_a_stopped_product_rises_and_the_reason_says_why(portfolio, brakes):
    free, held = decide(portfolio, POLICY, 6), decide(portfolio, POLICY, 6, brakes)
    stopped = brakes.stops_increases(portfolio.product)
    assert (held.to_minor[stopped] <= portfolio.limit_minor[stopped]).all()
    told = (held.reasons == BRAKE).any(axis=1)
    risen = free.to_minor > portfolio.limit_minor
    assert told[stopped & risen].all()
    assert not told[~stopped].any()
    # without caps one account's decision is no other's business
    assert (held.to_minor[~stopped] == free.to_minor[~stopped]).all()
    cut = free.to_minor < portfolio.limit_minor
    assert (held.to_minor[cut] == free.to_minor[cut]).all()


@given(drawn_portfolios())
def test_no_brake_is_no_change(portfolio):
    free, none = permitted(portfolio, POLICY), permitted(portfolio, POLICY, NO_BRAKES)
    assert (free.reasons == none.reasons).all()
    assert (free.cap_minor == none.cap_minor).all()


def test_the_brake_is_the_only_reason_of_who_would_have_risen():
    batch = decide(portfolio_of({}, {"declines_increases": True}), POLICY, 6, BOTH)
    assert batch.reasons[0].tolist() == [BRAKE, NONE, NONE, NONE]
    assert BRAKE not in batch.reasons[1].tolist()


@pytest.mark.parametrize("product", list(Product))
def test_measures_are_those_of_the_product(product):
    others = Brakes(frozenset(Product) - {product})
    assert others.measures(product) == ()
    assert others.stops_increases(np.array([PRODUCTS.index(product)])).tolist() == [False]
    assert BOTH.measures(product) == ("no_increases",)
    assert BOTH.stops_increases(np.array([PRODUCTS.index(product)])).tolist() == [True]
