"""From the text of a mapping file to the mapping: every key known, every column accounted for."""

from collections.abc import Mapping
from dataclasses import fields

from credit_limits.domain.errors import MappingError
from credit_limits.ingestion.contracts import Column, Kind, TableContract
from credit_limits.ingestion.mapping import (
    BatchLimits,
    DerivedRows,
    FileFormat,
    Reading,
    SourceColumn,
    SourceFile,
    SourceMapping,
)
from credit_limits.ingestion.tables import TABLES, table_named

_READINGS = {
    Kind.STRING: Reading.TEXT,
    Kind.INTEGER: Reading.INTEGER,
    Kind.FLOAT: Reading.NUMBER,
    Kind.BOOLEAN: Reading.BOOLEAN,
    Kind.DATE: Reading.TIMESTAMP,
    Kind.TIMESTAMP: Reading.TIMESTAMP,
}
_SOURCE_KEYS = {
    *("name", "description", "jurisdiction", "currency", "assumptions"),
    *("feature_service", "label_window_months", "files", "limits"),
}
_FILE_OPTIONS = {
    *("required", "encoding", "delimiter", "absent_values", "minimum_rows", "usual_rows"),
    "holds_changes",
}
_FILE_KEYS = {"pattern", "format", "table", "tables", "columns", *_FILE_OPTIONS}


def parse_mapping(content: object, where: str) -> SourceMapping:
    """The mapping that the content of a mapping file says.

    Args:
        content: as YAML gives it: text, numbers, lists and dictionaries.
        where: the file's name, for messages.

    Raises:
        MappingError: a key that is unknown or absent, a table or column that the lake does not
            have, a required column without an expression, or a value out of range.
    """
    try:
        return _source(_keyed(content, _SOURCE_KEYS, "the mapping"))
    except (ValueError, TypeError, KeyError) as error:
        problem = error.args[0] if error.args else error
        raise MappingError(
            f"{where}: {problem}; see policies/sources/template.yaml for what each key means"
        ) from error


def _source(content: Mapping[str, object]) -> SourceMapping:
    files = _keyed(content["files"], None, "files")
    return SourceMapping(
        name=str(content["name"]),
        description=str(content["description"]).strip(),
        jurisdiction=str(content["jurisdiction"]),
        currency=str(content["currency"]).strip(),
        assumptions=tuple(str(line).strip() for line in _listed(content.get("assumptions", []))),
        feature_service=str(content["feature_service"]),
        label_window_months=int(str(content["label_window_months"])),
        files=tuple(_file(name, _keyed(file, _FILE_KEYS, name)) for name, file in files.items()),
        limits=_limits(content.get("limits") or {}),
    )


def _limits(content: object) -> BatchLimits:
    known = {each.name for each in fields(BatchLimits)}
    given = dict(_keyed(content, known, "limits"))
    for name in ("null_ceilings", "usual_medians_minor"):
        if name in given:
            shares = _keyed(given[name], None, name)
            given[name] = {column: float(str(value)) for column, value in shares.items()}
    return BatchLimits(**given)  # type: ignore[arg-type]


def _file(name: str, content: Mapping[str, object]) -> SourceFile:
    identity = table_named(str(content["table"])) if "table" in content else None
    if (identity is None) == ("tables" not in content):
        raise ValueError(f"file {name}: say either table (same columns) or tables (expressions)")
    options = {key: content[key] for key in _FILE_OPTIONS if key in content}
    if "absent_values" in options:
        options["absent_values"] = tuple(
            str(text).strip().lower() for text in _listed(options["absent_values"])
        )
    layout = FileFormat(str(content["format"]))
    columns = _columns(content.get("columns"), identity, name)
    return SourceFile(
        name=name,
        pattern=str(content["pattern"]),
        format=layout,
        columns=columns,
        derived=(
            _identity(identity, layout, {column.name for column in columns})
            if identity
            else _derived(name, content["tables"])
        ),
        **options,  # type: ignore[arg-type]
    )


def _columns(
    content: object, identity: TableContract | None, file: str
) -> tuple[SourceColumn, ...]:
    if content is not None:
        read = _keyed(content, None, f"file {file}: columns")
        return tuple(_column(name, how) for name, how in read.items())
    if identity is None:
        raise ValueError(f"file {file}: columns are absent")
    return tuple(SourceColumn(column.name, _READINGS[column.kind]) for column in identity.columns)


def _column(name: str, how: object) -> SourceColumn:
    if isinstance(how, str):
        return SourceColumn(name, Reading(how))
    keyed = _keyed(how, {"read_as", "values"}, f"column {name}")
    values = tuple(str(value) for value in _listed(keyed.get("values", [])))
    return SourceColumn(name, Reading(str(keyed["read_as"])), values)


def _identity(
    table: TableContract, layout: FileFormat, present: set[str]
) -> tuple[DerivedRows, ...]:
    """The columns of a file as they stand; those that it says it does not have are null."""
    read = {
        column.name: _as_it_stands(column, layout)
        for column in table.columns
        if column.name in present
    }
    return (DerivedRows(table.name, 0, _expressions(table.name, read)),)


def _as_it_stands(column: Column, layout: FileFormat) -> str:
    """SQL of a column under its own name; a time in a CSV is read as UTC, a day as its date."""
    name = f'"{column.name}"'
    if layout is FileFormat.CSV and column.kind is Kind.TIMESTAMP:
        return f"{name} AT TIME ZONE 'UTC'"
    return (
        f"CAST({name} AS DATE)" if layout is FileFormat.CSV and column.kind is Kind.DATE else name
    )


def _derived(file: str, content: object) -> tuple[DerivedRows, ...]:
    tables = _keyed(content, {table.name for table in TABLES}, f"file {file}: tables")
    found: list[DerivedRows] = []
    for name, body in tables.items():
        keyed = _keyed(body, {"columns", "for_each"}, f"file {file}, {name}")
        expressions = _expressions(name, _keyed(keyed["columns"], None, name))
        for values in _listed(keyed.get("for_each", [{}])):
            filled = _filled(expressions, _keyed(values, None, f"{name}: for_each"))
            found.append(DerivedRows(name, len(found), filled))
    return tuple(found)


def _expressions(table: str, given: Mapping[str, object]) -> dict[str, str]:
    contract = table_named(table)
    if unknown := sorted(set(given) - set(contract.column_names)):
        raise ValueError(f"{table} has no columns {unknown}")
    needed = [column.name for column in contract.columns if column.null_ceiling < 1.0]
    if missing := [name for name in needed if name not in given]:
        raise ValueError(f"{table} needs expressions for {missing}")
    return {name: str(given.get(name, "NULL")) for name in contract.column_names}


def _filled(expressions: Mapping[str, str], values: Mapping[str, object]) -> dict[str, str]:
    filled = dict(expressions)
    for name, value in values.items():
        filled = {key: text.replace(f"{{{name}}}", str(value)) for key, text in filled.items()}
    return filled


def _keyed(content: object, known: set[str] | None, what: str) -> Mapping[str, object]:
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        raise ValueError(f"{what}: expected names with values")
    if known is not None and (unknown := sorted(set(content) - known)):
        raise ValueError(f"{what}: unknown {unknown}; known are {sorted(known)}")
    return content


def _listed(content: object) -> list[object]:
    if not isinstance(content, list):
        raise ValueError(f"expected a list, found {content!r}")
    return content
