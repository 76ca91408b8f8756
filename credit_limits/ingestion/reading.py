"""A file that was read: what is in it, and what of it could not be read."""

from dataclasses import dataclass

import pyarrow as pa

from credit_limits.ingestion.mapping import SourceFile

FINDINGS = pa.schema(
    [
        ("source_line", pa.int64()),
        ("column", pa.string()),
        ("rule", pa.string()),
        ("message", pa.string()),
    ]
)
# Key of the JSON of a source line that could not be told apart into columns.
RAW_LINE = "line"


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file that was read into DuckDB.

    ``relation`` has the file's columns, typed, and ``source_line``; ``lines`` counts all its
    lines of data, also those in ``findings`` that never made it into the relation. ``findings``
    has the columns of :data:`FINDINGS`.
    """

    kind: SourceFile
    name: str
    relation: str
    lines: int
    findings: pa.Table
