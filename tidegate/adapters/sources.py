"""A lender's files: which mapping they are of, what is in them, and their lines as they stand."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from credit_limits.domain.errors import InputError, MappingError
from credit_limits.ingestion.batch import Refusal, Refused
from credit_limits.ingestion.derivation import foreign_code_condition, literal, quoted
from credit_limits.ingestion.mapping import FileFormat, SourceFile, SourceMapping
from credit_limits.ingestion.parsing import parse_mapping
from credit_limits.ingestion.reading import FINDINGS, ReadFile
from tidegate.adapters.csv_file import CsvFile

_TEMPLATE = "template"
_EXPORT_AGAIN = "Export it again and ingest it anew"
_SOURCE_ROWS = pa.schema(
    [("source_file", pa.string()), ("source_line", pa.int64()), ("source_row", pa.string())]
)


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file on disk and what the mapping says of its kind."""

    kind: SourceFile
    path: Path

    @property
    def name(self) -> str:
        """How findings and messages call it."""
        return self.path.name

    def content_digest(self) -> str:
        """SHA-256 of its bytes."""
        with self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def load_mapping(folder: Path, source: str) -> SourceMapping:
    """The mapping ``<folder>/<source>.yaml``.

    Raises:
        MappingError: no such file, no YAML, or a mapping that does not hold together.
    """
    path = folder / f"{source}.yaml"
    if not path.is_file():
        raise MappingError(
            f"no mapping {path}; there are {_names(folder)}. Copy {_TEMPLATE}.yaml to begin one"
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read as YAML: {error}") from error
    mapping = parse_mapping(content, str(path))
    if mapping.name != source:
        raise MappingError(f"{path}: its name is {mapping.name!r}; make it {source!r}")
    return mapping


def recognise_source(folder: Path, path: Path) -> SourceMapping:
    """The one mapping whose files, with all their columns, are found at ``path``.

    Raises:
        InputError: there is nothing at ``path``.
        MappingError: no mapping fits, or several do.
    """
    names = _names(folder)
    fitting = [m for m in (load_mapping(folder, name) for name in names) if _fits(m, path)]
    if len(fitting) != 1:
        found = f"mappings {[m.name for m in fitting]} all fit" if fitting else "no mapping fits"
        raise MappingError(
            f"{path}: {found} by file names and columns; name the source, one of {names}, or "
            f"write a mapping from {folder / _TEMPLATE}.yaml"
        )
    return fitting[0]


def find_files(mapping: SourceMapping, path: Path) -> tuple[FoundFile, ...]:
    """The files at ``path``, itself a file or a folder, that the mapping knows.

    Raises:
        InputError: nothing is there.
        MappingError: nothing there is known, a file is claimed twice, or a required one is absent.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist; give a file or a folder of files")
    candidates = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    found = tuple(
        FoundFile(kind, each)
        for kind in mapping.files
        for each in candidates
        if each.match(kind.pattern)
    )
    patterns = ", ".join(kind.pattern for kind in mapping.files)
    if not found:
        raise MappingError(
            f"{path}: no file of source {mapping.name} is there; it looks for {patterns}"
        )
    if len({each.path for each in found}) < len(found):
        raise MappingError(f"{path}: a file matches several of {patterns}; tell them apart")
    kinds = {each.kind.name for each in found}
    absent = [kind.pattern for kind in mapping.files if kind.required and kind.name not in kinds]
    if absent:
        raise MappingError(f"{path}: {', '.join(absent)} is required and absent")
    return found


def read_file(connection: duckdb.DuckDBPyConnection, file: FoundFile, relation: str) -> ReadFile:
    """Read ``file`` into DuckDB under the name ``relation``.

    A CSV becomes a table, a Parquet file a view of the file where it lies.

    Raises:
        Refused: empty, cut short, in another encoding, or without one of its columns.
    """
    present = _columns(file)
    if len(set(present)) < len(present):
        twice = sorted({name for name in present if present.count(name) > 1})
        raise _refused(file, f"columns {twice} stand twice in it", _EXPORT_AGAIN)
    if missing := [name for name in file.kind.column_names if name not in present]:
        raise _refused(
            file,
            f"columns {missing} are missing; it has {present}",
            f"{_EXPORT_AGAIN}, or adapt the mapping if the lender renamed them",
        )
    if file.kind.format is FileFormat.CSV:
        lines, findings = CsvFile(file.kind, file.path).load(connection, relation)
    else:
        lines, findings = _load_parquet(connection, file, relation)
    foreign = _foreign_codes(connection, file.kind, relation)
    return ReadFile(file.kind, file.name, relation, lines, pa.concat_tables([findings, *foreign]))


def source_rows(
    connection: duckdb.DuckDBPyConnection, file: FoundFile, lines: Sequence[int]
) -> pa.Table:
    """Lines of a file as they stand in it, each as JSON: source_file, source_line, source_row.

    A line of a CSV that has not as many fields as the header is one text, under ``line``.
    """
    if file.kind.format is FileFormat.PARQUET:
        return _parquet_rows(connection, file, lines)
    rows = [
        {"source_file": file.name, "source_line": number, "source_row": row}
        for number, row in CsvFile(file.kind, file.path).lines(frozenset(lines))
    ]
    return pa.Table.from_pylist(rows, schema=_SOURCE_ROWS)


def _names(folder: Path) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.yaml") if path.stem != _TEMPLATE)


def _fits(mapping: SourceMapping, path: Path) -> bool:
    try:
        found = find_files(mapping, path)
        return all(set(each.kind.column_names) <= set(_columns(each)) for each in found)
    except (MappingError, Refused):
        return False


def _columns(file: FoundFile) -> list[str]:
    if file.kind.format is FileFormat.CSV:
        return CsvFile(file.kind, file.path).header()
    return list(_parquet(file).schema_arrow.names)


def _foreign_codes(
    connection: duckdb.DuckDBPyConnection, kind: SourceFile, relation: str
) -> list[pa.Table]:
    return [
        connection.sql(
            f"SELECT source_line, {literal(column.name)} AS \"column\", 'codes' AS rule, "
            f"{literal('is none of the codes ' + ', '.join(column.values))} AS message "
            f"FROM {relation} WHERE {foreign_code_condition(column)}"
        )
        .to_arrow_table()
        .cast(FINDINGS)
        for column in kind.columns
        if column.values
    ]


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, file: FoundFile, relation: str
) -> tuple[int, pa.Table]:
    lines = int(_parquet(file).metadata.num_rows)
    if not lines:
        raise _refused(file, "it has no rows", _EXPORT_AGAIN)
    listed = ", ".join(quoted(name) for name in file.kind.column_names)
    connection.execute(
        f"CREATE VIEW {relation} AS SELECT {listed}, file_row_number + 1 AS source_line "
        f"FROM {_scan(file)}"
    )
    return lines, FINDINGS.empty_table()


def _parquet(file: FoundFile) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file.path)
    except (pa.ArrowException, OSError) as error:
        raise _refused(
            file,
            f"it cannot be read as Parquet, it may have been cut short ({error})",
            _EXPORT_AGAIN,
        ) from error


def _scan(file: FoundFile) -> str:
    return f"read_parquet({literal(str(file.path.resolve()))}, file_row_number = true)"


def _parquet_rows(
    connection: duckdb.DuckDBPyConnection, file: FoundFile, lines: Sequence[int]
) -> pa.Table:
    packed = ", ".join(f"{quoted(name)} := {quoted(name)}" for name in _columns(file))
    connection.register("wanted_lines", pa.table({"line": pa.array(lines, pa.int64())}))
    rows = connection.sql(
        f"SELECT {literal(file.name)} AS source_file, file_row_number + 1 AS source_line, "
        f"CAST(to_json(struct_pack({packed})) AS VARCHAR) AS source_row FROM {_scan(file)} "
        "WHERE file_row_number + 1 IN (SELECT line FROM wanted_lines)"
    ).to_arrow_table()
    connection.unregister("wanted_lines")
    return rows.cast(_SOURCE_ROWS)


def _refused(file: FoundFile, reason: str, advice: str) -> Refused:
    return Refused(Refusal(file.name, reason, advice))
