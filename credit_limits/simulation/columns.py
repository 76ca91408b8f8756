"""Arrow columns from arrays, without a Python object for each value."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Table: TypeAlias = pa.Table

_UTC = pa.timestamp("us", tz="UTC")


def labels(prefix: str, numbers: npt.NDArray[np.integer[Any]], width: int) -> pa.Array:
    """Strings of ``prefix`` and each number, from 0, with zeros to ``width`` digits.

    >>> labels("C", np.array([7, 42]), 4).to_pylist()
    ['C0007', 'C0042']
    """
    start = len(prefix)
    text = np.empty((len(numbers), start + width), dtype=np.uint8)
    text[:, :start] = np.frombuffer(prefix.encode(), dtype=np.uint8)
    rest = numbers.astype(np.int64)
    for place in range(start + width - 1, start - 1, -1):
        rest, digit = np.divmod(rest, 10)
        text[:, place] = digit + ord("0")
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(start + width)
    return pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))


def chosen(
    values: Sequence[str], codes: npt.NDArray[np.integer[Any]] | Flags, absent: Flags | None = None
) -> pa.Array:
    """The string of each code, or null where ``absent``.

    >>> chosen(["a", "b"], np.array([1, 0, 1]), np.array([False, False, True])).to_pylist()
    ['b', 'a', None]
    """
    indices = pa.array(codes.astype(np.int32), mask=absent)
    return pa.array([str(value) for value in values], pa.string()).take(indices)


def whole(values: npt.NDArray[Any], absent: Flags | None = None) -> pa.Array:
    """64-bit integers, or null where ``absent``."""
    return pa.array(values.astype(np.int64), mask=absent)


def instants(microseconds: npt.NDArray[np.int64], absent: Flags | None = None) -> pa.Array:
    """UTC timestamps of microseconds since 1970, or null where ``absent``."""
    return pa.array(microseconds.astype(np.int64), mask=absent).cast(_UTC)


def split_by_knowledge(table: Table, end_us: int) -> tuple[Table, Table]:
    """The rows of ``table`` created no later than ``end_us``, and the rest."""
    created = table["created_timestamp"].cast(pa.int64()).to_numpy()
    known = created <= end_us
    if known.all():
        return table, table.slice(0, 0)
    return table.filter(pa.array(known)), table.filter(pa.array(~known))


def stacked(parts: Sequence[Table]) -> Table:
    """One table of parts that have the same columns; at least one part."""
    return pa.concat_tables(parts)
