"""The portfolio solver: time and gap, beside HiGHS on the same problem's relaxation.

``python -m benchmarks.allocation [--accounts 10000,100000] [--caps 2,8] [--json]``. HiGHS solves
the linear relaxation by its interior-point method and is given a limit of seconds; where it does
not finish, its column says so. CPU seconds count all threads.
"""

import argparse
import json
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from credit_limits.allocation.problem import AllocationProblem, Cap
from credit_limits.allocation.solver import allocate

_RATIOS = np.array([0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 2.0])[:, None]
_HOLD = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One problem. Times in seconds; ``highs_cpu`` and ``highs_value`` are None where it stopped.

    ``slack_min`` is the least relative slack over the caps, never negative.
    """

    accounts: int
    caps: int
    seconds: float
    cpu: float
    gap: float
    slack_min: float
    passes: int
    highs_cpu: float | None
    highs_value: float | None
    value: float


def main() -> None:
    arguments = _arguments()
    # HiGHS is loaded beforehand: what is measured is the solver
    allocate(portfolio(1_000, 2))
    rows = [
        measure(accounts, caps, arguments.highs_seconds)
        for accounts in arguments.accounts
        for caps in arguments.caps
    ]
    if arguments.json:
        json.dump([asdict(row) for row in rows], sys.stdout, indent=2)
        print()
        return
    print(_line("accounts", "caps", "s", "CPU s", "gap", "passes", "HiGHS LP CPU s", "ratio"))
    for row in rows:
        missing = "not finished" if arguments.highs_seconds > 0 else ""
        highs = missing if row.highs_cpu is None else f"{row.highs_cpu:.1f}"
        ratio = "" if row.highs_cpu is None else f"{row.highs_cpu / row.cpu:.0f}"
        print(
            _line(
                f"{row.accounts:,}",
                str(row.caps),
                f"{row.seconds:.2f}",
                f"{row.cpu:.2f}",
                f"{row.gap:.1e}",
                str(row.passes),
                highs,
                ratio,
            )
        )


def _line(*cells: str) -> str:
    widths = (10, 5, 8, 8, 9, 7, 15, 6)
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def measure(accounts: int, caps: int, highs_seconds: float) -> Measured:
    problem = portfolio(accounts, caps)
    started, started_cpu = time.perf_counter(), time.process_time()
    certificate = allocate(problem).certificate
    seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    highs_cpu, highs_value = relaxed_by_highs(problem, highs_seconds)
    return Measured(
        accounts=accounts,
        caps=caps,
        seconds=seconds,
        cpu=cpu,
        gap=certificate.gap,
        slack_min=min(cap.slack / abs(cap.bound) for cap in certificate.caps),
        passes=certificate.passes,
        highs_cpu=highs_cpu,
        highs_value=highs_value,
        value=certificate.value,
    )


def portfolio(accounts: int, caps: int, seed: int = 7) -> AllocationProblem:
    """A lender's problem: eight steps of a limit, exposure and expected loss, by product, region.

    Each cap lies between what today's limits use and what the accounts would choose freely.
    """
    random = np.random.default_rng(seed)
    limit = np.exp(random.normal(9.5, 1, accounts)) * _RATIOS
    risk = 1 / (1 + np.exp(-random.normal(-3, 1, accounts)))
    loss = risk * 0.3 * limit * (1 + 0.1 * np.log(_RATIOS))
    earned = limit * random.uniform(0, 0.04, accounts) * (1 - 0.15 * np.log(_RATIOS) ** 2)
    profit = earned - loss - np.where(_RATIOS == 1.0, 0.0, 5.0)
    allowed = random.random(limit.shape) < 0.8
    allowed[_HOLD] = True
    measures = {"exposure": 0.4 * limit, "expected_loss": loss}
    cash_loan, region = random.random(accounts) < 0.4, random.integers(0, 4, accounts)
    scopes = [None, None, cash_loan, cash_loan, *(region == number for number in range(4))]
    free = np.where(allowed, profit, -np.inf).argmax(axis=0)
    rules = []
    for number, scope in enumerate(scopes[:caps]):
        measure_name = "expected_loss" if number in (1, 3) else "exposure"
        inside = slice(None) if scope is None else scope
        wanted = measures[measure_name][free, np.arange(accounts)][inside].sum()
        held = measures[measure_name][_HOLD][inside].sum()
        bound = held + (wanted - held) * (0.5 - 0.02 * number)
        rules.append(Cap(f"cap_{number}", measure_name, float(bound), scope))
    ids = np.char.add("A", np.char.zfill(np.arange(accounts).astype(np.str_), 8))
    hold = np.full(accounts, _HOLD, dtype=np.int64)
    return AllocationProblem(ids, profit, allowed, measures, tuple(rules), hold)


def relaxed_by_highs(
    problem: AllocationProblem, seconds: float
) -> tuple[float | None, float | None]:
    """CPU seconds and value of the linear relaxation by HiGHS, or nothing within ``seconds``."""
    from scipy import sparse
    from scipy.optimize import linprog

    if seconds <= 0:
        return None, None
    place = np.flatnonzero(problem.allowed.T.ravel())
    account = place // problem.candidate_count
    one_each = sparse.csr_matrix(
        (np.ones(len(place)), (account, np.arange(len(place)))),
        (problem.account_count, len(place)),
    )
    rows = [
        (problem.measures[cap.measure] * (1.0 if cap.scope is None else cap.scope)).T.ravel()[place]
        for cap in problem.caps
    ]
    started = time.process_time()
    found = linprog(
        -problem.profit.T.ravel()[place],
        A_ub=np.array(rows),
        b_ub=[cap.bound for cap in problem.caps],
        A_eq=one_each,
        b_eq=np.ones(problem.account_count),
        method="highs-ipm",
        options={"time_limit": seconds},
    )
    spent = time.process_time() - started
    return (spent, -float(found.fun)) if found.status == 0 else (None, None)


def _arguments() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accounts", type=numbers, default=[10_000, 100_000, 1_000_000], help="sizes, by comma"
    )
    parser.add_argument("--caps", type=numbers, default=[2, 8], help="numbers of caps, 1 to 8")
    parser.add_argument(
        "--highs-seconds", type=float, default=60.0, help="limit for HiGHS; 0 leaves it out"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
