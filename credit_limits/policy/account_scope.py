"""Which accounts a row over the portfolio is about."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from credit_limits.domain.account import Product, Segment
from credit_limits.policy.parameters import Row
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Flags, Portfolio

EVERY = "all"
SCOPE_FIELDS = ("product", "segment", "region", "partner")
"""What accounts are told apart by. A protected attribute is none of them, and never will be."""


class CappedAccounts(StrEnum):
    """Whose measure a cap adds up.

    A limit that is cut while the account is past due lowers the loss that is expected of it and
    hardly the loss that comes: what is owed is owed by then. Were it counted, every cut of such
    an account would make room for a raise of another.
    """

    ALL = "all"
    NOT_PAST_DUE = "not_past_due"


@dataclass(frozen=True, slots=True)
class AccountScope:
    """Accounts of one product, segment, region and partner; ``None`` is every one.

    An account of which one of these is not known is in no scope that asks for it. ``accounts``
    narrows the scope to those that are not known to be past due.
    """

    product: Product | None = None
    segment: Segment | None = None
    region: str | None = None
    partner: str | None = None
    accounts: CappedAccounts = CappedAccounts.ALL

    def flags(self, portfolio: Portfolio) -> Flags | None:
        """Who is in it, N flags; ``None`` for every account."""
        if self == AccountScope():
            return None
        inside = np.ones(len(portfolio), dtype=np.bool_)
        if self.product is not None:
            inside &= portfolio.product == PRODUCTS.index(self.product)
        if self.segment is not None:
            inside &= portfolio.segment == SEGMENTS.index(self.segment)
        if self.region is not None:
            inside &= portfolio.region == self.region
        if self.partner is not None:
            inside &= portfolio.partner == self.partner
        if self.accounts is CappedAccounts.NOT_PAST_DUE:
            inside &= ~(portfolio.features.days_past_due_latest > 0)
        return inside


def scope_of(row: Row, accounts: CappedAccounts) -> AccountScope:
    """The scope that the fields of a row name; one that is left out, or ``all``, is every one.

    Raises ``ValueError`` or :class:`PolicyError` for a product or a segment that there is not.
    """
    named = {name: row.text(name) for name in SCOPE_FIELDS if name in row.content}
    named = {name: text for name, text in named.items() if text != EVERY}
    return AccountScope(
        product=Product(named["product"]) if "product" in named else None,
        segment=Segment(named["segment"]) if "segment" in named else None,
        region=named.get("region"),
        partner=named.get("partner"),
        accounts=accounts,
    )
