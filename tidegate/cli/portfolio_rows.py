"""Caps and ratio rows of an allocation, as tables on a screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from credit_limits.domain.money import MINOR_PER_YUAN
from tidegate.cli.invocation import table

if TYPE_CHECKING:
    from tidegate.operations.limits_outcome import CapRow, RatioRow

Side: TypeAlias = "tuple[str, Sequence[CapRow], Sequence[RatioRow]]"
"""A policy by its name, empty where there is one alone, its caps and its ratio rows."""


def portfolio_rows(sides: Sequence[Side]) -> list[str]:
    """The tables: amounts in yuan, changes counted; a price is yuan a year for one of either."""
    policy = ("policy",) if any(name for name, _, _ in sides) else ()
    caps = [_cap(name, cap) for name, held, _ in sides for cap in held]
    ratios = [_ratio(name, row) for name, _, held in sides for row in held]
    lines = table(("cap, yuan", *policy, "allowed", "used", "slack", "shadow price"), caps)
    if ratios:
        head = ("ratio row, yuan", *policy, "average", "reference", "at least", "slack", "price")
        lines += table(head, ratios)
    return lines


def _cap(policy: str, cap: "CapRow") -> tuple[object, ...]:
    from credit_limits.policy.portfolio_caps import read_in  # needs numpy, which help does not

    unit = read_in(cap.measure)
    counted = cap.name if unit == MINOR_PER_YUAN else f"{cap.name} (count)"
    amounts = (round(amount / unit) for amount in (cap.cap, cap.used, cap.slack))
    return (counted, *_named(policy), *amounts, cap.price * unit / MINOR_PER_YUAN)


def _ratio(policy: str, row: "RatioRow") -> tuple[object, ...]:
    averages = (row.average_minor, row.reference_average_minor, row.slack_minor)
    average, reference, slack = (round(amount / MINOR_PER_YUAN, 2) for amount in averages)
    return (row.name, *_named(policy), average, reference, f"{row.ratio:.0%}", slack, row.price)


def _named(policy: str) -> tuple[str, ...]:
    return (policy,) if policy else ()
