"""What a change would do to decisions, as rows small enough for a screen and a JSON file."""

from dataclasses import asdict

from pydantic import BaseModel, ConfigDict

from credit_limits.decision_changes import ActionPair, Change, Comparison, ScenarioChange
from credit_limits.domain.account import Scenario

_MEANS = ("mean_before_minor", "mean_after_minor")


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


class ScenarioRow(BaseModel):
    """Sub-limits of one use of the pay-later line, amounts in minor units.

    ``moved`` of the ``accounts`` that have sub-limits get another one for it, ``higher`` or
    ``lower``, and ``alone`` of them keep their limit; means are over all ``accounts``.
    """

    model_config = ConfigDict(frozen=True)

    scenario: Scenario
    accounts: int
    moved: int
    higher: int
    lower: int
    alone: int
    mean_before_minor: int
    mean_after_minor: int


class ChangeTables(BaseModel):
    """A change over the whole portfolio, by grade of risk before it, by segment and by product.

    ``by_scenario`` has the sub-limits of pay-later lines, ``sub_limits_moved_alone`` the accounts
    that keep their limit and get another sub-limit.
    """

    model_config = ConfigDict(frozen=True)

    total: ChangeRow
    by_grade: tuple[ChangeRow, ...]
    by_segment: tuple[ChangeRow, ...]
    by_product: tuple[ChangeRow, ...]
    by_scenario: tuple[ScenarioRow, ...]
    sub_limits_moved_alone: int
    swaps: tuple[ActionPair, ...]


def change_tables(compared: Comparison) -> ChangeTables:
    """The comparison as rows, amounts as whole minor units."""
    return ChangeTables(
        total=_row(compared.total),
        by_grade=tuple(map(_row, compared.by_grade)),
        by_segment=tuple(map(_row, compared.by_segment)),
        by_product=tuple(map(_row, compared.by_product)),
        by_scenario=tuple(map(_scenario_row, compared.by_scenario)),
        sub_limits_moved_alone=compared.sub_limits_moved_alone,
        swaps=compared.swaps,
    )


def _scenario_row(change: ScenarioChange) -> ScenarioRow:
    means = {name: round(getattr(change, name)) for name in _MEANS}
    return ScenarioRow.model_validate(asdict(change) | {"moved": change.moved} | means)


def _row(change: Change) -> ChangeRow:
    plain = asdict(change)
    for sums in (plain["before"], plain["after"]):
        sums |= {name: round(value) for name, value in sums.items()}
    return ChangeRow.model_validate(plain)
