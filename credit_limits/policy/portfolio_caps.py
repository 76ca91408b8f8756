"""Caps over the whole portfolio, stated against what the portfolio is today."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from credit_limits.domain.account import Product, Segment
from credit_limits.domain.money import MINOR_PER_YUAN
from credit_limits.policy.account_scope import (
    SCOPE_FIELDS,
    AccountScope,
    CappedAccounts,
    scope_of,
)
from credit_limits.policy.parameters import Row, Section
from credit_limits.policy.portfolio import Portfolio

EACH = "each"
"""Stands for every partner, one cap for each of them."""
_BETWEEN = "/"


class Measure(StrEnum):
    """What a cap adds up over accounts: amounts in minor units, and a count of changed limits.

    The exposure, the expected loss and the provision are of the whole line, the funded balance is
    the lender's own part of what is expected to be owed.
    """

    LIMIT = "limit"
    EXPOSURE = "exposure"
    EXPECTED_LOSS = "expected_loss"
    PROVISION = "provision"
    FUNDED_BALANCE = "funded_balance"
    CHANGES = "changes"


def read_in(measure: str) -> int:
    """How many of a measure's units people read as one: 100 fen are a yuan, a change is a change.

    >>> read_in("exposure"), read_in("changes")
    (100, 1)
    """
    return 1 if measure == Measure.CHANGES else MINOR_PER_YUAN


class BoundUnit(StrEnum):
    """What a cap's bound is stated in.

    ``changes`` are 0 at the limits of today, so theirs is a share of the accounts in scope or a
    count; every other measure's is a ratio to its sum at the limits of today.
    """

    RATIO_TO_TODAY = "ratio_to_today"
    SHARE_OF_ACCOUNTS = "share_of_accounts"
    COUNT = "count"


_MOST = {
    BoundUnit.RATIO_TO_TODAY: 100.0,
    BoundUnit.SHARE_OF_ACCOUNTS: 1.0,
    BoundUnit.COUNT: 1e9,
}


@dataclass(frozen=True, slots=True)
class CapRule:
    """The sum of ``measure`` is at most ``bound``, in the unit that ``bound_unit`` says.

    With ``at_least`` it is at least so much: a floor. ``product``, ``segment``, ``region`` and
    ``partner`` narrow the sum to one of each, ``None`` is every one; where one is not known of an
    account, a cap that names it does not count the account. ``accounts`` narrows it to those that
    are not known to be past due. With ``each_partner`` the rule stands for one cap a partner. A
    ratio below 1 makes the portfolio shrink.

    Raises ``ValueError`` where the unit does not fit the measure, a count is not whole, changes
    have a floor, or each partner is capped and one named.
    """

    name: str
    measure: Measure
    product: Product | None
    bound: float
    accounts: CappedAccounts = CappedAccounts.ALL
    segment: Segment | None = None
    at_least: bool = False
    region: str | None = None
    partner: str | None = None
    each_partner: bool = False
    bound_unit: BoundUnit = BoundUnit.RATIO_TO_TODAY

    def __post_init__(self) -> None:
        counted = self.measure is Measure.CHANGES
        if counted == (self.bound_unit is BoundUnit.RATIO_TO_TODAY):
            changes = f"{BoundUnit.SHARE_OF_ACCOUNTS} or {BoundUnit.COUNT}"
            fitting = changes if counted else BoundUnit.RATIO_TO_TODAY
            raise ValueError(f"cap {self.name}: the bound of {self.measure} is a {fitting}")
        if counted and self.at_least:
            raise ValueError(f"cap {self.name}: nobody is to be changed for the number's sake")
        if self.bound_unit is BoundUnit.COUNT and self.bound != int(self.bound):
            raise ValueError(f"cap {self.name}: {self.bound} is not a whole number of changes")
        if self.each_partner and self.partner is not None:
            raise ValueError(f"cap {self.name}: each partner, or the one named")

    @property
    def scope(self) -> AccountScope:
        """Whose measure is added up."""
        return AccountScope(self.product, self.segment, self.region, self.partner, self.accounts)

    def most_changes(self, accounts: int, of_day: int | None = None) -> int:
        """How many of the accounts in scope may change: 0.1 of 25 are 2.

        A count is for the whole day. Where that decides about ``of_day`` accounts in scope, and
        these are some of them, they have their part of it: of 100 changes, 50 of 1,000 have 5.
        Rounded down, so that the parts of a day never add up to more than the count. A share that
        comes to a whole number but for rounding, as 0.29 of 100 does, is that number.
        """
        if self.bound_unit is BoundUnit.COUNT:
            return int(self.bound) * accounts // of_day if of_day else int(self.bound)
        return math.floor(round(self.bound * accounts, 6))

    def for_partners(self, portfolio: Portfolio) -> Iterator["CapRule"]:
        """The rule itself, or one a partner that the portfolio has: ``exposure/partner_a``."""
        if not self.each_partner:
            yield self
            return
        for partner in sorted(set(portfolio.partner.tolist()) - {""}):
            name = f"{self.name}{_BETWEEN}{partner}"
            yield replace(self, name=name, partner=partner, each_partner=False)


def parse_caps(section: Section) -> tuple[CapRule, ...]:
    """The parameter ``caps`` of the section ``portfolio_caps``; names are unique."""
    rules = tuple(
        _cap(row) for row in section.rows("caps", "ratio to today, share of accounts, count")
    )
    if len({rule.name for rule in rules}) != len(rules):
        raise ValueError("two caps have the same name")
    return rules


def _cap(row: Row) -> CapRule:
    """A row says its bound in exactly one way; segment, region and partner may be left out."""
    units = {str(unit): (unit, False) for unit in BoundUnit}
    units["at_least_ratio_to_today"] = BoundUnit.RATIO_TO_TODAY, True
    stated = [name for name in units if name in row.content] or [BoundUnit.RATIO_TO_TODAY]
    optional = [name for name in SCOPE_FIELDS[1:] if name in row.content]
    row.fields("name", "measure", "product", *optional, "accounts", stated[0])
    unit, at_least = units[stated[0]]
    name = row.text("name")
    if _BETWEEN in name:
        raise ValueError(f"cap {name}: {_BETWEEN} stands between a cap and its partner")
    scope = scope_of(row, CappedAccounts(row.text("accounts")))
    each = scope.partner == EACH
    return CapRule(
        name=name,
        measure=Measure(row.text("measure")),
        product=scope.product,
        bound=row.number(stated[0], 0.0, _MOST[unit]),
        accounts=scope.accounts,
        segment=scope.segment,
        at_least=at_least,
        region=scope.region,
        partner=None if each else scope.partner,
        each_partner=each,
        bound_unit=unit,
    )
