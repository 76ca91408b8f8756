"""The watch of columns: false alarms and power at any number of rows, and its time.

    python -m benchmarks.drift_rates [--quick] [--only PART,PART] [--json]

Forty columns in which nothing changes are watched again and again, with as many rows now as in the
reference. "law" are histograms drawn from the exact law of counted rows, "rows" are rows that were
drawn and counted; Evidently sees the same rows, with its defaults, up to the 100,000
rows that its page is drawn from: it sorts and copies every column. Intervals are 95 % (Clopper and
Pearson); a rate is within its level where its interval does not lie above it. Thresholds and
levels are those of the policy in force. ``python -m docs.draw_drift`` draws the power curves from
the JSON.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from benchmarks.drift_results import Power, Rate, Speed, text_of
from benchmarks.drift_samples import (
    Column,
    columns_of,
    draw_histograms,
    draw_reference,
    tilted,
    values_of,
)
from monitoring.block_test import block_p_values
from monitoring.drift import DriftVerdict, Histogram, histogram_verdict, histograms_of
from monitoring.reference import ColumnReference, Reference, build_reference
from monitoring.shift_test import holm, shift_p_value
from monitoring.thresholds import DriftLevel, DriftThresholds, parse_drift_thresholds
from tidegate.adapters.dated_policies import load_dated

_POLICIES = Path(__file__).parent.parent / "policies" / "monitoring"
_SEED = 7
_COLUMNS = 40
_SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
_SHIFTS = (
    *(0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.35),
    *(0.4, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8),
)
_DAYS_THEN, _DAYS_NOW, _DAY_SPREAD, _SHUFFLES = 60, 30, 0.05, 999
_PIECE = 1_000_000
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is tried; by number of rows where it depends on them."""

    law: int
    rows: dict[int, int]
    evidently: dict[int, int]
    days: int
    power: int
    indicators: int
    indicator_rows: int


FULL = Effort(
    law=1_000,
    rows={1_000: 200, 10_000: 50, 100_000: 10, 1_000_000: 2, 10_000_000: 1},
    evidently={1_000: 20, 10_000: 10, 100_000: 2},
    days=200,
    power=50,
    indicators=1_000,
    indicator_rows=10_000_000,
)
QUICK = Effort(
    law=5,
    rows={1_000: 3},
    evidently={1_000: 1},
    days=2,
    power=2,
    indicators=10,
    indicator_rows=100_000,
)


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    effort = QUICK if options.quick else FULL
    limits = _thresholds()
    report: dict[str, Any] = {"columns": _COLUMNS, "stated": asdict(limits.false_alarms)}
    for part in options.only:
        found = PARTS[part](limits, effort)
        report[part] = [asdict(row) for row in found]
    print(json.dumps(report, indent=2) if options.json else text_of(report))


def calm_by_law(limits: DriftThresholds, effort: Effort) -> list[Rate]:
    """Watches in which nothing changes, drawn as histograms."""
    columns, random, rates = columns_of(_COLUMNS), np.random.default_rng(_SEED), []
    for rows in _SIZES:
        verdicts = []
        for _ in range(effort.law):
            drawn = draw_reference(columns, rows, random)
            now = draw_histograms(columns, drawn, rows, random)
            verdicts.append(histogram_verdict(drawn.reference, now, rows, limits))
        rates += _rates("law", rows, verdicts, limits)
    return rates


def calm_by_rows(limits: DriftThresholds, effort: Effort) -> list[Rate]:
    """Watches in which nothing changes, drawn as rows; Evidently on the first of each size."""
    columns, random, rates = columns_of(_COLUMNS), np.random.default_rng(_SEED), []
    for rows, repetitions in effort.rows.items():
        verdicts, reports = [], []
        for repetition in range(repetitions):
            whole = repetition < effort.evidently.get(rows, 0)
            verdict, frames = _watched(columns, rows, random, limits, keep=whole)
            verdicts.append(verdict)
            if whole:
                reports.append(evidently_defaults(*frames))
        rates += _rates("rows", rows, verdicts, limits)
        if reports:
            some = sum(moved > 0 for moved, _ in reports)
            many = sum(share >= 0.5 for _, share in reports)
            rates += [
                Rate("Evidently: some column drifted", rows, some, len(reports), None),
                Rate("Evidently: data set drifted", rows, many, len(reports), None),
            ]
    return rates


def _watched(
    columns: Sequence[Column],
    rows: int,
    random: np.random.Generator,
    limits: DriftThresholds,
    *,
    keep: bool,
) -> tuple[DriftVerdict, tuple[pd.DataFrame, pd.DataFrame]]:
    """One watch column by column, so that no more than a column is in memory, unless kept."""
    references: list[ColumnReference] = []
    now: dict[str, Histogram | str] = {}
    before, after = pd.DataFrame(), pd.DataFrame()
    for column in columns:
        one = pd.DataFrame({column.name: values_of(column, rows, random)})
        other = pd.DataFrame({column.name: values_of(column, rows, random)})
        reference = build_reference(one, [column.name])
        references += reference.columns
        now |= histograms_of(reference, other)
        if keep:
            before[column.name], after[column.name] = one[column.name], other[column.name]
    verdict = histogram_verdict(Reference(tuple(references)), now, rows, limits)
    return verdict, (before, after)


def _rates(
    drawn: str, rows: int, verdicts: Sequence[DriftVerdict], limits: DriftThresholds
) -> list[Rate]:
    """How often a column was certain at a level, and how often it was also large enough."""
    least = [min(c.p_corrected for c in v.columns if c.p_corrected is not None) for v in verdicts]
    stated, tried = limits.false_alarms, len(verdicts)
    certain = [sum(p <= level for p in least) for level in (stated.notice, stated.alarm)]
    reached = [
        sum(v.level >= level for v in verdicts) for level in (DriftLevel.NOTICE, DriftLevel.ALARM)
    ]
    return [
        Rate(f"{drawn}: certain at notice", rows, certain[0], tried, stated.notice),
        Rate(f"{drawn}: notice", rows, reached[0], tried, stated.notice),
        Rate(f"{drawn}: certain at alarm", rows, certain[1], tried, stated.alarm),
        Rate(f"{drawn}: alarm", rows, reached[1], tried, stated.alarm),
    ]


def evidently_defaults(before: pd.DataFrame, after: pd.DataFrame) -> tuple[int, float]:
    """Columns that Evidently's drift preset finds drifted by its defaults, and their share."""
    with warnings.catch_warnings():
        # its imports are deprecated by NumPy and Litestar
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        definition = DataDefinition(numerical_columns=list(before.columns))
        snapshot = Report([DataDriftPreset()]).run(
            current_data=Dataset.from_pandas(after, data_definition=definition),
            reference_data=Dataset.from_pandas(before, data_definition=definition),
        )
        value = snapshot.dict()["metrics"][0]["value"]
    return int(value["count"]), float(value["share"])


def days_together(limits: DriftThresholds, effort: Effort) -> list[Rate]:
    """Nothing changes, but the rows of a day move together: days permuted, and rows tested."""
    columns, random, rates = columns_of(_COLUMNS), np.random.default_rng(_SEED), []
    stated = limits.false_alarms
    for rows in _SIZES:
        least = []
        for repetition in range(effort.days):
            then = days_of(columns, _DAYS_THEN, rows // _DAYS_THEN, random)
            now = days_of(columns, _DAYS_NOW, rows // _DAYS_NOW, random)
            shuffled = block_p_values(then, now, shuffles=_SHUFFLES, seed=repetition)
            independent = holm(
                [shift_p_value(*pair) for pair in zip(then.sum(0), now.sum(0), strict=True)]
            )
            least.append((shuffled.min(), min(independent)))
        for level, word in ((stated.notice, "notice"), (stated.alarm, "alarm")):
            days, alone = (np.array(least) <= level).sum(axis=0).tolist()
            rates += [
                Rate(f"days permuted: certain at {word}", rows, days, effort.days, level),
                Rate(f"rows as if independent: certain at {word}", rows, alone, effort.days, None),
            ]
    return rates


def days_of(
    columns: Sequence[Column], days: int, rows_a_day: int, random: np.random.Generator
) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Rows by day, column and bin; each day moves each column, by a twentieth of its spread."""
    deciles = special.ndtri(np.linspace(0.1, 0.9, 9))
    counts = np.zeros((days, len(columns), len(deciles) + 1), dtype=np.int64)
    shift = random.normal(0.0, _DAY_SPREAD, (days, len(columns)))
    for place, column in enumerate(columns):
        if column.codes:
            shares = np.array([tilted(np.array(column.codes), each) for each in shift[:, place]])
        else:
            edges = special.ndtr(deciles - shift[:, place, None])
            shares = np.diff(edges, axis=1, prepend=0.0, append=1.0)
        counts[:, place, : shares.shape[1]] = random.multinomial(rows_a_day, shares)
    return counts


def powers(limits: DriftThresholds, effort: Effort) -> list[Power]:
    """How often a shift of the score alone is found, drawn as histograms."""
    columns, random, found = columns_of(_COLUMNS), np.random.default_rng(_SEED), []
    for rows in _SIZES:
        for shift in _SHIFTS:
            moved = np.zeros(len(columns))
            moved[0] = shift
            levels = []
            for _ in range(effort.power):
                drawn = draw_reference(columns, rows, random)
                now = draw_histograms(columns, drawn, rows, random, moved)
                score = histogram_verdict(drawn.reference, now, rows, limits).columns[0]
                certain = limits.false_alarms.level(score.p_corrected or 0.0) is DriftLevel.ALARM
                levels.append((certain, score.level >= DriftLevel.NOTICE, score.level.value > 1))
            shares = np.mean(levels, axis=0).tolist()
            found.append(Power(shift, decile_psi(shift), rows, *shares))
    return found


def decile_psi(shift: float) -> float:
    """PSI of a normal column moved by ``shift`` standard deviations, over its own deciles.

    >>> round(decile_psi(0.5), 3)
    0.238
    """
    deciles = special.ndtri(np.linspace(0.1, 0.9, 9))
    now = np.diff(np.r_[0.0, special.ndtr(deciles - shift), 1.0])
    return float(((now - 0.1) * np.log(now / 0.1)).sum())


def speed(limits: DriftThresholds, effort: Effort) -> list[Speed]:
    """Time to count and judge many indicators over many rows, two columns at once."""
    columns = columns_of(effort.indicators)
    random = np.random.default_rng(_SEED)
    learnt = [
        build_reference(pd.DataFrame({c.name: values_of(c, 100_000, random)}), [c.name])
        for c in columns
    ]
    reference = Reference(tuple(column for each in learnt for column in each))
    jobs = [
        (place, column, reference.columns[place], effort.indicator_rows)
        for place, column in enumerate(columns)
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(_THREADS) as pool:
        done = list(pool.map(_counted, jobs))
    elapsed = time.perf_counter() - began
    histograms: dict[str, Histogram | str] = {name: found for name, found, _, _ in done}
    started = time.thread_time()
    histogram_verdict(reference, histograms, effort.indicator_rows, limits)
    judged = time.thread_time() - started
    made, counted = sum(row[2] for row in done), sum(row[3] for row in done)
    size = len(columns), effort.indicator_rows
    return [Speed(*size, _THREADS, elapsed, made / _THREADS, counted / _THREADS, judged)]


def _counted(
    job: tuple[int, Column, ColumnReference, int],
) -> tuple[str, Histogram, float, float]:
    """One indicator, made and counted a million rows at a time; seconds of CPU of each."""
    place, column, reference, rows = job
    random = np.random.default_rng([_SEED, place])
    total, made, counted = np.zeros(len(reference.counts), dtype=np.int64), 0.0, 0.0
    for start in range(0, rows, _PIECE):
        began = time.thread_time()
        values = values_of(column, min(_PIECE, rows - start), random)
        drawn = time.thread_time()
        total += reference.count(values)
        made += drawn - began
        counted += time.thread_time() - drawn
    return column.name, Histogram(tuple(total.tolist())), made, counted


PARTS: dict[str, Callable[[DriftThresholds, Effort], Sequence[Rate | Power | Speed]]] = {
    "calm_by_law": calm_by_law,
    "calm_by_rows": calm_by_rows,
    "days_together": days_together,
    "power": powers,
    "speed": speed,
}


def _thresholds() -> DriftThresholds:
    newest = load_dated(_POLICIES, date.max)
    return parse_drift_thresholds(newest.version, newest.content)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="try everything a few times only")
    parser.add_argument(
        "--only",
        type=lambda text: text.split(","),
        default=list(PARTS),
        help=f"parts by comma: {', '.join(PARTS)}",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON document")
    return parser


if __name__ == "__main__":
    main()
