"""Dates and instants. A run's ``as_of`` is a date; what it may know ends with that day, UTC."""

import calendar
from datetime import UTC, date, datetime, time


def end_of_day(day: date) -> datetime:
    """The last instant of ``day`` in UTC: what was known at it has a time no later.

    >>> end_of_day(date(2005, 9, 30)).isoformat()
    '2005-09-30T23:59:59.999999+00:00'
    """
    return datetime.combine(day, time.max, tzinfo=UTC)


def month_end(day: date) -> date:
    """The last day of the month of ``day``.

    >>> month_end(date(2024, 2, 3))
    datetime.date(2024, 2, 29)
    """
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int) -> date:
    """``day`` moved by whole months; the end of a month stays an end of a month.

    >>> add_months(date(2024, 2, 29), 6), add_months(date(2024, 3, 15), -1)
    (datetime.date(2024, 8, 31), datetime.date(2024, 2, 15))
    """
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    last = month_end(first)
    return last if day == month_end(day) else first.replace(day=min(day.day, last.day))


def month_ends_back(day: date, count: int) -> tuple[date, ...]:
    """The last ``count`` month ends at or before ``day``, oldest first.

    >>> month_ends_back(date(2024, 3, 15), 2)
    (datetime.date(2024, 1, 31), datetime.date(2024, 2, 29))
    """
    newest = day if day == month_end(day) else month_end(add_months(day.replace(day=1), -1))
    return tuple(add_months(newest, -back) for back in reversed(range(count)))
