"""Candidates computed during a pass against the same candidates written out by plain formulas."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.allocation_book import written_out
from credit_limits.allocation.on_the_fly import AccountParameters
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.solver import solve_accounts
from tests.allocation_books import book, cornered_book
from tests.allocation_samples import SEEDS

PRICES = st.lists(st.floats(0, 0.05), min_size=4, max_size=4).map(np.array)


@given(SEEDS, st.integers(1, 700), PRICES)
@settings(max_examples=60)
def test_a_pass_is_that_over_the_candidates_written_out(random, accounts, prices):
    parameters = cornered_book(random, accounts)
    found = parameters.settle(prices)
    plain = PricedAccounts(written_out(parameters)).settle(prices)
    assert found.bound == pytest.approx(plain.bound, rel=1e-11, abs=1e-4)
    assert found.turnover == pytest.approx(plain.turnover, rel=1e-11, abs=1e-4)
    apart = plain.margin > 1e-3  # nearer ties are decided by the last digit
    assert (found.choice == plain.choice)[apart].all()
    if apart.all():
        assert found.usage == pytest.approx(plain.usage, rel=1e-11, abs=1e-4)
        finite = np.isfinite(plain.margin)
        assert found.margin[finite] == pytest.approx(plain.margin[finite], rel=1e-5, abs=1e-2)
        assert (found.margin[~finite] == np.inf).all()


@given(SEEDS, st.integers(1, 700), PRICES)
@settings(max_examples=20)
def test_single_precision_is_near_double(random, accounts, prices):
    parameters = cornered_book(random, accounts)
    single, double = parameters.at(prices), parameters.settle(prices)
    scale = max(double.turnover, 1.0)
    assert single.bound == pytest.approx(double.bound, abs=1e-5 * scale)


@given(SEEDS, st.integers(1, 300))
@settings(max_examples=30)
def test_a_tally_is_the_value_and_usage_of_the_candidates_written_out(random, accounts):
    parameters = cornered_book(random, accounts)
    problem = written_out(parameters)
    choice = np.array([random.choice(np.flatnonzero(column)) for column in problem.allowed.T])
    value, usage = parameters.tally(choice)
    assert value == pytest.approx(problem.value(choice), rel=1e-11, abs=1e-4)
    assert usage == pytest.approx(np.array(problem.usage(choice)), rel=1e-11, abs=1e-4)


def test_without_profit_only_the_price_of_usage_is_left():
    parameters = cornered_book(np.random.default_rng(3), 500)
    free = parameters.without_profit()
    settled = free.settle(np.array([0.0, 1.0, 0.0, 0.0]))
    least = parameters.tally(settled.choice)[1][1]
    assert settled.bound == pytest.approx(free.bounds[1] - least)


def test_both_forms_are_solved_to_the_same_value():
    parameters = book(20_000, 8)
    names = [f"cap_{place}" for place in range(8)]
    of_parameters = solve_accounts(parameters, names)
    of_candidates = solve_accounts(PricedAccounts(written_out(parameters)), names)
    for found in (of_parameters, of_candidates):
        assert (found.usage <= parameters.bounds).all()
        assert 0 <= found.bound - found.value <= 5e-6 * abs(found.bound)
        assert found.passes <= 25
    assert of_parameters.value <= of_candidates.bound
    assert of_candidates.value <= of_parameters.bound


def test_accounts_without_a_figure_are_refused():
    parameters = book(100, 2).parameters
    broken = parameters.figures.copy()
    broken[2, 7] = np.nan
    with pytest.raises(ValueError, match="finite"):
        AccountParameters(parameters.amounts, broken)
    with pytest.raises(ValueError, match="3 and figures 7 rows"):
        AccountParameters(parameters.amounts[:2], parameters.figures)
    with pytest.raises(ValueError, match="the same accounts"):
        replace(book(100, 2), parameters=parameters.part(np.arange(50)))
