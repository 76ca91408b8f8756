"""Portfolios in which nothing changes, or one thing does, for the figures of the watch.

Forty columns: half of them continuous, half of a few codes, some with nulls and with rare codes.
A sample is made in one of two ways. As rows, which are counted like any others. Or as the
histograms of such rows, drawn from their exact law: bins cut at the deciles of a reference of n
rows hold n / 10 of its rows each and shares of the population that are the spacings of uniform
numbers (Dirichlet); codes and nulls are multinomial. So 10 million rows cost as much as a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from monitoring.drift import Histogram
from monitoring.reference import ColumnKind, ColumnReference, Reference

Floats = NDArray[np.float64]
Random = np.random.Generator

_CODES: tuple[tuple[float, ...], ...] = (
    (0.5, 0.3, 0.2),
    (0.90, 0.07, 0.02, 0.01),
    (0.97, 0.02, 0.008, 0.0015, 0.0005),
    (0.25, 0.25, 0.2, 0.15, 0.1, 0.05),
)
_NULLS = (0.0, 0.0, 0.02, 0.001)
_DECILES = 10


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the shares of its codes, none where it is continuous, and its share of nulls.

    A continuous column is normal with mean 0 and standard deviation 1.
    """

    name: str
    codes: tuple[float, ...]
    null_share: float


def columns_of(count: int) -> tuple[Column, ...]:
    """The score, which is continuous and never null, and ``count - 1`` inputs."""
    inputs = (
        Column(
            f"input_{number}",
            _CODES[number // 2 % len(_CODES)] if number % 2 else (),
            _NULLS[number // 3 % len(_NULLS)],
        )
        for number in range(1, count)
    )
    return (Column("score", (), 0.0), *inputs)


def frame_of(columns: Sequence[Column], rows: int, random: Random) -> pd.DataFrame:
    """Independent rows of the columns."""
    return pd.DataFrame({column.name: values_of(column, rows, random) for column in columns})


def values_of(column: Column, rows: int, random: Random, shift: float = 0.0) -> Floats:
    """One column's values; ``shift`` moves a continuous one, in standard deviations."""
    if column.codes:
        drawn, values = random.random(rows), np.zeros(rows)
        for edge in np.cumsum(column.codes)[:-1]:
            values += drawn > edge
    else:
        values = random.standard_normal(rows) + shift
    if column.null_share:
        values[random.random(rows) < column.null_share] = np.nan
    return values


@dataclass(frozen=True, slots=True)
class DrawnReference:
    """A reference drawn from its law, with where its deciles lie in the population."""

    reference: Reference
    cuts: tuple[Floats, ...]


def draw_reference(columns: Sequence[Column], rows: int, random: Random) -> DrawnReference:
    """What :func:`monitoring.reference.build_reference` makes of so many rows."""
    found, cuts = [], []
    for column in columns:
        null = int(random.binomial(rows, column.null_share))
        if column.codes:
            counts = random.multinomial(rows - null, column.codes)
            known = np.flatnonzero(counts).astype(np.float64)
            kept = [int(count) for count in counts if count]
            kind, at = ColumnKind.DISCRETE, known
            held = (*kept, 0, null)
        else:
            each, left = divmod(rows - null, _DECILES)
            bins = np.full(_DECILES, each)
            bins[:left] += 1
            # one more gap than rows in all: the last row of the last bin is the last row
            bins_and_end: Floats = np.r_[bins[:-1], bins[-1] + 1].astype(np.float64)
            spacing = random.standard_gamma(bins_and_end)
            at = special.ndtri(np.cumsum(spacing)[:-1] / spacing.sum())
            kind, held = ColumnKind.CONTINUOUS, (*bins.tolist(), null)
        found.append(ColumnReference(column.name, kind, tuple(at.tolist()), held))
        cuts.append(at)
    return DrawnReference(Reference(tuple(found)), tuple(cuts))


def draw_histograms(
    columns: Sequence[Column],
    drawn: DrawnReference,
    rows: int,
    random: Random,
    shifts: Floats | None = None,
) -> dict[str, Histogram | str]:
    """The histograms of so many rows now; ``shifts`` in standard deviations, one a column."""
    moved = np.zeros(len(columns)) if shifts is None else shifts
    return {
        column.name: Histogram(
            tuple(random.multinomial(rows, _shares(column, cuts, shift)).tolist())
        )
        for column, cuts, shift in zip(columns, drawn.cuts, moved, strict=True)
    }


def _shares(column: Column, cuts: Floats, shift: float) -> Floats:
    """The share of each bin in the population, the null bin last."""
    if column.codes:
        known = cuts.astype(np.int64)
        held = tilted(np.array(column.codes), shift)[known]
        inside = np.r_[held, max(0.0, 1.0 - float(held.sum()))]
    else:
        inside = np.diff(np.r_[0.0, special.ndtr(cuts - shift), 1.0])
    shares: Floats = np.r_[inside * (1.0 - column.null_share), column.null_share]
    return shares


def tilted(codes: Floats, shift: float) -> Floats:
    """Shares of codes, the first of them rarer the greater ``shift`` is."""
    weight = codes * np.exp(-shift * (np.arange(len(codes)) == 0))
    shares: Floats = weight / weight.sum()
    return shares
