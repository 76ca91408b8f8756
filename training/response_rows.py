"""What limits drawn at random were followed by: a row a change, read from the lake.

Only changes whose amount was drawn at random are rows: of any other change nobody can tell what
it did from why it was made. A change belongs to the trial with the amount that was drawn, whatever
became of the limit later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pandas as pd

from credit_limits.domain.periods import add_months, end_of_day
from training.labels import DEFAULT_DAYS_PAST_DUE
from training.response_policy import WindowPolicy
from training.rows import Flags, Floats, Indices

TABLES = ("accounts", "limit_changes", "statements")
"""The tables of the lake that a limit response is read from."""

_LAST_DAYS = 35  # a month, and what month ends differ by

COLUMNS = (
    *("account_id", "customer_id", "product", "changed_at", "log_limit_ratio", "propensity"),
    *("from_minor", "balance_before_minor", "balance_after_minor", "defaulted"),
)


@dataclass(frozen=True, slots=True)
class ResponseRows:
    """Changes drawn at random, and what was seen of each account before and after.

    ``frame`` has :data:`COLUMNS`: ``log_limit_ratio``, the dose, is the log of the new limit over
    the old; ``propensity`` the chance with which it was drawn; the balances are means over the
    months of the window, never below 0; ``defaulted`` is true where the account reached 90 days
    past due within it. Sorted by account and time of the change. ``drawn``: changes drawn at
    random until the day; ``waiting``: those of them whose months are not over; the rest without a
    row were in default already, or have no statement before or after. ``ValueError`` for a row
    without propensity, and for counts that contradict each other.
    """

    frame: pd.DataFrame
    drawn: int
    waiting: int

    def __post_init__(self) -> None:
        if len(self.frame) + self.waiting > self.drawn or self.waiting < 0:
            raise ValueError(f"{len(self.frame)} rows, {self.waiting} wait, {self.drawn} drawn")
        if not (self.frame["propensity"] > 0.0).all():
            raise ValueError("a change drawn at random without its propensity")

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @property
    def dose(self) -> Floats:
        """Log of the new limit over the old."""
        return self.frame["log_limit_ratio"].to_numpy(np.float64)

    @property
    def weight(self) -> Floats:
        """1 over propensity, on the mean 1: arms count as if drawn alike."""
        weight = 1.0 / self.frame["propensity"].to_numpy(np.float64)
        return np.asarray(weight / weight.mean())

    @property
    def use_before(self) -> Floats:
        """Mean balance of the months before over the limit before."""
        return self._over_limit("balance_before_minor")

    @property
    def use_after(self) -> Floats:
        """Mean balance of the months after over the limit before, the same for every arm."""
        return self._over_limit("balance_after_minor")

    def _over_limit(self, name: str) -> Floats:
        limit = self.frame["from_minor"].to_numpy(np.float64)
        return np.asarray(self.frame[name].to_numpy(np.float64) / limit)

    @property
    def defaulted(self) -> Flags:
        """Which accounts defaulted within the window."""
        return self.frame["defaulted"].to_numpy(np.bool_)

    @property
    def customer(self) -> Indices:
        """A number for each customer, the same on all rows of one."""
        return pd.factorize(self.frame["customer_id"])[0].astype(np.intp)


def read_response_rows(
    lake: duckdb.DuckDBPyConnection, *, as_of: date, window: WindowPolicy
) -> ResponseRows:
    """The randomized changes whose months after are over at ``as_of``.

    An account counts from its statements: at least one in the months before, one in the months
    of the balance after, and one in the last 35 days of the default's window unless it defaulted
    before or was closed. One that is 90 days late on its last statement before is left out.

    Args:
        lake: has views :data:`TABLES` as known at ``as_of``.
        as_of: the last day of knowledge.
        window: months before and after.
    """
    if not _says_what_was_drawn(lake):
        return ResponseRows(pd.DataFrame(columns=list(COLUMNS)), 0, 0)
    values = {"matured": end_of_day(add_months(as_of, -window.months_after))}
    found = lake.execute(_COUNTS, values).fetchone()
    drawn, waiting = (int(count or 0) for count in found or (0, 0))
    frame = lake.execute(_rows_sql(window), values).df()
    ratio = frame["to_minor"].to_numpy(np.float64) / frame["from_minor"].to_numpy(np.float64)
    return ResponseRows(frame.assign(log_limit_ratio=np.log(ratio))[list(COLUMNS)], drawn, waiting)


def step_of(dose: Floats, width: float) -> Indices:
    """The step of each dose: the nearest multiple of ``width``, as its number.

    >>> step_of(np.log([0.8, 1.25, 1.6]), 0.25).tolist()
    [-1, 1, 2]
    """
    return np.rint(dose / width).astype(np.intp)


def _says_what_was_drawn(lake: duckdb.DuckDBPyConnection) -> bool:
    """Whether the lender says of its changes which amounts were drawn at random."""
    described: Sequence[tuple[str, ...]] = lake.execute("DESCRIBE limit_changes").fetchall()
    return {"randomized", "propensity"} <= {row[0] for row in described}


_TRIAL = """
    SELECT account_id, event_timestamp AS changed_at, from_minor, to_minor, propensity
    FROM limit_changes
    WHERE randomized AND propensity > 0 AND from_minor > 0 AND to_minor > 0
"""

_COUNTS = f"SELECT count(*), count_if(changed_at > $matured) FROM ({_TRIAL})"


def _rows_sql(window: WindowPolicy) -> str:
    before, balance, default = window.months_before, window.balance_months, window.default_months
    return f"""
WITH trial AS (SELECT * FROM ({_TRIAL}) WHERE changed_at <= $matured),
owner AS (
    SELECT
        account_id,
        arg_max(customer_id, created_timestamp) AS customer_id,
        coalesce(arg_max(product, created_timestamp), '') AS product
    FROM accounts GROUP BY account_id
),
seen AS (
    SELECT
        t.account_id,
        t.changed_at,
        avg(greatest(s.balance_minor, 0)) FILTER (WHERE s.event_timestamp <= t.changed_at)
            AS balance_before_minor,
        arg_max(s.days_past_due, s.event_timestamp)
            FILTER (WHERE s.event_timestamp <= t.changed_at) AS days_past_due_before,
        avg(greatest(s.balance_minor, 0)) FILTER (
            WHERE s.event_timestamp > t.changed_at
              AND s.event_timestamp <= t.changed_at + INTERVAL {balance} MONTH
        ) AS balance_after_minor,
        bool_or(
            s.days_past_due >= {DEFAULT_DAYS_PAST_DUE}
            AND s.event_timestamp > t.changed_at
            AND s.event_timestamp <= t.changed_at + INTERVAL {default} MONTH
        ) AS defaulted,
        bool_or(
            s.event_timestamp
                > t.changed_at + INTERVAL {default} MONTH - INTERVAL {_LAST_DAYS} DAY
            AND s.event_timestamp <= t.changed_at + INTERVAL {default} MONTH
        ) AS followed
    FROM trial t JOIN statements s
      ON s.account_id = t.account_id
     AND s.event_timestamp > t.changed_at - INTERVAL {before} MONTH
     AND s.event_timestamp <= t.changed_at + INTERVAL {window.months_after} MONTH
    GROUP BY t.account_id, t.changed_at
),
closed AS (
    SELECT DISTINCT t.account_id, t.changed_at
    FROM trial t JOIN accounts a
      ON a.account_id = t.account_id
     AND a.event_timestamp > t.changed_at
     AND a.event_timestamp <= t.changed_at + INTERVAL {default} MONTH
    WHERE a.status = 'closed'
)
SELECT t.*, o.customer_id, o.product, s.balance_before_minor, s.balance_after_minor, s.defaulted
FROM trial t
JOIN owner o USING (account_id)
JOIN seen s USING (account_id, changed_at)
LEFT JOIN closed c USING (account_id, changed_at)
WHERE s.balance_before_minor IS NOT NULL
  AND s.balance_after_minor IS NOT NULL
  AND coalesce(s.days_past_due_before, 0) < {DEFAULT_DAYS_PAST_DUE}
  AND (s.followed OR s.defaulted OR c.account_id IS NOT NULL)
ORDER BY t.account_id, t.changed_at
"""
