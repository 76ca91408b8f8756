"""How a lender's own files become tables of the lake: the mapping, as values.

A mapping is data under ``policies/sources``, read by risk analysts: the right-hand sides are
DuckDB SQL over the columns of the file. ``parsing`` builds these values from it, ``derivation``
renders them to SQL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from credit_limits.ingestion.contracts import TableContract
from credit_limits.ingestion.tables import TABLES, table_named

_TEXT_LITERAL = re.compile(r"'(?:[^']|'')*'")
_QUOTED_NAME = re.compile(r'"((?:[^"]|"")*)"')
_WORD = re.compile(r"\w+")


class FileFormat(StrEnum):
    """How a file is laid out."""

    CSV = "csv"
    PARQUET = "parquet"


class Reading(StrEnum):
    """How the text of a CSV column is read. A ``timestamp`` is local time: it names no zone."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """A column that the file must have, how its text is read, and its codes if it has any."""

    name: str
    reading: Reading
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DerivedRows:
    """The rows of one lake table that each row of a file becomes one of.

    ``expressions`` holds SQL by target column, every column of the contract; ``part`` tells
    apart the several that one file has.
    """

    table: str
    part: int
    expressions: Mapping[str, str]

    def sources_of(self, column: str, available: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of the file, of those available, that ``column`` is made of.

        >>> rows = DerivedRows("customers", 0, {"birth_year": "2005 - AGE"})
        >>> rows.sources_of("birth_year", ("ID", "AGE"))
        ('AGE',)
        """
        bare = _TEXT_LITERAL.sub(" ", self.expressions.get(column, ""))
        named = {name.replace('""', '"') for name in _QUOTED_NAME.findall(bare)}
        named |= set(_WORD.findall(_QUOTED_NAME.sub(" ", bare)))
        folded = {name.casefold() for name in named}
        return tuple(name for name in available if name.casefold() in folded)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One kind of file: how to find it, how to read it, what its rows become.

    ``absent_values`` are the texts, in lower case, that mean "no value". ``usual_rows`` stands
    in for the rows of earlier files until there are any. ``holds_changes``: its rows are changes,
    as many as there happen to be, so that neither their number nor a pause says anything.
    """

    name: str
    pattern: str
    format: FileFormat
    columns: tuple[SourceColumn, ...]
    derived: tuple[DerivedRows, ...]
    required: bool = True
    encoding: str = "utf-8"
    delimiter: str = ","
    absent_values: tuple[str, ...] = ("",)
    minimum_rows: int = 1
    usual_rows: int | None = None
    holds_changes: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"file {self.name}: columns are absent or named twice")
        if "source_line" in (name.casefold() for name in names):
            raise ValueError(f"file {self.name}: source_line is the platform's own column")
        if not self.derived:
            raise ValueError(f"file {self.name}: it becomes no table")
        if self.minimum_rows < 1 or (self.usual_rows is not None and self.usual_rows < 1):
            raise ValueError(f"file {self.name}: row counts start at 1")
        if self.format is FileFormat.CSV:
            _check_encoding(self.name, self.encoding)
            if len(self.delimiter) != 1:
                raise ValueError(f"file {self.name}: the delimiter is one character")

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns that the file must have."""
        return tuple(column.name for column in self.columns)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the lake tables that come from it, each once."""
        return tuple(dict.fromkeys(rows.table for rows in self.derived))

    def part(self, number: int) -> DerivedRows:
        """The derived rows of this part number; ``KeyError`` where there are none."""
        for rows in self.derived:
            if rows.part == number:
                return rows
        raise KeyError(f"file {self.name} has no part {number}")


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """Beyond these the whole batch is refused.

    ``quarantine_share_ceiling``: share of source lines in quarantine, 0 to 1.
    ``volume_ratio_ceiling``: rows of a file over its usual rows.
    ``volume_ratio_floor``: the same, at least; asked of files about new days, and once three have
    come, for the first of all may hold years of history.
    ``unit_ratio_ceiling``: median of a money column over its usual median, or the inverse;
    asked only of ``unit_minimum_rows`` non-zero amounts and more.
    ``maximum_age_days``: how much older than the lake's newest event the batch's newest may be.
    ``maximum_gap_days``: how much later than the lake's newest event the middle one of the batch
    may be, or None for however much: beyond it a batch in between is missing.
    ``null_ceilings``: share of nulls by ``table.column``, stricter than the contract.
    ``usual_medians_minor``: median of the non-zero amounts by ``table.column``, in minor units,
    until earlier batches give it.
    """

    quarantine_share_ceiling: float = 0.05
    volume_ratio_ceiling: float = 2.0
    volume_ratio_floor: float = 0.0
    unit_ratio_ceiling: float = 20.0
    unit_minimum_rows: int = 100
    maximum_age_days: int = 92
    maximum_gap_days: int | None = None
    null_ceilings: Mapping[str, float] = field(default_factory=dict)
    usual_medians_minor: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 <= self.quarantine_share_ceiling <= 1.0:
            raise ValueError("quarantine_share_ceiling lies outside 0 to 1")
        if self.volume_ratio_ceiling < 1.0 or self.unit_ratio_ceiling < 1.0:
            raise ValueError("volume_ratio_ceiling and unit_ratio_ceiling are at least 1")
        if not 0.0 <= self.volume_ratio_floor <= 1.0:
            raise ValueError("volume_ratio_floor lies outside 0 to 1")
        if self.maximum_age_days < 0:
            raise ValueError("maximum_age_days is at least 0")
        if self.maximum_gap_days is not None and self.maximum_gap_days < 0:
            raise ValueError("maximum_gap_days is at least 0")
        if any(median <= 0 for median in self.usual_medians_minor.values()):
            raise ValueError("usual_medians_minor are above 0")
        for name in (*self.null_ceilings, *self.usual_medians_minor):
            table, _, column = name.partition(".")
            table_named(table).column(column)


@dataclass(frozen=True, slots=True)
class SourceMapping:
    """A lender's source: what it is, what is assumed of it, its files and its limits.

    ``feature_service`` and ``label_window_months`` say what a model of this source is trained
    with.
    """

    name: str
    description: str
    jurisdiction: str
    currency: str
    assumptions: tuple[str, ...]
    feature_service: str
    label_window_months: int
    files: tuple[SourceFile, ...]
    limits: BatchLimits = field(default_factory=BatchLimits)

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError(f"source {self.name}: no files")
        if self.label_window_months < 1:
            raise ValueError(f"source {self.name}: label_window_months is at least 1")

    @property
    def tables(self) -> tuple[TableContract, ...]:
        """Contracts of the tables that may come from this source, in the lake's order."""
        named = {table for file in self.files for table in file.tables}
        return tuple(table for table in TABLES if table.name in named)

    def file(self, name: str) -> SourceFile:
        """The file of this name; ``KeyError`` where there is none."""
        for file in self.files:
            if file.name == name:
                return file
        raise KeyError(f"source {self.name} has no file {name!r}")


def _check_encoding(file: str, encoding: str) -> None:
    try:
        line_break = "\n".encode(encoding)
    except LookupError as error:
        raise ValueError(f"file {file}: no such encoding as {encoding!r}") from error
    if line_break != b"\n":
        raise ValueError(f"file {file}: lines cannot be told apart in {encoding}; use utf-8")
