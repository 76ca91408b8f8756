"""Distress: a chance that follows its causes, ends at its rate, and strikes circles together."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.simulation.distress import (
    entry,
    lone_entry,
    next_distress,
    stationary_share,
)
from credit_limits.simulation.parameters import Repayment, WorldParameters
from credit_limits.simulation.world import build_scene

WORLD = WorldParameters(customers=200, months=2, seed=11)
SCENE = build_scene(WORLD)
CUSTOMERS, CIRCLES = SCENE.customers, SCENE.circles
MEAN = WORLD.macro.unemployment_mean
ALONE = CIRCLES.circle_of < 0
shares = st.floats(0.0, 1.0)


def with_repayment(**change):
    return replace(WORLD, repayment=replace(Repayment(), **change))


def following(distressed, parameters, seed=1):
    rng = np.random.default_rng(seed)
    return next_distress(distressed, CUSTOMERS, CIRCLES, MEAN, p=parameters, rng=rng)


@given(st.floats(0.0, 0.3), st.floats(0.0, 0.3), shares, shares)
@settings(max_examples=25)
def test_a_chance_is_one_and_rises_with_unemployment_and_falls_with_creditworthiness(
    one, other, struck, reach
):
    parameters = with_repayment(circle_shock_monthly=struck, circle_shock_reach=reach)
    low, high = (
        entry(CUSTOMERS, CIRCLES, unemployment, parameters) for unemployment in sorted((one, other))
    )
    assert ((low >= 0) & (high <= 1) & (low <= high)).all()
    alone = lone_entry(CUSTOMERS, MEAN, parameters)
    order = np.argsort(CUSTOMERS.creditworthiness)
    assert (np.diff(alone[order]) <= 0).all()
    at_mean = entry(CUSTOMERS, CIRCLES, MEAN, parameters)
    np.testing.assert_allclose(at_mean[ALONE], alone[ALONE], rtol=0, atol=1e-15)
    expected = 1 - (1 - alone[~ALONE]) * (1 - struck * reach)
    np.testing.assert_allclose(at_mean[~ALONE], expected, rtol=1e-12)


@given(st.floats(0.01, 1.0))
@settings(max_examples=15)
def test_the_long_run_share_balances_who_falls_in_and_who_gets_out(leaves):
    parameters = with_repayment(distress_exit_monthly=leaves)
    share = stationary_share(CUSTOMERS, CIRCLES, parameters)
    falls = (1 - share) * entry(CUSTOMERS, CIRCLES, MEAN, parameters)
    np.testing.assert_allclose(falls, share * leaves, rtol=1e-9)


@pytest.mark.parametrize(("leaves", "stays"), [(0.0, True), (1.0, False)])
def test_who_is_in_distress_leaves_at_the_rate_alone(leaves, stays):
    parameters = with_repayment(distress_exit_monthly=leaves, circle_shock_monthly=1.0)
    everyone = np.ones(CUSTOMERS.count, dtype=np.bool_)
    assert (following(everyone, parameters) == stays).all()


def test_a_shock_strikes_circles_and_nobody_beside_them():
    parameters = with_repayment(
        distress_entry_monthly=0.0, circle_shock_monthly=1.0, circle_shock_reach=1.0
    )
    nobody = np.zeros(CUSTOMERS.count, dtype=np.bool_)
    np.testing.assert_array_equal(following(nobody, parameters), ~ALONE)
    calm = replace(parameters, repayment=replace(parameters.repayment, circle_shock_monthly=0.0))
    assert not following(nobody, calm).any()


def test_months_drawn_one_after_the_other_come_to_the_long_run_share():
    distressed, seen = np.zeros(CUSTOMERS.count, dtype=np.bool_), np.zeros(CUSTOMERS.count)
    months = 600
    for month in range(months):
        distressed = following(distressed, WORLD, seed=month)
        seen += distressed
    expected = stationary_share(CUSTOMERS, CIRCLES, WORLD).mean()
    assert (seen / months).mean() == pytest.approx(expected, rel=0.1)
