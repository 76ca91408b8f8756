"""The allocation problem: choose one candidate for each account, under caps over all of them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Integers: TypeAlias = npt.NDArray[np.int64]
Texts: TypeAlias = npt.NDArray[np.str_]
Choices: TypeAlias = npt.NDArray[np.integer[Any]]
"""The place of the chosen candidate of each account."""
Margins: TypeAlias = npt.NDArray[np.floating[Any]]

_FEW = 4096


@dataclass(frozen=True, slots=True)
class Cap:
    """The sum of ``measure`` over the accounts in ``scope`` is at most ``bound``.

    ``scope`` is N flags, or N finite weights by which each account's measure counts (0 is outside),
    or ``None`` for every account. The bound has the unit of the measure and may be negative.

    "The average of the first two accounts is at least 0.8 times that of the other three" is the
    row with weights -1/2, -1/2, 0.8/3, 0.8/3, 0.8/3 and the bound 0.
    """

    name: str
    measure: str
    bound: float
    scope: Flags | Floats | None = None

    def counted(self, values: Floats) -> Floats:
        """What accounts add to the cap, out of their ``values``; those outside are left out."""
        if self.scope is None:
            return values
        if self.scope.dtype == np.bool_:
            return np.asarray(values[self.scope])
        return np.asarray(values * self.scope)

    def reordered(self, order: "Integers") -> "Cap":
        """The same cap over accounts in another order."""
        scope = None if self.scope is None else self.scope[order]
        return Cap(self.name, self.measure, self.bound, scope)


@dataclass(frozen=True, slots=True)
class AllocationProblem:
    """N accounts with K candidates each, P measures and M caps.

    ``account_id`` is unique and decides between equals. ``profit`` has the shape (K, N); so have
    ``allowed`` and every array of ``measures``. ``preferred`` is, for each account, the candidate
    taken where several are worth the same (then the lowest place); it need not be allowed.
    Candidates lie in rows, so that the passes of the solver run along accounts.

    Raises ``ValueError`` where shapes differ, a figure of an allowed candidate is not finite, an
    account has no allowed candidate, or a cap names no measure.
    """

    account_id: Texts
    profit: Floats
    allowed: Flags
    measures: Mapping[str, Floats]
    caps: tuple[Cap, ...]
    preferred: Integers

    def __post_init__(self) -> None:
        candidates, accounts = self.profit.shape
        if self.account_id.shape != (accounts,) or self.preferred.shape != (accounts,):
            raise ValueError(f"account_id and preferred need {accounts} places")
        if accounts and not 0 <= self.preferred.min() <= self.preferred.max() < candidates:
            raise ValueError(f"preferred: places are 0 to {candidates - 1}")
        if not self.allowed.any(axis=0).all():
            first = self.account_id[~self.allowed.any(axis=0)][0]
            raise ValueError(f"{first}: no candidate is allowed")
        for name, values in {"profit": self.profit, **self.measures}.items():
            if values.shape != (candidates, accounts):
                raise ValueError(f"{name}: shape {values.shape}, not {(candidates, accounts)}")
            if not np.isfinite(values[self.allowed]).all():
                raise ValueError(f"{name}: not finite where it is allowed")
        if len({cap.name for cap in self.caps}) != len(self.caps):
            raise ValueError("two caps have the same name")
        for cap in self.caps:
            if cap.measure not in self.measures:
                raise ValueError(f"cap {cap.name}: no measure {cap.measure!r}")
            if not np.isfinite(cap.bound):
                raise ValueError(f"cap {cap.name}: the bound is not finite")
            if cap.scope is not None and cap.scope.shape != (accounts,):
                raise ValueError(f"cap {cap.name}: the scope needs {accounts} places")
            if cap.scope is not None and not np.isfinite(cap.scope).all():
                raise ValueError(f"cap {cap.name}: a weight of the scope is not finite")

    @property
    def account_count(self) -> int:
        """N."""
        return int(self.profit.shape[1])

    @property
    def candidate_count(self) -> int:
        """K."""
        return int(self.profit.shape[0])

    def part(self, places: Integers, bounds: Floats) -> "AllocationProblem":
        """The accounts at ``places`` alone, the caps with other bounds."""
        caps = (
            replace(cap.reordered(places), bound=bound)
            for cap, bound in zip(self.caps, bounds.tolist(), strict=True)
        )
        return AllocationProblem(
            self.account_id[places],
            self.profit.take(places, axis=1),
            self.allowed.take(places, axis=1),
            {name: values.take(places, axis=1) for name, values in self.measures.items()},
            tuple(caps),
            self.preferred[places],
        )

    def in_order(self) -> "AllocationProblem":
        """The same problem with accounts in ascending order of their id.

        Raises ``ValueError`` where an id occurs twice.
        """
        ids = self.account_id
        if (ids[1:] > ids[:-1]).all():
            return self
        order = np.argsort(ids, kind="stable")
        if (ids[order][1:] == ids[order][:-1]).any():
            raise ValueError("an account id occurs twice")
        return self.part(order, np.array([cap.bound for cap in self.caps]))

    def usage(self, choice: Choices) -> tuple[float, ...]:
        """What each cap's sum is under a choice, each the double nearest to the exact sum."""
        return tuple(self._usage(cap, choice) for cap in self.caps)

    def value(self, choice: Choices) -> float:
        """Total profit of a choice, the double nearest to the exact sum."""
        return exact_sum(self.profit[choice, np.arange(self.account_count)])

    def turnover(self, choice: Choices) -> Floats:
        """What the accounts add to each cap under a choice, each without its sign."""
        added = (self._added(cap, choice) for cap in self.caps)
        return np.array([np.abs(values).sum() for values in added], dtype=np.float64)

    def _usage(self, cap: Cap, choice: Choices) -> float:
        return exact_sum(self._added(cap, choice))

    def _added(self, cap: Cap, choice: Choices) -> Floats:
        return cap.counted(self.measures[cap.measure][choice, np.arange(self.account_count)])


def exact_sum(values: Floats) -> float:
    """The sum, rounded once; the order of the values makes no difference.

    Many values are split into parts with so few digits that each part adds up without rounding
    (Rump, Ogita and Oishi 2008); the sums of the parts are then added exactly.
    """
    if len(values) < _FEW:
        return math.fsum(values.tolist())
    rest, sums = values.copy(), []
    digits = int(np.ceil(np.log2(len(values) + 2)))
    while (largest := float(np.abs(rest).max())) > 0:
        scale = math.ldexp(1.0, math.frexp(largest)[1] + digits)
        part = (scale + rest) - scale
        rest -= part
        sums.append(float(part.sum()))
    return math.fsum(sums)
