"""The portfolio as it stands at a date: accounts, customers, balances, earlier changes."""

from collections.abc import Mapping
from datetime import date

import numpy as np
import pandas as pd

from credit_limits.domain.account import AccountStatus
from credit_limits.domain.errors import DataMissing
from credit_limits.domain.periods import end_of_day
from credit_limits.policy.account_changes import STATE_CAUSES
from credit_limits.policy.portfolio import (
    FEATURES_READ,
    NOT_KNOWN_SEGMENT,
    PRODUCTS,
    SEGMENTS,
    STATUSES,
    Portfolio,
    rule_features,
)
from tidegate.adapters.lake import Lake

_REQUIRED = ("accounts", "customers")
_SEGMENT_PLACES = {"": NOT_KNOWN_SEGMENT} | {str(each): SEGMENTS.index(each) for each in SEGMENTS}
_ABSENT = {
    "statements": "NULL::VARCHAR AS account_id, NULL::BIGINT AS balance_minor",
    "limit_changes": (
        "NULL::VARCHAR AS account_id, NULL::BIGINT AS from_minor, NULL::BIGINT AS to_minor"
    ),
    "decisions": (
        "NULL::VARCHAR AS account_id, NULL::BIGINT AS from_minor, NULL::BIGINT AS to_minor, "
        "NULL::TIMESTAMPTZ AS increases_closed_until, NULL::VARCHAR AS state, "
        "NULL::DATE AS state_since, NULL::VARCHAR[] AS state_causes, "
        "NULL::BIGINT AS extension_months, NULL::DOUBLE AS annual_rate_to"
    ),
}
_CAUSE_PLACES = " ".join(
    f"WHEN '{cause}' THEN {1 << bit}" for bit, cause in enumerate(STATE_CAUSES)
)
_CAUSE_BITS = " + ".join(
    f"CASE WHEN list_contains(state_causes, '{cause}') THEN {1 << bit} ELSE 0 END"
    for bit, cause in enumerate(STATE_CAUSES)
)
_BOOKED_CAUSE_BIT = f"CASE standing.status_cause {_CAUSE_PLACES} ELSE 0 END"
_STATE = f"""
WITH booked AS (
    SELECT
        account_id, customer_id, product, partner_id, limit_minor, apr, status, status_cause,
        event_timestamp,
        status IS DISTINCT FROM lag(status) OVER (
            PARTITION BY account_id ORDER BY event_timestamp
        ) AS changes_status
    FROM accounts
    WHERE event_timestamp <= $instant
),
account AS (
    SELECT
        account_id, customer_id, product, partner_id, limit_minor, apr, status, status_cause,
        max(event_timestamp) FILTER (changes_status) OVER (PARTITION BY account_id) AS booked_at,
        max(event_timestamp) FILTER (changes_status AND status = $frozen) OVER (
            PARTITION BY account_id
        ) AS frozen_at
    FROM booked
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),
customer AS (
    SELECT customer_id, human_review_only, declines_increases, segment, region
    FROM customers
    WHERE event_timestamp <= $instant
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),
-- an income counts for the year before if it was still in force at the beginning of it
income AS (
    SELECT
        customer_id,
        1 - max(income_monthly_minor) FILTER (until IS NULL)
            / nullif(max(income_monthly_minor), 0) AS lost
    FROM (
        SELECT
            customer_id,
            income_monthly_minor,
            lead(event_timestamp) OVER (
                PARTITION BY customer_id ORDER BY event_timestamp
            ) AS until
        FROM customers
        WHERE event_timestamp <= $instant
    )
    WHERE until IS NULL OR until > $instant - INTERVAL 12 MONTHS
    GROUP BY customer_id
),
total AS (
    SELECT customer_id, sum(limit_minor)::BIGINT AS limit_minor, count(*) AS accounts
    FROM account WHERE status <> $closed GROUP BY customer_id
),
balance AS (
    SELECT account_id, arg_max(balance_minor, event_timestamp) AS balance_minor
    FROM statements WHERE event_timestamp <= $instant GROUP BY account_id
),
-- a decision of this very date is not yet a change that came before it
move AS (
    SELECT account_id, event_timestamp FROM limit_changes
    WHERE to_minor <> from_minor AND event_timestamp <= $instant
    UNION ALL
    SELECT account_id, event_timestamp FROM decisions
    WHERE to_minor <> from_minor AND event_timestamp < $instant
),
changed AS (
    SELECT account_id, max(event_timestamp) AS changed_at FROM move GROUP BY account_id
),
earlier AS (
    SELECT
        account_id,
        max(increases_closed_until) AS closed_until,
        max(event_timestamp) FILTER (extension_months > 0) AS extended_at,
        max(event_timestamp) FILTER (annual_rate_to IS NOT NULL) AS rate_changed_at
    FROM decisions
    WHERE event_timestamp < $instant
    GROUP BY account_id
),
decided AS (
    SELECT
        account_id, state, state_since, event_timestamp AS decided_at,
        {_CAUSE_BITS} AS causes
    FROM decisions
    WHERE event_timestamp < $instant
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),
-- what was decided holds until the books say something else later on
standing AS (
    SELECT
        account_id,
        coalesce(decided_at >= booked_at OR state = status, false) AS as_decided,
        state,
        state_since,
        causes,
        status_cause,
        booked_at,
        -- undone is a freeze of ours, and not one that the books had made before us
        state = $frozen AND causes > 0 AND state_since IS DISTINCT FROM frozen_at::DATE AS undoable
    FROM account LEFT JOIN decided USING (account_id)
)
SELECT
    account_id,
    customer_id,
    product,
    CASE WHEN as_decided THEN state ELSE status END AS status,
    CASE WHEN as_decided THEN state_since ELSE standing.booked_at::DATE END::TIMESTAMP
        AS state_since,
    CASE WHEN as_decided THEN causes ELSE {_BOOKED_CAUSE_BIT} END AS state_causes,
    NOT as_decided AND coalesce(undoable, false) AS state_conflict,
    account.limit_minor,
    coalesce(balance_minor, 0) AS balance_minor,
    apr,
    -- of a customer who is not known, a person decides
    coalesce(human_review_only, true) AS human_review_only,
    coalesce(declines_increases, false) AS declines_increases,
    coalesce(segment, '') AS segment,
    coalesce(region, '') AS region,
    coalesce(partner_id, '') AS partner,
    closed_until::TIMESTAMP AS closed_until,
    date_sub('month', changed_at, $instant)::DOUBLE AS months_since_limit_change,
    date_sub('month', extended_at, $instant)::DOUBLE AS months_since_extension,
    date_sub('month', rate_changed_at, $instant)::DOUBLE AS months_since_rate_change,
    income.lost AS income_lost_ratio,
    total.limit_minor AS customer_total_minor,
    total.accounts AS customer_account_count
FROM account
JOIN total USING (customer_id)
LEFT JOIN customer USING (customer_id)
LEFT JOIN balance USING (account_id)
LEFT JOIN changed USING (account_id)
LEFT JOIN earlier USING (account_id)
LEFT JOIN standing USING (account_id)
LEFT JOIN income USING (customer_id)
WHERE status <> $closed
ORDER BY account_id
"""


def read_portfolio(
    lake: Lake,
    as_of: date,
    scored: pd.DataFrame,
    score: str,
    *,
    versions: Mapping[str, int] | None = None,
) -> Portfolio:
    """The accounts of ``scored``, in order of their id, as the lake knew them at ``as_of``.

    Args:
        lake: where accounts, customers, statements and earlier changes are.
        as_of: nothing that became known later is read.
        scored: a row an account: ``account_id``, the model's features and its score.
        score: name of the column with the default probability.
        versions: Delta versions to read; a table that they do not name is absent. The current
            ones if not given.

    Raises:
        DataMissing: the lake lacks accounts or customers, or an account of ``scored``.
    """
    state = _read_state(lake, as_of, lake.versions() if versions is None else versions)
    scored = scored.set_index("account_id")
    if missing := sorted(set(scored.index) - set(state["account_id"])):
        raise DataMissing(
            f"{len(missing)} accounts have features at {as_of} and are not open accounts of the "
            f"lake, the first is {missing[0]}; run tidegate materialize again"
        )
    state = state[state["account_id"].isin(scored.index)].reset_index(drop=True)
    scored = scored.loc[state["account_id"]]
    known = [name for name in FEATURES_READ if name in scored]
    return Portfolio(
        as_of=as_of,
        account_id=state["account_id"].to_numpy(np.str_),
        customer_id=state["customer_id"].to_numpy(np.str_),
        product=state["product"].map(PRODUCTS.index).to_numpy(np.int64),
        status=state["status"].map(STATUSES.index).to_numpy(np.int64),
        limit_minor=state["limit_minor"].to_numpy(np.int64),
        balance_minor=state["balance_minor"].to_numpy(np.int64),
        annual_rate=state["apr"].to_numpy(np.float64, na_value=np.nan),
        default_probability=scored[score].to_numpy(np.float64),
        model_probability=scored[score].to_numpy(np.float64),
        human_review_only=state["human_review_only"].to_numpy(np.bool_),
        declines_increases=state["declines_increases"].to_numpy(np.bool_),
        increases_closed_until=state["closed_until"].to_numpy("datetime64[D]"),
        state_since=state["state_since"].to_numpy("datetime64[D]"),
        state_causes=state["state_causes"].to_numpy(np.int64),
        state_conflict=state["state_conflict"].to_numpy(np.bool_),
        months_since_limit_change=state["months_since_limit_change"].to_numpy(np.float64),
        months_since_extension=state["months_since_extension"].to_numpy(np.float64),
        months_since_rate_change=state["months_since_rate_change"].to_numpy(np.float64),
        income_lost_ratio=state["income_lost_ratio"].to_numpy(np.float64),
        customer_total_minor=state["customer_total_minor"].to_numpy(np.int64),
        customer_account_count=state["customer_account_count"].to_numpy(np.int64),
        segment=np.array([_SEGMENT_PLACES[name] for name in state["segment"]], np.int64),
        region=state["region"].to_numpy(np.str_),
        partner=state["partner"].to_numpy(np.str_),
        features=rule_features(
            {name: scored[name].to_numpy(np.float64) for name in known}, len(state)
        ),
    )


def _read_state(lake: Lake, as_of: date, present: Mapping[str, int]) -> pd.DataFrame:
    if missing := [table for table in _REQUIRED if table not in present]:
        raise DataMissing(f"the lake has no table {', '.join(missing)}; ingest a batch first")
    tables = (*_REQUIRED, *_ABSENT)
    with lake.connect(present, known_at=as_of, tables=tables) as connection:
        for table, columns in _ABSENT.items():
            if table not in present:
                connection.execute(
                    f"CREATE VIEW {table} AS SELECT {columns}, "
                    "NULL::TIMESTAMPTZ AS event_timestamp WHERE false"
                )
        return connection.execute(
            _STATE,
            {
                "instant": end_of_day(as_of),
                "closed": AccountStatus.CLOSED.value,
                "frozen": AccountStatus.FROZEN.value,
            },
        ).df()
