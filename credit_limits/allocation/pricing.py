"""The accounts of a problem whose candidates are written out, ready for passes at given prices.

With a price on every cap the accounts part: each takes the candidate whose profit less the price
of what it uses is highest. For prices >= 0 the sum of those, plus the price of the caps
themselves, bounds every allocation that meets the caps (Lagrangian relaxation; Everett 1963).

Passes run in double precision over the arrays as they are: with so few of them, a copy in single
precision would cost more than it saves.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np

from credit_limits.allocation.accounts import PricedPass
from credit_limits.allocation.chunks import sums_by_chunk
from credit_limits.allocation.problem import AllocationProblem, Cap, Choices, Floats, Integers
from credit_limits.allocation.scopes import ScopeGroups, scope_groups


class PricedAccounts:
    """The accounts of a problem. See :class:`credit_limits.allocation.accounts.Accounts`."""

    def __init__(self, problem: AllocationProblem) -> None:
        self.problem = problem
        self.caps: tuple[Cap, ...] = problem.caps
        self.bounds: Floats = np.array([cap.bound for cap in problem.caps])

    @property
    def count(self) -> int:
        """Number of accounts."""
        return self.problem.account_count

    @cached_property
    def profit(self) -> Floats:
        """Profit, shape (K, N); -inf where not allowed."""
        return np.where(self.problem.allowed, self.problem.profit, -np.inf)

    def at(self, prices: Floats) -> PricedPass:
        """The pass at these prices, one a cap, none negative."""
        return self.settle(prices)

    def settle(self, prices: Floats) -> PricedPass:
        """The pass, with each account's choice; of equals the preferred, then the lowest place."""
        from credit_limits.allocation.dense_pass import settle_dense

        problem, groups = self.problem, self._groups
        profit = np.ascontiguousarray(problem.profit)
        allowed = np.ascontiguousarray(problem.allowed)
        unit_prices = groups.unit_prices(prices)
        choice: Integers = np.empty(self.count, dtype=np.int64)
        margin: Floats = np.empty(self.count)

        def run(start: int, stop: int, sums: Floats) -> None:
            settle_dense(
                start,
                stop,
                profit,
                allowed,
                self._weights,
                groups.group,
                unit_prices,
                problem.preferred,
                choice,
                margin,
                sums,
            )

        width = max(len(groups.measures), 2)
        sums = sums_by_chunk(self.count, (groups.group_count + 1, width), run)
        return PricedPass(
            bound=float(sums[-1, 0]) + float(prices @ self.bounds),
            usage=groups.cap_usage(sums[:-1]),
            turnover=float(sums[-1, 1]),
            choice=choice,
            margin=margin,
        )

    def part(self, places: Integers, bounds: Floats) -> "PricedAccounts":
        """The accounts at ``places`` (ascending) alone, under caps with other bounds."""
        return PricedAccounts(self.problem.part(places, bounds))

    def problem_of(self, places: Integers, bounds: Floats) -> AllocationProblem:
        """The same part as a problem."""
        return self.problem.part(places, bounds)

    def tally(self, choice: Choices) -> tuple[float, Floats]:
        """Total profit of a choice and its usage of each cap, each sum rounded once."""
        used = self.problem.usage(choice)
        return self.problem.value(choice), np.array(used, dtype=np.float64)

    def without_profit(self) -> "PricedAccounts":
        """The same accounts and caps, every allowed candidate earning nothing."""
        nothing = np.zeros(self.problem.profit.shape)
        return PricedAccounts(replace(self.problem, profit=nothing))

    def rare(self, few: int) -> Integers:
        """Accounts, at most ``few`` of each kind, of kinds that a sample could miss."""
        return self._groups.rare(few)

    def reduced(self, prices: Floats) -> Floats:
        """Profit less the price of what is used, shape (K, N); -inf where not allowed."""
        reduced, groups = self.profit.copy(), self._groups
        for values, charge in zip(self._weights, groups.unit_prices(prices), strict=True):
            reduced -= values * charge[groups.group]
        return reduced

    def weights(self, cap: int, choice: Choices) -> Floats:
        """What each account's choice adds to a cap, N places."""
        rule = self.caps[cap]
        chosen = self.problem.measures[rule.measure][choice, np.arange(len(choice))]
        return np.asarray(chosen if rule.scope is None else chosen * rule.scope)

    def cap_weights(self, cap: int) -> Floats:
        """What every candidate adds to a cap, shape (K, N); 0 where not allowed."""
        rule = self.caps[cap]
        values = self._weights[self._groups.measures.index(rule.measure)]
        return np.asarray(values if rule.scope is None else values * rule.scope)

    @cached_property
    def _groups(self) -> ScopeGroups:
        return scope_groups(self.caps, self.count)

    @cached_property
    def _weights(self) -> Floats:
        """The measures that caps are on, shape (P, K, N); finite, also where not allowed."""
        allowed, names = self.problem.allowed, self._groups.measures
        weights = np.empty((len(names), *allowed.shape))
        for place, name in enumerate(names):
            values = self.problem.measures[name]
            if np.isfinite(values).all():
                weights[place] = values
            else:
                weights[place] = np.where(allowed, values, 0.0)
        return weights
