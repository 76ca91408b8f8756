"""What a table must be, as values: columns with their bounds, keys, row rules, references.

A contract is data. The quality adapter renders it to a Great Expectations suite; the property
tests draw rows from it; ``docs/reference`` is written from it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Type of a column, as it is stored in the lake."""

    STRING = "string"
    INTEGER = "int64"
    FLOAT = "float64"
    BOOLEAN = "bool"
    DATE = "date32[day]"
    TIMESTAMP = "timestamp[us, tz=UTC]"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. A row outside its bounds is quarantined.

    ``null_ceiling`` is the share of nulls, 0 to 1, above which the whole batch is refused; a
    column whose ceiling is 0 is required, and a row with a null in it is quarantined.
    """

    name: str
    kind: Kind
    null_ceiling: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 <= self.null_ceiling <= 1.0:
            raise ValueError(f"{self.name}: null ceiling {self.null_ceiling} outside 0 to 1")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"{self.name}: minimum above maximum")

    @property
    def required(self) -> bool:
        """Whether a null in this column sends its row to quarantine."""
        return self.null_ceiling == 0.0


@dataclass(frozen=True, slots=True)
class RowRule:
    """A SQL boolean over one row's columns that must hold; null counts as holding."""

    name: str
    predicate: str
    message: str


@dataclass(frozen=True, slots=True)
class Reference:
    """``column`` must appear as ``target_column`` of ``target_table``, in this batch or before."""

    column: str
    target_table: str
    target_column: str


@dataclass(frozen=True, slots=True)
class TableContract:
    """All that a table of the lake must satisfy. ``keys`` with the event time name a fact.

    Later rows with the same key and event time, and a later ``created_timestamp``, are
    corrections. ``minimum_rows`` is the floor below which a batch is refused.
    """

    name: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]
    row_rules: tuple[RowRule, ...] = ()
    references: tuple[Reference, ...] = ()
    minimum_rows: int = 1
    protected: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: a column is declared twice")
        if missing := set(self.keys) - set(names):
            raise ValueError(f"{self.name}: keys {sorted(missing)} are not columns")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in declared order, without ``batch_id``, which the lake adds."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of this name; ``KeyError`` where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")
