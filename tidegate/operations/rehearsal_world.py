"""Between the world and the platform: a month's files one way, the decided limits the other."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from credit_limits.domain.decision import Action
from credit_limits.domain.periods import add_months, end_of_day
from credit_limits.simulation.columns import Ints
from credit_limits.simulation.orders import AccountOrders, LimitOrders, positions_of
from credit_limits.simulation.portfolio import Scene
from credit_limits.simulation.world import MonthBatch

# The world closes an account to increases for so long. A shorter closure is no order to it: the
# platform's own decisions keep it.
_CLOSURE_MONTHS = 6


def write_delivery(folder: Path, batch: MonthBatch) -> Path:
    """Write a batch as a lender would hand it in: a Parquet file for each table, in ``folder``.

    The folder appears whole or not at all; one that is there is left alone.
    """
    if folder.exists():
        return folder
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name, table in batch.tables.items():
        pq.write_table(table, partial / f"{name}.parquet", compression="zstd")
    partial.rename(folder)
    return folder


def nobody_moves() -> LimitOrders:
    """The orders of a month in which nothing was decided."""
    nothing = np.zeros(0, dtype=np.int64)
    return LimitOrders(nothing, nothing, nothing.astype(np.bool_))


def orders_of(scene: Scene, decisions: pa.Table) -> LimitOrders:
    """The orders that rows of the table ``decisions``, all of one day, come to."""
    as_of = decisions["as_of"][0].as_py()
    long_enough = pa.scalar(
        end_of_day(add_months(as_of, _CLOSURE_MONTHS)), pa.timestamp("us", tz="UTC")
    )
    closed = pc.greater_equal(decisions["increases_closed_until"], long_enough)
    moved = pc.not_equal(decisions["to_minor"], decisions["from_minor"])
    said = decisions.append_column("closed", pc.fill_null(closed, False)).filter(
        pc.or_(moved, pc.fill_null(closed, False))
    )
    return LimitOrders(
        _places(scene, said),
        said["to_minor"].to_numpy(),
        said["closed"].to_numpy(),
        _beside(scene, decisions),
    )


def _beside(scene: Scene, decisions: pa.Table) -> AccountOrders:
    """What the rows say of state, term and rate."""
    extended = decisions.filter(pc.greater(decisions["extension_months"], 0))
    priced = decisions.filter(pc.is_valid(decisions["annual_rate_to"]))
    return AccountOrders(
        freeze=_places(scene, _doing(decisions, Action.FREEZE)),
        unfreeze=_places(scene, _doing(decisions, Action.UNFREEZE)),
        reopen=_places(scene, _doing(decisions, Action.REOPEN_INCREASES)),
        extend=_places(scene, extended),
        extension_months=extended["extension_months"].to_numpy(),
        rate=_places(scene, priced),
        annual_rate=priced["annual_rate_to"].to_numpy(),
    )


def _doing(decisions: pa.Table, action: Action) -> pa.Table:
    """The rows that do this, first or beside something else."""
    actions = decisions["actions"].combine_chunks()
    doing = pc.equal(pc.list_flatten(actions), str(action))
    return decisions.take(pc.list_parent_indices(actions).filter(doing))


def _places(scene: Scene, decisions: pa.Table) -> Ints:
    return positions_of(scene, decisions["account_id"].to_numpy().astype(np.str_))
