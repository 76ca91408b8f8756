"""The world's months: month 0 is the first, instants are microseconds since 1970, UTC."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from credit_limits.domain.periods import add_months, end_of_day, month_end

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _midnight_us(day: date) -> int:
    return (day.toordinal() - _EPOCH.toordinal()) * DAY_US


@dataclass(frozen=True, slots=True)
class Calendar:
    """``months`` months from that of ``start``; months before the first have negative numbers."""

    start: date
    months: int

    def month_end(self, month: int) -> date:
        """The last day of a month.

        >>> Calendar(date(2023, 1, 1), 24).month_end(1)
        datetime.date(2023, 2, 28)
        """
        return add_months(month_end(self.start), month)

    def first_us(self, month: int) -> int:
        """The first instant of a month."""
        return _midnight_us(self.month_end(month).replace(day=1))

    def last_day_us(self, month: int) -> int:
        """Midnight at which a month's last day begins."""
        return _midnight_us(self.month_end(month))

    def statement_us(self, month: int) -> int:
        """When a month's statements are struck: noon of its last day."""
        return self.last_day_us(month) + 12 * HOUR_US

    def last_us(self, month: int) -> int:
        """The last instant of a month: what is created by then is known at its end."""
        return (end_of_day(self.month_end(month)) - _EPOCH) // timedelta(microseconds=1)
