"""What a cycle's page says of the data that came in."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TableQuality:
    """Rows of one table of a batch; what was read was accepted or quarantined."""

    table: str
    read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """One row that was put aside: where it stood and which rule it broke.

    ``record`` is what names it in its file, such as ``ID=3``; empty where nothing does.
    """

    table: str
    line: str
    record: str
    column: str
    value: str
    rule: str


@dataclass(frozen=True, slots=True)
class FailedExpectation:
    """An expectation of a table's contract that a batch did not meet."""

    table: str
    expectation: str
    observed: str


@dataclass(frozen=True, slots=True)
class BatchQuality:
    """One batch that came in.

    ``refusal`` says why the whole of it was refused, if it was; ``assumptions`` what the mapping of
    its source takes for granted.
    """

    batch_id: str
    source: str
    received: datetime
    refusal: str | None
    rows_read: int
    rows_accepted: int
    rows_quarantined: int
    tables: tuple[TableQuality, ...]
    expectations: int
    failed: tuple[FailedExpectation, ...]
    examples: tuple[QuarantinedRow, ...]
    assumptions: tuple[str, ...]
