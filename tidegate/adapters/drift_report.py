"""Evidently: the drift report for people. The verdict is not its business.

Evidently takes no columns that are entirely null and nothing infinite, chooses another method at
another sample size, and leaves nulls out of its PSI. So the columns are looked at first, the
method is pinned, and what decides is computed elsewhere (:mod:`monitoring.drift`).
"""

import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

MOST_ROWS = 100_000
_METHOD, _THRESHOLD = "psi", 0.1
_NO_TRACKING = "DO_NOT_TRACK"


@dataclass(frozen=True, slots=True)
class RenderedReport:
    """Where the page is, what it shows, and what could not be shown.

    ``psi``: Evidently's own figure a column, over filled rows and its own bins.
    ``left_out``: columns without a single value on one side, or absent from it.
    """

    path: Path
    rows_reference: int
    rows_now: int
    psi: dict[str, float]
    left_out: tuple[str, ...]


def render_drift_report(
    reference: pd.DataFrame,
    now: pd.DataFrame,
    columns: Sequence[str],
    path: Path,
    *,
    at: datetime,
    seed: int,
) -> RenderedReport:
    """Write Evidently's page on two frames, of at most 100,000 rows each.

    Args:
        reference: numeric columns as they were.
        now: the same columns now.
        columns: those to show, in this order.
        path: of the HTML file; written whole or not at all.
        at: the instant that the page names.
        seed: of the sample where a frame has more rows.

    Raises:
        ValueError: no column has a value on both sides, so that there is nothing to show.
    """
    shown = [name for name in columns if _filled(reference, name) and _filled(now, name)]
    if not shown:
        raise ValueError("no column has values both in the reference and now")
    before, after = (_sample(frame, shown, seed) for frame in (reference, now))
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.unfinished")
    psi = _render(before, after, shown, unfinished, at)
    unfinished.replace(path)
    left_out = tuple(name for name in columns if name not in shown)
    return RenderedReport(path, len(before), len(after), psi, left_out)


def _render(
    before: pd.DataFrame, after: pd.DataFrame, shown: list[str], path: Path, at: datetime
) -> dict[str, float]:
    os.environ.setdefault(_NO_TRACKING, "1")
    with warnings.catch_warnings():
        # its imports are deprecated by NumPy and Litestar, its plots divide by a constant's spread
        warnings.simplefilter("ignore")
        from evidently import DataDefinition, Dataset, Report
        from evidently.metrics import ValueDrift
        from evidently.presets import DataDriftPreset

        definition = DataDefinition(numerical_columns=shown)
        preset = DataDriftPreset(columns=shown, method=_METHOD, threshold=_THRESHOLD)
        snapshot = Report([preset]).run(
            current_data=Dataset.from_pandas(after, data_definition=definition),
            reference_data=Dataset.from_pandas(before, data_definition=definition),
            timestamp=at,
        )
        snapshot.save_html(str(path))
    values = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot.dict()["metrics"]
        if metric["config"]["type"].endswith(ValueDrift.__name__)
    }
    return {name: values[name] for name in shown}


def _filled(frame: pd.DataFrame, name: str) -> bool:
    return name in frame and bool(np.isfinite(frame[name].to_numpy(np.float64)).any())


def _sample(frame: pd.DataFrame, shown: list[str], seed: int) -> pd.DataFrame:
    rows = frame[shown]
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=seed)
    return rows.astype(np.float64).replace([np.inf, -np.inf], np.nan).reset_index(drop=True)
