"""Faults in what a lender delivers, so that a rehearsal shows which part catches each.

The world itself stays sound: a fault changes only what is delivered of a month, and the sound
month is still there to be delivered again. Which rows are hit follows from their places alone, so
the same batch and fault give the same delivery.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.simulation.columns import Flags, Table, stacked
from credit_limits.simulation.world import MonthBatch

STRANGE_CODE = "code_of_tomorrow"
"""What :attr:`FaultKind.NEW_CODES` writes: a value that no list of codes has."""

_PERCENT = 100.0
_DAYS_A_MONTH = 30


class FaultKind(StrEnum):
    """What is wrong with a delivery."""

    NULL_COLUMN = "null_column"
    WRONG_UNIT = "wrong_unit"
    DUPLICATE_BATCH = "duplicate_batch"
    MISSING_BATCH = "missing_batch"
    NEW_CODES = "new_codes"
    LATE_CORRECTIONS = "late_corrections"
    TRUNCATED_FILE = "truncated_file"


_OF_A_BATCH = (FaultKind.DUPLICATE_BATCH, FaultKind.MISSING_BATCH)
_USUAL_SHARES = {
    FaultKind.NEW_CODES: 0.02,
    FaultKind.LATE_CORRECTIONS: 0.05,
    FaultKind.TRUNCATED_FILE: 0.5,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of one month's delivery.

    ``month`` counts the world's months from 0. Where a whole batch is hit there is neither
    ``table`` nor ``column``; where a file is cut there is no ``column``. ``share`` (above 0, at
    most 1) is how much of the table's rows is hit; left out, 2 % of the rows for new codes, 5 %
    for corrections, the last half of a cut file, else every row. ``ValueError`` where these do
    not fit together.
    """

    kind: FaultKind
    month: int
    table: str | None = None
    column: str | None = None
    share: float | None = None

    def __post_init__(self) -> None:
        has_table = self.kind not in _OF_A_BATCH
        has_column = has_table and self.kind is not FaultKind.TRUNCATED_FILE
        if (self.table is not None, self.column is not None) != (has_table, has_column):
            raise ValueError(
                f"{self.kind} has {'a' if has_table else 'no'} table and "
                f"{'a' if has_column else 'no'} column, not {self.table} and {self.column}"
            )
        if self.month < 0:
            raise ValueError(f"month {self.month} lies before the world")
        if not 0.0 < self.hit_share <= 1.0:
            raise ValueError(f"share is {self.share}, outside 0 to 1")

    @property
    def hit_share(self) -> float:
        """The share of rows that is hit."""
        return _USUAL_SHARES.get(self.kind, 1.0) if self.share is None else self.share


@dataclass(frozen=True, slots=True)
class FaultScenario:
    """A named set of faults; their months count from the first that is rehearsed."""

    name: str
    title: str
    description: str
    faults: tuple[Fault, ...]


FAULT_SCENARIOS: tuple[FaultScenario, ...] = (
    FaultScenario(
        "faults",
        "One fault of each kind",
        "Every second month's delivery has another fault; the months between are sound.",
        (
            Fault(FaultKind.NULL_COLUMN, 1, "statements", "days_past_due"),
            Fault(FaultKind.WRONG_UNIT, 3, "transactions", "amount_minor"),
            Fault(FaultKind.DUPLICATE_BATCH, 5),
            Fault(FaultKind.MISSING_BATCH, 7),
            Fault(FaultKind.NEW_CODES, 9, "transactions", "scenario"),
            Fault(FaultKind.LATE_CORRECTIONS, 11, "statements", "paid_minor"),
            Fault(FaultKind.TRUNCATED_FILE, 13, "statements"),
        ),
    ),
    FaultScenario(
        "quiet_faults",
        "Faults that no contract forbids",
        "Values that are allowed one by one: only their distribution gives them away.",
        (
            Fault(FaultKind.NULL_COLUMN, 1, "statements", "minimum_due_minor"),
            Fault(FaultKind.WRONG_UNIT, 3, "statements", "days_past_due"),
            Fault(FaultKind.NEW_CODES, 5, "transactions", "channel", share=0.5),
        ),
    ),
)


def faults_named(name: str, *, first_month: int = 0) -> tuple[Fault, ...]:
    """The faults of a scenario, where ``first_month`` of the world is the first rehearsed.

    >>> [fault.month for fault in faults_named("faults", first_month=20)]
    [21, 23, 25, 27, 29, 31, 33]

    Raises:
        ValueError: no such scenario; the message lists those there are.
    """
    for scenario in FAULT_SCENARIOS:
        if scenario.name == name:
            return tuple(
                replace(fault, month=first_month + fault.month) for fault in scenario.faults
            )
    names = ", ".join(scenario.name for scenario in FAULT_SCENARIOS)
    raise ValueError(f"no fault scenario {name!r}; there are {names}")


def with_faults(
    batch: MonthBatch, faults: Sequence[Fault], earlier: MonthBatch | None = None
) -> tuple[MonthBatch, ...]:
    """What is delivered in place of a month's batch, in order.

    Args:
        batch: the month as the world made it.
        faults: of any months; those of other months change nothing, but for a missing batch,
            which comes a month late, ahead of the next.
        earlier: the month before as the world made it; none for the first.

    Returns:
        None where the batch goes missing, two where it comes twice or a late one comes with it.
        Tables that are not hit are the very same objects.

    Raises:
        ValueError: a fault is about a table or column that the batch does not have, or corrects
            an earlier month where there is none.
    """
    late = () if earlier is None or not _goes_missing(earlier, faults) else (earlier,)
    if _goes_missing(batch, faults):
        return late
    tables = dict(batch.tables)
    twice = False
    for fault in (fault for fault in faults if fault.month == batch.month):
        if fault.table is None:
            twice = True
        elif fault.kind is FaultKind.LATE_CORRECTIONS:
            corrections = _corrections(fault, _hit(fault, earlier), tables[fault.table])
            tables[fault.table] = stacked([tables[fault.table], corrections])
        else:
            table = _hit(fault, replace(batch, tables=tables))
            tables[fault.table] = _HURTS[fault.kind](fault, table)
    delivered = replace(batch, tables=tables)
    return (*late, delivered, *((delivered,) if twice else ()))


def _goes_missing(batch: MonthBatch, faults: Sequence[Fault]) -> bool:
    return any(
        fault.kind is FaultKind.MISSING_BATCH and fault.month == batch.month for fault in faults
    )


def _hit(fault: Fault, batch: MonthBatch | None) -> Table:
    """The table that a fault is about, in the batch that it takes rows from."""
    table = None if batch is None or fault.table is None else batch.tables.get(fault.table)
    if table is None or (fault.column is not None and fault.column not in table.column_names):
        raise ValueError(f"nothing to hit: {fault}")
    return table


def _spread(rows: int, share: float) -> Flags:
    """Rows spread evenly that hold this share of all, the last of each stride.

    >>> _spread(6, 0.5).tolist()
    [False, True, False, True, False, True]
    """
    steps = np.floor(np.arange(rows + 1) * share + 1e-9)
    return np.asarray(np.diff(steps) > 0)


def _with(table: Table, name: str, column: pa.ChunkedArray | pa.Array) -> Table:
    return table.set_column(table.column_names.index(name), name, column)


def _nulled(fault: Fault, table: Table) -> Table:
    column = table[fault.column]
    nothing = pa.scalar(None, column.type)
    return _with(table, str(fault.column), _replaced(fault, column, nothing))


def _with_strange_codes(fault: Fault, table: Table) -> Table:
    column = table[fault.column]
    code = pa.scalar(STRANGE_CODE, column.type)
    return _with(table, str(fault.column), _replaced(fault, column, code))


def _in_another_unit(fault: Fault, table: Table) -> Table:
    """Yuan for fen, months for days, percent for shares."""
    name = str(fault.column)
    column = table[name]
    if pa.types.is_floating(column.type):
        other = pc.multiply(column, _PERCENT)
    elif name.endswith("_minor"):
        other = pc.divide(column, MINOR_PER_YUAN)
    else:
        other = pc.divide(column, _DAYS_A_MONTH)
    return _with(table, name, _replaced(fault, column, other.cast(column.type)))


def _replaced(
    fault: Fault, column: pa.ChunkedArray, other: pa.ChunkedArray | pa.Scalar
) -> pa.ChunkedArray:
    return pc.if_else(pa.array(_spread(len(column), fault.hit_share)), other, column)


def _cut_off(fault: Fault, table: Table) -> Table:
    """The table without its last rows; at least its first is left."""
    return table.slice(0, max(1, table.num_rows - round(fault.hit_share * table.num_rows)))


def _corrections(fault: Fault, earlier: Table, now: Table) -> Table:
    """Rows of the month before with a tenth more in a column, created when this month's were."""
    rows = earlier.filter(pa.array(_spread(earlier.num_rows, fault.hit_share)))
    column = rows[fault.column]
    more = pc.add(column, pc.add(pc.divide(column, 10), 1)).cast(column.type)
    created = pa.repeat(pc.max(now["created_timestamp"]), rows.num_rows)
    return _with(_with(rows, str(fault.column), more), "created_timestamp", created)


_HURTS: Mapping[FaultKind, Callable[[Fault, Table], Table]] = {
    FaultKind.NULL_COLUMN: _nulled,
    FaultKind.WRONG_UNIT: _in_another_unit,
    FaultKind.NEW_CODES: _with_strange_codes,
    FaultKind.TRUNCATED_FILE: _cut_off,
}
