"""Is a histogram further from the reference than chance alone takes it? A p-value at any size.

Both histograms are samples, the reference as well, and the question is whether one distribution
gave both. Bins with rows enough are judged together by Pearson's test of homogeneity; each bin
with few rows by the exact test of Fisher, since there the chi-square law is wrong by far: of two
bins with 10 rows expected in one of them, it alarms three times as often as it says at one in ten
thousand. PSI over its noise has the same law in large samples and a worse one in small (Yurdakul
and Naranjo, 2020), so PSI says how far it moved and this says how sure that is.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from monitoring.psi import same_bins

_ENOUGH_ROWS = 50.0
"""Expected rows from which on the chi-square law holds within a third at one in ten thousand."""
_FEWEST_TOGETHER = 3


def shift_p_value(counts_then: ArrayLike, counts_now: ArrayLike) -> float:
    """The chance of histograms this far apart or further where one distribution gave both.

    Bins are judged together where the smaller sample is expected to have 50 rows in each, the
    others one by one; the smallest p-value counts, times the number of tests made (Bonferroni).
    So the level holds at any number of rows, from one on, and with few it is less than stated.

    Worked: 500 of 1,000 then, 570 of 1,000 now, two bins: exact, both tails, 0.0020. Ten bins of
    100, two of which are now 140 and 60: ``2 (20^2 / 120) + 2 (20^2 / 80) = 16.67`` with nine
    degrees of freedom, 0.0543.

    >>> round(shift_p_value([500, 500], [430, 570]), 4)
    0.002
    >>> round(shift_p_value([100] * 10, [140, 60] + [100] * 8), 4)
    0.0543

    Args:
        counts_then: rows in each bin of the reference.
        counts_now: rows in each bin now, same bins.

    Raises:
        ValueError: different numbers of bins, or no rows on one side.
    """
    then, now = same_bins(counts_then, counts_now)
    used = then + now > 0
    if used.sum() < 2:
        return 1.0
    then, now = then[used], now[used]
    together = _expected_in_smaller(then, now) >= _ENOUGH_ROWS
    if together.sum() < _FEWEST_TOGETHER:
        together[:] = False
    found = [_alone(then, now, ~together)] if not together.all() else []
    if together.any():
        found.append(_homogeneity(then[together], now[together]))
    return min(1.0, len(found) * min(found))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values corrected for their number (Holm, 1979), in the same order.

    With levels held against these, the chance of even one false finding is at most the level,
    however the columns hang together. Worked: of 0.01, 0.04 and 0.03 the least is tripled, the
    next doubled, and none is less than the one before it.

    >>> [round(value, 2) for value in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p_values, kind="stable")
    weight = np.arange(len(p_values), 0, -1)
    raised = np.minimum(1.0, np.asarray(p_values, dtype=np.float64)[order] * weight)
    corrected = np.empty(len(p_values))
    corrected[order] = np.maximum.accumulate(raised)
    return tuple(corrected.tolist())


def _expected_in_smaller(then: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.float64]:
    rows = then.sum(), now.sum()
    expected: NDArray[np.float64] = (then + now) * (min(rows) / sum(rows))
    return expected


def _homogeneity(then: NDArray[np.int64], now: NDArray[np.int64]) -> float:
    """Pearson's test that rows fall alike into these bins, then and now."""
    rows_then, rows_now = int(then.sum()), int(now.sum())
    if not rows_then or not rows_now:
        return 1.0
    apart = then / rows_then - now / rows_now
    spread = (then + now) * ((1 / rows_then + 1 / rows_now) / (rows_then + rows_now))
    return float(special.chdtrc(len(then) - 1, float((apart**2 / spread).sum())))


def _alone(then: NDArray[np.int64], now: NDArray[np.int64], chosen: NDArray[np.bool_]) -> float:
    """Fisher's exact test of each chosen bin against all others; the least, times their number.

    Of two bins one says it all.
    """
    rows, rows_now = int(then.sum() + now.sum()), int(now.sum())
    inside = then + now
    places = np.flatnonzero(chosen)[: 1 if len(then) == 2 else None]
    law = rows, inside[places], rows_now
    tails = np.minimum(
        stats.hypergeom.cdf(now[places], *law), stats.hypergeom.sf(now[places] - 1, *law)
    )
    return float(min(1.0, 2.0 * tails.min() * len(places)))
