"""A general solver of mixed-integer programs, to hold the allocation against."""

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from credit_limits.allocation.problem import AllocationProblem

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


def agrees(found: tuple[float, float] | None, best: float | None) -> None:
    """Value and bound are those of a best choice, or neither way has one."""
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        value, bound = found
        scale = max(abs(best), 1.0)
        assert value <= best + NEAR * scale
        assert best <= bound + NEAR * scale
        assert best - value <= (bound - value) + NEAR * scale
