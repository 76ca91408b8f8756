"""Circles of customers who know each other: their fates are correlated, their links are seen."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from credit_limits.domain.account import LinkKind
from credit_limits.simulation.calendar import DAY_US, HOUR_US, SECOND_US
from credit_limits.simulation.columns import (
    Floats,
    Ints,
    Table,
    chosen,
    instants,
    labels,
    stacked,
)
from credit_limits.simulation.parameters import Population
from credit_limits.simulation.streams import Concern, Streams

LINK_KINDS = tuple(LinkKind)
_KIND_SHARES = (0.15, 0.35, 0.50)
_SMALLEST, _LARGEST = 2, 5
_ENDED_SHARE = 0.10
_MEAN_WAIT_DAYS, _MEAN_LIFE_DAYS = 60.0, 365.0


@dataclass(frozen=True, slots=True)
class Circles:
    """Who belongs together. ``circle_of`` is -1 for a customer in no circle.

    ``members`` lists the customers of all circles, circle after circle, so that neighbours in it
    with the same circle are linked.
    """

    circle_of: Ints
    members: Ints
    count: int


def draw_circles(customers: int, p: Population, streams: Streams) -> Circles:
    """Circles of 2 to 5 customers that hold about ``circle_share`` of them."""
    rng = streams.of(Concern.CIRCLES)
    members = rng.permutation(customers)[: round(customers * p.circle_share)]
    sizes = rng.integers(_SMALLEST, _LARGEST + 1, size=len(members) // _SMALLEST + 1)
    circle = np.repeat(np.arange(len(sizes)), sizes)[: len(members)]
    circle_of = np.full(customers, -1, dtype=np.int64)
    circle_of[members] = circle
    return Circles(circle_of, members, int(circle[-1]) + 1 if len(members) else 0)


def links_table(circles: Circles, first_seen_us: Ints, streams: Streams) -> Table:
    """Links between neighbours of a circle, the lower id first; some end later.

    ``first_seen_us`` is when each customer becomes known; a link is seen after both are.
    """
    left, right = _pairs(circles)
    rng = streams.of(Concern.LINKS)
    kind = rng.choice(len(LINK_KINDS), size=len(left), p=_KIND_SHARES)
    wait, lasts = rng.exponential((_MEAN_WAIT_DAYS, _MEAN_LIFE_DAYS), (len(left), 2)).T
    both_known = np.maximum(first_seen_us[left], first_seen_us[right])
    began = both_known + HOUR_US + _whole_seconds(wait)
    ended = began + DAY_US + _whole_seconds(lasts)
    ends = np.flatnonzero(rng.random(len(left)) < _ENDED_SHARE)
    return stacked(
        [
            _rows(left, right, kind, active=True, event_us=began),
            _rows(left[ends], right[ends], kind[ends], active=False, event_us=ended[ends]),
        ]
    )


def _whole_seconds(days: Floats) -> Ints:
    return np.rint(days * (DAY_US // SECOND_US)).astype(np.int64) * SECOND_US


def _pairs(circles: Circles) -> tuple[Ints, Ints]:
    """Each member of a circle with the one or two who follow in it, the lower number first."""
    found = []
    for step in (1, 2):
        pair = np.stack([circles.members[:-step], circles.members[step:]])
        same = circles.circle_of[pair[0]] == circles.circle_of[pair[1]]
        found.append(np.sort(pair[:, same], axis=0))
    left, right = np.concatenate(found, axis=1)
    return left, right


def _rows(left: Ints, right: Ints, kind: Ints, *, active: bool, event_us: Ints) -> Table:
    return pa.table(
        {
            "customer_id": labels("C", left, 7),
            "linked_customer_id": labels("C", right, 7),
            "kind": chosen(LINK_KINDS, kind),
            "active": pa.array(np.full(len(left), active)),
            "event_timestamp": instants(event_us),
            "created_timestamp": instants(event_us + HOUR_US),
        }
    )
