"""The solver against other ways to the same answer: every choice tried, and a general MILP."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.allocation.problem import AllocationProblem
from credit_limits.allocation.solver import allocate
from credit_limits.domain.errors import AllocationInfeasible
from tests.allocation_milp import agrees, solved_by_milp
from tests.allocation_samples import SEEDS, drawn_problem


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
