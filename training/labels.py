"""Labels: what became of each account in the window after its cohort's date.

A default is 90 days past due or more on a statement of the window ``(cohort, cohort + months]``.
A charge-off is an account closed while it is that late, so its last statement already says so.
Nothing is used that was not known at the end of the retraining's as-of date.

Defaults become known before the window ends, good ends only after it. An open window would thus
be all defaults; so a cohort is used only when its whole window is over and almost all of its
accounts are resolved, and an account that is not resolved has no label.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

import duckdb
import pandas as pd
import pyarrow as pa

from credit_limits.domain.errors import NotEnoughOutcomes
from credit_limits.domain.periods import add_months, end_of_day

DEFAULT_DAYS_PAST_DUE = 90
STATEMENT_VALID_DAYS = 92


class Fate(StrEnum):
    """What is known of an account of a cohort."""

    DEFAULTED = "defaulted"
    GOOD = "good"
    IN_DEFAULT_ALREADY = "in_default_already"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class CohortCount:
    """One cohort: its accounts by fate, and whether its labels may be used.

    ``mature``: the window is over and enough accounts are resolved. Accounts that were in default
    already are not counted as unresolved, and get no label.
    """

    as_of: date
    accounts: int
    defaulted: int
    in_default_already: int
    unresolved: int
    mature: bool


@dataclass(frozen=True, slots=True)
class Labels:
    """Labels of mature cohorts, and what was found of each cohort.

    ``frame``: ``account_id``, ``customer_id``, ``as_of`` (datetime64 without zone), ``label``
    (bool) and ``label_known_at`` (UTC), sorted by cohort and account. ``source``: the table that
    they came from.
    """

    frame: pd.DataFrame
    cohorts: tuple[CohortCount, ...]
    source: str


def labels_from_statements(
    lake: duckdb.DuckDBPyConnection,
    entities: pa.Table,
    *,
    retrain_as_of: date,
    label_window_months: int,
    resolved_share_floor: float,
) -> Labels:
    """Labels of accounts from their later statements.

    An account is resolved when it defaulted, has a statement in the last month of its window, or
    was closed within it. One that is 90 days late on its latest statement at the cohort's date (at
    most 92 days old) is left out: it cannot default, it has.

    Args:
        lake: has views ``statements`` and ``accounts``; rows created after ``retrain_as_of`` are
            ignored.
        entities: ``account_id`` and ``as_of`` (date32): the accounts of each cohort, each once.
        retrain_as_of: the date of the retraining.
        label_window_months: length of the window.
        resolved_share_floor: share of a cohort's accounts, 0 to 1.

    Raises:
        NotEnoughOutcomes: no cohort is mature; the message says when the first will be over.
    """
    cohorts = _cohorts(entities)
    window = _window_table(cohorts, label_window_months)
    fates = _query(lake, _STATEMENTS_SQL, entities, window, retrain_as_of)
    return _labels(fates, "statements", retrain_as_of, label_window_months, resolved_share_floor)


def labels_from_outcomes(
    lake: duckdb.DuckDBPyConnection,
    entities: pa.Table,
    *,
    retrain_as_of: date,
    label_window_months: int,
    resolved_share_floor: float,
) -> Labels:
    """Labels of accounts from the table ``outcomes``, whose lender has its own definition.

    An outcome belongs to the cohort in whose month its ``event_timestamp`` lies, and counts from
    its ``known_at``. No account is left out for being late already: that is the lender's choice.
    Arguments and errors as in :func:`labels_from_statements`; the views are ``outcomes`` and
    ``accounts``.
    """
    cohorts = _cohorts(entities)
    window = _window_table(cohorts, label_window_months)
    fates = _query(lake, _OUTCOMES_SQL, entities, window, retrain_as_of)
    return _labels(fates, "outcomes", retrain_as_of, label_window_months, resolved_share_floor)


_CUSTOMERS_SQL = """
customer_of AS (
    SELECT account_id, arg_max(customer_id, created_timestamp) AS customer_id
    FROM accounts WHERE created_timestamp <= $known GROUP BY account_id
)
"""

_STATEMENTS_SQL = f"""
WITH {_CUSTOMERS_SQL},
known AS (
    SELECT account_id, event_timestamp, created_timestamp, days_past_due
    FROM statements
    WHERE created_timestamp <= $known AND event_timestamp > $first AND event_timestamp <= $last
),
late AS (SELECT * FROM known WHERE days_past_due >= {DEFAULT_DAYS_PAST_DUE}),
standing AS (
    SELECT k.account_id, w.as_of, arg_max(k.days_past_due, k.event_timestamp) AS days_past_due
    FROM known k JOIN label_window w
      ON k.event_timestamp > w.statements_from AND k.event_timestamp <= w.opens
    WHERE k.account_id IN (SELECT account_id FROM late)
    GROUP BY k.account_id, w.as_of
),
defaulted AS (
    SELECT l.account_id, w.as_of, min(l.created_timestamp) AS known_at
    FROM late l JOIN label_window w
      ON l.event_timestamp > w.opens AND l.event_timestamp <= w.closes
    GROUP BY l.account_id, w.as_of
),
followed AS (
    SELECT k.account_id, w.as_of, min(k.created_timestamp) AS known_at
    FROM known k JOIN label_window w
      ON k.event_timestamp > w.last_month AND k.event_timestamp <= w.closes
    GROUP BY k.account_id, w.as_of
),
closed AS (
    SELECT a.account_id, w.as_of, min(a.created_timestamp) AS known_at
    FROM accounts a JOIN label_window w
      ON a.event_timestamp > w.opens AND a.event_timestamp <= w.closes
    WHERE a.status = 'closed' AND a.created_timestamp <= $known
    GROUP BY a.account_id, w.as_of
)
SELECT
    e.account_id,
    c.customer_id,
    e.as_of,
    CASE
        WHEN coalesce(s.days_past_due, 0) >= {DEFAULT_DAYS_PAST_DUE}
            THEN '{Fate.IN_DEFAULT_ALREADY}'
        WHEN d.known_at IS NOT NULL THEN '{Fate.DEFAULTED}'
        WHEN coalesce(f.known_at, x.known_at) IS NOT NULL THEN '{Fate.GOOD}'
        ELSE '{Fate.UNRESOLVED}'
    END AS fate,
    coalesce(d.known_at, least(f.known_at, x.known_at)) AS known_at
FROM entity e
JOIN customer_of c USING (account_id)
LEFT JOIN standing s USING (account_id, as_of)
LEFT JOIN defaulted d USING (account_id, as_of)
LEFT JOIN followed f USING (account_id, as_of)
LEFT JOIN closed x USING (account_id, as_of)
ORDER BY e.as_of, e.account_id
"""

_OUTCOMES_SQL = f"""
WITH {_CUSTOMERS_SQL},
outcome AS (
    SELECT
        o.account_id,
        w.as_of,
        arg_max(o.defaulted, o.event_timestamp) AS defaulted,
        arg_max(greatest(o.known_at, o.created_timestamp), o.event_timestamp) AS known_at
    FROM outcomes o JOIN label_window w
      ON o.event_timestamp > w.month_before AND o.event_timestamp <= w.opens
    WHERE o.known_at <= $known AND o.created_timestamp <= $known
    GROUP BY o.account_id, w.as_of
)
SELECT
    e.account_id,
    c.customer_id,
    e.as_of,
    CASE
        WHEN o.defaulted THEN '{Fate.DEFAULTED}'
        WHEN NOT o.defaulted THEN '{Fate.GOOD}'
        ELSE '{Fate.UNRESOLVED}'
    END AS fate,
    o.known_at
FROM entity e
JOIN customer_of c USING (account_id)
LEFT JOIN outcome o USING (account_id, as_of)
ORDER BY e.as_of, e.account_id
"""


def _cohorts(entities: pa.Table) -> tuple[date, ...]:
    return tuple(sorted(entities.column("as_of").unique().to_pylist()))


def _window_table(cohorts: Sequence[date], months: int) -> pa.Table:
    """For each cohort the instants that bound its window and its statements."""
    rows = [
        {
            "as_of": cohort,
            "statements_from": end_of_day(cohort - timedelta(days=STATEMENT_VALID_DAYS)),
            "month_before": end_of_day(add_months(cohort, -1)),
            "opens": end_of_day(cohort),
            "last_month": end_of_day(add_months(cohort, months - 1)),
            "closes": end_of_day(add_months(cohort, months)),
        }
        for cohort in cohorts
    ]
    instant = pa.timestamp("us", tz="UTC")
    schema = pa.schema(
        [("as_of", pa.date32())] + [(name, instant) for name in list(rows[0])[1:]] if rows else []
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _query(
    lake: duckdb.DuckDBPyConnection,
    sql: str,
    entities: pa.Table,
    window: pa.Table,
    retrain_as_of: date,
) -> pd.DataFrame:
    """Run on the lake's connection, with the two frames beside its views for the time being."""
    if not window.num_rows:
        raise NotEnoughOutcomes("no accounts to label; materialize features first")
    values: dict[str, object] = {"known": end_of_day(retrain_as_of)}
    if "$first" in sql:
        values["first"] = min(window.column("statements_from").to_pylist())
        values["last"] = max(window.column("closes").to_pylist())
    lake.register("entity", entities)
    lake.register("label_window", window)
    try:
        return lake.execute(sql, values).df()
    finally:
        lake.unregister("entity")
        lake.unregister("label_window")


def _labels(
    fates: pd.DataFrame, source: str, retrain_as_of: date, months: int, resolved_share_floor: float
) -> Labels:
    counts = tuple(
        _count(
            stamp.date(),
            fates.loc[fates["as_of"] == stamp, "fate"],
            retrain_as_of,
            months,
            resolved_share_floor,
        )
        for stamp in sorted(fates["as_of"].unique())
    )
    mature = [count.as_of for count in counts if count.mature]
    if not mature:
        raise NotEnoughOutcomes(_none_mature(counts, source, retrain_as_of, months))
    used = fates["as_of"].isin(pd.to_datetime(mature))
    used &= fates["fate"].isin([Fate.DEFAULTED.value, Fate.GOOD.value])
    kept = fates[used].reset_index(drop=True)
    frame = kept[["account_id", "customer_id", "as_of"]].assign(
        label=(kept["fate"] == Fate.DEFAULTED.value).to_numpy(dtype=bool),
        label_known_at=kept["known_at"],
    )
    return Labels(frame, counts, source)


def _count(
    as_of: date, fates: "pd.Series[str]", retrain_as_of: date, months: int, floor: float
) -> CohortCount:
    found = fates.value_counts()
    unresolved = int(found.get(Fate.UNRESOLVED.value, 0))
    already = int(found.get(Fate.IN_DEFAULT_ALREADY.value, 0))
    to_resolve = len(fates) - already
    over = add_months(as_of, months) <= retrain_as_of
    resolved = to_resolve > 0 and (to_resolve - unresolved) / to_resolve >= floor
    return CohortCount(
        as_of=as_of,
        accounts=len(fates),
        defaulted=int(found.get(Fate.DEFAULTED.value, 0)),
        in_default_already=already,
        unresolved=unresolved,
        mature=over and resolved,
    )


def _none_mature(
    counts: Sequence[CohortCount], source: str, retrain_as_of: date, months: int
) -> str:
    first = counts[0]
    return (
        f"of {len(counts)} cohorts none has its outcomes known on {retrain_as_of}: the window of "
        f"the first, {first.as_of}, ends on {add_months(first.as_of, months)}, and {source} leave "
        f"{first.unresolved} of its {first.accounts} accounts unresolved; ingest later outcomes, "
        "or retrain at a later date"
    )
