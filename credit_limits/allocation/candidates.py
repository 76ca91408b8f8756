"""The limits among which each account's is chosen."""

from dataclasses import dataclass

import numpy as np

from credit_limits.policy.ladder import CandidateLadder
from credit_limits.policy.permission import Permissions
from credit_limits.policy.portfolio import Flags, Integers


@dataclass(frozen=True, slots=True)
class Candidates:
    """K candidate limits of N accounts, both arrays of shape (K, N).

    ``limit_minor[k, i]`` ascends with k; row ``hold_index`` is today's limit. ``allowed`` is
    false where a candidate is not permitted or says the same as another.
    """

    limit_minor: Integers
    allowed: Flags
    hold_index: int


def candidate_limits(
    limit_minor: Integers, permissions: Permissions, ladder: CandidateLadder
) -> Candidates:
    """The steps of the ladder, pulled into what is permitted.

    A step below the floor becomes the floor, one above the cap becomes the cap, so that the last
    bit of room can be used; where two steps come to the same limit, one remains. Today's limit is
    allowed unless the cap lies below it. Every account has at least one allowed candidate. Of a
    limit of 0 there are no steps: its one other candidate is the cap.

    A limit of 10,000 yuan between 6,000 and 12,000, with steps x0.5, x1, x1.15, x1.5: 6,000,
    10,000, 11,500 and 12,000.
    """
    return candidates_between(limit_minor, permissions.floor_minor, permissions.cap_minor, ladder)


def candidates_between(
    limit_minor: Integers, floor_minor: Integers, cap_minor: Integers, ladder: CandidateLadder
) -> Candidates:
    """As :func:`candidate_limits`, from the floor and the cap of each account."""
    hold = ladder.hold_index
    ratios = ladder.ratios_permille
    limits: Integers = np.empty((len(ratios), len(limit_minor)), dtype=np.int64)
    allowed: Flags = np.zeros(limits.shape, dtype=np.bool_)
    lower_cap = np.minimum(cap_minor, limit_minor)
    upper_cap = np.maximum(cap_minor, limit_minor)
    for k, ratio in enumerate(ratios):
        scaled = ladder.scaled_down(limit_minor, ratio)
        if k < hold:
            limits[k] = np.clip(scaled, floor_minor, lower_cap)
            allowed[k] = limits[k] < limit_minor
        elif k > hold:
            scaled = np.where(limit_minor == 0, upper_cap, scaled)
            limits[k] = np.clip(scaled, limit_minor, upper_cap)
            allowed[k] = limits[k] > limit_minor
        else:
            limits[k] = limit_minor
            allowed[k] = cap_minor >= limit_minor
        if k not in (0, hold, hold + 1):
            allowed[k] &= limits[k] > limits[k - 1]
    return Candidates(limits, allowed, hold)
