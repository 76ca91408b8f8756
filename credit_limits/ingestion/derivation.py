"""From a mapping to SQL: how text is read, and how rows of a file become rows of tables.

The SQL is DuckDB's. Every derived row carries where it came from: the file, the line in it, and
the part of the mapping that made it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.contracts import Kind, TableContract
from credit_limits.ingestion.mapping import DerivedRows, Reading, SourceColumn

ORIGIN = ("source_file", "source_line", "source_part")
_EXACT_INTEGER = "1e15"
_INTEGERS = frozenset(
    f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "", "BIG", "HUGE")
) | {"INTEGER", "UINTEGER"}
# What a pandas file holds, and what DuckDB makes of a date with a zone; the lake has microseconds.
_NANOSECONDS = "TIMESTAMPTZ_NS"
_LAKE_TYPES = {
    Kind.STRING: "VARCHAR",
    Kind.INTEGER: "BIGINT",
    Kind.FLOAT: "DOUBLE",
    Kind.BOOLEAN: "BOOLEAN",
    Kind.DATE: "DATE",
    Kind.TIMESTAMP: "TIMESTAMP WITH TIME ZONE",
}


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it.

    >>> print(quoted('default.payment "next" month'))
    "default.payment ""next"" month"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL takes it.

    >>> print(literal("it's"))
    'it''s'
    """
    return "'" + text.replace("'", "''") + "'"


def read_expression(column: SourceColumn, absent_values: Sequence[str]) -> str:
    """SQL that reads a CSV column's text: a value, or null where absent or unreadable.

    An integer may be written like ``5.00E+05``; a fraction in it, or a size from 10^15 on (which
    a double does not hold exactly), is unreadable. A number must be finite.
    """
    text = quoted(column.name)
    return f"CASE WHEN NOT {_absent(text, absent_values)} THEN {_value(text, column.reading)} END"


def unreadable_condition(column: SourceColumn, absent_values: Sequence[str]) -> str:
    """SQL that holds where the text is there and cannot be read as what it should be."""
    text = quoted(column.name)
    absent = _absent(text, absent_values)
    return f"(NOT {absent} AND ({_value(text, column.reading)}) IS NULL)"


def foreign_code_condition(column: SourceColumn) -> str:
    """SQL that holds where a value that was read is none of the column's codes."""
    listed = ", ".join(literal(value) for value in column.values)
    return f"CAST({quoted(column.name)} AS VARCHAR) NOT IN ({listed})"


def derived_select(
    table: TableContract,
    rows: DerivedRows,
    types: Mapping[str, str],
    relation: str,
    file_name: str,
) -> str:
    """SQL of the rows of ``table`` that ``relation``, a file read in, becomes.

    Args:
        table: its columns give the names, the order and the types.
        rows: the expressions.
        types: DuckDB's type of each expression, by column.
        relation: a table or view with the file's columns and ``source_line``.
        file_name: what ``source_file`` says.

    Raises:
        MappingError: an expression whose type would have to be rounded, guessed or given a zone.
    """
    columns = [
        f"{_cast(table, column.name, column.kind, rows.expressions[column.name], types)} "
        f"AS {quoted(column.name)}"
        for column in table.columns
    ]
    origin = (
        f"{literal(file_name)} AS source_file",
        "CAST(source_line AS BIGINT) AS source_line",
        f"CAST({rows.part} AS INTEGER) AS source_part",
    )
    return f"SELECT {', '.join((*columns, *origin))} FROM {relation}"


def failing_select(
    table: TableContract, rows: DerivedRows, types: Mapping[str, str], relation: str
) -> str | None:
    """SQL of source_line and "column" where an expression fails on a row, as by overflow.

    ``None`` if every expression is a column as it stands. Each expression is tried in a select of
    its own: in one, DuckDB would compute what two share outside of either trial.
    """
    tried = [
        f'SELECT source_line, {literal(column.name)} AS "column" FROM {relation} WHERE TRY(hash('
        f"{_cast(table, column.name, column.kind, rows.expressions[column.name], types)})) IS NULL"
        for column in table.columns
        if not _stands_as_it_is(rows.expressions[column.name], types[column.name], column.kind)
    ]
    return " UNION ALL ".join(tried) or None


def expressions_select(rows: DerivedRows, columns: Iterable[str], relation: str) -> str:
    """SQL of the bare expressions, from which DuckDB tells their types."""
    listed = ", ".join(f"{rows.expressions[name]} AS {quoted(name)}" for name in columns)
    return f"SELECT {listed} FROM {relation}"


def _absent(text: str, absent_values: Sequence[str]) -> str:
    listed = ", ".join(literal(value) for value in absent_values)
    return f"({text} IS NULL OR lower(trim({text})) IN ({listed}))"


def _value(text: str, reading: Reading) -> str:
    number = f"TRY_CAST({text} AS DOUBLE)"
    return {
        Reading.TEXT: text,
        Reading.INTEGER: (
            f"CASE WHEN abs({number}) < {_EXACT_INTEGER} AND trunc({number}) = {number} "
            f"THEN CAST({number} AS BIGINT) END"
        ),
        Reading.NUMBER: f"CASE WHEN isfinite({number}) THEN {number} END",
        Reading.BOOLEAN: f"TRY_CAST({text} AS BOOLEAN)",
        Reading.TIMESTAMP: (
            f"CASE WHEN isfinite(TRY_CAST({text} AS TIMESTAMP)) "
            f"THEN TRY_CAST({text} AS TIMESTAMP) END"
        ),
    }[reading]


def _cast(
    table: TableContract, column: str, kind: Kind, expression: str, types: Mapping[str, str]
) -> str:
    found, wanted = types[column], _LAKE_TYPES[kind]
    if found == wanted:
        return f"({expression})"
    if found == '"NULL"' or _keeps_value(found, kind):
        return f"CAST({expression} AS {wanted})"
    advice = {
        Kind.INTEGER: "say how it is rounded, for instance CAST(round(X) AS BIGINT)",
        Kind.TIMESTAMP: "say its zone, for instance X AT TIME ZONE 'Asia/Shanghai'",
        Kind.DATE: "say which day, for instance CAST(X AS DATE)",
    }.get(kind, f"convert it, for instance CAST(X AS {wanted})")
    raise MappingError(
        f"{table.name}.{column} is {wanted}, its expression {expression} gives {found}; {advice}"
    )


def _stands_as_it_is(expression: str, found: str, kind: Kind) -> bool:
    return found == '"NULL"' or (
        found == _LAKE_TYPES[kind] and re.fullmatch(r'\w+|"[^"]*"', expression) is not None
    )


def _keeps_value(found: str, kind: Kind) -> bool:
    if kind is Kind.INTEGER:
        return found in _INTEGERS
    if kind is Kind.FLOAT:
        return found in _INTEGERS or found == "FLOAT" or found.startswith("DECIMAL")
    if kind is Kind.TIMESTAMP:
        return found == _NANOSECONDS
    return kind is Kind.STRING and found.startswith("ENUM")
