"""How long an account stays in a state, and how far a cause must have fallen before it leaves."""

from dataclasses import dataclass

from credit_limits.policy.parameters import Section


@dataclass(frozen=True, slots=True)
class FreezeRules:
    """When an account is frozen, and how it thaws.

    Frozen from ``overdue_days`` past due on (``overdue_days_with_backup`` where a second source
    of repayment is known), and from ``disputed_transactions_90d`` disputed transactions on where
    logins, devices or spending are unlike the customer's own past. It thaws into closed increases
    for ``closed_months_after`` once every cause is below its lower bound and ``months_min`` have
    passed; after ``months_most`` a person is asked.
    """

    overdue_days: int
    overdue_days_with_backup: int
    overdue_days_leave: int
    disputed_transactions_90d: int
    months_min: int
    months_most: int
    closed_months_after: int

    def __post_init__(self) -> None:
        if self.overdue_days_leave > self.overdue_days:
            raise ValueError("a freeze must end at no more days past due than it begins at")
        if self.overdue_days_with_backup < self.overdue_days:
            raise ValueError("a second source of repayment must not bring a freeze sooner")
        if self.months_most <= self.months_min:
            raise ValueError("a freeze must be allowed to end before a person is asked")


@dataclass(frozen=True, slots=True)
class ReopeningRules:
    """The lower bounds of what closes increases; at them the cause still stands.

    ``closed_months_min`` is how long a closure lasts of which the books do not say the end.
    """

    closed_months_min: int
    loan_applications_7d_leave: int
    loan_applications_30d_leave: int
    device_changes_30d_leave: int
    persistent_debt_revolving_share_leave: float
    persistent_debt_payment_ratio_leave: float
    persistent_debt_utilization_ratio_leave: float


def parse_freezing(section: Section) -> FreezeRules:
    """The rules of the section ``freezing``."""
    with section.building():
        return FreezeRules(
            overdue_days=section.integer("overdue_days", "days", 1, 3650),
            overdue_days_with_backup=section.integer("overdue_days_with_backup", "days", 1, 3650),
            overdue_days_leave=section.integer("overdue_days_leave", "days", 1, 3650),
            disputed_transactions_90d=section.integer(
                "disputed_transactions_90d", "count", 1, 1000
            ),
            months_min=section.integer("months_min", "months", 1, 120),
            months_most=section.integer("months_most", "months", 1, 120),
            closed_months_after=section.integer("closed_months_after", "months", 1, 120),
        )


def parse_reopening(section: Section) -> ReopeningRules:
    """The rules of the section ``reopening``."""
    with section.building():
        return ReopeningRules(
            closed_months_min=section.integer("closed_months_min", "months", 1, 120),
            loan_applications_7d_leave=section.integer(
                "loan_applications_7d_leave", "count", 1, 1000
            ),
            loan_applications_30d_leave=section.integer(
                "loan_applications_30d_leave", "count", 1, 1000
            ),
            device_changes_30d_leave=section.integer("device_changes_30d_leave", "count", 1, 1000),
            persistent_debt_revolving_share_leave=section.number(
                "persistent_debt_revolving_share_leave", "ratio", 0.0, 1.0
            ),
            persistent_debt_payment_ratio_leave=section.number(
                "persistent_debt_payment_ratio_leave", "ratio", 0.0, 2.0
            ),
            persistent_debt_utilization_ratio_leave=section.number(
                "persistent_debt_utilization_ratio_leave", "ratio", 0.0, 2.0
            ),
        )
