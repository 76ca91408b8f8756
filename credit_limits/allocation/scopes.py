"""Accounts grouped by the caps that they fall under.

All accounts of a group pay the same price for a unit of a measure, so a pass looks prices up by
group and costs the same however many caps there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from credit_limits.allocation.problem import Cap, Flags, Floats, Integers


@dataclass(frozen=True, slots=True)
class ScopeGroups:
    """The group of each of N accounts, and which caps each of G groups is under.

    ``member[m, g]`` says whether group g is in the scope of cap m, or by which weight its measure
    counts there; ``measure[m]`` is the place of the cap's measure among ``measures``.
    """

    group: npt.NDArray[np.integer[Any]]
    member: Flags | Floats
    measure: Integers
    measures: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.member.shape[0] != len(self.measure):
            raise ValueError("member and measure need one row a cap")
        if len(self.group) and int(self.group.max()) >= self.member.shape[1]:
            raise ValueError("an account is in a group that is not there")

    @property
    def group_count(self) -> int:
        """G."""
        return int(self.member.shape[1])

    def unit_prices(self, prices: Floats) -> Floats:
        """What a unit of each measure costs an account of each group, shape (P, G)."""
        charges = np.zeros((len(self.measures), self.group_count))
        for cap, place in enumerate(self.measure.tolist()):
            charges[place] += prices[cap] * self.member[cap]
        return charges

    def cap_usage(self, by_group: Floats) -> Floats:
        """Each cap's usage from that of each group and measure, shape (G, P)."""
        used = []
        for weight, place in zip(self.member, self.measure.tolist(), strict=True):
            inside = weight != 0
            used.append(float((by_group[inside, place] * weight[inside]).sum()))
        return np.array(used, dtype=np.float64)

    def part(self, places: Integers) -> "ScopeGroups":
        """The groups of the accounts at ``places``."""
        return ScopeGroups(self.group[places], self.member, self.measure, self.measures)

    def rare(self, few: int) -> Integers:
        """At most ``few`` accounts of each group of which a sample could have none."""
        sizes = np.bincount(self.group, minlength=self.group_count)
        scarce = np.flatnonzero((sizes > 0) & (sizes < len(self.group) // 16))[:_MOST_RARE]
        found = [np.flatnonzero(self.group == group)[:few] for group in scarce.tolist()]
        return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


_MOST_RARE = 256


def scope_groups(caps: Sequence[Cap], accounts: int) -> ScopeGroups:
    """The groups that the caps' scopes divide ``accounts`` accounts into."""
    group: npt.NDArray[np.int32] = np.zeros(accounts, dtype=np.int32)
    member: Floats = np.zeros((0, 1))
    for cap in caps:
        groups = member.shape[1]
        if cap.scope is None:
            member = np.vstack([member, np.ones((1, groups))])
            continue
        weights, kind = _kinds(cap.scope)
        group = group * np.int32(len(weights)) + kind
        present = np.bincount(group, minlength=len(weights) * groups) > 0
        group = (np.cumsum(present, dtype=np.int32) - np.int32(1))[group]
        split = np.repeat(member, len(weights), axis=1)
        member = np.asarray(np.vstack([split, np.tile(weights, groups)])[:, present], np.float64)
    measures = tuple(dict.fromkeys(cap.measure for cap in caps))
    measure = np.array([measures.index(cap.measure) for cap in caps], dtype=np.int64)
    return ScopeGroups(group, member, measure, measures)


def _kinds(scope: Flags | Floats) -> tuple[Floats, npt.NDArray[np.int32]]:
    """The weights that occur in a scope, ascending, and the place of each account's among them."""
    if scope.dtype == np.bool_:
        return np.array([0.0, 1.0]), scope.astype(np.int32)
    weights, kind = np.unique(scope, return_inverse=True)
    return np.asarray(weights, np.float64), kind.astype(np.int32)
