"""The pass over candidates that are written out, compiled."""

from typing import Any

import numpy as np
import numpy.typing as npt

from credit_limits.allocation.compiled import compiled
from credit_limits.allocation.problem import Flags, Floats, Integers

_TILE = 1024
"""Accounts a step: what is kept of them between candidates stays in the fastest cache."""


@compiled(exact=True)
def _charge(used: Floats, price: Floats, reduced: Floats) -> None:
    """Take the price of what is used from each account of a tile."""
    for i in range(used.size):
        reduced[i] -= used[i] * price[i]


@compiled(exact=True)
def settle_dense(  # noqa: PLR0912, PLR0917  # compiled code takes plain arrays
    start: int,
    stop: int,
    profit: Floats,
    allowed: Flags,
    weights: Floats,
    group: npt.NDArray[np.integer[Any]],
    unit_prices: Floats,
    preferred: Integers,
    choice: Integers,
    margin: Floats,
    sums: Floats,
) -> None:
    """The best candidate of accounts ``start`` to ``stop``, and what all of them come to.

    ``profit`` and ``allowed`` have the shape (K, N), ``weights`` (P, K, N), ``unit_prices``
    (P, G). Fills ``choice`` and ``margin``; adds usage into ``sums[g, p]``, and into the last row
    worth and worth without sign.
    """
    measures = weights.shape[0]
    charge = np.empty((measures, _TILE))
    reduced, best, second = np.empty(_TILE), np.empty(_TILE), np.empty(_TILE)
    place = np.empty(_TILE, np.int64)
    for first in range(start, stop, _TILE):
        last = min(first + _TILE, stop)
        count = last - first
        under = group[first:last]
        for p in range(measures):
            for i in range(count):
                charge[p, i] = unit_prices[p, under[i]]
        best[:] = -np.inf
        second[:] = -np.inf
        place[:] = 0
        for k in range(profit.shape[0]):
            reduced[:count] = profit[k][first:last]
            for p in range(measures):
                _charge(weights[p][k][first:last], charge[p], reduced)
            permitted = allowed[k][first:last]
            for i in range(count):
                here = reduced[i]
                reduced[i] = here if permitted[i] else -np.inf
            for i in range(count):
                here, most, before = reduced[i], best[i], place[i]
                place[i] = k if here > most else before
            for i in range(count):
                here, most, next_best = reduced[i], best[i], second[i]
                lesser = most if here > most else here
                second[i] = lesser if lesser > next_best else next_best
            for i in range(count):
                here, most = reduced[i], best[i]
                best[i] = here if here > most else most
        total, turnover = 0.0, 0.0
        for i in range(count):
            chosen, wanted = place[i], preferred[first + i]
            # of equals the preferred, then the lowest place
            if best[i] == second[i] and allowed[wanted, first + i]:
                hoped = profit[wanted, first + i]
                for p in range(measures):
                    hoped -= weights[p, wanted, first + i] * charge[p, i]
                chosen = wanted if hoped == best[i] else chosen
            choice[first + i] = chosen
            margin[first + i] = best[i] - second[i]
            total += best[i]
            turnover += abs(best[i])
            for p in range(measures):
                sums[under[i], p] += weights[p, chosen, first + i]
        sums[-1, 0] += total
        sums[-1, 1] += turnover
