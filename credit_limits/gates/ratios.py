"""Ratios of two groups' figures with 95 % intervals in closed form: no resampling."""

import math
from dataclasses import dataclass

from credit_limits.gates.measured import Interval

_Z95 = 1.959963984540054
_HALF = 0.5


def ratio_of_shares(hits: int, rows: int, other_hits: int, other_rows: int) -> Interval:
    """Share of ``hits`` in ``rows`` over that of the other group, with its 95 % interval.

    The logarithm of a ratio of two shares is about normal, with variance 1/x1 - 1/n1 + 1/x2 -
    1/n2 (Katz, Baptista, Azen and Pike, Biometrics, 1978); half a hit and half a row are added to
    each group (Walter, Biometrika, 1975), so that none at all still has a ratio and a wide
    interval. Of 80 in 200 against 100 in 200: 0.8010, from 0.6440 to 0.9963. Without rows in
    either group all three are NaN.

    >>> found = ratio_of_shares(80, 200, 100, 200)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.801, 0.644, 0.9963)
    """
    if not rows or not other_rows:
        return Interval(math.nan, math.nan, math.nan)
    first, all_first = hits + _HALF, rows + _HALF
    second, all_second = other_hits + _HALF, other_rows + _HALF
    variance = 1 / first - 1 / all_first + 1 / second - 1 / all_second
    return _around((first / all_first) / (second / all_second), math.sqrt(max(variance, 0.0)))


@dataclass(frozen=True, slots=True)
class Spread:
    """The mean of an amount over ``rows``, and its standard deviation."""

    mean: float
    deviation: float
    rows: int


def ratio_of_means(own: Spread, other: Spread) -> Interval:
    """One mean over another, both of positive amounts, with its 95 % interval.

    The delta method on the logarithm: variance s1^2/(n1 m1^2) + s2^2/(n2 m2^2). A mean of 900
    with deviation 600 over 400 rows against 1,000 with 600 over 400: 0.9, from 0.8243 to 0.9827.
    Where a mean is not positive or a group has no rows all three are NaN.

    >>> found = ratio_of_means(Spread(900.0, 600.0, 400), Spread(1000.0, 600.0, 400))
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.9, 0.8243, 0.9827)
    """
    if not (own.mean > 0 and other.mean > 0 and own.rows and other.rows):
        return Interval(math.nan, math.nan, math.nan)
    variance = sum((item.deviation / item.mean) ** 2 / item.rows for item in (own, other))
    return _around(own.mean / other.mean, math.sqrt(variance))


def _around(ratio: float, error: float) -> Interval:
    return Interval(ratio, ratio * math.exp(-_Z95 * error), ratio * math.exp(_Z95 * error))
