"""The worked numbers of the economics, by hand."""

import doctest
from dataclasses import replace

import numpy as np
import pytest

from credit_limits.allocation import economics
from credit_limits.allocation.candidates import candidate_limits
from credit_limits.allocation.economics import (
    attrition,
    balance_at_limit_minor,
    candidate_values,
    change_cost_minor,
    default_probability_at_limit,
    log_limit_ratio,
    loss_probability,
)
from credit_limits.domain.errors import PolicyError
from credit_limits.domain.money import yuan
from credit_limits.policy.economic_policy import (
    EconomicPolicy,
    ProductEconomics,
    ProvisionPolicy,
)
from credit_limits.policy.eligibility import permitted
from credit_limits.policy.ladder import CandidateLadder, Rounding
from tests.decision_samples import NOT_KNOWN, portfolio_of, shipped_policy

PAY_LATER = ProductEconomics(0.18, 0.01, 0.5, 0.75, 0.4)
CASH_LOAN = ProductEconomics(0.2, 0.0, 1.0, 0.65, 0.3)
ECONOMICS = EconomicPolicy(
    annual_rate_ceiling=0.24,
    products=(PAY_LATER, CASH_LOAN),
    funding_rate=0.03,
    undrawn_rate=0.001,
    balance_elasticity=0.5,
    default_log_odds_per_log_limit=0.25,
    attrition_per_log_cut=0.2,
    change_cost_minor=yuan(5),
    cut_cost_rate=0.02,
    provision=ProvisionPolicy(0.24, 30, 3.0, cost_rate=0.0),
    loss_events_by_window=((1, 0.2), (6, 1.6)),
)
LADDER = CandidateLadder((500, 1000, 2000), (Rounding(0, 1),))


def values(economics=ECONOMICS, **change):
    """Candidates and their figures in yuan, for halving, holding, doubling 10,000 yuan."""
    portfolio = portfolio_of({"balance": yuan(4_000), **change})
    policy = shipped_policy()
    permissions = permitted(portfolio, policy)
    open_wide = replace(
        permissions, floor_minor=np.zeros(1, int), cap_minor=np.array([yuan(20_000)])
    )
    candidates = candidate_limits(portfolio.limit_minor, open_wide, LADDER)
    assert candidates.limit_minor[:, 0].tolist() == [yuan(5_000), yuan(10_000), yuan(20_000)]
    found = candidate_values(portfolio, candidates, economics, 6)
    return found, lambda name: getattr(found, name)[:, 0] / 100


def test_the_docstrings_compute():
    assert doctest.testmod(economics).failed == 0


def test_holding_by_hand():
    _, of = values(revolving_share_12m=0.5, spend_90d_minor=float(yuan(3_000)), pd=0.02)
    # interest 0.18 x 0.5 x 4,000; interchange 0.01 x 12,000; funding 0.03 x 4,000; 0.001 x 6,000
    earned = 360 + 120 - 120 - 6
    exposure = 4_000 + 0.4 * 6_000
    loss = (1 - 0.98**1.6) * 0.75 * exposure
    assert of("exposure")[1] == pytest.approx(exposure)
    assert of("expected_loss")[1] == pytest.approx(loss)
    assert of("profit")[1] == pytest.approx(earned - loss)
    assert of("change_cost")[1] == 0


def test_doubling_by_hand():
    _, of = values(revolving_share_12m=0.5, spend_90d_minor=float(yuan(3_000)), pd=0.02)
    balance, spend = 4_000 * 2**0.5, 12_000 * 2**0.5
    earned = 0.09 * balance + 0.01 * spend - 0.03 * balance - 0.001 * (20_000 - balance)
    odds = 0.02 / 0.98 * 2**0.25
    exposure = balance + 0.4 * (20_000 - balance)
    loss = (1 - (1 / (1 + odds)) ** 1.6) * 0.75 * exposure
    assert of("exposure")[2] == pytest.approx(exposure)
    assert of("expected_loss")[2] == pytest.approx(loss)
    assert of("profit")[2] == pytest.approx(earned - loss - 5)


def test_halving_by_hand():
    _, of = values(revolving_share_12m=0.5, spend_90d_minor=float(yuan(3_000)), pd=0.02)
    balance, spend = 4_000 * 0.5**0.5, 12_000 * 0.5**0.5
    earned = 0.09 * balance + 0.01 * spend - 0.03 * balance - 0.001 * (5_000 - balance)
    stayed = 1 - 0.2 * np.log(2)
    exposure = balance + 0.4 * (5_000 - balance)
    loss = (1 - 0.98**1.6) * 0.75 * exposure  # a cut makes what is owed no safer
    assert of("expected_loss")[0] == pytest.approx(loss)
    assert of("change_cost")[0] == 5 + 0.02 * 5_000
    assert of("profit")[0] == pytest.approx(stayed * earned - loss - 105)


def test_a_customer_who_leaves_takes_no_loss_along():
    # without interest and purchases there is nothing to lose but the cost of funding
    _, of = values(annual_rate=0.0, spend_90d_minor=0.0, pd=0.0)
    balance = 4_000 * 0.5**0.5
    assert of("profit")[0] == pytest.approx(-0.03 * balance - 0.001 * (5_000 - balance) - 105)


def test_a_cash_loan_bears_interest_in_every_month_and_has_no_purchases():
    _, of = values(product="cash_loan", annual_rate=0.2, revolving_share_12m=0.0, pd=0.0)
    assert of("profit")[1] == pytest.approx(0.2 * 4_000 - 0.03 * 4_000 - 0.001 * 6_000)


@pytest.mark.parametrize(
    ("change", "same_as"),
    [
        ({"annual_rate": 0.36}, {"annual_rate": 0.24}),
        ({"annual_rate": NOT_KNOWN}, {"annual_rate": 0.18}),
        ({"revolving_share_12m": NOT_KNOWN}, {"revolving_share_12m": 0.5}),
        (
            {"spend_90d_minor": NOT_KNOWN, "paid_mean_6m_minor": 5e4},
            {"spend_90d_minor": 1.5e5, "paid_mean_6m_minor": 0.0},
        ),
        (
            {"spend_90d_minor": NOT_KNOWN, "paid_mean_6m_minor": NOT_KNOWN},
            {"spend_90d_minor": 0.0, "paid_mean_6m_minor": NOT_KNOWN},
        ),
        ({"balance": -500}, {"balance": 0}),
    ],
)
def test_what_is_not_known_or_too_high_is_replaced(change, same_as):
    (found, _), (expected, _) = values(**change), values(**same_as)
    assert (found.profit == expected.profit).all()


def test_without_a_limit_today_nothing_is_extrapolated():
    assert log_limit_ratio(np.array([5000.0]), np.array([0.0])).tolist() == [0.0]


def test_a_balance_follows_the_limit_and_never_exceeds_it():
    twice = np.log(np.array([2.0]))
    assert balance_at_limit_minor(
        np.array([9_000.0]), np.array([10_000.0]), twice, 0.5
    ).tolist() == [10_000.0]
    over = balance_at_limit_minor(np.array([12_000.0]), np.array([10_000.0]), -twice, 0.0)
    assert over.tolist() == [12_000.0]


def test_certain_risks_stay_certain():
    ends = np.array([0.0, 1.0])
    log_ratio = np.log(np.array([2.0, 2.0]))
    assert default_probability_at_limit(ends, log_ratio, 0.25).tolist() == [0.0, 1.0]
    assert loss_probability(ends, 1.6).tolist() == [0.0, 1.0]


def test_a_higher_limit_never_lowers_risk_loss_or_exposure():
    found, _ = values(pd=0.1)
    for name in ("expected_loss", "exposure"):
        assert (np.diff(getattr(found, name), axis=0) >= 0).all()


def test_a_sound_account_is_provided_for_with_the_loss_of_a_year():
    found, of = values(pd=0.02)
    assert (of("provision") == of("expected_loss")).all()
    assert of("balance") == pytest.approx([4_000 * 0.5**0.5, 4_000, 4_000 * 2**0.5])
    assert found.provision_ratio.tolist() == [1.0]


@pytest.mark.parametrize(
    ("change", "p"),
    [({"pd": 0.3}, 1 - 0.7**1.6), ({"pd": 0.02, "days_past_due_latest": 31.0}, 1 - 0.98**1.6)],
)
def test_where_risk_has_risen_the_losses_of_a_life_are_provided_for(change, p):
    _, of = values(**change)
    years_lost = p + (1 - p) * p + (1 - p) ** 2 * p  # in the first year, the second, the third
    assert of("provision") == pytest.approx(of("expected_loss") * years_lost / p)


def test_what_a_provision_costs_is_taken_for_its_change_alone():
    dear = replace(ECONOMICS, provision=replace(ECONOMICS.provision, cost_rate=0.1))
    for change in ({"pd": 0.02}, {"pd": 0.3}):
        (_, cheap), (_, of) = values(**change), values(dear, **change)
        grown = of("provision") - of("provision")[1]
        assert grown[0] < 0 < grown[2]
        assert of("profit") == pytest.approx(cheap("profit") - 0.1 * grown)
        assert of("profit")[1] == cheap("profit")[1]


def test_a_life_is_no_shorter_than_a_year():
    with pytest.raises(ValueError, match="provision_life_years"):
        ProvisionPolicy(0.2, 30, 0.5, 0.0)


def test_attrition_is_bounded_and_only_for_cuts():
    assert attrition(np.log(np.array([1e-9, 1.0, 3.0])), 0.2).tolist() == [1.0, 0.0, 0.0]


def test_a_cut_costs_its_share_and_every_change_its_notice():
    cost = change_cost_minor(np.array([7e5, 1e6, 1.3e6]), np.array([1e6, 1e6, 1e6]), ECONOMICS)
    assert (cost / 100).tolist() == [65.0, 0.0, 5.0]


def test_a_label_window_that_the_policy_does_not_state_is_refused():
    portfolio = portfolio_of({})
    candidates = candidate_limits(
        portfolio.limit_minor, permitted(portfolio, shipped_policy()), LADDER
    )
    with pytest.raises(PolicyError, match="window is 12 months"):
        candidate_values(portfolio, candidates, ECONOMICS, 12)


def test_every_product_has_its_economics():
    with pytest.raises(ValueError, match="every product once: pay_later, cash_loan"):
        replace(ECONOMICS, products=(PAY_LATER,))
