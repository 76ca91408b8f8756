"""How fast the credit-limit world is made: rows, seconds, peak memory, and how cost grows.

    python -m benchmarks.world [--full | --customers N] [--months M] [--seed S] [--json]

Each size runs in a process of its own, so that its peak memory is its own. Without --customers,
three sizes run, a quarter, a half and the whole of 20,000, or with --full those that have 10,000,
100,000 and 1,000,000 accounts; the last line says how the cost of an account-month at the largest
size compares with the smallest. Seconds are those of the clock on the wall; the processor's, of
which there are fewer where other work disturbs the run, stand beside.
"""

import argparse
import json
import logging
import multiprocessing
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import RunningWorld
from tidegate.adapters.log import configure_logging
from tidegate.operations.generate_world import GenerateWorldRequest, generate_world

_SIZES = (5_000, 10_000, 20_000)
_FULL_SIZES = (7_400, 74_000, 740_000)


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: rows of all tables, seconds to simulate and to write as well, peak memory."""

    customers: int
    accounts: int
    months: int
    rows: int
    statements: int
    simulate_seconds: float
    generate_seconds: float
    simulate_cpu_seconds: float
    generate_cpu_seconds: float
    peak_mb: float
    file_mb: float

    @property
    def microseconds_a_statement(self) -> float:
        """Processor time of an account-month, simulated and written."""
        return self.generate_cpu_seconds / self.statements * 1e6


@dataclass(frozen=True, slots=True)
class _Times:
    """Seconds of the clock on the wall and of this process's threads."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "_Times":
        return cls(time.perf_counter(), time.process_time())


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    sizes = _FULL_SIZES if options.full else _SIZES
    sizes = (options.customers,) if options.customers else sizes
    measured = [measure_apart(size, options.months, options.seed) for size in sizes]
    report = {
        "sizes": [asdict(one) for one in measured],
        "cost_ratio": cost_ratio(measured) if len(measured) > 1 else None,
    }
    print(json.dumps(report, indent=2) if options.json else _text(measured))
    return 0


def measure_apart(customers: int, months: int, seed: int) -> Measured:
    """Measure one size in a fresh process."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(measure, customers, months, seed).result()


def measure(customers: int, months: int, seed: int) -> Measured:
    """Simulate a world and let it go month by month; then make it again and write it to files."""
    configure_logging(level=logging.WARNING)
    started = _Times.now()
    statements, world = 0, RunningWorld(WorldParameters(customers, months, seed))
    accounts = world.scene.accounts.count
    for _ in range(months):
        statements += world.step().tables["statements"].num_rows
    del world
    simulated = _Times.now()
    with tempfile.TemporaryDirectory() as folder:
        request = GenerateWorldRequest(
            customers=customers, months=months, seed=seed, out=Path(folder)
        )
        outcome = generate_world(request)
        generated = _Times.now()
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
    return Measured(
        customers=customers,
        accounts=accounts,
        months=months,
        rows=sum(outcome.rows.values()),
        statements=statements,
        simulate_seconds=round(simulated.wall - started.wall, 2),
        generate_seconds=round(generated.wall - simulated.wall, 2),
        simulate_cpu_seconds=round(simulated.cpu - started.cpu, 2),
        generate_cpu_seconds=round(generated.cpu - simulated.cpu, 2),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        file_mb=round(size / 1e6, 1),
    )


def cost_ratio(measured: list[Measured]) -> float:
    """Cost of an account-month at the largest size over that at the smallest; linear is 1."""
    by_size = sorted(measured, key=lambda one: one.statements)
    return round(by_size[-1].microseconds_a_statement / by_size[0].microseconds_a_statement, 3)


def _text(measured: list[Measured]) -> str:
    names = ("accounts", "months", "rows", "simulate", "cpu", "to files", "cpu", "peak")
    widths = (11, 8, 13, 11, 11, 11, 11, 10)
    lines = ["".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))]
    lines += [
        f"{one.accounts:>11,}{one.months:>8}{one.rows:>13,}{one.simulate_seconds:>9.2f} s"
        f"{one.simulate_cpu_seconds:>9.2f} s{one.generate_seconds:>9.2f} s"
        f"{one.generate_cpu_seconds:>9.2f} s{one.peak_mb:>7,.0f} MB"
        for one in measured
    ]
    if len(measured) > 1:
        lines.append(
            f"an account-month costs {cost_ratio(measured):.2f} times as much at the largest size "
            "as at the smallest"
        )
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--full", action="store_true", help="up to a million accounts")
    parser.add_argument("--customers", type=int, help="one size instead of three")
    parser.add_argument("--months", type=int, default=24, help="months of statements")
    parser.add_argument("--seed", type=int, default=7, help="seed of the world")
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
