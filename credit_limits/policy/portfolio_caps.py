"""Caps over the whole portfolio, stated against what the portfolio is today."""

from dataclasses import dataclass
from enum import StrEnum

from credit_limits.domain.account import Product, Segment
from credit_limits.policy.parameters import Row, Section


class Measure(StrEnum):
    """What a cap adds up over accounts, in minor units."""

    LIMIT = "limit"
    EXPOSURE = "exposure"
    EXPECTED_LOSS = "expected_loss"


class CappedAccounts(StrEnum):
    """Whose measure a cap adds up.

    A limit that is cut while the account is past due lowers the loss that is expected of it and
    hardly the loss that comes: what is owed is owed by then. Were it counted, every cut of such
    an account would make room for a raise of another.
    """

    ALL = "all"
    NOT_PAST_DUE = "not_past_due"


@dataclass(frozen=True, slots=True)
class CapRule:
    """The sum of ``measure`` is at most ``ratio_to_today`` times its sum at today's limits.

    With ``at_least`` it is at least so much: a floor. ``product`` and ``segment`` narrow the sum to
    one of each, ``None`` is every one; a customer whose segment is not known is in none.
    ``accounts`` narrows it to those that are not known to be past due. A ratio below 1 makes the
    portfolio shrink.
    """

    name: str
    measure: Measure
    product: Product | None
    ratio_to_today: float
    accounts: CappedAccounts = CappedAccounts.ALL
    segment: Segment | None = None
    at_least: bool = False


def parse_caps(section: Section) -> tuple[CapRule, ...]:
    """The caps of the section ``portfolio_caps``; names are unique."""
    with section.building():
        rules = tuple(_cap(row) for row in section.rows("caps", "ratio to today"))
        if len({rule.name for rule in rules}) != len(rules):
            raise ValueError("two caps have the same name")
        return rules


def _cap(row: Row) -> CapRule:
    """A row says its cap or its floor; the segment may be left out."""
    floor = "at_least_ratio_to_today" in row.content
    bound = "at_least_ratio_to_today" if floor else "ratio_to_today"
    optional = ["segment"] if "segment" in row.content else []
    row.fields("name", "measure", "product", *optional, "accounts", bound)
    product = row.text("product")
    segment = row.text("segment") if optional else "all"
    return CapRule(
        row.text("name"),
        Measure(row.text("measure")),
        None if product == "all" else Product(product),
        row.number(bound, 0.0, 100.0),
        CappedAccounts(row.text("accounts")),
        None if segment == "all" else Segment(segment),
        floor,
    )
