"""Brakes: standing orders that hold raises back, whatever an account deserves.

An alarm of the watch applies one to whole products; a person sets one for any part of the
portfolio. Cuts and closures go on under every brake.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.decision import ReasonCode
from credit_limits.policy.limit_policy import LimitPolicy
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Account, Flags, Integers, Portfolio
from credit_limits.policy.triggers import risk_grade


class BrakeMeasure(StrEnum):
    """What a brake does to raises: stop them, bound them, or judge them more strictly."""

    NO_INCREASES = "no_increases"
    SLOW_INCREASES = "slow_increases"
    TIGHTEN_GRADES = "tighten_grades"


BRAKE_REASONS: dict[BrakeMeasure, ReasonCode] = {
    BrakeMeasure.NO_INCREASES: ReasonCode.BRAKE_NO_INCREASES,
    BrakeMeasure.SLOW_INCREASES: ReasonCode.BRAKE_SLOW_INCREASES,
    BrakeMeasure.TIGHTEN_GRADES: ReasonCode.BRAKE_TIGHTEN_GRADES,
}
"""What is told to whom nothing but a brake keeps from rising."""


@dataclass(frozen=True, slots=True)
class BrakeOrder:
    """What a brake orders, and for whom.

    It holds for accounts of ``products``, of customers of ``segments`` in ``regions``; none named
    is every one. A customer whose segment or region is not known is in each of them, since a brake
    must not miss whom it is meant for.

    ``ratio_permille`` belongs to ``slow_increases``: a raise goes at most to that ratio of today's
    limit. ``grades`` belongs to ``tighten_grades``: a raise is bounded as if the account's risk
    grade were so many grades riskier. Raises ``ValueError`` where one is absent, or does not fit.
    """

    measure: BrakeMeasure
    products: tuple[Product, ...]
    segments: tuple[Segment, ...] = ()
    regions: tuple[str, ...] = ()
    ratio_permille: int | None = None
    grades: int | None = None

    def __post_init__(self) -> None:
        for names in (self.products, self.segments, self.regions):
            if len(set(names)) != len(names) or "" in names:
                raise ValueError("a brake names each product, segment and region once")
        if not self.products:
            raise ValueError("a brake needs products")
        slows, tightens = (
            self.measure is measure
            for measure in (BrakeMeasure.SLOW_INCREASES, BrakeMeasure.TIGHTEN_GRADES)
        )
        if (self.ratio_permille is not None) != slows or (self.grades is not None) != tightens:
            raise ValueError(
                "slow_increases needs the ratio of a raise to today's limit, tighten_grades the "
                "number of grades, and no measure the other's"
            )
        if self.ratio_permille is not None and self.ratio_permille <= 1000:
            raise ValueError("a raise is more than 1 times today's limit; no_increases stops it")
        if self.grades is not None and self.grades < 1:
            raise ValueError("tighten_grades goes at least one grade further")

    @property
    def text(self) -> str:
        """Measure and degree, without for whom: what a decision's id is made of.

        >>> BrakeOrder(BrakeMeasure.TIGHTEN_GRADES, tuple(Product), grades=2).text
        'tighten_grades 2'
        """
        degree = self.ratio_permille if self.grades is None else self.grades
        return str(self.measure) if degree is None else f"{self.measure} {degree}"

    @property
    def words(self) -> str:
        """The order in a few words, as outcomes and reports have it."""
        told = str(self.measure).replace("_", " ")
        if self.ratio_permille is not None:
            told = f"increases to at most {self.ratio_permille / 1000:g} times the limit"
        if self.grades is not None:
            told = f"increases {self.grades} risk grade{'s' * (self.grades > 1)} stricter"
        whom = f" of {', '.join(self.products)}"
        whom += f" for {', '.join(self.segments)}" if self.segments else ""
        return told + whom + (f" in {', '.join(self.regions)}" if self.regions else "")

    def holds(self, portfolio: Portfolio) -> Flags:
        """For which accounts of a portfolio."""
        found = np.isin(portfolio.product, [PRODUCTS.index(each) for each in self.products])
        if self.segments:
            named = [-1, *(SEGMENTS.index(each) for each in self.segments)]
            found &= np.isin(portfolio.segment, named)
        if self.regions:
            found &= np.isin(portfolio.region, ["", *self.regions])
        return found

    def holds_for(self, account: Account) -> bool:
        """Whether for this one; the same as :meth:`holds` says of it."""
        return (
            account.product in self.products
            and (not self.segments or account.segment in (None, *self.segments))
            and (not self.regions or account.region in (None, *self.regions))
        )

    def ceiling(self, portfolio: Portfolio, policy: LimitPolicy) -> Integers:
        """The highest round limit of a raise under the order; today's limit or less for none.

        Under ``slow_increases`` to 1.1, 10,000 yuan may become 11,000. Under ``tighten_grades`` by
        1 an account of grade B is raised at most as one of grade C.
        """
        limit = portfolio.limit_minor
        if self.measure is BrakeMeasure.NO_INCREASES:
            return limit
        if self.ratio_permille is not None:
            return policy.ladder.round_down(limit * self.ratio_permille // 1000)
        stricter = risk_grade(portfolio, policy) + (self.grades or 0)
        stricter = np.minimum(stricter, len(policy.grades.bands) - 1)
        own = portfolio.segment, stricter
        ratio = policy.by_segment(lambda each: each.grades.increase_ratios_permille)[own]
        most = policy.by_segment(lambda each: each.grades.ceilings_minor)[own]
        return policy.ladder.round_down(np.minimum(most, limit * ratio // 1000))


@dataclass(frozen=True, slots=True)
class Brakes:
    """The orders that hold when limits are decided; each holds beside the others."""

    orders: tuple[BrakeOrder, ...] = ()

    def raise_ceilings(
        self, portfolio: Portfolio, policy: LimitPolicy
    ) -> dict[ReasonCode, Integers]:
        """The highest limit of a raise under each measure, by its reason; empty for no order."""
        ceilings: dict[ReasonCode, Integers] = {}
        free = np.full(len(portfolio), np.iinfo(np.int64).max)
        for order in self.orders:
            reason = BRAKE_REASONS[order.measure]
            held = np.where(order.holds(portfolio), order.ceiling(portfolio, policy), free)
            ceilings[reason] = np.minimum(ceilings.get(reason, free), held)
        return ceilings

    def combinations(self, portfolio: Portfolio) -> tuple[list[tuple[str, ...]], Integers]:
        """The sets of orders that hold for accounts, as texts in order, and each account's place.

        Without an order there is one set, the empty one.
        """
        found: list[tuple[str, ...]] = [()]
        place: Integers = np.zeros(len(portfolio), dtype=np.int64)
        for text in sorted({order.text for order in self.orders}):
            alike = (order for order in self.orders if order.text == text)
            held = np.logical_or.reduce([order.holds(portfolio) for order in alike])
            pairs, place = np.unique(place * 2 + held, return_inverse=True)
            found = [(*found[pair // 2], *([text] * (pair % 2))) for pair in pairs.tolist()]
        return found, place


NO_BRAKES = Brakes()
"""Nothing is held back."""
