"""Files one way, orders the other: what the platform decided is what the world is told."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from credit_limits.domain.periods import end_of_day
from credit_limits.simulation.parameters import WorldParameters
from credit_limits.simulation.world import MonthBatch, RunningWorld
from tidegate.operations.rehearsal_world import nobody_moves, orders_of, write_delivery

AS_OF = date(2024, 4, 30)


@pytest.fixture(scope="module")
def scene():
    return RunningWorld(WorldParameters(customers=50, months=2, seed=3)).scene


def account_id(scene, place):
    return f"A{scene.accounts.number[place]:08d}"


def decisions(scene, *rows):
    """Rows of (place, from, to, closed until, actions, months of extension, new rate)."""
    rows = [(*row, *(["hold"], 0, None)[len(row) - 4 :]) for row in rows]
    columns = list(zip(*rows, strict=True))
    instant = pa.timestamp("us", tz="UTC")
    return pa.table(
        {
            "account_id": [account_id(scene, place) for place in columns[0]],
            "from_minor": pa.array(columns[1], pa.int64()),
            "to_minor": pa.array(columns[2], pa.int64()),
            "increases_closed_until": pa.array(columns[3], instant),
            "actions": pa.array(columns[4], pa.list_(pa.string())),
            "extension_months": pa.array(columns[5], pa.int64()),
            "annual_rate_to": pa.array(columns[6], pa.float64()),
            "as_of": pa.array([AS_OF] * len(rows), pa.date32()),
        }
    )


def test_only_what_moves_or_closes_is_ordered(scene):
    half_a_year = end_of_day(date(2024, 10, 31))
    rows = decisions(
        scene,
        (0, 100, 200, None),
        (1, 100, 100, None),
        (2, 300, 150, half_a_year),
        (3, 100, 100, half_a_year),
    )
    orders = orders_of(scene, rows)
    assert orders.account.tolist() == [0, 2, 3]
    assert orders.to_minor.tolist() == [200, 150, 100]
    assert orders.close_increases.tolist() == [False, True, True]


def test_a_closure_shorter_than_the_worlds_own_is_kept_by_the_platform_alone(scene):
    soon = datetime(2024, 7, 31, 23, 59, 59, tzinfo=UTC)
    orders = orders_of(scene, decisions(scene, (0, 100, 100, soon), (1, 100, 50, soon)))
    assert orders.account.tolist() == [1]
    assert orders.close_increases.tolist() == [False]


def test_what_is_done_beside_the_limit_is_ordered_of_whom_it_is_done_to(scene):
    rows = decisions(
        scene,
        (4, 100, 50, None, ["decrease", "freeze"]),
        (5, 100, 100, None, ["unfreeze", "close_increases"]),
        (6, 100, 100, None, ["extend_term", "close_increases"], 6),
        (7, 100, 100, None, ["reopen_increases", "change_rate"], 0, 0.16),
        (8, 100, 100, None, ["hold"]),
    )
    beside = orders_of(scene, rows).beside
    assert beside.freeze.tolist() == [4]
    assert beside.unfreeze.tolist() == [5]
    assert beside.reopen.tolist() == [7]
    assert (beside.extend.tolist(), beside.extension_months.tolist()) == ([6], [6])
    assert (beside.rate.tolist(), beside.annual_rate.tolist()) == ([7], [0.16])


def test_a_month_in_which_all_hold_has_no_orders(scene):
    orders = orders_of(scene, decisions(scene, (0, 100, 100, None)))
    assert len(orders.account) == len(nobody_moves().account) == 0
    assert orders.close_increases.dtype == np.bool_


def test_a_delivery_is_a_file_a_table_and_is_written_once(tmp_path):
    batch = RunningWorld(WorldParameters(customers=50, months=2, seed=3)).step()
    folder = write_delivery(tmp_path / "inbox" / "month-1", batch)
    names = {path.stem for path in folder.iterdir()}
    assert names == set(batch.tables)
    for name, table in batch.tables.items():
        assert pq.read_table(folder / f"{name}.parquet").equals(table)
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    write_delivery(folder, MonthBatch(batch.month, {}))
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_delivery_cut_short_is_written_anew(tmp_path):
    batch = RunningWorld(WorldParameters(customers=50, months=2, seed=3)).step()
    torn = tmp_path / ".month-1.partial"
    torn.mkdir()
    (torn / "macro.parquet").write_bytes(b"half a f")
    (torn / "strange.parquet").write_bytes(b"of another run")
    folder = write_delivery(tmp_path / "month-1", batch)
    assert {path.stem for path in folder.iterdir()} == set(batch.tables)
    assert not torn.exists()


def test_the_same_rows_are_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        batch = RunningWorld(WorldParameters(customers=50, months=2, seed=3)).step()
        write_delivery(tmp_path / name, batch)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
