"""The core: the accounts nearest to a switch, and the exact program over them."""

from dataclasses import dataclass

import numpy as np

from credit_limits.allocation.core_program import CoreProgram
from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import Choices, Floats, Integers, exact_sum


@dataclass(frozen=True, slots=True)
class Core:
    """The accounts decided exactly, ascending, and their columns: ``candidate`` of ``account``.

    ``position`` is the place of a column's account within ``accounts``.
    """

    accounts: Integers
    position: Integers
    candidate: Integers

    @property
    def account(self) -> Integers:
        """The account of each column, by its place in the problem."""
        return self.accounts[self.position]

    def applied(self, choice: Integers, x: Floats) -> Integers:
        """``choice`` with the core's accounts moved to the columns whose ``x`` is 1."""
        chosen = x > 0.5
        moved = choice.copy()
        moved[self.account[chosen]] = self.candidate[chosen]
        return moved

    def split_accounts(self, x: Floats) -> int:
        """How many accounts a relaxation divides between candidates."""
        divided = (x > 1e-6) & (x < 1.0 - 1e-6)
        return len(np.unique(self.position[divided]))


def regrets(reduced: Floats) -> Floats:
    """What each candidate is worth less than the account's best, (K, N); inf if not allowed.

    ``reduced`` is what each is worth at some prices, -inf where not allowed.
    """
    return np.asarray(reduced.max(axis=0) - reduced)


def nearest_core(regret: Floats, choice: Choices, size: int, most_regret: float = np.inf) -> Core:
    """The ``size`` accounts whose next best candidate is nearest to the chosen one.

    Candidates whose regret is above ``most_regret`` are left out, other than the chosen one: when
    that is the loss of the best choice known, none of them can be part of a better one.
    """
    count = regret.shape[1]
    others = regret.copy()
    others[choice, np.arange(count)] = np.inf
    near = others.min(axis=0)
    core = np.sort(np.argsort(near, kind="stable")[:size])
    near_regret = regret[:, core]
    kept = np.isfinite(near_regret) & (near_regret <= most_regret)
    kept[choice[core], np.arange(len(core))] = True
    position, candidate = np.nonzero(kept.T)
    return Core(core, position, candidate)


def core_program(
    accounts: PricedAccounts, worth: Floats, choice: Choices, core: Core, unit: float
) -> CoreProgram:
    """The program that decides the core, all other accounts held at ``choice``.

    A column costs what its profit is short of the account's ``worth`` at the prices, in ``unit``;
    the total cost of a choice of all accounts is (sum of worth - value) / unit.
    """
    held = np.ones(accounts.count, dtype=np.bool_)
    held[core.accounts] = False
    weights, room = [], []
    for index, cap in enumerate(accounts.caps):
        values = accounts.problem.measures[cap.measure][core.candidate, core.account]
        weights.append(values if cap.scope is None else values * cap.scope[core.account])
        room.append(cap.bound - exact_sum(accounts.weights(index, choice)[held]))
    profit = accounts.problem.profit[core.candidate, core.account]
    return CoreProgram(
        accounts=len(core.accounts),
        account=core.position,
        cost=(worth[core.account] - profit) / unit,
        weights=np.array(weights).reshape(len(accounts.caps), len(profit)),
        room=np.array(room),
    )
