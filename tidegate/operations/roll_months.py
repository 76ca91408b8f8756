"""Roll months: who was current at the end of a month and past due a month later, by the lake."""

from datetime import date

from credit_limits.domain.periods import add_months, end_of_day, month_end
from monitoring.early_delinquency import RollMonth
from tidegate.adapters.lake import Lake

STATEMENTS = "statements"
_ROLLS = """
WITH statement AS (
    SELECT
        account_id,
        year(event_timestamp) * 12 + month(event_timestamp) AS month,
        arg_max(balance_minor, event_timestamp) AS balance_minor,
        arg_max(days_past_due, event_timestamp) AS days_past_due
    FROM statements
    WHERE event_timestamp <= $until AND event_timestamp > $from
    GROUP BY ALL
)
SELECT now.month, count(*), count(*) FILTER (now.days_past_due > 0)
FROM statement AS before
JOIN statement AS now ON now.account_id = before.account_id AND now.month = before.month + 1
WHERE before.days_past_due = 0 AND before.balance_minor > 0 AND now.days_past_due IS NOT NULL
GROUP BY now.month
ORDER BY now.month
"""


def read_roll_months(lake: Lake, as_of: date, months: int) -> tuple[RollMonth, ...]:
    """The last months up to ``as_of``, as the lake knew them then, oldest first.

    An account counts in a month where it owed something at the end of the month before, was not
    past due, and has a statement now; of several statements in a month the last one counts.

    Returns:
        At most ``months`` of them, without those of which the lake has no pair of statements;
        none where the newest statements are older than the month before ``as_of``'s.
    """
    newest = month_end(as_of)
    oldest = add_months(newest, -months)
    if not lake.exists(STATEMENTS):
        return ()
    with lake.connect(known_at=as_of, tables=[STATEMENTS]) as connection:
        rows = connection.execute(
            _ROLLS, {"until": end_of_day(as_of), "from": end_of_day(add_months(oldest, -1))}
        ).fetchall()
    found = tuple(
        RollMonth(month_end(date((number - 1) // 12, (number - 1) % 12 + 1, 1)), current, rolled)
        for number, current, rolled in rows
    )
    if found and found[-1].month_end < add_months(newest, -1):
        return ()
    return found[-months:]
