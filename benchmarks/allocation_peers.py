"""General solvers on the linear relaxation of the allocation, each in a process of its own.

``python -m benchmarks.allocation_peers SOLVER ACCOUNTS CAPS SECONDS`` prints one JSON object: CPU
seconds of the solve, the value it ends with, and how far off its solution is. HiGHS and OR-Tools
cannot live in one process.
"""

import json
import sys
import time

import numpy as np
from scipy import sparse

from benchmarks.allocation_book import book, written_out
from credit_limits.allocation.problem import AllocationProblem

PEERS = ("highs-ipm", "highs-pdlp", "ortools-pdlp")
_TOLERANCE = 1e-6
"""PDLP's relative tolerance: far looser than what the portfolio solver proves."""


def main() -> None:
    solver, accounts, caps, seconds = sys.argv[1:5]
    problem = written_out(book(int(accounts), int(caps)))
    solve = _by_ortools if solver == "ortools-pdlp" else _by_highs
    print(json.dumps(solve(problem, solver.removeprefix("highs-"), float(seconds))))


def relaxation(
    problem: AllocationProblem,
) -> tuple[np.ndarray, sparse.csc_matrix, np.ndarray, np.ndarray]:
    """Costs, rows, and their lower and upper bounds; one column an allowed candidate.

    Figures are in units of 10,000 yuan, so that tolerances mean the same to every solver.
    """
    unit = 1e6
    place = np.flatnonzero(problem.allowed.T.ravel())
    one_each = sparse.csr_matrix(
        (np.ones(len(place)), (place // problem.candidate_count, np.arange(len(place)))),
        (problem.account_count, len(place)),
    )
    rows = []
    for cap in problem.caps:
        weights = problem.measures[cap.measure] * (1.0 if cap.scope is None else cap.scope)
        rows.append(sparse.csr_matrix(weights.T.ravel()[place][None] / unit))
    ones = np.ones(problem.account_count)
    bounds = np.array([cap.bound for cap in problem.caps]) / unit
    lower = np.concatenate([ones, np.full(len(bounds), -np.inf)])
    upper = np.concatenate([ones, bounds])
    cost = -problem.profit.T.ravel()[place] / unit
    return cost, sparse.vstack([one_each, *rows], "csc"), lower, upper


def _by_highs(problem: AllocationProblem, solver: str, seconds: float) -> dict[str, object]:
    import highspy

    cost, rows, lower, upper = relaxation(problem)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = rows.shape[1], rows.shape[0]
    lp.col_cost_, lp.row_lower_, lp.row_upper_ = cost, lower, upper
    lp.col_lower_, lp.col_upper_ = np.zeros(len(cost)), np.full(len(cost), highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = rows.indptr, rows.indices
    lp.a_matrix_.value_ = rows.data
    model = highspy.Highs()
    model.silent()
    options = {"solver": solver, "time_limit": seconds, "threads": 2, "run_crossover": "off"}
    for name, value in options.items():
        model.setOptionValue(name, value)
    if solver == "pdlp":
        model.setOptionValue("pdlp_optimality_tolerance", _TOLERANCE)
    model.passModel(lp)
    started = time.process_time()
    model.run()
    spent = time.process_time() - started
    finished = model.getModelStatus() == highspy.HighsModelStatus.kOptimal
    value = -1e6 * model.getInfo().objective_function_value
    return {"finished": finished, "cpu": spent, "value": value if finished else None}


def _by_ortools(problem: AllocationProblem, _solver: str, seconds: float) -> dict[str, object]:
    try:
        from ortools.pdlp import solve_log_pb2, solvers_pb2
        from ortools.pdlp.python import pdlp
    except ImportError:
        return {"finished": False, "cpu": 0.0, "value": None, "absent": True}
    cost, rows, lower, upper = relaxation(problem)
    program = pdlp.QuadraticProgram()
    program.resize_and_initialize(rows.shape[1], rows.shape[0])
    program.objective_vector, program.constraint_matrix = cost, rows
    program.constraint_lower_bounds, program.constraint_upper_bounds = lower, upper
    program.variable_lower_bounds = np.zeros(len(cost))
    program.variable_upper_bounds = np.full(len(cost), np.inf)
    parameters = solvers_pb2.PrimalDualHybridGradientParams()
    criteria = parameters.termination_criteria
    criteria.time_sec_limit = seconds
    criteria.simple_optimality_criteria.eps_optimal_relative = _TOLERANCE
    criteria.simple_optimality_criteria.eps_optimal_absolute = 0.0
    started = time.process_time()
    result = pdlp.primal_dual_hybrid_gradient(program, parameters)
    spent = time.process_time() - started
    finished = result.solve_log.termination_reason == solve_log_pb2.TERMINATION_REASON_OPTIMAL
    value = -1e6 * float(cost @ result.primal_solution) if finished else None
    return {"finished": finished, "cpu": spent, "value": value}


if __name__ == "__main__":
    main()
