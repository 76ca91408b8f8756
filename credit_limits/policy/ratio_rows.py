"""Ratios between two groups: what one gets on average, over what the other gets."""

from dataclasses import dataclass, replace
from enum import StrEnum

from credit_limits.policy.account_scope import (
    EVERY,
    SCOPE_FIELDS,
    AccountScope,
    CappedAccounts,
    scope_of,
)
from credit_limits.policy.parameters import Row, Section


class AveragedMeasure(StrEnum):
    """What a ratio row averages over the accounts of a group, in minor units an account.

    ``increase`` is by how much limits are raised, a cut counting as 0; in ``limit_change`` a cut
    counts against the raises.
    """

    INCREASE = "increase"
    LIMIT_CHANGE = "limit_change"


@dataclass(frozen=True, slots=True)
class RatioRule:
    """The average of ``measure`` over ``group`` is at least ``ratio`` times that of ``reference``.

    All accounts of a group count, also those whose limit stays. A row of which either group has no
    account asks nothing. With a ratio of 0.8, raises of 800 yuan an account in the group allow
    1,000 yuan an account in the reference.

    Raises ``ValueError`` where the two groups are one and the same, or one is everybody.
    """

    name: str
    measure: AveragedMeasure
    group: AccountScope
    reference: AccountScope
    ratio: float

    def __post_init__(self) -> None:
        if self.group == self.reference:
            raise ValueError(f"ratio row {self.name}: the group is its own reference")
        if AccountScope() in (
            replace(self.group, accounts=CappedAccounts.ALL),
            replace(self.reference, accounts=CappedAccounts.ALL),
        ):
            raise ValueError(
                f"ratio row {self.name}: a group is told by one or several of "
                f"{', '.join(SCOPE_FIELDS)}, each other than {EVERY}"
            )


def parse_ratio_rows(section: Section) -> tuple[RatioRule, ...]:
    """The parameter ``ratio_rows`` of the section ``portfolio_caps``, none where it is left out."""
    if "ratio_rows" not in section.content:
        return ()
    return tuple(_row(row) for row in section.rows("ratio_rows", "ratio of averages"))


def _row(row: Row) -> RatioRule:
    row.fields("name", "measure", "group", "reference", "accounts", "at_least_ratio")
    accounts = CappedAccounts(row.text("accounts"))
    return RatioRule(
        name=row.text("name"),
        measure=AveragedMeasure(row.text("measure")),
        group=_group(row.row("group"), accounts),
        reference=_group(row.row("reference"), accounts),
        ratio=row.number("at_least_ratio", 0.0, 100.0),
    )


def _group(row: Row, accounts: CappedAccounts) -> AccountScope:
    row.fields(*(name for name in SCOPE_FIELDS if name in row.content))
    return scope_of(row, accounts)
