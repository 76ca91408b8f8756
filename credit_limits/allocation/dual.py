"""Prices for the caps: the dual function brought to its minimum in a few passes over all accounts.

A cutting-plane method within a box (Kelley's model, held near the best point so far as in Marsten,
Hogan and Blankenship 1975). Each pass adds a plane below the dual function; the lowest point of
all planes within the box is the next to try; the box grows after a good step and shrinks after a
bad one.

Few of its passes are over all accounts. Prices are first found on samples. Then only the accounts
near a switch at those prices are passed over: with the others held at their choice, the dual of
these few lies nowhere above the whole one, and equals it wherever nobody else would switch. Its
minimum is tried on all accounts; whoever did switch joins the few. Should that come to no end, the
passes go over all accounts.
"""

from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.accounts import Accounts, PricedPass
from credit_limits.allocation.planes import LowerPlanes
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import (
    AllocationProblem,
    Floats,
    Integers,
    Margins,
)

_FEW_ACCOUNTS = 16384
"""From here on not all accounts are passed over each time."""
_SAMPLES = (1024, 8192, 65536)
_NEAR_SHARE, _MOST_NEAR = 0.08, 400_000
_OF_EACH_RARE_KIND = 64
_MOST_ROUNDS = 14
_MOST_PASSES = 200
_NEARBY = 1e-2
_FARTHEST = 1e9
"""Prices beyond this, in units: no profit is worth that much, the caps exclude each other."""
_HEIGHT_SCALE = 1e4
"""Heights of planes are in these parts of the scale, well above the tolerance of HiGHS."""


@dataclass(frozen=True, slots=True)
class DualPoint:
    """The best prices found, the pass at them, and how many passes over all accounts it took.

    ``scale`` is what a relative precision of a total profit is relative to: the total itself; where
    profits and losses cancel out, a tenth of the turnover.
    """

    prices: Floats
    best: PricedPass
    passes: int
    scale: float


@dataclass(frozen=True, slots=True)
class Minimum:
    """Prices that a search came to, and its passes over the accounts that it was given."""

    prices: Floats
    passes: int


@dataclass(frozen=True, slots=True)
class _Start:
    """Prices found on samples and how far better ones may be from them.

    ``free_bound`` and ``turnover`` are those of the pass at no prices. The pass itself is not
    kept: of ten million accounts each one in memory takes 50 MB.
    """

    prices: Floats
    reach: float
    free_bound: float
    turnover: float


def minimise_dual(accounts: Accounts, tolerance: float) -> DualPoint:
    """Prices at which the dual bound is lowest, up to ``tolerance`` of the accounts' scale."""
    first = _sample(accounts, _SAMPLES[0])
    units = price_units(accounts.problem_of(first, accounts.bounds))
    start = _from_samples(accounts, units)
    prices, passes = _minimise_near(accounts, units, start, tolerance)
    best = accounts.settle(prices)
    return DualPoint(prices, best, passes + 2, scale_of(best.bound, start.turnover))


def _from_samples(accounts: Accounts, units: Floats) -> _Start:
    free = accounts.at(np.zeros(len(units)))
    prices, radius = np.zeros(len(units)), 1.0
    for size in (size for size in _SAMPLES if size < accounts.count / 2 and units.any()):
        part = _miniature(accounts, free, _sample(accounts, size))
        turnover = part.at(np.zeros(len(units))).turnover
        precision = 1e-2 / part.count * scale_of(part.at(prices).bound, turnover)
        prices = minimise_within_box(part, units, prices, radius, precision).prices
        radius = 8.0 / np.sqrt(part.count)
    return _Start(prices, radius, free.bound, free.turnover)


def minimise_again(accounts: PricedAccounts, prices: Floats, precision: float) -> Floats:
    """Better prices for these accounts, near those that are known to be good."""
    units = price_units(accounts.problem)
    return minimise_within_box(accounts, units, prices, _NEARBY, precision, farthest=_NEARBY).prices


def scale_of(total: float, turnover: float) -> float:
    """What a relative precision of ``total`` is relative to; 1 where nothing is at stake."""
    return max(abs(total), 0.1 * turnover) or 1.0


def price_units(problem: AllocationProblem) -> Floats:
    """The profit at stake for each unit of a cap at stake; 0 for a cap that no choice moves."""
    stake = _spread(problem.profit, problem.allowed).sum() or 1.0
    used = dict.fromkeys(cap.measure for cap in problem.caps)
    spreads = {name: _spread(problem.measures[name], problem.allowed) for name in used}
    moved = np.array([np.abs(cap.counted(spreads[cap.measure])).sum() for cap in problem.caps])
    return np.where(moved > 0, stake / np.where(moved > 0, moved, 1.0), 0.0)


def _spread(values: Floats, allowed: np.typing.NDArray[np.bool_]) -> Floats:
    highest = np.where(allowed, values, -np.inf).max(axis=0)
    lowest = np.where(allowed, values, np.inf).min(axis=0)
    return np.asarray(highest - lowest)


def _sample(accounts: Accounts, size: int) -> Integers:
    """About ``size`` accounts at even distances, and some of every rare kind."""
    even = np.arange(0, accounts.count, max(accounts.count // size, 1))
    return np.union1d(even, accounts.rare(_OF_EACH_RARE_KIND))


def _miniature(accounts: Accounts, free: PricedPass, places: Integers) -> Accounts:
    """The accounts of a sample, under caps that ask of them what the whole is asked.

    A cap takes from the sample its part of what it takes from all accounts of what they would use
    freely. Its part of the bound itself might be out of reach: a few large accounts that cannot be
    cut make a sample that uses more than its share.
    """
    used = accounts.part(places, accounts.bounds).tally(free.choice[places])[1]
    share = len(places) / accounts.count
    return accounts.part(places, used + (accounts.bounds - free.usage) * share)


def _minimise_near(
    accounts: Accounts, units: Floats, start: _Start, tolerance: float
) -> tuple[Floats, int]:
    """Rounds of: pass over all, minimise over those near a switch no farther than the reach.

    Begins at the prices of ``start``, unless they are worse than none. Where the rounds come to no
    end, every pass is over all accounts. Returns the prices and how many passes over all accounts
    it took.
    """
    prices, reach = start.prices, start.reach
    best, passes = accounts.at(prices), 1
    if best.bound > start.free_bound:
        prices, reach = np.zeros(len(units)), 1.0
        best, passes = accounts.at(prices), 2
    several = min(int(_NEAR_SHARE * accounts.count), _MOST_NEAR)
    near = nearest(best.margin, max(several, _FEW_ACCOUNTS))
    for _ in range(_MOST_ROUNDS):
        precision = tolerance * scale_of(best.bound, start.turnover)
        room = accounts.bounds - held_usage(accounts, best, near)
        trial, promised = _near_trial(accounts.part(near, room), units, prices, reach, precision)
        if promised <= precision:
            return prices, passes
        tried = accounts.at(trial)
        passes += 1
        gained = best.bound - tried.bound
        near = np.union1d(near, np.flatnonzero(tried.choice != best.choice))
        reach *= 2.0 if gained > 0.5 * promised else 0.25
        if gained > 0:
            prices, best = trial, tried
        del tried  # two passes in memory at a time, not three
    precision = tolerance * scale_of(best.bound, start.turnover)
    whole = minimise_within_box(accounts, units, prices, max(reach, _NEARBY), precision)
    return whole.prices, passes + whole.passes


def _near_trial(
    part: Accounts, units: Floats, prices: Floats, reach: float, precision: float
) -> tuple[Floats, float]:
    """The best prices for a part within reach, and by how much its bound is lower at them."""
    trial = minimise_within_box(part, units, prices, reach, precision, farthest=reach).prices
    return trial, part.at(prices).bound - part.at(trial).bound


def held_usage(accounts: Accounts, settled: PricedPass, near: Integers) -> Floats:
    """What all accounts but those ``near`` use of each cap."""
    part = accounts.part(near, accounts.bounds)
    return np.asarray(settled.usage - part.tally(settled.choice[near])[1])


def nearest(margin: Margins, size: int) -> Integers:
    """The ``size`` accounts with the least margin, ascending."""
    if size >= len(margin):
        return np.arange(len(margin))
    limit = np.partition(margin, size)[size]
    return np.flatnonzero(margin <= limit)[: 2 * size]


def minimise_within_box(
    accounts: Accounts,
    units: Floats,
    start: Floats,
    radius: float,
    precision: float,
    *,
    farthest: float = _FARTHEST,
) -> Minimum:
    """The box method itself, by passes over all of ``accounts``, in prices measured in ``units``.

    Starts from the prices ``start`` and goes no farther than ``farthest`` from them; ends when the
    planes promise less than ``precision``.
    """
    origin_at = start / np.where(units > 0, units, 1.0)
    outer = np.maximum(origin_at - farthest, 0.0), origin_at + farthest
    best_at = origin_at
    best, passes = accounts.at(best_at * units), 1
    origin, scale = best.bound, precision * _HEIGHT_SCALE
    planes = LowerPlanes(len(units))
    planes.add(best_at, 0.0, (accounts.bounds - best.usage) * units / scale)
    for _ in range(_MOST_PASSES):
        lower = np.maximum(best_at - radius, outer[0])
        upper = np.minimum(best_at + radius, outer[1])
        trial, lowest = planes.lowest(lower, np.where(units > 0, upper, lower))
        promised = best.bound - (origin + scale * lowest)
        if promised <= precision:
            break
        tried = accounts.at(trial * units)
        passes += 1
        height, slope = tried.bound - origin, (accounts.bounds - tried.usage) * units
        planes.add(trial, height / scale, slope / scale)
        gained = best.bound - tried.bound
        if gained > 0.5 * promised:
            radius *= 2.0
        elif gained <= 0.1 * promised:
            radius *= 0.5
        if gained > 0:
            best_at, best = trial, tried
    return Minimum(np.asarray(best_at * units), passes)
