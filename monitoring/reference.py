"""The reference: how each column was distributed when the model was trained.

It is stored with the model, a few kilobytes, so that drift is always measured against what the
model learnt from and never against a sample chosen later.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from monitoring.histogram import count_between, count_equal

MOST_VALUES = 12
_DECILES = np.linspace(0.1, 0.9, 9)


class ColumnKind(StrEnum):
    """How a column is cut into bins."""

    DISCRETE = "discrete"
    CONTINUOUS = "continuous"


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """One column of the reference.

    A continuous column has ``cuts`` at its deciles: bin ``i`` holds values above cut ``i - 1`` up
    to cut ``i``. A discrete one has its values as ``cuts``, a bin each, and a last bin for values
    never seen, empty in the reference. In both, after these comes one bin for null; what is not
    finite counts as null. ``counts`` are the rows of each bin, the null bin last.
    """

    name: str
    kind: ColumnKind
    cuts: tuple[float, ...]
    counts: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.cuts) + 2:
            raise ValueError(f"{self.name}: {len(self.cuts)} cuts, {len(self.counts)} bins")
        if any(later <= earlier for earlier, later in pairwise(self.cuts)):
            raise ValueError(f"{self.name}: the cuts do not rise")
        if min(self.counts) < 0 or not sum(self.counts):
            raise ValueError(f"{self.name}: a reference without rows")

    @property
    def rows(self) -> int:
        """Rows behind the reference."""
        return sum(self.counts)

    @property
    def null_share(self) -> float:
        """Share of rows that were null, 0 to 1."""
        return self.counts[-1] / self.rows

    def count(self, values: NDArray[np.float64]) -> NDArray[np.int64]:
        """Rows of ``values`` in each bin, the null bin last; always ``len(cuts) + 2`` numbers."""
        cuts = np.asarray(self.cuts, dtype=np.float64)
        if self.kind is ColumnKind.DISCRETE:
            return count_equal(values, cuts)
        return count_between(values, cuts)


@dataclass(frozen=True, slots=True)
class Reference:
    """Every column of a reference, in the order in which they were asked for."""

    columns: tuple[ColumnReference, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if not names or len(set(names)) != len(names):
            raise ValueError("a reference needs columns, each once")

    def __iter__(self) -> Iterator[ColumnReference]:
        """The columns, in order."""
        return iter(self.columns)

    def to_json(self) -> str:
        """JSON text; :func:`from_json` gives the same reference back, to the bit."""
        columns = [
            {
                "name": column.name,
                "kind": column.kind.value,
                "cuts": list(column.cuts),
                "counts": list(column.counts),
            }
            for column in self.columns
        ]
        return json.dumps({"columns": columns}, sort_keys=True)


def from_json(text: str | bytes) -> Reference:
    """The reference that :meth:`Reference.to_json` wrote; ``ValueError`` where it did not."""
    try:
        return Reference(
            tuple(
                ColumnReference(
                    str(column["name"]),
                    ColumnKind(column["kind"]),
                    tuple(float(cut) for cut in column["cuts"]),
                    tuple(int(count) for count in column["counts"]),
                )
                for column in json.loads(text)["columns"]
            )
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a reference: {error!r}") from error


def build_reference(frame: pd.DataFrame, columns: Sequence[str]) -> Reference:
    """Cut each column into bins and count its rows.

    A column with at most 12 different values is discrete, any other is cut at its deciles
    (equal deciles become one cut).

    Args:
        frame: the rows that the model was trained on, scores included.
        columns: numeric columns of ``frame``.

    Raises:
        ValueError: no rows, a column that is absent, or one that is not numeric.

    >>> frame = pd.DataFrame({"days": [0.0, 0.0, 30.0, None]})
    >>> build_reference(frame, ["days"]).columns[0].counts
    (2, 1, 0, 1)
    """
    if frame.empty:
        raise ValueError("a reference needs rows")
    return Reference(tuple(_column(name, numbers(frame, name)) for name in columns))


def numbers(frame: pd.DataFrame, name: str) -> NDArray[np.float64]:
    """A column as float64 with NaN for null; ``ValueError`` where it is absent or not numeric."""
    if name not in frame:
        raise ValueError(f"the frame has no column {name!r}")
    try:
        return frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise ValueError(f"column {name!r} is {frame[name].dtype}, not numeric") from error


def _column(name: str, values: NDArray[np.float64]) -> ColumnReference:
    finite = values[np.isfinite(values)]
    found = np.unique(finite)
    if len(found) <= MOST_VALUES:
        kind, cuts = ColumnKind.DISCRETE, found
    else:
        kind, cuts = ColumnKind.CONTINUOUS, np.unique(np.quantile(finite, _DECILES))
    empty = ColumnReference(name, kind, tuple(cuts.tolist()), (1,) * (len(cuts) + 2))
    counts = empty.count(values)
    return ColumnReference(name, kind, empty.cuts, tuple(int(count) for count in counts))
