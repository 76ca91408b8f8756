"""The columns that a rule's predicate may name: what each means, and where its values come from.

A column that the platform documents and a lender does not supply is null for every account; the
rules that ask for it then say so. Numbers are double precision, which holds an amount in minor
units exactly up to 9e15.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from credit_limits.domain.account import AccountStatus, Product
from credit_limits.domain.features import FEATURES
from credit_limits.policy.lender import Lender
from credit_limits.policy.portfolio import (
    FEATURES_READ,
    PRODUCTS,
    STATUSES,
    Account,
    Portfolio,
)


class Kind(StrEnum):
    """What an expression is worth: SQL's DOUBLE, VARCHAR or BOOLEAN."""

    NUMBER = "number"
    TEXT = "text"
    BOOLEAN = "boolean"


Value = float | str | bool | None
"""What a column holds for one account; ``None`` is null: not known."""


@dataclass(frozen=True, slots=True)
class RuleColumn:
    """A column by name: its kind, its unit, what it means, and its values where they are few.

    ``supplied`` is false for a column that no table of the platform holds yet.
    """

    name: str
    kind: Kind
    unit: str
    description: str
    values: tuple[str, ...] = ()
    supplied: bool = True


_PARTNER_SHARE = "partner_share_ratio"
_UNITS = {"minor": "minor units", "ratio": "ratio", "share": "share", "months": "months"}


def _feature_column(name: str) -> RuleColumn:
    described = {feature.name: feature.description for feature in FEATURES}
    unit = next((_UNITS[word] for word in name.split("_") if word in _UNITS), "count")
    return RuleColumn(
        name, Kind.NUMBER, "days" if name.startswith("days_") else unit, described[name]
    )


ACCOUNT_COLUMNS: tuple[RuleColumn, ...] = (
    RuleColumn(
        "product", Kind.TEXT, "name", "the product of the account", tuple(map(str, Product))
    ),
    RuleColumn(
        "status",
        Kind.TEXT,
        "name",
        "the state of the account",
        tuple(str(s) for s in AccountStatus if s is not AccountStatus.CLOSED),
    ),
    RuleColumn("limit_minor", Kind.NUMBER, "minor units", "the limit as it stands"),
    RuleColumn("balance_minor", Kind.NUMBER, "minor units", "balance of the latest statement"),
    RuleColumn(
        "annual_rate",
        Kind.NUMBER,
        "share a year",
        "annual percentage rate charged, fees and costs of guarantees included",
    ),
    RuleColumn(
        "default_probability",
        Kind.NUMBER,
        "probability",
        "the model's probability of a default within its label window",
    ),
    RuleColumn(
        "human_review_only",
        Kind.BOOLEAN,
        "yes or no",
        "the customer asked for decisions by a person",
    ),
    RuleColumn(
        "declines_increases", Kind.BOOLEAN, "yes or no", "the customer asked for no higher limit"
    ),
    RuleColumn(
        "months_since_limit_change",
        Kind.NUMBER,
        "months",
        "since the limit was last changed; null where it never was",
    ),
    RuleColumn(
        "customer_total_minor",
        Kind.NUMBER,
        "minor units",
        "sum of the limits of all accounts of the customer",
    ),
    RuleColumn("customer_account_count", Kind.NUMBER, "count", "accounts of the customer"),
    RuleColumn(
        _PARTNER_SHARE,
        Kind.NUMBER,
        "ratio",
        "share of the loan that a partner funds; 0 where none does, null where the lender lends "
        "jointly and does not say",
    ),
)
FEATURE_COLUMNS: tuple[RuleColumn, ...] = tuple(_feature_column(name) for name in FEATURES_READ)
LENDER_COLUMNS: tuple[RuleColumn, ...] = (
    RuleColumn(
        "lender_lends_jointly", Kind.BOOLEAN, "yes or no", "partners fund a part of some loans"
    ),
    RuleColumn("lender_tier_1_capital_minor", Kind.NUMBER, "minor units", "net tier-1 capital"),
    RuleColumn("lender_loans_minor", Kind.NUMBER, "minor units", "all that the lender has lent"),
    RuleColumn(
        "lender_joint_loans_minor", Kind.NUMBER, "minor units", "lent together with all partners"
    ),
    RuleColumn(
        "lender_largest_partner_loans_minor",
        Kind.NUMBER,
        "minor units",
        "lent together with the largest partner, its affiliates included",
    ),
)
ABSENT_COLUMNS: tuple[RuleColumn, ...] = (
    RuleColumn(
        "increase_consent_given",
        Kind.BOOLEAN,
        "yes or no",
        "the customer agreed to this increase, on record",
        supplied=False,
    ),
)
COLUMNS: dict[str, RuleColumn] = {
    column.name: column
    for column in (*ACCOUNT_COLUMNS, *FEATURE_COLUMNS, *LENDER_COLUMNS, *ABSENT_COLUMNS)
}
"""Every column that a predicate may name."""


def column_values(
    name: str, portfolio: Portfolio, lender: Lender
) -> npt.NDArray[np.generic] | Value:
    """The values of a column, N places, or one value that holds for every account.

    NaN among numbers is not known; so is ``None`` for all of them.
    """
    if name == "product":
        return np.array([str(product) for product in PRODUCTS])[portfolio.product]
    if name == "status":
        return np.array([str(status) for status in STATUSES])[portfolio.status]
    if name in FEATURES_READ:
        return np.asarray(getattr(portfolio.features, name))
    if name.startswith("lender_"):
        return _lender_fact(name, lender)
    if name == _PARTNER_SHARE:
        return _partner_shares(portfolio, lender)
    return np.asarray(getattr(portfolio, name)) if COLUMNS[name].supplied else None


def account_values(account: Account, lender: Lender) -> dict[str, Value]:
    """The values of every column for one account."""
    return {name: _account_value(name, account, lender) for name in COLUMNS}


def _account_value(name: str, account: Account, lender: Lender) -> Value:
    if name in FEATURES_READ:
        return account.features[name]
    if name.startswith("lender_"):
        return _lender_fact(name, lender)
    if name == _PARTNER_SHARE:
        return lender.partner_share(account.partner or "")
    if not COLUMNS[name].supplied:
        return None
    value = getattr(account, name)
    if value is None or isinstance(value, bool | float):
        return value
    return float(value) if isinstance(value, int) else str(value)


def _lender_fact(name: str, lender: Lender) -> Value:
    fact = getattr(lender, name.removeprefix("lender_"))
    return fact if fact is None or isinstance(fact, bool) else float(fact)


def _partner_shares(portfolio: Portfolio, lender: Lender) -> npt.NDArray[np.float64]:
    partners, place = np.unique(portfolio.partner, return_inverse=True)
    shares = [lender.partner_share(partner) for partner in partners.tolist()]
    return np.array([np.nan if share is None else share for share in shares])[place]
