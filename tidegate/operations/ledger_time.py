"""The time by which signatures are good: the clock's, which the ledger keeps from going back."""

from datetime import UTC, date, datetime

from tidegate.operations.platform import Platform


def latest_time(platform: Platform) -> datetime:
    """Now, or the time of the newest entry where a clock was set back behind it."""
    times = [entry.time for entry in platform.ledger.entries()[-1:]]
    return max([platform.clock.now(), *times])


def latest_day(platform: Platform) -> date:
    """The day of :func:`latest_time`, in UTC."""
    return latest_time(platform).astimezone(UTC).date()
