"""Allocation problems for tests: written out, drawn at random, large."""

import numpy as np
from hypothesis import strategies as st

from credit_limits.allocation.problem import AllocationProblem, Cap, exact_sum


def problem_of(profit, weights, bounds, *, allowed=None, scopes=None, preferred=None, ids=None):
    """A problem of rows = candidates; ``weights`` and ``bounds`` by the cap's name."""
    profit = np.array(profit, np.float64)
    accounts = profit.shape[1]
    scopes = scopes or {}
    return AllocationProblem(
        account_id=np.array(ids or [f"a{place:05d}" for place in range(accounts)], np.str_),
        profit=profit,
        allowed=np.ones(profit.shape, np.bool_) if allowed is None else np.array(allowed),
        measures={name: np.array(rows, np.float64) for name, rows in weights.items()},
        caps=tuple(
            Cap(name, name, float(bound), None if name not in scopes else np.array(scopes[name]))
            for name, bound in bounds.items()
        ),
        preferred=np.zeros(accounts, np.int64) if preferred is None else np.array(preferred),
    )


def drawn_problem(random: np.random.Generator, accounts: int) -> AllocationProblem:
    """A problem of one of several kinds: smooth, whole numbers, alike accounts, rising.

    Bounds lie from just out of reach over just in reach to slack. Weights may be negative, an
    account may have a single candidate, caps may share a measure and have scopes, and some are
    ratio rows: the average of one group over the average of another.
    """
    candidates = int(random.integers(1, 6))
    shape = (candidates, accounts)
    kind = random.integers(4)
    if kind == 0:
        profit, measures = random.normal(0, 10, shape), random.uniform(0, 10, (2, *shape))
    elif kind == 1:
        profit = random.integers(-5, 6, shape).astype(np.float64)
        measures = random.integers(-3, 7, (2, *shape)).astype(np.float64)
    elif kind == 2:
        profit = np.repeat(random.integers(0, 9, (candidates, 1)), accounts, axis=1).astype(float)
        alike = random.integers(0, 5, (2, candidates, 1)).astype(np.float64)
        measures = np.repeat(alike, accounts, axis=2)
    else:
        profit = np.cumsum(random.uniform(0, 5, shape), axis=0)
        measures = np.cumsum(random.uniform(0, 5, (2, *shape)), axis=1)
    allowed = random.random(shape) < 0.8
    allowed[random.integers(0, candidates, accounts), np.arange(accounts)] = True
    caps = []
    for number in range(int(random.integers(0, 5))):
        measure = int(random.integers(0, 2))
        scope = drawn_scope(random, accounts)
        values = measures[measure] * (1.0 if scope is None else scope)
        least = exact_sum(np.where(allowed, values, np.inf).min(axis=0))
        most = exact_sum(np.where(allowed, values, -np.inf).max(axis=0))
        share = random.choice([-0.02, 0.0, 0.02, 0.1, 0.3, 0.5, 0.9, 1.0, 1.2])
        bound = least + (most - least) * share
        bound = float(np.floor(bound)) if kind in (1, 2) else bound
        caps.append(Cap(f"cap {number}", f"measure {measure}", bound, scope))
    return AllocationProblem(
        np.array([f"a{place}" for place in random.permutation(accounts)], np.str_),
        profit,
        allowed,
        {f"measure {place}": measures[place] for place in range(2)},
        tuple(caps),
        random.integers(0, candidates, accounts),
    )


def drawn_scope(random: np.random.Generator, accounts: int) -> np.ndarray | None:
    """Everyone, some, or the weights of a ratio row between two groups."""
    drawn, some = random.random(), random.random(accounts) < 0.5
    if drawn < 0.4:
        return None
    if drawn < 0.75:
        return some
    return ratio_weights(some, ~some & (random.random(accounts) < 0.8), random.uniform(0.5, 1.5))


def ratio_weights(group: np.ndarray, reference: np.ndarray, ratio: float) -> np.ndarray:
    """Weights by which "average of group >= ratio x average of reference" is a sum <= 0."""
    return ratio * reference / max(reference.sum(), 1) - group / max(group.sum(), 1)


def lender_problem(accounts: int, caps: int, seed: int = 0) -> AllocationProblem:
    """A problem as a lender has it: limits by steps, exposure and expected loss, by product and
    region. Bounds lie between what today's limits use and what the accounts would choose freely.
    """
    random = np.random.default_rng(seed)
    ratios = np.array([0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 2.0])[:, None]
    today = np.exp(random.normal(9.5, 1, accounts))
    limit = today * ratios
    risk = 1 / (1 + np.exp(-random.normal(-3, 1, accounts)))
    loss = risk * 0.3 * limit * (1 + 0.1 * np.log(ratios))
    profit = limit * random.uniform(0, 0.04, accounts) * (1 - 0.15 * np.log(ratios) ** 2)
    profit = profit - loss - np.where(ratios == 1.0, 0.0, 5.0)
    allowed = random.random(limit.shape) < 0.8
    allowed[3] = True
    measures = {"exposure": 0.4 * limit, "loss": loss}
    scopes = [None, None, *(random.random(accounts) < 0.4,) * 2]
    region = random.integers(0, 4, accounts)
    scopes += [region == number for number in range(4)]
    free = np.where(allowed, profit, -np.inf).argmax(axis=0)
    rules = []
    for number, scope in enumerate(scopes[:caps]):
        measure = "loss" if number in (1, 3) else "exposure"
        inside = slice(None) if scope is None else scope
        wanted = measures[measure][free, np.arange(accounts)][inside].sum()
        held = measures[measure][3][inside].sum()
        rules.append(Cap(f"cap {number}", measure, held + (wanted - held) * 0.4, scope))
    return AllocationProblem(
        np.array([f"a{place:08d}" for place in range(accounts)], np.str_),
        profit,
        allowed,
        measures,
        tuple(rules),
        np.full(accounts, 3),
    )


SEEDS = st.integers(0, 2**32 - 1).map(np.random.default_rng)
