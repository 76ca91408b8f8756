"""Caps and floors over a segment: they hold where they are meant to, and bind nobody else."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from credit_limits.decisions import decide
from credit_limits.domain.account import Segment
from credit_limits.domain.errors import AllocationInfeasible, PolicyError
from credit_limits.policy.limit_policy import parse_limit_policy
from credit_limits.policy.portfolio import SEGMENTS
from credit_limits.policy.portfolio_caps import CapRule, Measure
from tests.decision_samples import drawn_portfolios, portfolio_of, shipped_content, shipped_policy

MERCHANTS = CapRule("m", Measure.LIMIT, None, 1.0, segment=Segment.MICRO_MERCHANT)
FREE = replace(shipped_policy(), caps=())


def merchants_of(portfolio):
    return portfolio.segment == SEGMENTS.index(Segment.MICRO_MERCHANT)


@given(drawn_portfolios(most=12))
@settings(max_examples=40)
def test_a_cap_of_a_segment_holds_there_and_leaves_the_others_alone(portfolio):
    batch = decide(portfolio, replace(FREE, caps=(MERCHANTS,)), 6)
    inside, free = merchants_of(portfolio), decide(portfolio, FREE, 6)
    assert batch.to_minor[inside].sum() <= portfolio.limit_minor[inside].sum()
    assert (batch.to_minor[~inside] == free.to_minor[~inside]).all()
    assert len(batch.certificate.caps) == int(inside.any())


@given(drawn_portfolios(most=8))
@settings(max_examples=40)
def test_a_floor_is_kept_or_the_run_says_that_it_cannot_be(portfolio):
    floor = CapRule("floor", Measure.LIMIT, None, 0.97, at_least=True)
    policy, batch, told = replace(FREE, caps=(floor,)), None, ""
    try:
        batch = decide(portfolio, policy, 6)
    except AllocationInfeasible as error:
        told = str(error)
    if batch is None:  # rules force limits further down than the floor
        assert "floor" in told
        return
    assert batch.to_minor.sum() >= 0.97 * portfolio.limit_minor.sum() - 1e-6
    (cap,) = batch.certificate.caps
    assert cap.used == -float(batch.to_minor.sum())
    assert cap.used <= cap.bound


def test_a_floor_keeps_limits_that_profit_alone_would_cut():
    poor = {"pd": 0.5, "balance": 900_000, "revolving_share_12m": 0.0, "spend_90d_minor": 0.0}
    portfolio = portfolio_of(*[poor] * 6)
    assert decide(portfolio, FREE, 6).to_minor.sum() < portfolio.limit_minor.sum()
    floor = CapRule("floor", Measure.LIMIT, None, 1.0, at_least=True)
    held = decide(portfolio, replace(FREE, caps=(floor,)), 6)
    assert np.array_equal(held.to_minor, portfolio.limit_minor)
    assert held.certificate.caps[0].price > 0


def with_cap(**row):
    content = deepcopy(shipped_content())
    content["portfolio_caps"]["caps"]["value"].append(row)
    return parse_limit_policy(content).caps[-1]


def test_segments_and_floors_are_read_from_the_policy():
    row = {"name": "n", "measure": "exposure", "product": "all", "accounts": "all"}
    assert with_cap(**row, segment="micro_merchant", ratio_to_today=1.1) == CapRule(
        "n", Measure.EXPOSURE, None, 1.1, segment=Segment.MICRO_MERCHANT
    )
    floor = with_cap(**row, at_least_ratio_to_today=0.9)
    assert (floor.at_least, floor.bound, floor.segment) == (True, 0.9, None)
    with pytest.raises(PolicyError, match="state"):
        with_cap(**row, segment="state", ratio_to_today=1.0)
    with pytest.raises(PolicyError, match="expected"):
        with_cap(**row, ratio_to_today=1.0, at_least_ratio_to_today=0.9)
