"""Decisions at given prices of the caps: each account by itself, as its batch would decide it.

An allocation leaves a shadow price on each cap. At those prices every account's candidates can be
compared without the other accounts: what a candidate is worth is its profit less the price of
what it uses. That says how far the next higher limit was from being chosen, and what a changed
account would have been given.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.problem import AllocationProblem
from credit_limits.policy.portfolio import Floats, Integers


@dataclass(frozen=True, slots=True)
class NextHigher:
    """The next higher permitted limit of N accounts, and how much it fell short of the chosen.

    ``limit_minor`` is 0 where no higher limit is permitted. ``missed_by_minor`` is the worth of
    the limit chosen less that of the next higher, a year, in minor units; 0 where there is none.
    """

    limit_minor: Integers
    missed_by_minor: Floats


def worth_at_prices(problem: AllocationProblem, prices: Mapping[str, float]) -> Floats:
    """Profit less the price of what is used, shape (K, N); -inf where not allowed.

    ``prices`` by the name of the cap, in profit per unit of its measure; a cap without a price
    costs nothing. A candidate of profit 300 that uses 10,000 of a cap at 0.01 is worth 200.
    """
    worth = np.where(problem.allowed, problem.profit, -np.inf)
    for cap in problem.caps:
        if price := prices.get(cap.name, 0.0):
            used = np.where(problem.allowed, problem.measures[cap.measure], 0.0)
            worth -= price * (used if cap.scope is None else used * cap.scope)
    return worth


def chosen_at_prices(problem: AllocationProblem, worth: Floats) -> Integers:
    """The candidate of the highest worth for each account; of equals the preferred one."""
    best = worth.argmax(axis=0)
    places = np.arange(problem.account_count)
    kept = worth[problem.preferred, places] >= worth[best, places]
    return np.where(kept, problem.preferred, best)


def next_higher(limit_minor: Integers, choice: Integers, worth: Floats) -> NextHigher:
    """The permitted candidate next above the chosen one.

    Args:
        limit_minor: of every candidate, ascending, shape (K, N).
        choice: the candidate chosen for each account.
        worth: as :func:`worth_at_prices` has it.
    """
    rows, places = np.arange(len(limit_minor))[:, None], np.arange(len(choice))
    above = (rows > choice) & np.isfinite(worth) & (limit_minor > limit_minor[choice, places])
    there, first = above.any(axis=0), above.argmax(axis=0)
    missed = np.zeros(len(choice))
    np.subtract(worth[choice, places], worth[first, places], out=missed, where=there)
    return NextHigher(np.where(there, limit_minor[first, places], 0), missed)
