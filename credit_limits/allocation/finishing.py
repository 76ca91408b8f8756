"""From prices to a choice: nearly all accounts choose by price, the last few are decided exactly.

What a choice loses against the dual bound is the sum of its accounts' regrets and the price of
what it leaves of the caps; both come from the accounts near a switch. The core of these grows
until the loss is within the target, at last to all accounts.
"""

from collections.abc import Iterator

import numpy as np

from credit_limits.allocation.bulk_moves import fill, relieve
from credit_limits.allocation.core import Core, core_program, nearest_core, regrets
from credit_limits.allocation.core_program import Status, choose, relax
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import Flags, Floats, Integers, exact_sum

_GROWTH = 4
_WORTH_GROWING = 0.1
_LARGE_ENOUGH = 256
_NODES = 50
_REFINEMENTS = 4
_ATTEMPTS = 50


def refine(accounts: PricedAccounts, prices: Floats, scale: float, size: int) -> tuple[Floats, int]:
    """Better prices, from the linear program over the ``size`` accounts nearest to a switch.

    They are exact if none of the accounts held would switch at them. Returns the better prices and
    how many accounts the relaxation splits between candidates.
    """
    split, unit = 0, 1e-6 * scale
    best = accounts.settle(prices)
    for _ in range(_REFINEMENTS):
        reduced = accounts.reduced(prices)
        core = nearest_core(regrets(reduced), best.choice, size)
        program = core_program(accounts, reduced.max(axis=0), best.choice, core, unit)
        relaxed = relax(program)
        if relaxed.status is not Status.SOLVED:
            break
        split = core.split_accounts(relaxed.x)
        tried = accounts.settle(relaxed.prices * unit)
        gained = best.bound - tried.bound
        if gained > 0:
            prices, best = relaxed.prices * unit, tried
        if gained <= 1e-10 * abs(tried.bound):
            break
    return prices, split


class Finisher:
    """Looks for the best choice within the caps, given prices; keeps the best found.

    ``bound`` is what no choice exceeds and ``unit`` how near to it is near enough. Where the
    accounts are the ``whole`` of a problem, the search may also lower the bound or find the caps
    ``impossible``. After the search ``choice`` is the best choice or ``None``.
    """

    def __init__(
        self, accounts: PricedAccounts, prices: Floats, bound: float, unit: float, *, whole: bool
    ) -> None:
        self.choice: Integers | None = None
        self.value = -np.inf
        self.bound = bound
        self.impossible = False
        self._accounts, self._unit, self._whole = accounts, unit, whole
        self._priced = np.asarray(accounts.settle(prices).choice, dtype=np.int64)
        reduced = accounts.reduced(prices)
        self._worth: Floats = np.asarray(reduced.max(axis=0))
        self._regret = regrets(reduced)

    @property
    def within_target(self) -> bool:
        """Whether the best choice is near enough to the bound."""
        return self.choice is not None and self.bound - self.value <= self._unit

    def search(self, first_size: int, last_size: int) -> None:
        """Decide cores from ``first_size`` to at least ``last_size`` accounts, until it is enough.

        Starts from the choices at the prices; where that is not enough, from those moved in bulk
        under the caps.
        """
        for start in self._starts():
            self._consider(start)
            if self._grow(start, first_size, last_size):
                return

    def _starts(self) -> Iterator[Integers]:
        yield self._priced
        relieved = relieve(self._accounts, self._regret, self._priced)
        yield fill(self._accounts, self._regret, relieved)

    def _grow(self, start: Integers, size: int, last_size: int) -> bool:
        """Decide ever larger cores; true where nothing more is to be looked for.

        A core that is large enough and finds nothing better than the one before ends the growth.
        """
        while not self.within_target:
            before = self.value
            complete = self._decide(start, size)
            if complete:
                return True
            gained = self.value - before if np.isfinite(before) else np.inf
            stalled = size >= _LARGE_ENOUGH and gained <= _WORTH_GROWING * self._unit
            if stalled:
                return True
            if size >= last_size:
                return False
            size *= _GROWTH
        return True

    def _consider(self, choice: Integers) -> bool:
        """Keep the choice if it is the best so far; false where it exceeds a cap."""
        problem = self._accounts.problem
        used = problem.usage(choice)
        if any(amount > cap.bound for amount, cap in zip(used, problem.caps, strict=True)):
            return False
        value = problem.value(choice)
        if value > self.value:
            self.choice, self.value = choice, value
        return True

    def _decide(self, start: Integers, size: int) -> bool:
        """Decide the core of this size exactly; true where it was all accounts."""
        core = nearest_core(self._regret, start, size, self.bound - self.value)
        program = core_program(self._accounts, self._worth, start, core, self._unit)
        complete = self._whole and len(core.accounts) == self._accounts.count
        excluded: list[Flags] = []
        for _ in range(_ATTEMPTS):
            found = choose(
                program, enough=self._enough(start, core), nodes=_NODES, excluded=excluded
            )
            if found.status is Status.UNDECIDED and complete and self.choice is None:
                found = choose(program, enough=None, nodes=None, excluded=excluded)
            if found.status is not Status.SOLVED:
                self.impossible = complete and found.status is Status.IMPOSSIBLE
                break
            if self._consider(core.applied(start, found.x)):
                if complete:
                    self._tighten(found.bound)
                break
            excluded.append(found.x > 0.5)
            if not complete:  # what fits only within the program's tolerance is left out
                program = program.tightened()
        return complete

    def _enough(self, start: Integers, core: Core) -> float:
        """The cost of the core's program at which the target is reached."""
        moved = core.accounts
        problem = self._accounts.problem
        held = problem.value(start) - exact_sum(problem.profit[start[moved], moved])
        worth = exact_sum(self._worth[moved])
        return (worth + held - self.bound) / self._unit + 1.0

    def _tighten(self, cost_bound: float) -> None:
        """With all accounts in the core, the program's own bound holds for the problem."""
        proven = exact_sum(self._worth) - self._unit * cost_bound
        self.bound = max(min(self.bound, proven), self.value)
