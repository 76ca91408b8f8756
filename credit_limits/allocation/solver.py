"""The portfolio solver: the most profit under all caps, and what proves it.

1. Prices for the caps from the Lagrangian dual, in a few passes over all accounts (``dual``).
2. Exact prices from a linear program over the accounts nearest to a switch (``finishing.refine``).
3. The choice: by price for nearly all accounts, by an exact program for those nearest to a switch,
   which share what the others leave of the caps (``finishing.Finisher``).

Value, bound and each cap's usage are computed again from the choice in double precision. Where
there is no choice, the proof of that comes instead (``infeasibility``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from credit_limits.allocation.accounts import Accounts
from credit_limits.allocation.bulk_moves import relieve
from credit_limits.allocation.certificate import Allocation, CapUsage, Certificate
from credit_limits.allocation.core import regrets
from credit_limits.allocation.dual import DualPoint, minimise_again, minimise_dual, nearest
from credit_limits.allocation.finishing import Finisher, refine
from credit_limits.allocation.infeasibility import (
    Infeasibility,
    Kind,
    caps_out_of_reach,
    caps_out_of_reach_together,
    shortfalls,
)
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import AllocationProblem, Choices, Floats
from credit_limits.domain.errors import AllocationInfeasible

_NEAR_ACCOUNTS, _MOST_NEAR_ACCOUNTS = 16384, 32768
_NEAR_PART = 100
_NEAR_GROWTH = 8
_CORE_ACCOUNTS = 64
_MOST_CORE_ACCOUNTS = 1024
_SEVERAL_THOUSAND = 2048
_GAP_TARGET = 5e-6
_MANY_ACCOUNTS, _LEAST_GAP = 100_000, 2e-7
"""With more accounts the target falls: what one account decides is a smaller part of the total."""
_DUAL_PART = 0.02
"""Part of the target that the prices may miss."""
_EXACT = 1e-10
_ROUNDING = 1e-13


@dataclass(frozen=True, slots=True)
class Solution:
    """The choice of each account; value, bound, usage and price of each cap; what it took.

    ``passes`` counts the passes over all accounts.
    """

    choice: Choices
    value: float
    bound: float
    usage: Floats
    prices: Floats
    passes: int
    split_accounts: int


def allocate(
    problem: AllocationProblem,
    *,
    gap_target: float | None = None,
    core_accounts: int = _CORE_ACCOUNTS,
) -> Allocation:
    """The choice of one candidate for each account with the most profit under the caps.

    The same problem with its accounts in another order has the same answer; between choices worth
    the same the preferred candidate, then the lowest place, is taken.

    Args:
        problem: candidates, measures and caps.
        gap_target: the search ends when value and bound are as near as this, relatively; the
            certificate says what was reached. 5e-6 unless told, less beyond 100,000 accounts.
        core_accounts: how many accounts are decided exactly at first.

    Raises:
        AllocationInfeasible: no choice meets the caps; the message names those that are exceeded
            and by how much.
        ValueError: an account id occurs twice.
    """
    found = solve(problem, gap_target=gap_target, core_accounts=core_accounts)
    if isinstance(found, Infeasibility):
        raise AllocationInfeasible(
            f"{found}; raise these caps in the limit policy or permit lower limits"
        )
    return found


def solve(
    problem: AllocationProblem,
    *,
    gap_target: float | None = None,
    core_accounts: int = _CORE_ACCOUNTS,
) -> Allocation | Infeasibility:
    """As :func:`allocate`, with the proof returned where no choice meets the caps."""
    accounts = PricedAccounts(problem.in_order())
    names = [cap.name for cap in problem.caps]
    found = solve_accounts(accounts, names, gap_target=gap_target, core_accounts=core_accounts)
    if isinstance(found, Infeasibility):
        return found
    unconstrained = accounts.settle(np.zeros(len(names))).choice
    certificate = _certificate(problem, found)
    choice = np.asarray(found.choice, dtype=np.int64)
    if accounts.problem is not problem:
        place = np.searchsorted(accounts.problem.account_id, problem.account_id)
        choice, unconstrained = choice[place], unconstrained[place]
    return Allocation(choice, np.asarray(unconstrained, dtype=np.int64), certificate)


def solve_accounts(
    accounts: Accounts,
    names: Sequence[str],
    *,
    gap_target: float | None = None,
    core_accounts: int = _CORE_ACCOUNTS,
) -> Solution | Infeasibility:
    """The same for accounts in any form, in their order; ``names`` are those of the caps."""
    if gap_target is None:
        gap_target = max(_GAP_TARGET * min(_MANY_ACCOUNTS / accounts.count, 1.0), _LEAST_GAP)
    point = minimise_dual(accounts, _DUAL_PART * gap_target)
    size = min(max(accounts.count // _NEAR_PART, _NEAR_ACCOUNTS), _MOST_NEAR_ACCOUNTS)
    point, split = _Near(accounts, point, size).refined(core_accounts)
    rounding = 0.0
    while True:
        near = _Near(accounts, point, size, rounding)
        finisher = near.finisher(gap_target * point.scale)
        finisher.search(core_accounts, _MOST_CORE_ACCOUNTS)
        if finisher.choice is None and not finisher.impossible:
            for check in (caps_out_of_reach, caps_out_of_reach_together):
                if missed := check(accounts, names):
                    return missed
            finisher.search(_MOST_CORE_ACCOUNTS, near.count)
        if finisher.choice is None and near.whole:
            return _why_none(near, names)
        if finisher.choice is None:
            size *= _NEAR_GROWTH
            continue
        choice = near.lifted(finisher.choice)
        value, usage = accounts.tally(choice)
        if (usage <= accounts.bounds).all():
            bound = near.held_value + finisher.bound
            return Solution(choice, value, bound, usage, point.prices, point.passes + 1, split)
        # the parts fit, but their sum rounds to more than the cap
        rounding = 10 * rounding or _ROUNDING


class _Near:
    """The accounts nearest to a switch as a problem of their own, all others held.

    Its caps are what the others leave, less a share for the ``rounding`` of sums: of the bound and
    of what these accounts move it by, since the bound of a ratio row is 0.
    """

    def __init__(
        self, accounts: Accounts, point: DualPoint, size: int, rounding: float = 0.0
    ) -> None:
        self._all, self._point = accounts, point
        self._places = nearest(point.best.margin, size)
        self.count = len(self._places)
        self.whole = self.count == accounts.count
        problem = accounts.problem_of(self._places, accounts.bounds)
        chosen = np.asarray(point.best.choice[self._places], dtype=np.int64)
        self.held_value, bounds = 0.0, accounts.bounds
        if not self.whole:
            value, usage = accounts.tally(point.best.choice)
            self.held_value = value - problem.value(chosen)
            held = usage - np.array(problem.usage(chosen))
            bounds = bounds - held
        bounds = bounds - rounding * (np.abs(accounts.bounds) + problem.turnover(chosen))
        caps = zip(problem.caps, bounds.tolist(), strict=True)
        self.accounts = PricedAccounts(
            replace(problem, caps=tuple(replace(cap, bound=bound) for cap, bound in caps))
        )

    def refined(self, size: int) -> tuple[DualPoint, int]:
        """The point at the prices that are best for these accounts, if it is better for all.

        Found by passes in double precision, made exact by the linear program over the ``size``
        accounts nearest to a switch.
        """
        point, prices = self._point, self._point.prices
        if not self.whole:
            size = _SEVERAL_THOUSAND
            prices = minimise_again(self.accounts, prices, _EXACT * point.scale)
        prices, split = refine(self.accounts, prices, point.scale, size)
        if (prices == point.prices).all():
            return point, split
        tried = self._all.settle(prices)
        better = tried.bound < point.best.bound
        chosen = (prices, tried) if better else (point.prices, point.best)
        return DualPoint(*chosen, point.passes + 1, point.scale), split

    def finisher(self, unit: float) -> Finisher:
        """The search among these accounts, for a total within ``unit`` of the bound."""
        bound = self._point.best.bound - self.held_value
        return Finisher(self.accounts, self._point.prices, bound, unit, whole=self.whole)

    def nearest_choice(self) -> Choices:
        """A choice with the caps exceeded as little as bulk moves manage."""
        reduced = self.accounts.reduced(self._point.prices)
        chosen = np.asarray(self._point.best.choice[self._places], dtype=np.int64)
        return self.lifted(relieve(self.accounts, regrets(reduced), chosen))

    def lifted(self, choice: Choices) -> Choices:
        """The choice of all accounts, where these choose so."""
        whole = self._point.best.choice.copy()
        whole[self._places] = choice
        return whole


def _why_none(near: _Near, names: Sequence[str]) -> Infeasibility:
    """The proof, once it is known that there is no choice in the whole problem."""
    accounts = near.accounts
    for check in (caps_out_of_reach, caps_out_of_reach_together):
        if missed := check(accounts, names):
            return missed
    used = accounts.problem.usage(np.asarray(near.nearest_choice(), dtype=np.int64))
    nearest_miss = shortfalls(names, accounts.bounds, used, np.zeros(len(names)))
    return Infeasibility(Kind.WHOLE_CANDIDATES, nearest_miss)


def _certificate(problem: AllocationProblem, found: Solution) -> Certificate:
    # the bound is a sum of rounded figures: within their rounding the value is the bound
    equal = found.bound - found.value <= _ROUNDING * abs(found.value)
    return Certificate(
        value=found.value,
        bound=found.value if equal else found.bound,
        caps=tuple(
            CapUsage(cap.name, cap.measure, cap.bound, used, price)
            for cap, used, price in zip(
                problem.caps, found.usage.tolist(), found.prices.tolist(), strict=True
            )
        ),
        passes=found.passes,
        split_accounts=found.split_accounts,
    )
