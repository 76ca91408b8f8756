"""Caps that cannot be met: which they are, and by how much.

One cap alone is checked at its own minimum. Several together: for weights nu >= 0 on the caps that
sum to 1, every choice exceeds the weighted caps by at least the least weighted excess; if that is
positive for some nu, no choice meets them all (Farkas 1902). The nu that proves most is found by
the same planes as the prices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from credit_limits.allocation.accounts import Accounts
from credit_limits.allocation.planes import LowerPlanes
from credit_limits.allocation.problem import Floats

_MOST_PASSES = 300
_BEYOND_ROUNDING = 1e-9


class Kind(StrEnum):
    """Why no choice meets the caps."""

    ALONE = "alone"
    TOGETHER = "together"
    WHOLE_CANDIDATES = "whole_candidates"


_HOW = {
    Kind.ALONE: "even with every account where it uses least",
    Kind.TOGETHER: "together, at the best compromise",
    Kind.WHOLE_CANDIDATES: "together in whole candidates; the nearest choice found misses them",
}


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cap that would be used to ``used``, beyond its ``bound``.

    ``weight`` is the cap's part in the proof: with the weights of all caps named, every choice
    uses more in sum than the bounds allow. It is 1 for a cap that cannot be met alone, and 0 where
    the proof is by trying.
    """

    name: str
    bound: float
    used: float
    weight: float

    def __str__(self) -> str:
        return (
            f"{self.name} would reach {self.used:,.2f}, its cap is {self.bound:,.2f}: "
            f"over by {self.used - self.bound:,.2f}"
        )


@dataclass(frozen=True, slots=True)
class Infeasibility:
    """The proof that no choice meets the caps: those in conflict, and by how much.

    For ``alone`` each cap named is exceeded by at least that much whatever is chosen. For
    ``together`` every choice has a sum of weight x usage of at least ``least_weighted``, where the
    bounds allow ``most_weighted``. For ``whole_candidates`` fractions of candidates could meet the
    caps, but an exhaustive search found no choice; the nearest one found is told.
    """

    kind: Kind
    caps: tuple[Shortfall, ...]
    least_weighted: float = 0.0
    most_weighted: float = 0.0

    def __str__(self) -> str:
        return f"the caps cannot be met {_HOW[self.kind]}: {'; '.join(map(str, self.caps))}"


def caps_out_of_reach(accounts: Accounts, names: Sequence[str]) -> Infeasibility | None:
    """Caps exceeded even by the choice that uses each of them least, at that use."""
    free = accounts.without_profit()
    least = [
        float(accounts.tally(free.settle(only).choice)[1][cap])
        for cap, only in enumerate(np.eye(len(names)))
    ]
    missed = shortfalls(names, accounts.bounds, least, np.ones(len(names)))
    return Infeasibility(Kind.ALONE, missed) if missed else None


def caps_out_of_reach_together(accounts: Accounts, names: Sequence[str]) -> Infeasibility | None:
    """Caps that exclude one another, as the compromise with the least relative excess uses them.

    Nothing where nothing is proven: the caps can be met, at least by fractions of candidates, or
    miss each other by no more than rounding.
    """
    free = accounts.without_profit()
    bounds = accounts.bounds
    sizes = np.maximum(np.abs(bounds), 1.0)
    nu = np.full(len(sizes), 1.0 / max(len(sizes), 1))
    planes = LowerPlanes(len(sizes), on_simplex=True)
    usages: list[Floats] = []
    for _ in range(_MOST_PASSES if len(sizes) else 0):
        tried = free.settle(nu / sizes)
        usages.append(tried.usage)
        planes.add(nu, tried.bound, (bounds - tried.usage) / sizes)
        proof = nu
        nu, lowest = planes.lowest(np.zeros(len(sizes)), np.ones(len(sizes)))
        if lowest > -_BEYOND_ROUNDING:
            return None
        if tried.bound < min(0.99 * lowest, -_BEYOND_ROUNDING):
            used = planes.weights() @ np.array(usages)
            weights = np.where(proof > 0, proof / sizes, 0.0)
            allowed = float(weights @ bounds)
            missed = shortfalls(names, bounds, used.tolist(), weights)
            return Infeasibility(Kind.TOGETHER, missed, allowed - tried.bound, allowed)
    return None


def shortfalls(
    names: Sequence[str], bounds: Floats, used: Iterable[float], weights: Floats
) -> tuple[Shortfall, ...]:
    """The caps that are exceeded at this use of each."""
    return tuple(
        Shortfall(name, bound, amount, weight)
        for name, bound, amount, weight in zip(
            names, bounds.tolist(), used, weights.tolist(), strict=True
        )
        if amount > bound
    )
