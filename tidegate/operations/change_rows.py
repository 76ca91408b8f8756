"""What a change would do to decisions, as rows small enough for a screen and a JSON file."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict

from credit_limits.decision_changes import ActionPair, Change, Comparison


class SumsRow(BaseModel):
    """Counts of accounts and amounts in minor units; profit and loss are those of a year.

    Expected loss and provision count what is drawn of the undrawn part through the credit
    conversion factor; the provision is that of a whole life where the risk has risen.
    """

    model_config = ConfigDict(frozen=True)

    accounts: int
    raised: int
    lowered: int
    limit_minor: int
    added_minor: int
    exposure_minor: int
    expected_loss_minor: int
    provision_minor: int
    expected_profit_minor: int


class ChangeRow(BaseModel):
    """Accounts before and under the change.

    ``moved`` have another action or another limit, ``higher`` and ``lower`` such a limit;
    ``raises_stopped`` would have been raised and are not, ``raises_new`` the other way round;
    ``cuts_stopped`` and ``cuts_new`` are of cuts.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    moved: int
    higher: int
    lower: int
    raises_stopped: int
    raises_new: int
    cuts_stopped: int
    cuts_new: int
    before: SumsRow
    after: SumsRow


class ChangeTables(BaseModel):
    """A change over the whole portfolio, by grade of risk before it, by segment and by product."""

    model_config = ConfigDict(frozen=True)

    total: ChangeRow
    by_grade: tuple[ChangeRow, ...]
    by_segment: tuple[ChangeRow, ...]
    by_product: tuple[ChangeRow, ...]
    swaps: tuple[ActionPair, ...]


def change_tables(compared: Comparison) -> ChangeTables:
    """The comparison as rows, amounts as whole minor units."""
    return ChangeTables(
        total=_row(compared.total),
        by_grade=tuple(map(_row, compared.by_grade)),
        by_segment=tuple(map(_row, compared.by_segment)),
        by_product=tuple(map(_row, compared.by_product)),
        swaps=compared.swaps,
    )


def _row(change: Change) -> ChangeRow:
    plain = asdict(change)
    for sums in (plain["before"], plain["after"]):
        sums |= {name: round(value) for name, value in sums.items()}
    return ChangeRow.model_validate(plain)
