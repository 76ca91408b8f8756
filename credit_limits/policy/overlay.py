"""The macro overlay: default probabilities moved by what the lender expects and no model has seen.

The model's own probability stays beside the overlaid one, so that both can be told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.errors import DataMissing
from credit_limits.policy.parameters import Section
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Account, Flags, Floats, Portfolio

MOST, LEAST = 20.0, 0.05


class MacroCondition(StrEnum):
    """When an adjustment holds."""

    ALWAYS = "always"
    UNEMPLOYMENT_RISE = "unemployment_rise"


@dataclass(frozen=True, slots=True)
class OverlayRule:
    """The odds of default times ``multiplier``, for a product and a segment; ``None`` is every one.

    Under ``unemployment_rise`` it holds where the rate, as published last, is ``at_least`` so much
    above that of twelve months before; shares, 0.01 is one point. A customer whose segment is not
    known is in each segment where the odds rise and in none where they fall.

    Raises ``ValueError`` for a multiplier outside 0.05 to 20, or a bound without its condition.
    """

    name: str
    product: Product | None
    segment: Segment | None
    condition: MacroCondition
    at_least: float
    multiplier: float

    def __post_init__(self) -> None:
        if not LEAST <= self.multiplier <= MOST:
            raise ValueError(f"{self.name}: multiplier {self.multiplier} outside {LEAST} to {MOST}")
        if self.condition is MacroCondition.ALWAYS and self.at_least:
            raise ValueError(f"{self.name}: what holds always has no at_least but 0")

    def in_season(self, unemployment_rise: float | None) -> bool:
        """Whether its condition holds.

        Raises :class:`DataMissing` where the rise is asked for and not known.
        """
        if self.condition is MacroCondition.ALWAYS:
            return True
        if unemployment_rise is None:
            raise DataMissing(
                f"the overlay's row {self.name} asks for the rise of unemployment over a year, and "
                "the lake does not have the figures; ingest the table macro, or state the row as "
                "always in a new file of policies/overlay"
            )
        return unemployment_rise >= self.at_least

    def holds(self, portfolio: Portfolio) -> Flags:
        """For which accounts, its condition apart."""
        found = np.ones(len(portfolio), dtype=np.bool_)
        if self.product is not None:
            found &= portfolio.product == PRODUCTS.index(self.product)
        if self.segment is not None:
            unknown = (portfolio.segment < 0) & (self.multiplier > 1)
            found &= (portfolio.segment == SEGMENTS.index(self.segment)) | unknown
        return found

    def holds_for(self, account: Account) -> bool:
        """Whether for this one; the same as :meth:`holds` says of it."""
        if self.product not in (None, account.product):
            return False
        if account.segment is None:
            return self.segment is None or self.multiplier > 1
        return self.segment in (None, account.segment)


@dataclass(frozen=True, slots=True)
class Overlay:
    """All adjustments; those that hold for an account are multiplied."""

    rules: tuple[OverlayRule, ...]

    @property
    def asks_for_unemployment(self) -> bool:
        """Whether the macro figures are needed."""
        return any(rule.condition is MacroCondition.UNEMPLOYMENT_RISE for rule in self.rules)

    def multipliers(self, portfolio: Portfolio, unemployment_rise: float | None) -> Floats:
        """The multiplier of each account's odds, 1 where nothing holds."""
        found = np.ones(len(portfolio))
        for rule in self.rules:
            if rule.in_season(unemployment_rise):
                found = np.where(rule.holds(portfolio), found * rule.multiplier, found)
        return found

    def applied(self, portfolio: Portfolio, unemployment_rise: float | None) -> Portfolio:
        """The portfolio with overlaid probabilities; the model's own stay beside them.

        Raises :class:`DataMissing` where a condition asks for what is not known.
        """
        multipliers = self.multipliers(portfolio, unemployment_rise)
        moved = overlaid_probability(portfolio.model_probability, multipliers)
        return replace(portfolio, default_probability=moved)


def overlaid_probability(default_probability: Floats, odds_multiplier: Floats) -> Floats:
    """The probability whose odds are m times those of the model's: m p / (1 - p + m p).

    Source: an overlay on the log odds, as in scenario adjustments of lifetime losses (IFRS 9,
    B5.5.52). With p 0.02 and m 1.71: 0.0342 / 1.0142 = 0.0337. 0 and 1 stay as they are, and so
    does every probability, bit for bit, where m is 1.

    >>> overlaid_probability(np.array([0.02]), np.array([1.71])).round(4)
    array([0.0337])
    """
    raised = default_probability * odds_multiplier
    moved = raised / (1.0 - default_probability + raised)
    neutral = odds_multiplier == 1.0
    return np.where(neutral, default_probability, np.clip(moved, 0.0, 1.0))


def overlaid_plain(account: Account, overlay: Overlay, unemployment_rise: float | None) -> float:
    """The overlaid probability of one account; the same as the arrays say of it."""
    multiplier = 1.0
    for rule in overlay.rules:
        if rule.in_season(unemployment_rise) and rule.holds_for(account):
            multiplier *= rule.multiplier
    own = account.model_probability
    if multiplier == 1.0:
        return own
    return min(own * multiplier / (1.0 - own + own * multiplier), 1.0)


def parse_overlay(content: Mapping[str, object]) -> Overlay:
    """The overlay of a file of ``policies/overlay``.

    Raises :class:`PolicyError` with the path of what is absent, unknown or outside its bounds.
    """
    file = Section("", {key: value for key, value in content.items() if key != "effective_from"})
    with file.section("overlay").building() as section:
        rules = []
        for row in section.rows("adjustments", "odds multiplier"):
            row.fields("name", "product", "segment", "condition", "at_least", "multiplier")
            product, segment = row.text("product"), row.text("segment")
            rules.append(
                OverlayRule(
                    row.text("name"),
                    None if product == "all" else Product(product),
                    None if segment == "all" else Segment(segment),
                    MacroCondition(row.text("condition")),
                    row.number("at_least", 0.0, 1.0),
                    row.number("multiplier", LEAST, MOST),
                )
            )
        if len({rule.name for rule in rules}) != len(rules):
            raise ValueError("two adjustments have the same name")
    file.finish()
    return Overlay(tuple(rules))
