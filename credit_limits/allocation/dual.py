"""Prices for the caps: the dual function brought to its minimum.

A cutting-plane method within a box (Kelley's model, held near the best point so far as in Marsten,
Hogan and Blankenship 1975). Each pass adds a plane below the dual function; the lowest point of
all planes within the box is the next to try; the box grows after a good step and shrinks after a
bad one. Prices are first found on samples of the accounts, where a pass costs little.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.planes import LowerPlanes
from credit_limits.allocation.pricing import PricedAccounts, PricedPass
from credit_limits.allocation.problem import Floats

_SAMPLE_FACTOR = 8
_SMALLEST_SAMPLE = 1024
_MOST_PASSES = 120
_HEIGHT_SCALE = 1e4
"""Heights of planes are in these parts of the scale, well above the tolerance of HiGHS."""


@dataclass(frozen=True, slots=True)
class DualPoint:
    """The best prices found, the pass at them, and how many passes over all accounts it took."""

    prices: Floats
    best: PricedPass
    passes: int


def minimise_dual(accounts: PricedAccounts, tolerance: float) -> DualPoint:
    """Prices at which the dual bound is lowest, up to ``tolerance`` of the accounts' scale."""
    units = _price_units(accounts)
    if not units.any():
        prices = np.zeros(len(units))
        return DualPoint(prices, accounts.at(prices), 1)
    start, radius = np.zeros(len(units)), 1.0
    stride = _SAMPLE_FACTOR ** max(_levels(accounts.count), 0)
    while stride > 1:
        sample = accounts.sample(stride)
        start = _within_box(sample, units, start, radius, 1e-2 / sample.count).prices / _safe(units)
        stride //= _SAMPLE_FACTOR
        radius = 4.0 / np.sqrt(sample.count)
    return _within_box(accounts, units, start, radius, tolerance)


def _levels(count: int) -> int:
    return int(np.log(max(count / _SMALLEST_SAMPLE, 1.0)) / np.log(_SAMPLE_FACTOR))


def _safe(units: Floats) -> Floats:
    return np.where(units > 0, units, 1.0)


def _price_units(accounts: PricedAccounts) -> Floats:
    """The profit at stake for each unit of a cap at stake; 0 for a cap that no choice moves."""
    problem = accounts.problem
    stake = _spread(problem.profit, problem.allowed).sum() or 1.0
    spreads = {name: _spread(values, problem.allowed) for name, values in accounts.measures.items()}
    moved = np.array(
        [
            spreads[cap.measure][slice(None) if cap.scope is None else cap.scope].sum()
            for cap in accounts.caps
        ]
    )
    return np.where(moved > 0, stake / np.where(moved > 0, moved, 1.0), 0.0)


def _spread(values: Floats, allowed: np.typing.NDArray[np.bool_]) -> Floats:
    highest = np.where(allowed, values, -np.inf).max(axis=0)
    lowest = np.where(allowed, values, np.inf).min(axis=0)
    return np.asarray(highest - lowest)


def _within_box(
    accounts: PricedAccounts, units: Floats, start: Floats, radius: float, tolerance: float
) -> DualPoint:
    """The method itself, in prices measured in ``units``."""
    best_at, passes = start, 1
    best = accounts.at(start * units)
    origin, scale = best.bound, accounts.scale(best.bound) / _HEIGHT_SCALE
    planes = LowerPlanes(len(units))
    planes.add(start, 0.0, (accounts.bounds - best.usage) * units / scale)
    while passes < _MOST_PASSES:
        lower = np.maximum(best_at - radius, 0.0)
        trial, lowest = planes.lowest(lower, np.where(units > 0, best_at + radius, lower))
        promised = best.bound - (origin + scale * lowest)
        if promised <= tolerance * accounts.scale(best.bound):
            break
        tried = accounts.at(trial * units)
        passes += 1
        height = (tried.bound - origin) / scale
        planes.add(trial, height, (accounts.bounds - tried.usage) * units / scale)
        gained = best.bound - tried.bound
        if gained > 0.5 * promised:
            radius *= 2.0
        elif gained <= 0.1 * promised:
            radius *= 0.5
        if gained > 0:
            best_at, best = trial, tried
    return DualPoint(best_at * units, best, passes)
