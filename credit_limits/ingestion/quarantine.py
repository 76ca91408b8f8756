"""The quarantine as it is kept: one row a finding, with what stood in the file."""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from credit_limits.ingestion.derivation import literal, quoted
from credit_limits.ingestion.mapping import SourceFile
from credit_limits.ingestion.reading import RAW_LINE, ReadFile
from credit_limits.ingestion.tables import table_named

QUARANTINE = pa.schema(
    [
        ("source_file", pa.string()),
        ("source_line", pa.int64()),
        *(
            (name, pa.string())
            for name in ("record", "table", "column", "value", "rule", "message")
        ),
        ("source_row", pa.string()),
    ]
)


def quarantine_rows(
    connection: duckdb.DuckDBPyConnection, files: Sequence[ReadFile], source_rows: pa.Table
) -> pa.Table:
    """One row a finding, in order of file, line, table and column.

    Args:
        connection: has the table ``findings`` that an ``Incoming`` keeps.
        files: those that the findings are of.
        source_rows: the quarantined lines as they stand in their files: source_file, source_line,
            source_row (JSON).

    Returns:
        Columns of :data:`QUARANTINE`. ``record`` is the lender's own name of the row (``ID=3``);
        ``value`` is as the file has it, of several columns each with its name.
    """
    combinations = connection.execute(
        'SELECT DISTINCT source_file, source_part, "table", "column" FROM findings'
    ).fetchall()
    if not combinations:
        return QUARANTINE.empty_table()
    kinds = {file.name: file.kind for file in files}
    selects = [_valued(name, kinds[name], *rest) for name, *rest in combinations]
    connection.register("source_rows", source_rows)
    query = " UNION ALL ".join(selects)
    found = connection.sql(f"{query} ORDER BY ALL").to_arrow_table().cast(QUARANTINE)
    connection.unregister("source_rows")
    return found


def _valued(
    file_name: str, kind: SourceFile, part: int | None, table: str | None, columns: str
) -> str:
    value, made_of = _value_expression(kind, part, columns)
    return (
        f"SELECT f.source_file, f.source_line, {_record_expression(kind)} AS record, "
        f'f."table", f."column", {value} AS value, f.rule, '
        f"f.message || {literal(made_of)} AS message, s.source_row "
        "FROM findings AS f JOIN source_rows AS s USING (source_file, source_line) "
        f"WHERE f.source_file = {literal(file_name)} "
        f"AND f.source_part IS NOT DISTINCT FROM {'NULL' if part is None else part} "
        f'AND f."table" IS NOT DISTINCT FROM {literal(table) if table else "NULL"} '
        f'AND f."column" = {literal(columns)}'
    )


def _value_expression(kind: SourceFile, part: int | None, columns: str) -> tuple[str, str]:
    """SQL of the value as the file has it, and what to say of where the columns come from."""
    names = columns.split(", ")
    if not columns:
        return f"json_extract_string(s.source_row, '$.{RAW_LINE}')", ""
    if part is None:
        sources = tuple(name for name in names if name in kind.column_names)
    else:
        rows = kind.part(part)
        found = (rows.sources_of(name, kind.column_names) for name in names)
        sources = tuple(dict.fromkeys(source for each in found for source in each))
    made_of = "" if set(sources) <= set(names) else f" (made of {', '.join(sources)})"
    if len(sources) == 1:
        return _as_it_stands(sources[0]), made_of
    return _named(sources), made_of


def _record_expression(kind: SourceFile) -> str:
    """SQL of what names a row to the lender: the columns that the first table's keys are of."""
    first = kind.derived[0]
    keys = table_named(first.table).keys
    found = [first.sources_of(key, kind.column_names) for key in keys]
    return _named(tuple(dict.fromkeys(source for each in found for source in each)))


def _as_it_stands(source: str) -> str:
    return f"json_extract_string(s.source_row, {literal('$.' + quoted(source))})"


def _named(sources: Sequence[str]) -> str:
    if not sources:
        return "CAST(NULL AS VARCHAR)"
    named = [
        f"{literal(source + '=')} || coalesce({_as_it_stands(source)}, 'null')"
        for source in sources
    ]
    return f"concat_ws(', ', {', '.join(named)})"
