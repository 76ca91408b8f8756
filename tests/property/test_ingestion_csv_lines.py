"""Every line of a CSV is read as it was written, wherever the reader's blocks happen to end."""

import csv
import io
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_limits.ingestion.mapping import (
    DerivedRows,
    FileFormat,
    Reading,
    SourceColumn,
    SourceFile,
)
from tidegate.adapters import csv_file
from tidegate.adapters.csv_file import CsvFile

NAMES = ("a b", "b.c", 'c"d')
TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=("Cs",)), max_size=8)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=12)
FIELDS = st.lists(st.integers(1, 5), min_size=1, max_size=12)


def file_of(folder: str, text: str, delimiter: str = ",") -> CsvFile:
    path = Path(folder) / "x.csv"
    path.write_bytes(text.encode())
    kind = SourceFile(
        name="x",
        pattern="*.csv",
        format=FileFormat.CSV,
        columns=tuple(SourceColumn(name, Reading.TEXT) for name in NAMES),
        derived=(DerivedRows("macro", 0, {}),),
        delimiter=delimiter,
        absent_values=("no such text",),
    )
    return CsvFile(kind, path)


def as_text(rows, delimiter, line_end):
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end)
    writer.writerows([NAMES, *rows])
    return stream.getvalue()


@settings(max_examples=60)
@given(ROWS, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n"]), st.integers(1, 80))
def test_values_and_line_numbers_come_back(rows, delimiter, line_end, block):
    with (
        TemporaryDirectory() as folder,
        duckdb.connect() as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(csv_file, "_CHUNK_BYTES", block)
        file = file_of(folder, as_text(rows, delimiter, line_end), delimiter)
        lines, findings = file.load(connection, "x")
        assert (lines, findings.num_rows) == (len(rows), 0)
        read = connection.execute("FROM x ORDER BY source_line").fetchall()
        assert read == [(*row, line) for line, row in enumerate(rows, start=2)]
        kept = dict(file.lines(set(range(2, len(rows) + 2))))
        assert [tuple(json.loads(kept[line]).values()) for *_, line in read] == rows


@settings(max_examples=40)
@given(FIELDS, st.integers(1, 60))
def test_lines_with_other_fields_are_told_by_their_own_number(counts, block):
    text = "\n".join(['a b,b.c,"c""d"', *(",".join("x" * n) for n in counts), "x,x,x"]) + "\n"
    bad = [line for line, count in enumerate(counts, start=2) if count != len(NAMES)]
    with (
        TemporaryDirectory() as folder,
        duckdb.connect() as connection,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(csv_file, "_CHUNK_BYTES", block)
        file = file_of(folder, text)
        lines, findings = file.load(connection, "x")
        good = connection.execute("SELECT source_line FROM x ORDER BY ALL").fetchall()
        assert lines == len(counts) + 1
        assert sorted(findings["source_line"].to_pylist()) == bad
        assert [line for (line,) in good] == sorted(set(range(2, lines + 2)) - set(bad))
        assert {json.loads(row)["line"] for _, row in file.lines(set(bad))} == {
            ",".join("x" * count) for count in counts if count != len(NAMES)
        }
