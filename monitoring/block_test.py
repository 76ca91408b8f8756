"""A test of shift where the rows of a day move together: whole days are permuted, never rows.

A campaign, a holiday or an outage moves all rows of its day. Held against the law of independent
rows, a million rows over thirty days alarm for ever. Here the days of then and now are shuffled
among the two sides, and the shift that was found is held against those of the shuffles (Fisher's
randomisation test). The columns are shuffled together and the greatest of them counts (Westfall
and Young, Resampling-Based Multiple Testing, 1993), so the level is that of the whole watch and
columns that hang together cost nothing.
"""

from math import comb

import numpy as np
from numpy.typing import NDArray

Histograms = NDArray[np.int64]
_EMPTY_BIN_ROWS = 0.5


def arrangements(days_then: int, days_now: int) -> int:
    """In how many ways days may be dealt to the two sides; its inverse is the least p-value.

    >>> arrangements(12, 4)
    1820
    """
    return comb(days_then + days_now, days_now)


def block_p_values(
    then: Histograms, now: Histograms, *, shuffles: int, seed: int
) -> NDArray[np.float64]:
    """The p-value of each column, corrected for the number of columns.

    The measure is PSI over its mean among the shuffles, so that columns of many bins and of few,
    of steady days and of restless ones, are weighed alike.

    Args:
        then: rows by day, column and bin, of the reference; shape (days then, columns, bins).
            Columns of fewer bins have zeros behind.
        now: the same of now; shape (days now, columns, bins).
        shuffles: how many are drawn; the least p-value is ``1 / (shuffles + 1)``.
        seed: of the draw.

    Returns:
        A number above 0 and up to 1 for each column. Where days are exchangeable, the chance
        that any of them is at or below a level is at most the level, whatever the rows of a day
        have in common and however many they are.

    Raises:
        ValueError: the shapes do not fit, or a side has no day.
    """
    if then.shape[1:] != now.shape[1:] or not len(then) or not len(now):
        raise ValueError(f"histograms of shape {then.shape} then, {now.shape} now")
    days = np.concatenate([then, now]).astype(np.float64)
    chosen = _shuffled(len(then), len(now), shuffles, seed)
    flat = days.reshape(len(days), -1)
    inside = (chosen @ flat).reshape(len(chosen), *then.shape[1:])
    moved = _psi(days.sum(axis=0) - inside, inside)
    measure = moved / np.maximum(moved.mean(axis=0), np.finfo(np.float64).tiny)
    greatest = measure.max(axis=1)
    # the first row is the true arrangement; rounding must not set equal ones apart
    reached = greatest[:, None] >= measure[0] * (1.0 - 1e-12)
    p_values: NDArray[np.float64] = reached.mean(axis=0)
    return p_values


def _shuffled(days_then: int, days_now: int, shuffles: int, seed: int) -> NDArray[np.float64]:
    """For each arrangement, a row with 1 for the days that are now; the first is the true one."""
    true = np.r_[np.zeros(days_then), np.ones(days_now)]
    order = np.random.default_rng(seed).permuted(
        np.tile(np.arange(len(true)), (shuffles, 1)), axis=1
    )
    return np.vstack([true, true[order]])


def _psi(then: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """PSI of each arrangement and column; shape (arrangements, columns)."""
    used = (then + now) > 0
    shares = [
        np.where(used, np.maximum(side, _EMPTY_BIN_ROWS), 1.0)
        / np.maximum(side.sum(axis=-1, keepdims=True), 1.0)
        for side in (then, now)
    ]
    apart = (shares[1] - shares[0]) * np.log(shares[1] / shares[0])
    total: NDArray[np.float64] = np.where(used, apart, 0.0).sum(axis=-1)
    return total
