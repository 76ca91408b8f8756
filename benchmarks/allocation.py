"""The portfolio solver: passes, time, memory and gap, beside general solvers on the same book.

``python -m benchmarks.allocation [--accounts 10000,100000] [--caps 8,20] [--full] [--json]``. Each
row is a process of its own, so that its memory is its own. The solver gives the whole integer
answer, from parameters of 40 bytes an account; the others the linear relaxation, PDLP to a
relative tolerance of 1e-6. They have a limit of seconds; where they do not finish, their column
has what they spent, after a ">". CPU seconds count all threads. ``pass/read`` is a pass in single
precision over adding up the parameters once, ``written`` a pass over candidates that are written
out over adding those up. Memory is told from a million accounts on, where it is the accounts'.
OR-Tools is no dependency: its column has figures where the Python that ``--ortools-python`` names
can import it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np

from benchmarks.allocation_book import book, written_out
from benchmarks.allocation_peers import PEERS
from credit_limits.allocation.infeasibility import Infeasibility
from credit_limits.allocation.on_the_fly import ParameterAccounts
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.solver import solve_accounts

_FULL = 10_000_000
_MOST_FOR_PEERS = 100_000
_MANY = 1_000_000
_REPEATS = 3


@dataclass(frozen=True, slots=True)
class Peer:
    """A general solver on the relaxation; not ``finished`` is what it spent within its limit."""

    solver: str
    cpu: float
    value: float | None
    finished: bool
    absent: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """One book. Times in seconds, ``cpu`` over all threads, ``slack_min`` relative to the cap.

    ``bytes_per_account`` is the process's peak of memory beyond what it needs for a small book.
    ``pass_cpu`` is a pass in single precision over all accounts; ``pass_over_reading`` compares it
    with adding up the parameters once, and ``written_pass_over_reading`` the pass over candidates
    that are written out with adding those up, at 100,000 accounts or fewer.
    """

    accounts: int
    caps: int
    passes: int
    seconds: float
    cpu: float
    value: float
    bound: float
    gap: float
    slack_min: float
    bytes_per_account: float
    pass_cpu: float
    pass_over_reading: float
    written_pass_over_reading: float | None
    peers: tuple[Peer, ...] = field(default=())


def main() -> None:
    arguments = _arguments()
    if arguments.measure:
        print(json.dumps(asdict(measure(*arguments.measure))))
        return
    sizes = [*arguments.accounts, *([_FULL] if arguments.full else [])]
    rows = []
    for accounts in sizes:
        for caps in arguments.caps:
            row = json.loads(_child("benchmarks.allocation", "--measure", f"{accounts},{caps}"))
            seconds = arguments.peer_seconds if accounts <= _MOST_FOR_PEERS else 0.0
            row["peers"] = [
                asdict(_peer(name, accounts, caps, seconds, arguments.ortools_python))
                for name in (PEERS if seconds > 0 else ())
            ]
            rows.append(row)
            if not arguments.json:
                print("\n".join([*([_header()] if len(rows) == 1 else []), line(row)]), flush=True)
    if arguments.json:
        json.dump(rows, sys.stdout, indent=2)
        print()


def measure(accounts: int, caps: int) -> Measured:
    names = [f"cap_{place}" for place in range(caps)]
    # code is compiled and HiGHS loaded beforehand: what is measured is the solver
    solve_accounts(book(2_000, caps), names)
    before = _peak_bytes()
    problem = book(accounts, caps)
    started, started_cpu = time.perf_counter(), time.process_time()
    found = solve_accounts(problem, names)
    seconds, cpu = time.perf_counter() - started, time.process_time() - started_cpu
    if isinstance(found, Infeasibility):
        raise SystemExit(str(found))
    held = (_peak_bytes() - before) / accounts
    pass_cpu = _least_cpu(lambda: problem.at(found.prices))
    return Measured(
        accounts=accounts,
        caps=caps,
        passes=found.passes,
        seconds=seconds,
        cpu=cpu,
        value=found.value,
        bound=found.bound,
        gap=(found.bound - found.value) / abs(found.bound),
        slack_min=float(((problem.bounds - found.usage) / np.abs(problem.bounds)).min()),
        bytes_per_account=held,
        pass_cpu=pass_cpu,
        pass_over_reading=pass_cpu / _least_cpu(lambda: _read(problem)),
        written_pass_over_reading=_written_out_ratio(problem, found.prices),
    )


def _written_out_ratio(problem: ParameterAccounts, prices: np.ndarray) -> float | None:
    if problem.count > _MOST_FOR_PEERS:
        return None
    written = PricedAccounts(written_out(problem))
    written.at(prices)
    arrays = [written.problem.profit, *written.problem.measures.values()]
    reading = _least_cpu(lambda: [values.sum() for values in arrays])
    return _least_cpu(lambda: written.at(prices)) / reading


def _read(problem: ParameterAccounts) -> None:
    problem.parameters.amounts.sum()
    problem.parameters.figures.sum()


def _least_cpu(run: object) -> float:
    def once() -> float:
        started = time.process_time()
        run()  # type: ignore[operator]
        return time.process_time() - started

    return min(once() for _ in range(_REPEATS))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _peer(name: str, accounts: int, caps: int, seconds: float, ortools_python: str) -> Peer:
    python = ortools_python if name == "ortools-pdlp" else sys.executable
    arguments = (name, str(accounts), str(caps), str(seconds))
    try:
        told = json.loads(
            _child("benchmarks.allocation_peers", *arguments, python=python, seconds=3 * seconds)
        )
    except subprocess.TimeoutExpired:
        return Peer(name, seconds, None, finished=False, absent=False)
    absent = bool(told.get("absent"))
    return Peer(name, told["cpu"], told["value"], finished=told["finished"], absent=absent)


def _child(
    module: str, *arguments: str, python: str = sys.executable, seconds: float | None = None
) -> str:
    # the other Python borrows what it lacks from this one; OR-Tools itself is its own
    paths = [path for path in sys.path if path] if python != sys.executable else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)} if paths else None
    done = subprocess.run(
        [python, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=seconds,
        env=environment,
    )
    return done.stdout.splitlines()[-1]


_COLUMNS = (
    ("accounts", 10),
    ("caps", 4),
    ("passes", 6),
    ("s", 7),
    ("CPU s", 7),
    ("gap", 8),
    ("B/account", 9),
    ("pass/read", 9),
    ("written", 7),
    *((name, 22) for name in PEERS),
)


def _header() -> str:
    return _cells([name for name, _ in _COLUMNS])


def line(row: dict) -> str:
    written = row["written_pass_over_reading"]
    return _cells(
        [
            f"{row['accounts']:,}",
            str(row["caps"]),
            str(row["passes"]),
            f"{row['seconds']:.2f}",
            f"{row['cpu']:.2f}",
            f"{row['gap']:.1e}",
            f"{row['bytes_per_account']:.0f}" if row["accounts"] >= _MANY else "",
            f"{row['pass_over_reading']:.1f}",
            "" if written is None else f"{written:.1f}",
            *(_told(peer, row) for peer in row["peers"]),
        ]
    )


def _told(peer: dict, row: dict) -> str:
    if peer["absent"]:
        return "not installed"
    more = "" if peer["finished"] else ">"
    return f"{more}{peer['cpu']:.1f} CPU s, {more}{peer['cpu'] / row['cpu']:.0f} x"


def _cells(cells: Sequence[str]) -> str:
    widths = (width for _, width in _COLUMNS)
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))


def _arguments() -> argparse.Namespace:
    def numbers(text: str) -> list[int]:
        return [int(part) for part in text.split(",")]

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--accounts", type=numbers, default=[10_000, 100_000, 1_000_000], help="sizes, by comma"
    )
    parser.add_argument("--caps", type=numbers, default=[8, 20], help="numbers of caps, 1 to 20")
    parser.add_argument("--full", action="store_true", help="10,000,000 accounts as well")
    parser.add_argument(
        "--peer-seconds",
        type=float,
        default=120.0,
        help="limit for each of the other solvers, up to 100,000 accounts; 0 leaves them out",
    )
    parser.add_argument(
        "--ortools-python", default=sys.executable, help="a Python that can import OR-Tools"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--measure", type=numbers, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
