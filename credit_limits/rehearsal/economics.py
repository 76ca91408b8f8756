"""What the money of a rehearsal is worth: the same for every policy that is compared.

Interest, fees, what is written off and what comes back of it are the world's own. Every figure
here says its unit and its source, as the parameters of the world do.
"""

from dataclasses import dataclass, field
from typing import Any

from credit_limits.simulation.stated_fields import ASSUMPTION, check_ranges, stated


def _figure(default: float, unit: str, description: str, high: float, source: str) -> Any:  # noqa: ANN401
    return stated(default, unit, description, low=0.0, high=high, source=source)


@dataclass(frozen=True, slots=True)
class LenderEconomics:
    """What a lender pays and earns beside what the world charges, writes off and recovers.

    Raises ``ValueError`` naming the figure that is out of range.
    """

    pay_later_interchange: float = _figure(
        0.01, "share of spending", "earned on pay-later purchases", 0.1, "limit policy"
    )
    cash_loan_interchange: float = _figure(
        0.0, "share of spending", "a cash loan has no merchant", 0.1, "limit policy"
    )
    funding_rate: float = _figure(
        0.03, "share a year", "cost of the money lent", 1.0, "one-year wholesale funding, 2023"
    )
    undrawn_rate: float = _figure(
        0.001,
        "share a year",
        "cost of keeping an undrawn limit ready",
        1.0,
        "Basel III liquidity coverage, 5 % of undrawn retail lines, at a carry of 2 %",
    )
    change_cost_yuan: float = _figure(
        5.0, "yuan", "notice, questions and handling of a change of limit", 1e4, ASSUMPTION
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class WelfareEconomics:
    """What a line is worth to its customer.

    Welfare of a month = value of the liquidity used - interest - fees - harm of a default. What a
    revolver or a cash loan owes is worth what the next source of money would cost; what a
    transactor owes is worth what the money earns until it is paid. A default harms by a number of
    months of income, net of the debt that is never paid back. It measures who gains, not whether a
    policy is lawful or fair; no policy is steered by it.
    """

    borrowing_value_rate: float = _figure(
        0.24,
        "share a year",
        "worth of a balance that is carried: the most that credit may cost all in",
        2.0,
        "regulator's rule on internet loan facilitation, in force from October 2025",
    )
    float_value_rate: float = _figure(
        0.02,
        "share a year",
        "worth of a balance that is paid in full: what a deposit earns",
        1.0,
        ASSUMPTION,
    )
    default_harm_months: float = _figure(
        3.0, "months of income", "net harm of a default to the customer", 120.0, ASSUMPTION
    )

    def __post_init__(self) -> None:
        check_ranges(self)


@dataclass(frozen=True, slots=True)
class RehearsalEconomics:
    """Both sides of the account."""

    lender: LenderEconomics = field(default_factory=LenderEconomics)
    welfare: WelfareEconomics = field(default_factory=WelfareEconomics)
