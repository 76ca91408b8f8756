"""Rows of a table as canonical JSON, column by column: what leaves of a Merkle tree are made of.

The text of a row is :func:`~credit_limits.domain.digest.canonical_json` of the mapping from
column names to values, to the byte: so a single row is checked by the plain function, and a
million of them are written without a Python object for each value.
"""

import hashlib
import json
import math
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.domain.digest import canonical_json

_CHUNK_ROWS = 65_536
_text_of = json.JSONEncoder(ensure_ascii=False).encode
_float_of = json.JSONEncoder(allow_nan=False).encode


def row_digests(rows: pa.Table) -> list[str]:
    """SHA-256 of each row's canonical JSON, in the order of the rows; 64 hexadecimal digits."""
    return [hashlib.sha256(text).hexdigest() for text in row_texts(rows)]


def row_texts(rows: pa.Table) -> Iterator[bytes]:
    """Each row as canonical JSON.

    Columns may be texts, whole numbers, floats, flags, dates, times with their zone, and lists of
    these; any value may be null. Raises ``ValueError`` for a number that is not finite.
    """
    for start in range(0, rows.num_rows, _CHUNK_ROWS):
        part = rows.slice(start, _CHUNK_ROWS).combine_chunks()
        for batch in part.to_batches():
            yield from _batch_texts(batch).to_pylist()


def _batch_texts(batch: pa.RecordBatch) -> pa.Array:
    pieces: list[pa.Array | pa.Scalar] = []
    opening = "{"
    for name in sorted(batch.schema.names):
        pieces += [pa.scalar(f"{opening}{_text_of(name)}:"), _texts(batch.column(name))]
        opening = ","
    return pc.binary_join_element_wise(*pieces, pa.scalar("}"), pa.scalar("")).cast(pa.binary())


def _texts(values: pa.Array) -> pa.Array:
    """The JSON text of each value; a null is the text ``null``."""
    kind = values.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        texts = values.cast(pa.string())
    elif pa.types.is_floating(kind):
        texts = pa.array([_float(value) for value in values.to_pylist()], pa.string())
    elif pa.types.is_list(kind):
        texts = _list_texts(values)
    else:
        texts = _distinct_texts(values)
    return pc.fill_null(texts, "null")


def _float(value: float | None) -> str | None:
    if value is None:
        return None
    return repr(value) if math.isfinite(value) else _float_of(value)


def _distinct_texts(values: pa.Array) -> pa.Array:
    """Texts, dates and times: each distinct value is written once."""
    coded = values.dictionary_encode()
    distinct = coded.dictionary.to_pylist()
    if pa.types.is_string(values.type):
        texts = [_text_of(value) for value in distinct]
    else:
        texts = [canonical_json(value).decode() for value in distinct]
    return pa.array(texts, pa.string()).take(coded.indices)


def _list_texts(values: pa.ListArray) -> pa.Array:
    lengths = pc.fill_null(pc.list_value_length(values), 0).to_numpy()
    ends = pa.array([0, *lengths.cumsum().tolist()], pa.int32())
    inside = pa.ListArray.from_arrays(ends, _texts(values.flatten()))
    texts = pc.binary_join_element_wise("[", pc.binary_join(inside, ","), "]", "")
    return pc.if_else(values.is_valid(), texts, None)
