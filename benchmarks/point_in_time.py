"""Point-in-time features through Feast against a bare DuckDB ASOF join of the same files.

    python -m benchmarks.point_in_time [--rows N] [--json]

N rows of entities (a million by default) are joined to three views of 24 monthly snapshots, in
which every second entity row has an account of its own: 12 million rows a view for a million
entity rows. Each side runs in a process of its own, so that its peak memory is its own. Every
snapshot carries its own day as a value, so a row that was lost or saw a later day shows.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from credit_limits.domain.features import View
from credit_limits.domain.periods import end_of_day, month_ends_back
from feature_repo.queries import view_columns
from feature_repo.snapshots import snapshot_path, snapshot_pattern
from tidegate.adapters.settings import Settings

_VIEWS = (View.PROFILE, View.ACTIVITY, View.BUREAU)
_DAYS = month_ends_back(date(2024, 12, 31), 24)
_DAY_COLUMN = view_columns(_VIEWS[-1])[0]


@dataclass(frozen=True, slots=True)
class Side:
    """One way of joining: seconds from entities to the frame, peak memory, what went wrong."""

    seconds: float
    peak_mb: float
    rows_lost: int
    rows_that_saw_later_days: int


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="point_in_time_") as folder:
        settings = Settings(var_dir=Path(folder))
        write_snapshots(settings.features_dir, _accounts(options.rows))
        sides = {
            "asof": _apart(join_bare, settings, options.rows),
            "feast": _apart(join_through_feast, settings, options.rows),
        }
    ratio = round(sides["feast"].seconds / sides["asof"].seconds, 2)
    report = {
        "rows": options.rows,
        "rows_a_view": _rows_a_view(options.rows),
        "views": [str(view) for view in _VIEWS],
        **{name: asdict(side) for name, side in sides.items()},
        "ratio": ratio,
    }
    print(json.dumps(report, indent=2) if options.json else _text(options.rows, sides, ratio))
    return 0


def write_snapshots(features_dir: Path, accounts: int) -> None:
    """Every account in every snapshot; the first feature of each view is the snapshot's day."""
    with duckdb.connect() as connection:
        _configure(connection)
        for view in _VIEWS:
            day_column, *others = view_columns(view)
            for number, day in enumerate(_DAYS):
                path = snapshot_path(features_dir, view, day)
                path.parent.mkdir(parents=True, exist_ok=True)
                columns = [
                    "format('A{:09d}', account) AS account_id",
                    f"{number}::DOUBLE AS {day_column}",
                    *(f"((account * {k + 7}) % 1000)::DOUBLE AS {c}" for k, c in enumerate(others)),
                    f"TIMESTAMPTZ '{end_of_day(day).isoformat()}' AS event_timestamp",
                    "event_timestamp AS created_timestamp",
                ]
                connection.execute(
                    f"COPY (SELECT {', '.join(columns)} FROM range({accounts}) r (account)) "
                    f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
                )


def entities(rows: int) -> pd.DataFrame:
    """Random accounts at random month ends."""
    draw = np.random.default_rng(7)
    accounts = draw.integers(0, _accounts(rows), rows)
    days = np.array([end_of_day(day) for day in _DAYS])
    return pd.DataFrame(
        {
            "account_id": np.char.mod("A%09d", accounts).astype(object),
            "as_of": pd.to_datetime(days[draw.integers(0, len(days), rows)], utc=True),
        }
    )


def join_through_feast(settings: Settings, rows: int) -> Side:
    """What training and scoring call. Opening the store and importing Feast are not timed."""
    from tidegate.adapters.feature_store import FeatureStore

    store, asked = FeatureStore(settings), entities(rows)
    store.apply()
    started = time.perf_counter()
    answer = store.historical_views(asked, _VIEWS)
    seconds = time.perf_counter() - started
    return _side(seconds, asked, answer[_DAY_COLUMN].to_numpy())


def join_bare(settings: Settings, rows: int) -> Side:
    """One ASOF join a view, in one query, into Arrow; rows come in any order."""
    asked = entities(rows)
    joins = " ".join(
        f"ASOF LEFT JOIN '{snapshot_pattern(settings.features_dir, view)}' {view} "
        f"ON asked.account_id = {view}.account_id AND asked.as_of >= {view}.event_timestamp"
        for view in _VIEWS
    )
    features = ", ".join(f"{view}.{name}" for view in _VIEWS for name in view_columns(view))
    with duckdb.connect() as connection:
        _configure(connection)
        started = time.perf_counter()
        connection.register("asked", asked)
        answer = connection.sql(f"SELECT asked.*, {features} FROM asked {joins}").to_arrow_table()
    seconds = time.perf_counter() - started
    found = answer.select(["as_of"]).to_pandas()
    return _side(seconds, found, answer[_DAY_COLUMN].to_numpy())


def _side(seconds: float, asked: pd.DataFrame, seen: np.ndarray) -> Side:
    days = pd.DatetimeIndex([end_of_day(day) for day in _DAYS])
    own = days.get_indexer(pd.DatetimeIndex(asked["as_of"]))
    return Side(
        seconds=round(seconds, 2),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        rows_lost=int(np.isnan(seen).sum() + (seen < own).sum()),
        rows_that_saw_later_days=int((seen > own).sum()),
    )


def _configure(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("SET TimeZone = 'UTC'; SET threads = 2; SET enable_progress_bar = false")


def _accounts(rows: int) -> int:
    return max(rows // 2, 1)


def _rows_a_view(rows: int) -> int:
    return _accounts(rows) * len(_DAYS)


def _apart(join: Callable[[Settings, int], Side], settings: Settings, rows: int) -> Side:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=context) as pool:
        return pool.submit(join, settings, rows).result()


def _text(rows: int, sides: dict[str, Side], ratio: float) -> str:
    lines = [f"{rows:,} entity rows, {len(_VIEWS)} views of {_rows_a_view(rows):,} rows each"]
    lines += [
        f"{name:6} {side.seconds:8.2f} s  {side.peak_mb:6,.0f} MB  {side.rows_lost} lost  "
        f"{side.rows_that_saw_later_days} saw later days"
        for name, side in sides.items()
    ]
    return "\n".join([*lines, f"feast over asof: {ratio}"])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of entities")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
