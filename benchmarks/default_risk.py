"""Cross-validated figures of the default-risk training on any flat CSV file.

    python -m benchmarks.default_risk --csv FILE --label COLUMN [--drop A,B] [--folds 5] [--json]

A row is a customer, a column is an input. Text columns are coded by their sorted values; a column
without a name (an index) is dropped. No direction is declared, since nothing is known of the
columns. The policy is the newest under ``policies/training/default_risk``.
"""

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from credit_limits.domain.errors import InputError, TidegateError
from credit_limits.domain.features import Direction
from tidegate.adapters.dated_policies import load_dated
from training.cross_validate import CrossValidation, cross_validate
from training.fit import Inputs
from training.policy import TrainingPolicy, parse_training_policy
from training.rows import Flags, Floats

_POLICIES = Path(__file__).parent.parent / "policies" / "training" / "default_risk"


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        features, label, names = read_csv(options.csv, options.label, options.drop)
        started = time.perf_counter()
        result = run(features, label, folds=options.folds, seed=options.seed)
    except TidegateError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    report = {
        "file": options.csv.name,
        "rows": len(label),
        "columns": names,
        "default_rate": float(label.mean()),
        **figures(result),
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(json.dumps(report, indent=2) if options.json else _text(report))
    return 0


def read_csv(path: Path, label: str, drop: list[str]) -> tuple[Floats, Flags, list[str]]:
    """Features as float64 with NaN for an empty cell, the label, and the columns' names.

    Raises :class:`InputError` where the file or a column is absent, the label is not 0 and 1, or
    nothing is left to learn from.
    """
    try:
        frame = pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path} cannot be read as CSV: {error}") from error
    if absent := [name for name in (label, *drop) if name not in frame]:
        raise InputError(f"{path} has no columns {absent}; it has {list(frame.columns)}")
    if not frame[label].isin((0, 1)).all():
        raise InputError(f"{path}: the label {label} must be 0 or 1 in every row")
    unnamed = [name for name in frame if str(name).startswith("Unnamed:")]
    kept = frame.drop(columns=[label, *drop, *unnamed])
    if kept.empty:
        raise InputError(f"{path} has no rows or no inputs beside {label}")
    columns = [_numbers(kept[name]) for name in kept]
    return np.column_stack(columns), frame[label].to_numpy(dtype=np.bool_), list(kept.columns)


def run(features: Floats, label: Flags, *, folds: int, seed: int) -> CrossValidation:
    """Cross-validate with the policy in force; each row is a customer of its own."""
    inputs = Inputs(
        tuple(f"input_{number}" for number in range(features.shape[1])),
        (Direction.UNKNOWN,) * features.shape[1],
    )
    return cross_validate(
        features,
        label,
        np.arange(len(label)),
        inputs,
        _policy(folds),
        seed=seed,
        threads=os.cpu_count() or 1,
    )


def figures(result: CrossValidation) -> dict[str, object]:
    """What is printed: each figure with its interval, and what it is the figure of."""
    named = {"auc": result.auc, "ks": result.ks, "ece": result.ece}
    of = {
        "auc": f"mean over {result.folds} folds",
        "ks": f"mean over {result.folds} folds",
        "ece": "mean over 10 equal-count bins of the scores of all rows, each out of fold",
    }
    return {
        **{
            name: {"mean": item.value, "low": item.low, "high": item.high, "of": of[name]}
            for name, item in named.items()
        },
        "auc_by_fold": list(result.auc_by_fold),
        "ks_by_fold": list(result.ks_by_fold),
        "ece_by_fold": list(result.ece_by_fold),
        "ece_noise_by_fold": result.ece_noise_by_fold,
    }


def _numbers(column: pd.Series) -> Floats:
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = pd.factorize(column, sort=True)[0]
    return np.where(codes < 0, np.nan, codes.astype(np.float64))


def _policy(folds: int) -> TrainingPolicy:
    file = load_dated(_POLICIES, date.max)
    policy = parse_training_policy(file.version, file.digest, file.content)
    return replace(policy, evaluation=replace(policy.evaluation, folds=folds))


def _text(report: dict[str, object]) -> str:
    lines = [f"{report['file']}: {report['rows']} rows, default rate {report['default_rate']:.4f}"]
    for name in ("auc", "ks", "ece"):
        entry = report[name]
        assert isinstance(entry, dict)
        lines.append(
            f"{name:4s} {entry['mean']:.4f}  ({entry['low']:.4f} to {entry['high']:.4f})"
            f"  {entry['of']}"
        )
    lines.append(f"in a single fold perfect scores show ece {report['ece_noise_by_fold']:.4f}")
    lines.append(f"{report['seconds']} s")
    return "\n".join(lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.default_risk", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("--csv", type=Path, required=True, help="a flat CSV file, .gz too")
    parser.add_argument("--label", required=True, help="column that is 1 for a default, else 0")
    parser.add_argument(
        "--drop",
        type=lambda text: [name for name in text.split(",") if name],
        default=[],
        help="columns to leave out, with commas between",
    )
    parser.add_argument("--folds", type=int, default=5, choices=range(2, 101), metavar="K")
    parser.add_argument("--seed", type=int, default=7, help="of folds, booster and bootstrap")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
