"""Accounts as parameters for tests: the benchmark's book, and one drawn to meet every corner."""

from dataclasses import replace

import numpy as np

from benchmarks.allocation_book import RULES, book
from credit_limits.allocation.on_the_fly import MEASURES, AccountParameters, ParameterAccounts
from credit_limits.allocation.scopes import ScopeGroups

__all__ = ["book", "cornered_book"]


def cornered_book(random: np.random.Generator, accounts: int) -> ParameterAccounts:
    """A book with limits of 0, caps below the limit, no risk, sure default, nothing owed."""
    limit = random.integers(0, 400, accounts) * 5_000
    floor = random.integers(0, 2, accounts) * 5_000
    cap = np.maximum(limit * random.choice([0.7, 1.0, 1.1, 2.5], accounts), 10_000)
    # who may not stay can be cut
    cap = np.where(limit <= floor, np.maximum(cap, limit), np.maximum(cap, floor))
    figures = np.empty((7, accounts), dtype=np.float32)
    owed = random.choice([-5_000.0, 0.0, 1.0, 1.3], accounts)
    figures[0] = owed * np.where(limit == 0, cap, limit)  # of a first limit, what is expected
    figures[1] = random.uniform(0, 1e6, accounts)
    figures[2] = random.choice([0.0, 1e-4, 0.03, 0.5, 1.0], accounts)
    figures[3:] = random.uniform(0, 0.5, (4, accounts))
    member = (random.random((4, 3)) < 0.6).astype(np.float64)
    member[0] = 1.0
    member[3] *= random.choice([-0.5, 1.0, 2.0], 3)  # a row may weigh its groups
    group = random.integers(0, 3, accounts).astype(np.uint8)
    groups = ScopeGroups(group, member, random.integers(0, 3, 4), MEASURES)
    amounts = np.array([limit, floor, cap], dtype=np.int32)
    found = ParameterAccounts(AccountParameters(amounts, figures), RULES, groups, np.zeros(4))
    wanted = found.at(np.zeros(4)).usage
    return replace(found, bounds=wanted * random.uniform(0.9, 1.1, 4))
