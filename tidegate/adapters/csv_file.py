"""One CSV file, line by line: every line of data is read, or named as unreadable.

Lines are counted as an editor counts them, from 1 and with the header, so that what is set aside
can be looked up. For that a value must not run over a line break; a file with such a value is
refused.
"""

import codecs
import csv
import io
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv

from credit_limits.ingestion.batch import Refusal, Refused
from credit_limits.ingestion.derivation import (
    literal,
    quoted,
    read_expression,
    unreadable_condition,
)
from credit_limits.ingestion.mapping import SourceFile
from credit_limits.ingestion.reading import FINDINGS, RAW_LINE

_CHUNK_BYTES = 1 << 25
_FIRST_LINE = 2
_EXPORT_AGAIN = "Export it again and ingest it anew"


@dataclass(frozen=True, slots=True)
class CsvFile:
    """A CSV file at ``path``, laid out as ``kind`` says."""

    kind: SourceFile
    path: Path

    def header(self) -> list[str]:
        """Names of the columns, as the first line has them."""
        with self.path.open("rb") as stream:
            first = stream.readline()
        if not first.strip():
            raise self._refused("it is empty", _EXPORT_AGAIN)
        text = self._as_utf8(first).decode().removeprefix("\ufeff").rstrip("\r\n")
        return next(csv.reader([text], delimiter=self.kind.delimiter))

    def load(self, connection: duckdb.DuckDBPyConnection, relation: str) -> tuple[int, pa.Table]:
        """Create the table ``relation`` of the mapping's columns, typed, and ``source_line``.

        Returns:
            The number of lines of data, and findings for those that are not in the table or have
            a value in it that could not be read.

        Raises:
            Refused: no line, cut short, another encoding, or a value over several lines.
        """
        header = self.header()
        typed = ", ".join(
            f"{read_expression(column, self.kind.absent_values)} AS {quoted(column.name)}"
            for column in self.kind.columns
        )
        findings, line = [FINDINGS.empty_table()], _FIRST_LINE
        ragged: dict[int, pa_csv.InvalidRow] = {}
        for chunk in self._chunks():
            rows, bad = self._parse(header, chunk, line)
            into = "CREATE TABLE {} AS" if line == _FIRST_LINE else "INSERT INTO {}"
            connection.register("csv_chunk", rows)
            connection.execute(
                f"{into.format(relation)} SELECT {typed}, source_line FROM csv_chunk"
            )
            findings += [_ragged(bad), self._unreadable(connection)]
            connection.unregister("csv_chunk")
            ragged |= bad
            line += rows.num_rows + len(bad)
        if line == _FIRST_LINE:
            raise self._refused("it has a header and no lines", _EXPORT_AGAIN)
        self._check_last_line(line - 1, ragged)
        return line - _FIRST_LINE, pa.concat_tables(findings)

    def lines(self, numbers: Collection[int]) -> Iterator[tuple[int, str]]:
        """The lines of these numbers, each as JSON by column name.

        A line that has not as many fields as the header is one text, under ``line``.
        """
        header, number = self.header(), _FIRST_LINE
        for chunk in self._chunks():
            for text in chunk.decode().split("\n")[:-1]:
                if number in numbers:
                    yield number, self._as_json(header, text.removesuffix("\r"))
                number += 1

    def _chunks(self) -> Iterator[bytes]:
        """The lines after the header in UTF-8, whole lines at a time."""
        with self.path.open("rb") as stream:
            stream.readline()
            rest = b""
            while block := stream.read(_CHUNK_BYTES):
                whole, line_break, rest = (rest + block).rpartition(b"\n")
                if line_break:
                    yield self._as_utf8(whole + line_break)
        if rest:
            end = rest[-60:].decode(errors="replace")
            raise self._refused(
                f"it ends within a line, {end!r}: it was cut short",
                f"{_EXPORT_AGAIN}; a whole file ends with a line break",
            )

    def _as_utf8(self, data: bytes) -> bytes:
        encoding = self.kind.encoding
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            around = data[max(error.start - 20, 0) : error.start + 20]
            raise self._refused(
                f"it is not in {encoding}: byte 0x{data[error.start]:02x} in {around!r}",
                "Export it in that encoding, or name its own in the mapping (encoding)",
            ) from error
        if "\0" in text:
            raise self._refused("it holds zero bytes, as UTF-16 text does", "Export it as UTF-8")
        return data if codecs.lookup(encoding).name == "utf-8" else text.encode()

    def _parse(
        self, header: list[str], chunk: bytes, first_line: int
    ) -> tuple[pa.Table, dict[int, pa_csv.InvalidRow]]:
        """A chunk's rows as text with ``source_line``, and the lines that have other fields."""
        invalid: list[pa_csv.InvalidRow] = []

        def skip(row: pa_csv.InvalidRow) -> str:
            invalid.append(row)
            return "skip"

        rows = pa_csv.read_csv(
            io.BytesIO(chunk),
            read_options=pa_csv.ReadOptions(
                use_threads=False, column_names=header, block_size=len(chunk) + 1
            ),
            parse_options=pa_csv.ParseOptions(
                delimiter=self.kind.delimiter, ignore_empty_lines=False, invalid_row_handler=skip
            ),
            convert_options=pa_csv.ConvertOptions(
                column_types={name: pa.string() for name in header}, strings_can_be_null=False
            ),
        )
        end = first_line + chunk.count(b"\n")
        if rows.num_rows + len(invalid) != end - first_line:
            raise self._refused(
                f"between lines {first_line} and {end - 1} a quoted value runs over a line break, "
                "so that lines cannot be told apart",
                "Export it without line breaks in values and with quotes in values doubled",
            )
        bad = {first_line + row.number - 1: row for row in invalid}
        good = pa.array((n for n in range(first_line, end) if n not in bad), pa.int64())
        return rows.append_column("source_line", good), bad

    def _check_last_line(self, number: int, ragged: dict[int, pa_csv.InvalidRow]) -> None:
        last = ragged.get(number)
        if last is not None and last.actual_columns < last.expected_columns:
            raise self._refused(
                f"its last line, {number}, has {last.actual_columns} fields of "
                f"{last.expected_columns}: it was cut short",
                _EXPORT_AGAIN,
            )

    def _unreadable(self, connection: duckdb.DuckDBPyConnection) -> pa.Table:
        selects = [
            f"SELECT source_line, {literal(column.name)} AS \"column\", 'readable' AS rule, "
            f"'cannot be read as {column.reading}' AS message FROM csv_chunk "
            f"WHERE {unreadable_condition(column, self.kind.absent_values)}"
            for column in self.kind.columns
        ]
        return connection.sql(" UNION ALL ".join(selects)).to_arrow_table().cast(FINDINGS)

    def _as_json(self, header: list[str], text: str) -> str:
        fields = next(csv.reader([text], delimiter=self.kind.delimiter), [])
        whole = len(fields) == len(header)
        row = dict(zip(header, fields, strict=True)) if whole else {RAW_LINE: text}
        return json.dumps(row, ensure_ascii=False)

    def _refused(self, reason: str, advice: str) -> Refused:
        return Refused(Refusal(self.path.name, reason, advice))


def _ragged(bad: dict[int, pa_csv.InvalidRow]) -> pa.Table:
    rows = [
        {
            "source_line": line,
            "column": "",
            "rule": "fields",
            "message": f"has {row.actual_columns} fields of {row.expected_columns}",
        }
        for line, row in bad.items()
    ]
    return pa.Table.from_pylist(rows, schema=FINDINGS)
