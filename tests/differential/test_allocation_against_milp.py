"""The solver against other ways to the same answer: every choice tried, and a general MILP."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from credit_limits.allocation.problem import AllocationProblem
from credit_limits.allocation.solver import allocate
from credit_limits.domain.errors import AllocationInfeasible
from tests.allocation_samples import SEEDS, drawn_problem

NEAR = 1e-6


def solved_by_milp(problem: AllocationProblem) -> float | None:
    """The best value by SciPy's own HiGHS; ``None`` where no choice meets the caps."""
    allowed = problem.allowed.T.ravel()
    one_each = sparse.kron(sparse.eye(problem.account_count), np.ones((1, problem.candidate_count)))
    constraints = [LinearConstraint(one_each, 1, 1)]
    for cap in problem.caps:
        weights = problem.measures[cap.measure] * (1.0 if cap.scope is None else cap.scope)
        constraints.append(LinearConstraint(weights.T.ravel()[None], -np.inf, cap.bound))
    found = milp(
        -problem.profit.T.ravel(),
        integrality=np.ones(len(allowed)),
        bounds=Bounds(0, allowed.astype(np.float64)),
        constraints=constraints,
        options={"mip_rel_gap": 0},
    )
    assert found.status in (0, 2), found.message
    return None if found.status == 2 else -float(found.fun)


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


def agrees(found: tuple[float, float] | None, best: float | None) -> None:
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        value, bound = found
        scale = max(abs(best), 1.0)
        assert value <= best + NEAR * scale
        assert best <= bound + NEAR * scale
        assert best - value <= (bound - value) + NEAR * scale


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
