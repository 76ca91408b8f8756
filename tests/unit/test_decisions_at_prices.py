"""Accounts decided by themselves at the prices of the caps, on small tables."""

from dataclasses import replace

import numpy as np
import pytest

from credit_limits.allocation.problem import AllocationProblem, Cap
from credit_limits.decisions import decide, decide_at_prices
from credit_limits.decisions_at_prices import chosen_at_prices, next_higher, worth_at_prices
from credit_limits.domain.account import Product, Segment
from credit_limits.policy.account_scope import AccountScope
from credit_limits.policy.ratio_rows import AveragedMeasure, RatioRule
from tests.decision_samples import portfolio_of, shipped_policy

LIMITS = np.array([[50, 50], [100, 100], [150, 150], [200, 200]])
PROFIT = np.array([[1.0, 1.0], [10.0, 10.0], [30.0, 10.0], [50.0, 9.0]])


def problem(allowed=None, scope=None) -> AllocationProblem:
    return AllocationProblem(
        account_id=np.array(["a", "b"]),
        profit=PROFIT,
        allowed=np.ones(PROFIT.shape, np.bool_) if allowed is None else allowed,
        measures={"exposure": LIMITS.astype(float)},
        caps=(Cap("all", "exposure", 1e9, scope),),
        preferred=np.array([1, 1]),
    )


def test_a_candidate_costs_what_it_uses():
    worth = worth_at_prices(problem(), {"all": 0.3, "no such cap": 9.0})
    assert worth[:, 0] == pytest.approx([1 - 15, 10 - 30, 30 - 45, 50 - 60])
    assert (worth_at_prices(problem(), {}) == PROFIT).all()


def test_a_price_is_paid_within_the_scope_of_its_cap():
    worth = worth_at_prices(problem(scope=np.array([True, False])), {"all": 0.3})
    assert worth[3].tolist() == pytest.approx([-10.0, 9.0])


def test_what_is_not_permitted_is_worth_nothing_at_all():
    allowed = np.ones(PROFIT.shape, np.bool_)
    allowed[3, 0] = False
    worth = worth_at_prices(problem(allowed), {"all": 0.1})
    assert worth[3, 0] == -np.inf


def test_of_equals_the_preferred_is_chosen():
    assert chosen_at_prices(problem(), PROFIT).tolist() == [3, 1]


def test_the_next_higher_and_what_it_missed_by():
    worth = np.array([[0.0, 0.0], [9.0, 9.0], [-np.inf, 7.5], [4.0, 1.0]])
    found = next_higher(LIMITS, np.array([1, 1]), worth)
    assert found.limit_minor.tolist() == [200, 150]
    assert found.missed_by_minor.tolist() == [5.0, 1.5]


def test_there_is_none_above_the_highest_or_where_none_is_permitted():
    worth = np.array([[0.0, 0.0], [9.0, 9.0], [-np.inf, -np.inf], [4.0, -np.inf]])
    found = next_higher(LIMITS, np.array([3, 1]), worth)
    assert found.limit_minor.tolist() == [0, 0]
    assert found.missed_by_minor.tolist() == [0.0, 0.0]


def test_at_the_batchs_own_prices_nearly_all_are_decided_as_in_it():
    changes = [
        {"limit": 100_000 * (1 + place % 40), "pd": 0.002 * (1 + place % 30)}
        | ({"product": Product.CASH_LOAN.value} if place % 3 == 0 else {})
        for place in range(300)
    ]
    portfolio, policy = portfolio_of(*changes), shipped_policy()
    batch = decide(portfolio, policy, 6)
    prices = {cap.name: cap.price for cap in batch.certificate.caps}
    assert max(prices.values()) > 0
    alone, permissions = decide_at_prices(portfolio, policy, 6, prices)
    assert (alone == batch.to_minor).mean() > 0.97
    held = (batch.to_minor <= portfolio.limit_minor) & (batch.next_higher.limit_minor > 0)
    assert held.any()
    assert (batch.next_higher.missed_by_minor[held & (alone == batch.to_minor)] >= 0).all()
    assert (permissions.cap_minor >= permissions.floor_minor).all()


def test_a_part_of_the_accounts_pays_for_a_ratio_row_what_it_paid_in_the_batch():
    changes = [
        {"limit": 100_000 * (1 + place % 40), "pd": 0.002 * (1 + place % 30)}
        | ({"segment": "micro_merchant", "revolving_share_12m": 0.0} if place % 4 == 0 else {})
        for place in range(300)
    ]
    portfolio = portfolio_of(*changes)
    groups = (AccountScope(segment=Segment.MICRO_MERCHANT), AccountScope(segment=Segment.CONSUMER))
    row = RatioRule("keep_up", AveragedMeasure.INCREASE, *groups, 1.0)
    policy = replace(shipped_policy(), caps=(), ratio_rows=(row,))
    free = decide(portfolio, replace(policy, ratio_rows=()), 6)
    batch = decide(portfolio, policy, 6)
    (held,) = batch.ratios
    assert held.average_minor >= held.reference_average_minor
    prices = {cap.name: cap.price for cap in batch.certificate.caps}
    sizes = {"keep_up": (held.accounts, held.reference_accounts)}
    few = np.arange(300) < 20
    alone, _ = decide_at_prices(portfolio.where(few), policy, 6, prices, sizes=sizes)
    assert (alone == batch.to_minor[few]).mean() > 0.9
    assert (free.to_minor != batch.to_minor)[few].any()
    unpriced, _ = decide_at_prices(portfolio.where(few), policy, 6, prices)
    assert (unpriced == free.to_minor[few]).all()
