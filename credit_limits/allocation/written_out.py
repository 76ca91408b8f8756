"""A problem from plain arrays: every cap with weights of its own for every candidate.

Caps that weigh the same thing over different accounts (the exposure of a product, of a region)
are found out and share one measure, so that a pass reads it once.
"""

import numpy as np
import numpy.typing as npt

from credit_limits.allocation.problem import (
    AllocationProblem,
    Cap,
    Flags,
    Floats,
    Integers,
    Texts,
)

_LOOKED_AT_FIRST = 256


def written_out_problem(
    profit: Floats,
    weights: Floats,
    caps: Floats,
    allowed: Flags,
    *,
    account_id: Texts | None = None,
    preferred: Integers | None = None,
) -> AllocationProblem:
    """The problem of these arrays.

    Args:
        profit: of each candidate, shape (N, K).
        weights: what each candidate adds to each cap, (M, N, K); any sign, so that a lower bound
            or a ratio is a cap with negative weights.
        caps: the most that each may add up to, (M,); any sign.
        allowed: whether a candidate may be chosen, (N, K).
        account_id: unique, (N,); by the place of the account unless told.
        preferred: the candidate taken between equals, (N,); the first unless told.

    Raises:
        ValueError: as :class:`AllocationProblem` does, or a shape does not fit.
    """
    _check_shapes(profit, weights, caps, allowed)
    accounts = len(profit)
    if account_id is None:
        account_id = np.char.zfill(np.arange(accounts).astype(np.str_), len(str(accounts)))
    if preferred is None:
        preferred = np.zeros(accounts, dtype=np.int64)
    rows: Flags = np.ascontiguousarray(allowed.T)
    shared = _SharedMeasures(rows)
    rules = [
        shared.cap(f"cap_{place}", np.ascontiguousarray(of_cap.T), float(bound))
        for place, (of_cap, bound) in enumerate(zip(weights, caps, strict=True))
    ]
    return AllocationProblem(
        account_id=account_id,
        profit=np.ascontiguousarray(profit.T),
        allowed=rows,
        measures=shared.measures,
        caps=tuple(rules),
        preferred=preferred,
    )


def _check_shapes(profit: Floats, weights: Floats, caps: Floats, allowed: Flags) -> None:
    if profit.ndim != 2 or 0 in profit.shape:
        raise ValueError(f"profit: shape {profit.shape}, not (accounts, candidates)")
    expected: dict[str, tuple[npt.NDArray[np.generic], tuple[int, ...]]] = {
        "caps": (caps, (len(weights),)),
        "weights": (weights, (len(weights), *profit.shape)),
        "allowed": (allowed, profit.shape),
    }
    for name, (values, shape) in expected.items():
        if values.shape != shape:
            raise ValueError(f"{name}: shape {values.shape}, not {shape}")


class _SharedMeasures:
    """Measures, each filled in by the caps that are on it, scope by scope."""

    def __init__(self, allowed: Flags) -> None:
        self.measures: dict[str, Floats] = {}
        self._filled: dict[str, Flags] = {}
        self._allowed = allowed

    def cap(self, name: str, weights: Floats, bound: float) -> Cap:
        """A cap with these weights, shape (K, N), on a measure that has them in its scope."""
        # where nothing of an account counts, it is outside the cap; NaN counts, to be refused
        weights = np.where(self._allowed, weights, 0.0)
        scope: Flags = np.asarray((weights != 0).any(axis=0))
        for measure, values in self.measures.items():
            both = np.flatnonzero(scope & self._filled[measure])
            if _equal(values, weights, both[:_LOOKED_AT_FIRST]) and _equal(values, weights, both):
                new = scope & ~self._filled[measure]
                values[:, new] = weights[:, new]
                self._filled[measure] |= scope
                return Cap(name, measure, bound, None if scope.all() else scope)
        measure = f"measure_{len(self.measures)}"
        self.measures[measure], self._filled[measure] = weights, scope.copy()
        return Cap(name, measure, bound, None if scope.all() else scope)


def _equal(one: Floats, other: Floats, places: Integers) -> bool:
    return np.array_equal(one[:, places], other[:, places])
