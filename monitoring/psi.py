"""The population stability index, by its standard definition.

Siddiqi, Credit Risk Scorecards (2006): over fixed bins, the sum of
``(share now - share then) * ln(share now / share then)``. Below 0.1 a population is usually
called stable, above 0.25 shifted.

Two things are added to the definition, and both leave it unchanged where every bin has rows.
Null is a bin. And an empty bin counts as half a row (``0.5 / rows``) where the other side has
rows in it, since the logarithm of nothing is infinite; a bin empty on both sides adds nothing.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EMPTY_BIN_ROWS = 0.5


def population_stability_index(counts_then: ArrayLike, counts_now: ArrayLike) -> float:
    """PSI of two sets of rows over the same bins, at least 0.

    Worked: half and half then, 40 and 60 percent now:
    ``(0.4 - 0.5) ln(0.4 / 0.5) + (0.6 - 0.5) ln(0.6 / 0.5) = 0.0223 + 0.0182``.

    >>> round(population_stability_index([50, 50], [40, 60]), 4)
    0.0405

    Args:
        counts_then: rows in each bin of the reference.
        counts_now: rows in each bin now, same bins.

    Raises:
        ValueError: different numbers of bins, or no rows on one side.
    """
    then, now = same_bins(counts_then, counts_now)
    used = (then > 0) | (now > 0)
    share_then = np.maximum(then[used], _EMPTY_BIN_ROWS) / then.sum()
    share_now = np.maximum(now[used], _EMPTY_BIN_ROWS) / now.sum()
    return float(((share_now - share_then) * np.log(share_now / share_then)).sum())


def sampling_noise(bins: int, rows_then: int, rows_now: int) -> float:
    """What PSI is on average where nothing moved: ``(bins - 1) (1 / then + 1 / now)``.

    Where both samples come from one distribution, PSI over ``1 / then + 1 / now`` is close to
    chi-square with ``bins - 1`` degrees of freedom (Yurdakul and Naranjo, 2020). Worked: 11 bins,
    1,000 and 1,000 rows: 10 x 0.002 = 0.02, a fifth of the usual 0.1.

    >>> sampling_noise(11, 1000, 1000)
    0.02
    """
    return (bins - 1) * (1 / rows_then + 1 / rows_now)


def same_bins(
    counts_then: ArrayLike, counts_now: ArrayLike
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Both histograms as counts, where they can be compared at all.

    Raises:
        ValueError: different numbers of bins, or no rows on one side.
    """
    then, now = np.asarray(counts_then, dtype=np.int64), np.asarray(counts_now, dtype=np.int64)
    if then.shape != now.shape:
        raise ValueError(f"{then.shape} bins then, {now.shape} now")
    if not then.sum() or not now.sum():
        raise ValueError("no rows on one side")
    return then, now
