"""Caps that cannot be met: which they are, and by how much.

One cap alone is checked at its own minimum. Several together: for weights nu >= 0 on the caps that
sum to 1, every choice exceeds the weighted caps by at least the least weighted excess; if that is
positive for some nu, no choice meets them all (Farkas 1902). The nu that proves most is found by
the same planes as the prices.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from credit_limits.allocation.planes import LowerPlanes
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import AllocationProblem, Floats, Integers

_MOST_PASSES = 300
_BEYOND_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A cap that would be used to ``used``, beyond its ``bound``."""

    name: str
    bound: float
    used: float

    def __str__(self) -> str:
        return (
            f"{self.name} would reach {self.used:,.2f}, its cap is {self.bound:,.2f}: "
            f"over by {self.used - self.bound:,.2f}"
        )


def caps_out_of_reach(problem: AllocationProblem) -> tuple[Shortfall, ...]:
    """Caps exceeded even by the choice that uses each of them least, at that use."""
    return shortfalls(
        problem,
        (
            problem.usage(
                np.where(problem.allowed, problem.measures[cap.measure], np.inf).argmin(axis=0)
            )[index]
            for index, cap in enumerate(problem.caps)
        ),
    )


def caps_out_of_reach_together(problem: AllocationProblem) -> tuple[Shortfall, ...]:
    """Caps that exclude one another, as the compromise with the least relative excess uses them.

    Empty where nothing is proven: the caps can be met, at least by fractions of candidates, or
    miss each other by no more than rounding.
    """
    free = PricedAccounts(replace(problem, profit=np.zeros(problem.profit.shape)))
    sizes = np.maximum(np.abs(free.bounds), 1.0)
    nu = np.full(len(sizes), 1.0 / len(sizes))
    planes = LowerPlanes(len(sizes), on_simplex=True)
    usages: list[Floats] = []
    for _ in range(_MOST_PASSES):
        tried = free.at(nu / sizes)
        usages.append(tried.usage)
        planes.add(nu, tried.bound, (free.bounds - tried.usage) / sizes)
        nu, lowest = planes.lowest(np.zeros(len(sizes)), np.ones(len(sizes)))
        if lowest > -_BEYOND_ROUNDING:
            return ()
        if tried.bound < min(0.99 * lowest, -_BEYOND_ROUNDING):
            return shortfalls(problem, (planes.weights() @ np.array(usages)).tolist())
    return ()


def nearest_miss(problem: AllocationProblem, choice: Integers) -> tuple[Shortfall, ...]:
    """The caps that a choice exceeds."""
    return shortfalls(problem, problem.usage(choice))


def shortfalls(problem: AllocationProblem, used: Iterable[float]) -> tuple[Shortfall, ...]:
    """The caps that are exceeded at this use of each."""
    return tuple(
        Shortfall(cap.name, cap.bound, amount)
        for cap, amount in zip(problem.caps, used, strict=True)
        if amount > cap.bound
    )
