"""When a payment is due, and who is reminded of it how long ahead: the policy's parameters."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from credit_limits.policy.parameters import Section
from credit_limits.policy.risk_grades import Grade


@dataclass(frozen=True, slots=True)
class ReminderRules:
    """The reminder policy of a day.

    A payment is due on the day that the lender's books say, and where they say none
    ``payment_due_days`` after its statement; customers from ``from_grade`` on,
    it and the riskier ones, are reminded ``days_ahead`` days before at the latest.
    """

    payment_due_days: int
    days_ahead: int
    from_grade: Grade

    def __post_init__(self) -> None:
        if not 1 <= self.days_ahead < self.payment_due_days:
            raise ValueError(
                f"a reminder goes between the statement and the day {self.payment_due_days} days "
                f"later, not {self.days_ahead} days before that"
            )

    @property
    def grades(self) -> tuple[Grade, ...]:
        """The grades whose customers are reminded, safest first."""
        return tuple(Grade)[tuple(Grade).index(self.from_grade) :]

    def payment_due_on(self, statement_on: date) -> date:
        """The day on which the payment of a statement is due whose books say none.

        >>> ReminderRules(20, 5, Grade.D).payment_due_on(date(2024, 1, 31))
        datetime.date(2024, 2, 20)
        """
        return statement_on + timedelta(days=self.payment_due_days)


def parse_reminder_rules(content: Mapping[str, object]) -> ReminderRules:
    """The rules of a file of ``policies/reminders``.

    Raises:
        PolicyError: a parameter is absent, unknown, of another unit or outside its bounds.
    """
    file = Section("", {key: value for key, value in content.items() if key != "effective_from"})
    with file.building(), file.section("reminders").building() as section:
        return ReminderRules(
            payment_due_days=section.integer("payment_due_days", "days", 2, 90),
            days_ahead=section.integer("days_ahead", "days", 1, 89),
            from_grade=Grade(section.choice("from_grade", tuple(Grade))),
        )
