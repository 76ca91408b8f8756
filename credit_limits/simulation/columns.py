"""Arrow columns from arrays, without a Python object for each value."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from credit_limits.simulation.calendar import DAY_US

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Table: TypeAlias = pa.Table

_AT_ONCE = 4


def _digits(places: int) -> npt.NDArray[np.void]:
    """The characters of each number of so many digits, as one value of so many bytes."""
    numbers = np.arange(10**places)[:, None] // 10 ** np.arange(places)[::-1] % 10
    return (numbers.astype(np.uint8) + ord("0")).view(f"V{places}").ravel()


_DIGITS = {places: _digits(places) for places in range(1, _AT_ONCE + 1)}
_UTC = pa.timestamp("us", tz="UTC")


def labels(
    prefix: str,
    numbers: npt.NDArray[np.integer[Any]],
    width: int,
    absent: Flags | None = None,
) -> pa.Array:
    """Strings of ``prefix`` and each number, 0 to 4 billion, with zeros to ``width`` digits.

    Null where ``absent``.

    >>> labels("C", np.array([7, 42]), 4).to_pylist()
    ['C0007', 'C0042']
    """
    start, length = len(prefix), len(prefix) + width
    text = np.empty(len(numbers), dtype=f"V{length}")
    text.view(np.uint8).reshape(-1, length)[:, :start] = np.frombuffer(prefix.encode(), np.uint8)
    rest = numbers.astype(np.uint32)
    for end in range(length, start, -_AT_ONCE):
        places = min(_AT_ONCE, end - start)
        left = rest // 10**_AT_ONCE
        text.getfield(f"V{places}", end - places)[:] = _DIGITS[places][rest - left * 10**_AT_ONCE]
        rest = left
    offsets = np.arange(len(numbers) + 1, dtype=np.int32) * np.int32(length)
    strings = pa.StringArray.from_buffers(len(numbers), pa.py_buffer(offsets), pa.py_buffer(text))
    if absent is None:
        return strings
    return pc.if_else(pa.array(absent), pa.scalar(None, pa.string()), strings)


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


def utc_days(microseconds: npt.NDArray[np.int64]) -> pa.Array:
    """The UTC days of microseconds since 1970.

    >>> utc_days(np.array([86_400_000_000 + 5])).to_pylist()
    [datetime.date(1970, 1, 2)]
    """
    return pa.array((microseconds // DAY_US).astype(np.int32)).cast(pa.date32())


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
