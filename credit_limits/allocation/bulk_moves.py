"""Many accounts moved at once, cheapest first: out of an excess, or into what is left of the caps.

Needed where accounts are so alike that at any price they would all move together; the finishing
decides the last few exactly.
"""

import numpy as np

from credit_limits.allocation.pricing import PricedAccounts
from credit_limits.allocation.problem import Flags, Floats, Integers

_RELIEF_ROUNDS = 12
_FILLING_ROUNDS = 4
_EARNS = 1e-9
"""Gains below this part of the profit are rounding."""


def relieve(accounts: PricedAccounts, regret: Floats, choice: Integers) -> Integers:
    """Moves that bring every cap's usage under its bound, by least regret for the relief.

    ``regret``, shape (K, N), is what a candidate is worth less than the account's best at the
    prices found; inf where not allowed. The answer may still exceed a cap where the moves that
    relieve one cap burden another.
    """
    for _ in range(_RELIEF_ROUNDS):
        excess = -_room(accounts, choice)
        over = [cap for cap in range(len(excess)) if excess[cap] > 0]
        if not over:
            break
        used = np.array([accounts.weights(cap, choice) for cap in over])
        relief = np.zeros_like(regret)
        for now, cap in zip(used, over, strict=True):
            relief += (now - accounts.cap_weights(cap)) / excess[cap]
        useful: Flags = np.isfinite(regret) & (relief > 0)
        moves = _Moves.cheapest(np.where(useful, regret / np.where(useful, relief, 1.0), np.inf))
        if not moves.count:
            break
        freed = used[:, moves.accounts] - _weights_at(accounts, moves, over)
        enough = _all_caps(np.cumsum(freed, axis=1) >= excess[over][:, None])
        choice = moves.applied(choice, int(enough.argmax()) + 1 if enough.any() else moves.count)
    return choice


def fill(accounts: PricedAccounts, regret: Floats, choice: Integers) -> Integers:
    """Moves that earn and fit into what is left of the caps, by least regret for the price."""
    tried: Flags = np.zeros(accounts.count, dtype=np.bool_)
    places, caps = np.arange(accounts.count), list(range(len(accounts.caps)))
    for _ in range(_FILLING_ROUNDS):
        now = accounts.profit[choice, places]
        gain = accounts.profit - now
        worse = regret - regret[choice, places]
        useful: Flags = np.isfinite(regret) & (gain > _EARNS * np.abs(now)) & ~tried
        moves = _Moves.cheapest(np.where(useful, worse / np.where(useful, gain, 1.0), np.inf))
        room = _room(accounts, choice)
        if not moves.count or (room < 0).any():
            break
        added = _weights_at(accounts, moves, caps)
        added -= np.array([accounts.weights(cap, choice)[moves.accounts] for cap in caps])
        fits = _all_caps(np.cumsum(added, axis=1) <= room[:, None])
        kept = moves.count if fits.all() else int(fits.argmin())
        choice = moves.applied(choice, kept)
        tried[moves.accounts[: kept + 1]] = True
    return choice


class _Moves:
    """The cheapest move of each account that has one, cheapest account first."""

    def __init__(self, accounts: Integers, candidates: Integers) -> None:
        self.accounts = accounts
        self.candidates = candidates
        self.count = len(accounts)

    @classmethod
    def cheapest(cls, cost: Floats) -> "_Moves":
        best = cost.argmin(axis=0)
        lowest = cost[best, np.arange(cost.shape[1])]
        order = np.argsort(lowest, kind="stable")
        movable = order[np.isfinite(lowest[order])]
        return cls(movable, best[movable])

    def applied(self, choice: Integers, count: int) -> Integers:
        moved = choice.copy()
        moved[self.accounts[:count]] = self.candidates[:count]
        return moved


def _room(accounts: PricedAccounts, choice: Integers) -> Floats:
    """What is left of each cap, near enough to choose moves by; what comes of them is checked."""
    used = [accounts.weights(cap, choice).sum() for cap in range(len(accounts.caps))]
    return np.asarray(accounts.bounds - np.array(used))


def _weights_at(accounts: PricedAccounts, moves: _Moves, caps: list[int]) -> Floats:
    """What each move's candidate adds to each cap."""
    rows = [accounts.cap_weights(cap)[moves.candidates, moves.accounts] for cap in caps]
    return np.array(rows).reshape(len(caps), moves.count)


def _all_caps(holds: Flags) -> Flags:
    """Where the flags of every cap, one a row, hold."""
    return np.asarray(holds.all(axis=0))
