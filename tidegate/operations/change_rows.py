"""What a change would do to decisions, as rows small enough for a screen and a JSON file."""

from dataclasses import asdict

import numpy as np
from pydantic import BaseModel, ConfigDict

from credit_limits.decision_changes import Change, change_of, swap_set
from credit_limits.decisions import DecisionBatch
from credit_limits.domain.decision import Action
from credit_limits.policy.portfolio import PRODUCTS, SEGMENTS, Flags, Portfolio
from credit_limits.policy.risk_grades import Grade


class SumsRow(BaseModel):
    """Counts of accounts and amounts in minor units; profit and loss are those of a year.

    The expected loss, with what is drawn of the undrawn part through the credit conversion
    factor, is the provision of a year as well.
    """

    model_config = ConfigDict(frozen=True)

    accounts: int
    raised: int
    lowered: int
    limit_minor: int
    added_minor: int
    exposure_minor: int
    expected_loss_minor: int
    expected_profit_minor: int


class ChangeRow(BaseModel):
    """Accounts before and under the change.

    ``moved`` have another action or another limit; ``raises_stopped`` would have been raised and
    are not, ``raises_new`` the other way round.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    moved: int
    raises_stopped: int
    raises_new: int
    before: SumsRow
    after: SumsRow


class SwapRow(BaseModel):
    """Accounts that go from one action to another; sums of their limits under each."""

    model_config = ConfigDict(frozen=True)

    before: Action
    after: Action
    accounts: int
    limit_before_minor: int
    limit_after_minor: int


class ChangeTables(BaseModel):
    """A change over the whole portfolio, by grade of risk before it, by segment and by product."""

    model_config = ConfigDict(frozen=True)

    total: ChangeRow
    by_grade: tuple[ChangeRow, ...]
    by_segment: tuple[ChangeRow, ...]
    by_product: tuple[ChangeRow, ...]
    swaps: tuple[SwapRow, ...]


def change_tables(
    portfolio: Portfolio, before: DecisionBatch, after: DecisionBatch
) -> ChangeTables:
    """Two batches of one portfolio side by side."""

    def rows(groups: dict[str, Flags]) -> tuple[ChangeRow, ...]:
        return tuple(
            _row(change_of(name, portfolio, before, after, inside))
            for name, inside in groups.items()
            if inside.any()
        )

    segments = {str(each): portfolio.segment == SEGMENTS.index(each) for each in SEGMENTS}
    everyone = np.ones(len(portfolio), dtype=np.bool_)
    return ChangeTables(
        total=rows({"all": everyone})[0],
        by_grade=rows({each: before.grade == place for place, each in enumerate(Grade)}),
        by_segment=rows(segments | {"not known": portfolio.segment < 0}),
        by_product=rows({p: portfolio.product == place for place, p in enumerate(PRODUCTS)}),
        swaps=tuple(SwapRow.model_validate(asdict(swap)) for swap in swap_set(before, after)),
    )


def _row(change: Change) -> ChangeRow:
    plain = asdict(change)
    for sums in (plain["before"], plain["after"]):
        sums |= {name: round(value) for name, value in sums.items()}
    return ChangeRow.model_validate(plain)
