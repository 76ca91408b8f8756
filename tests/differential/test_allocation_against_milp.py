"""The solver against other ways to the same answer: every choice tried, and a general MILP."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.allocation import core_program
from credit_limits.allocation.core import core_program as program_of
from credit_limits.allocation.core import nearest_core, regrets
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import AllocationProblem
from credit_limits.allocation.solver import allocate
from credit_limits.domain.errors import AllocationInfeasible
from tests.allocation_milp import agrees, solved_by_milp
from tests.allocation_samples import SEEDS, drawn_problem, lender_problem


def solved_by_trying(problem: AllocationProblem) -> float | None:
    """The best value of all choices there are."""
    choices = [np.flatnonzero(column) for column in problem.allowed.T]
    values = [
        problem.value(choice)
        for choice in map(np.array, itertools.product(*choices))
        if all(
            used <= cap.bound for used, cap in zip(problem.usage(choice), problem.caps, strict=True)
        )
    ]
    return max(values, default=None)


def solved(problem: AllocationProblem, core_accounts: int) -> tuple[float, float] | None:
    """Value and bound by the solver, ``None`` where it says that there is no answer."""
    try:
        allocation = allocate(problem, core_accounts=core_accounts)
    except AllocationInfeasible:
        return None
    certificate = allocation.certificate
    used = problem.usage(allocation.choice)
    assert problem.allowed[allocation.choice, np.arange(problem.account_count)].all()
    assert all(amount <= cap.bound for amount, cap in zip(used, problem.caps, strict=True))
    assert tuple(cap.used for cap in certificate.caps) == used
    assert certificate.value == problem.value(allocation.choice)
    return certificate.value, certificate.bound


@given(SEEDS, st.integers(1, 5))
@settings(max_examples=200)
def test_of_few_accounts_the_best_of_all_choices(random, accounts):
    problem = drawn_problem(random, accounts)
    found, best = solved(problem, 128), solved_by_trying(problem)
    agrees(found, best)
    assert found is None or found[0] == pytest.approx(best, rel=1e-5, abs=1e-5)


@given(SEEDS, st.integers(2, 40), st.sampled_from([2, 5, 128]))
@settings(max_examples=300)
def test_of_some_accounts_what_a_general_solver_finds(random, accounts, core_accounts):
    problem = drawn_problem(random, accounts)
    agrees(solved(problem, core_accounts), solved_by_milp(problem))


@pytest.mark.parametrize("seed", range(12))
def test_of_many_accounts_what_a_general_solver_finds(seed):
    problem = drawn_problem(np.random.default_rng(1000 + seed), 220)
    agrees(solved(problem, 16), solved_by_milp(problem))


@pytest.mark.parametrize("seed", range(3))
def test_both_ways_through_a_large_relaxation_come_to_the_same_prices(seed, monkeypatch):
    problem = lender_problem(700, 3, seed)
    accounts = PricedAccounts(problem)
    choice = np.asarray(accounts.settle(np.zeros(3)).choice)
    reduced = accounts.reduced(np.zeros(3))
    core = nearest_core(regrets(reduced), choice, 700)
    program = program_of(accounts, reduced.max(axis=0), choice, core, 1.0)
    assert len(program.cost) > 4096
    inner = core_program.relax(program)
    monkeypatch.setattr(core_program, "_MANY_COLUMNS", np.inf)
    simplex = core_program.relax(program)
    assert inner.status is simplex.status is core_program.Status.SOLVED
    assert inner.bound == pytest.approx(simplex.bound, rel=1e-9)
    assert inner.prices == pytest.approx(simplex.prices, rel=1e-6, abs=1e-12)
