"""What forbids a raise, what closes raises for a time, and what forces a limit down."""

from dataclasses import dataclass

from credit_limits.policy.parameters import Section


@dataclass(frozen=True, slots=True)
class OverdueLevel:
    """What follows from ``days_past_due`` on.

    The limit falls to ``limit_ratio_permille`` of today's (1000: it stays) and raises are closed
    for ``close_months``.
    """

    days_past_due: int
    limit_ratio_permille: int
    close_months: int


@dataclass(frozen=True, slots=True)
class OverdueRules:
    """Levels by days past due, ascending and never milder; serious from ``serious_days``."""

    levels: tuple[OverdueLevel, ...]
    serious_days: int

    def __post_init__(self) -> None:
        for milder, harder in zip(self.levels, self.levels[1:], strict=False):
            if harder.days_past_due <= milder.days_past_due:
                raise ValueError("overdue levels must ascend in days past due")
            if (
                harder.limit_ratio_permille > milder.limit_ratio_permille
                or harder.close_months < milder.close_months
            ):
                raise ValueError(f"the level of {harder.days_past_due} days is milder than before")
        if self.levels[0].days_past_due < 1:
            raise ValueError("an account is overdue from one day past due on")


@dataclass(frozen=True, slots=True)
class ObservationRules:
    """What must have been seen before a raise. Statements and streak count months.

    ``account_age_months_min`` holds only where the age is known; ``cool_off_months`` is the time
    without a raise after any change of the limit. An account without a balance over six
    statements and, where transactions are known, with at most ``inactive_transactions_90d`` of
    them is inactive.
    """

    statements_min: int
    account_age_months_min: int
    on_time_streak_min: int
    cool_off_months: int
    inactive_transactions_90d: int


@dataclass(frozen=True, slots=True)
class ClosingRules:
    """Behaviour that closes raises, and for how many months each.

    Counts close from the value itself on: ``loan_applications_7d`` = 3 closes at three.
    """

    loan_applications_7d: int
    loan_applications_30d: int
    loan_applications_close_months: int
    device_changes_30d: int
    device_changes_close_months: int
    linked_past_due: int
    linked_risk_close_months: int
    persistent_debt_revolving_share: float
    persistent_debt_payment_ratio: float
    persistent_debt_utilization_ratio: float
    persistent_debt_close_months: int


@dataclass(frozen=True, slots=True)
class AffordabilityRules:
    """Ability to pay at full use of every line: the minimum payments, here and elsewhere.

    ``minimum_payment_ratio`` of all limits and of what is owed elsewhere must stay within
    ``income_share`` of the monthly income. Applies where the income is known.
    """

    minimum_payment_ratio: float
    income_share: float


def parse_overdue(section: Section) -> OverdueRules:
    """The rules of the section ``overdue``."""
    with section.building():
        levels = []
        for row in section.rows("levels", "days, ratio, months"):
            row.fields("days_past_due", "limit_ratio", "close_months")
            levels.append(
                OverdueLevel(
                    int(row.number("days_past_due", 1, 3650)),
                    round(row.number("limit_ratio", 0.0, 1.0) * 1000),
                    int(row.number("close_months", 0, 120)),
                )
            )
        return OverdueRules(tuple(levels), section.integer("serious_days", "days", 1, 3650))


def parse_observation(section: Section) -> ObservationRules:
    """The rules of the section ``observation``."""
    with section.building():
        return ObservationRules(
            statements_min=section.integer("statements_min", "statements", 0, 12),
            account_age_months_min=section.integer("account_age_months_min", "months", 0, 120),
            on_time_streak_min=section.integer("on_time_streak_min", "statements", 0, 120),
            cool_off_months=section.integer("cool_off_months", "months", 0, 120),
            inactive_transactions_90d=section.integer(
                "inactive_transactions_90d", "count", 0, 1000
            ),
        )


def parse_closing(section: Section) -> ClosingRules:
    """The rules of the section ``closing``."""
    with section.building():
        months = {
            name: section.integer(name, "months", 1, 120)
            for name in (
                "loan_applications_close_months",
                "device_changes_close_months",
                "linked_risk_close_months",
                "persistent_debt_close_months",
            )
        }
        return ClosingRules(
            loan_applications_7d=section.integer("loan_applications_7d", "count", 1, 1000),
            loan_applications_30d=section.integer("loan_applications_30d", "count", 1, 1000),
            device_changes_30d=section.integer("device_changes_30d", "count", 1, 1000),
            linked_past_due=section.integer("linked_past_due", "count", 1, 1000),
            persistent_debt_revolving_share=section.number(
                "persistent_debt_revolving_share", "ratio", 0.0, 1.0
            ),
            persistent_debt_payment_ratio=section.number(
                "persistent_debt_payment_ratio", "ratio", 0.0, 2.0
            ),
            persistent_debt_utilization_ratio=section.number(
                "persistent_debt_utilization_ratio", "ratio", 0.0, 2.0
            ),
            **months,
        )


def parse_affordability(section: Section) -> AffordabilityRules:
    """The rules of the section ``affordability``."""
    with section.building():
        return AffordabilityRules(
            minimum_payment_ratio=section.number("minimum_payment_ratio", "ratio", 0.001, 1.0),
            income_share=section.number("income_share", "ratio", 0.01, 1.0),
        )
