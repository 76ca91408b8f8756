"""Directions that the economics of any account must keep."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credit_limits.allocation.candidates import candidate_limits
from credit_limits.allocation.economics import (
    candidate_values,
    default_probability_at_limit,
    log_limit_ratio,
    loss_probability,
)
from credit_limits.policy.eligibility import permitted
from tests.decision_samples import (
    drawn_accounts,
    drawn_portfolios,
    portfolio_of,
    reordered,
    shipped_policy,
)

WINDOWS = st.sampled_from([1, 6])
RISKS = st.floats(0, 1)


def figures(portfolio, window):
    policy = shipped_policy()
    candidates = candidate_limits(
        portfolio.limit_minor, permitted(portfolio, policy), policy.ladder
    )
    return candidates, candidate_values(portfolio, candidates, policy.economics, window)


@given(drawn_portfolios(), WINDOWS)
def test_all_figures_are_finite_and_losses_are_never_negative(portfolio, window):
    _, found = figures(portfolio, window)
    for name in ("profit", "expected_loss", "exposure", "change_cost"):
        assert np.isfinite(getattr(found, name)).all()
    assert (found.expected_loss >= 0).all()
    assert (found.expected_loss <= found.exposure + 1e-9).all()


@given(drawn_portfolios(), WINDOWS)
def test_a_higher_limit_never_lowers_exposure_or_loss(portfolio, window):
    candidates, found = figures(portfolio, window)
    rising = np.diff(candidates.limit_minor, axis=0) > 0
    for values in (found.exposure, found.expected_loss):
        assert (np.diff(values, axis=0)[rising] >= -1e-6).all()


@given(drawn_accounts(), RISKS, RISKS, WINDOWS)
def test_more_risk_loses_more_and_earns_less_at_the_same_limit(account, one, other, window):
    safer, riskier = sorted((one, other))
    _, found = figures(portfolio_of({**account, "pd": safer}, {**account, "pd": riskier}), window)
    hold = shipped_policy().ladder.hold_index
    assert found.expected_loss[hold, 1] >= found.expected_loss[hold, 0]
    assert found.profit[hold, 1] <= found.profit[hold, 0]


@given(drawn_portfolios(), WINDOWS)
def test_only_a_change_costs(portfolio, window):
    candidates, found = figures(portfolio, window)
    changed = candidates.limit_minor != portfolio.limit_minor
    assert (found.change_cost[changed] > 0).all()
    assert (found.change_cost[~changed] == 0).all()


@given(drawn_portfolios(), WINDOWS, st.randoms(use_true_random=False))
def test_an_accounts_figures_do_not_depend_on_the_others(portfolio, window, random):
    order = np.array(random.sample(range(len(portfolio)), len(portfolio)))
    _, straight = figures(portfolio, window)
    _, mixed = figures(reordered(portfolio, order), window)
    assert (mixed.profit == straight.profit[:, order]).all()


@given(RISKS, st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0, 5))
def test_the_probability_never_falls_as_the_limit_rises(risk, one, other, per_log):
    lower, higher = sorted((one, other))
    found = default_probability_at_limit(
        np.array([risk, risk]), log_limit_ratio(np.array([lower, higher]), np.ones(2)), per_log
    )
    assert found[0] <= found[1] + 1e-15
    assert ((found >= 0) & (found <= 1)).all()


@given(RISKS, st.floats(0, 12), st.floats(0, 12))
def test_a_loss_within_a_year_is_a_probability_that_rises_with_the_events(risk, one, other):
    fewer, more = sorted((one, other))
    low, high = (loss_probability(np.array([risk]), events)[0] for events in (fewer, more))
    assert 0 <= low <= high <= 1
