"""Bounds of what is noticed about an account beside arrears: use, debt, anomalies, hardship, links.

A cause comes in at one bound and goes out at a lower one, so that a figure that wavers about a
bound does not open and close an account month by month. ``*_leave`` is the lower bound: at it the
cause still stands, below it it is gone.
"""

from dataclasses import dataclass

from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import Grade


@dataclass(frozen=True, slots=True)
class SpendingRules:
    """Spending on a pay-later line that calls for no higher limit.

    At most ``rare_transactions_90d`` in 90 days is rare, less than ``small_share`` of the limit
    in 90 days is small. From ``concentration_transactions_min`` transactions on, a concentration
    (Herfindahl index) of ``concentration`` or more is too much of one scenario.
    """

    rare_transactions_90d: int
    small_share: float
    concentration: float
    concentration_transactions_min: int


@dataclass(frozen=True, slots=True)
class DebtBounds:
    """Debt that is carried on and on: all three over 12 months.

    At least ``revolving_share`` of the months and ``utilization_ratio`` of the limit, and at most
    ``payment_ratio`` of the balance paid.
    """

    revolving_share: float
    payment_ratio: float
    utilization_ratio: float


@dataclass(frozen=True, slots=True)
class ThinFileRules:
    """A customer of whom the bureau says nothing, on an account younger than ``months``.

    A raise goes to at most ``increase_ratio_permille`` of today's limit and to
    ``limit_per_statement_minor`` for each statement not past due in a row.
    """

    months: int
    increase_ratio_permille: int
    limit_per_statement_minor: int


@dataclass(frozen=True, slots=True)
class AnomalyRules:
    """What is unlike the customer's own past.

    ``login_ratio`` is logins a day in 7 days over the 90 days before, on at least
    ``login_count_min`` logins in 30 days. ``spend_trend`` is three times the spend of 30 days over
    that of 90 (1: as before, 3: all of it lately), on at least ``spend_transactions_min``
    transactions.
    """

    login_ratio: float
    login_ratio_leave: float
    login_count_min: int
    spend_trend: float
    spend_trend_leave: float
    spend_transactions_min: int
    close_months: int

    def __post_init__(self) -> None:
        if self.login_ratio_leave > self.login_ratio or self.spend_trend_leave > self.spend_trend:
            raise ValueError("an anomaly must end at a bound no higher than it begins at")


@dataclass(frozen=True, slots=True)
class HardshipRules:
    """Income lost and a bill missed: more time and a lower limit instead of a freeze.

    Income of at least ``income_lost_ratio`` less than within the year before, and at most
    ``days_past_due_most``. The limit falls to ``limit_ratio_permille``, the term is extended by
    ``extension_months`` and not again within ``extension_again_months``.
    """

    income_lost_ratio: float
    income_lost_leave: float
    days_past_due_most: int
    limit_ratio_permille: int
    close_months: int
    extension_months: int
    extension_again_months: int

    def __post_init__(self) -> None:
        if self.income_lost_leave > self.income_lost_ratio:
            raise ValueError("hardship must end at a loss no higher than it begins at")
        if self.extension_again_months < self.extension_months:
            raise ValueError("a term is not extended again while its extension runs")


@dataclass(frozen=True, slots=True)
class LinkedRules:
    """What linked customers past due do to an account's risk grade.

    Each makes it a grade riskier, ``grades_most`` at most. From ``freeze_past_due`` of them on,
    an account that is then of ``freeze_grade`` or riskier is frozen. ``past_due_leave`` of them
    still keep an account closed or frozen.
    """

    grades_most: int
    freeze_past_due: int
    freeze_grade: Grade
    past_due_leave: int

    @property
    def freeze_place(self) -> int:
        """Place of the grade among the bands, 0 the safest."""
        return tuple(Grade).index(self.freeze_grade)


def parse_spending(section: Section) -> SpendingRules:
    """The rules of the section ``spending``."""
    with section.building():
        return SpendingRules(
            rare_transactions_90d=section.integer("rare_transactions_90d", "count", 0, 1000),
            small_share=section.number("small_share", "share of the limit", 0.0, 1.0),
            concentration=section.number("concentration", "Herfindahl index", 0.0, 1.0),
            concentration_transactions_min=section.integer(
                "concentration_transactions_min", "count", 1, 1000
            ),
        )


def parse_revolving(section: Section) -> DebtBounds:
    """Debt short of persistent: the bounds of the section ``revolving``."""
    with section.building():
        return DebtBounds(
            section.number("revolving_share", "ratio", 0.0, 1.0),
            section.number("payment_ratio", "ratio", 0.0, 2.0),
            section.number("utilization_ratio", "ratio", 0.0, 2.0),
        )


def parse_thin_file(section: Section) -> ThinFileRules:
    """The rules of the section ``thin_file``."""
    with section.building():
        return ThinFileRules(
            section.integer("months", "months", 0, 120),
            round(section.number("increase_ratio", "ratio", 1.0, 100.0) * 1000),
            section.money_minor("limit_per_statement"),
        )


def parse_anomalies(section: Section) -> AnomalyRules:
    """The rules of the section ``anomalies``."""
    with section.building():
        ratio = "ratio to the customer's own past"
        return AnomalyRules(
            login_ratio=section.number("login_ratio", ratio, 1.0, 1000.0),
            login_ratio_leave=section.number("login_ratio_leave", ratio, 1.0, 1000.0),
            login_count_min=section.integer("login_count_min", "count", 1, 1000),
            spend_trend=section.number("spend_trend", ratio, 1.0, 3.0),
            spend_trend_leave=section.number("spend_trend_leave", ratio, 1.0, 3.0),
            spend_transactions_min=section.integer("spend_transactions_min", "count", 1, 1000),
            close_months=section.integer("close_months", "months", 1, 120),
        )


def parse_hardship(section: Section) -> HardshipRules:
    """The rules of the section ``hardship``."""
    with section.building():
        return HardshipRules(
            income_lost_ratio=section.number("income_lost_ratio", "ratio", 0.01, 1.0),
            income_lost_leave=section.number("income_lost_leave", "ratio", 0.0, 1.0),
            days_past_due_most=section.integer("days_past_due_most", "days", 1, 3650),
            limit_ratio_permille=round(section.number("limit_ratio", "ratio", 0.0, 1.0) * 1000),
            close_months=section.integer("close_months", "months", 1, 120),
            extension_months=section.integer("extension_months", "months", 1, 120),
            extension_again_months=section.integer("extension_again_months", "months", 1, 120),
        )


def parse_linked(section: Section) -> LinkedRules:
    """The rules of the section ``linked_risk``."""
    with section.building():
        return LinkedRules(
            grades_most=section.integer("grades_most", "grades", 0, len(Grade) - 1),
            freeze_past_due=section.integer("freeze_past_due", "count", 1, 1000),
            freeze_grade=Grade(section.choice("freeze_grade", tuple(Grade))),
            past_due_leave=section.integer("past_due_leave", "count", 1, 1000),
        )
