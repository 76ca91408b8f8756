"""Caps over the whole portfolio, stated against what the portfolio is today."""

from dataclasses import dataclass
from enum import StrEnum

from credit_limits.domain.account import Product
from credit_limits.policy.parameters import Section


class Measure(StrEnum):
    """What a cap adds up over accounts, in minor units."""

    LIMIT = "limit"
    EXPOSURE = "exposure"
    EXPECTED_LOSS = "expected_loss"


@dataclass(frozen=True, slots=True)
class CapRule:
    """The sum of ``measure`` is at most ``ratio_to_today`` times its sum at today's limits.

    ``product`` narrows the sum to one product; ``None`` is the whole portfolio. A ratio below 1
    makes the portfolio shrink.
    """

    name: str
    measure: Measure
    product: Product | None
    ratio_to_today: float


def parse_caps(section: Section) -> tuple[CapRule, ...]:
    """The caps of the section ``portfolio_caps``; names are unique."""
    with section.building():
        rules = []
        for row in section.rows("caps", "ratio to today"):
            row.fields("name", "measure", "product", "ratio_to_today")
            product = row.text("product")
            rules.append(
                CapRule(
                    row.text("name"),
                    Measure(row.text("measure")),
                    None if product == "all" else Product(product),
                    row.number("ratio_to_today", 0.0, 100.0),
                )
            )
        if len({rule.name for rule in rules}) != len(rules):
            raise ValueError("two caps have the same name")
        return tuple(rules)
