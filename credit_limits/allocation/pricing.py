"""One pass over the accounts at given prices: the dual function, its slope, the choices.

With a price on every cap the accounts part: each takes the candidate whose profit less the price
of what it uses is highest. For prices >= 0 the sum of those, plus the price of the caps
themselves, bounds every allocation that meets the caps (Lagrangian relaxation; Everett 1963).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from credit_limits.allocation.problem import AllocationProblem, Cap, Floats, Integers

_BLOCK = 8192
"""Accounts a step: the candidates of a block stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class PricedPass:
    """A pass at some prices: the dual bound, each cap's usage, each account's choice and worth.

    ``worth`` is the profit of the choice less the price of what it uses.
    """

    bound: float
    usage: Floats
    choice: Integers
    worth: Floats


class PricedAccounts:
    """The accounts of a problem, ready for passes. ``profit`` is -inf where not allowed."""

    def __init__(self, problem: AllocationProblem) -> None:
        self.problem = problem
        self.caps: tuple[Cap, ...] = problem.caps
        self.bounds: Floats = np.array([cap.bound for cap in problem.caps])
        self.profit: Floats = np.where(problem.allowed, problem.profit, -np.inf)
        self.measures = {
            name: values if np.isfinite(values).all() else np.where(problem.allowed, values, 0.0)
            for name, values in problem.measures.items()
            if any(cap.measure == name for cap in problem.caps)
        }

    @property
    def count(self) -> int:
        """Number of accounts."""
        return self.problem.account_count

    @cached_property
    def turnover(self) -> float:
        """Sum of the profits the accounts would choose freely, whatever their sign."""
        return float(np.abs(self.at(np.zeros(len(self.caps))).worth).sum())

    def scale(self, total: float) -> float:
        """What a relative precision of a total profit is relative to.

        The total itself; where profits and losses cancel out, a tenth of the turnover.
        """
        return max(abs(total), 0.1 * self.turnover, 1.0)

    def sample(self, stride: int) -> "PricedAccounts":
        """Every ``stride``-th account, under caps that shrink with their share."""
        problem, kept = self.problem, slice(None, None, stride)
        ids = problem.account_id[kept]
        share = len(ids) / self.count
        return PricedAccounts(
            AllocationProblem(
                ids,
                problem.profit[:, kept],
                problem.allowed[:, kept],
                {name: values[:, kept] for name, values in problem.measures.items()},
                tuple(
                    Cap(
                        cap.name,
                        cap.measure,
                        cap.bound * share,
                        None if cap.scope is None else cap.scope[kept],
                    )
                    for cap in self.caps
                ),
                problem.preferred[kept],
            )
        )

    def at(self, prices: Floats) -> PricedPass:
        """The pass at these prices, one a cap, none negative."""
        count = self.count
        choice: Integers = np.empty(count, dtype=np.int64)
        worth: Floats = np.empty(count)
        sums = np.zeros(1 + len(self.caps))
        for start in range(0, count, _BLOCK):
            block = slice(start, min(start + _BLOCK, count))
            choice[block], worth[block] = self._best(block, prices)
            sums += [worth[block].sum(), *self._block_usage(block, choice[block])]
        return PricedPass(sums[0] + float(prices @ self.bounds), sums[1:], choice, worth)

    def reduced(self, prices: Floats) -> Floats:
        """Profit less the price of what is used, shape (K, N); -inf where not allowed."""
        return self._reduced(slice(0, self.count), prices)

    def weights(self, cap: int, choice: Integers) -> Floats:
        """What each account's choice adds to a cap, N places."""
        rule = self.caps[cap]
        chosen = self.measures[rule.measure][choice, np.arange(len(choice))]
        return chosen if rule.scope is None else np.where(rule.scope, chosen, 0.0)

    def cap_weights(self, cap: int) -> Floats:
        """What every candidate adds to a cap, shape (K, N)."""
        rule = self.caps[cap]
        values = self.measures[rule.measure]
        return values if rule.scope is None else values * rule.scope

    def _reduced(self, block: slice, prices: Floats) -> Floats:
        reduced = self.profit[:, block].copy()
        for name, values in self.measures.items():
            charge = self._charge(name, block, prices)
            if np.any(charge):
                reduced -= values[:, block] * charge
        return reduced

    def _charge(self, measure: str, block: slice, prices: Floats) -> Floats | float:
        """The price of one unit of a measure to each account of the block."""
        charge: Floats | float = 0.0
        for cap, price in zip(self.caps, prices.tolist(), strict=True):
            if cap.measure == measure and price:
                charge = charge + (price if cap.scope is None else price * cap.scope[block])
        return charge

    def _best(self, block: slice, prices: Floats) -> tuple[Integers, Floats]:
        reduced = self._reduced(block, prices)
        best = reduced[0].copy()
        choice: Integers = np.zeros(len(best), dtype=np.int64)
        for k in range(1, len(reduced)):
            np.copyto(choice, k, where=reduced[k] > best)
            np.maximum(best, reduced[k], out=best)
        preferred = self.problem.preferred[block]
        equal = reduced[preferred, np.arange(len(best))] >= best
        return np.where(equal, preferred, choice), best

    def _block_usage(self, block: slice, choice: Integers) -> list[float]:
        places = np.arange(len(choice))
        chosen = {name: values[:, block][choice, places] for name, values in self.measures.items()}
        return [
            float(
                chosen[cap.measure].sum()
                if cap.scope is None
                else chosen[cap.measure][cap.scope[block]].sum()
            )
            for cap in self.caps
        ]
