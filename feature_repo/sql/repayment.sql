-- How the line was used and paid, over the last statements of each account.
-- Windows count statements back from the account's latest one, so that a statement that is a few
-- days late shifts nothing. An account whose latest statement is over 92 days old is not known.
WITH account AS (
    SELECT account_id, opened_on, limit_minor, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

-- back: 1 for the latest statement, 2 for the one before it, and so on
numbered AS (
    SELECT
        account_id, event_timestamp, balance_minor, paid_minor, days_past_due,
        row_number() OVER newest_first AS back,
        lead(balance_minor) OVER newest_first AS bill_minor
    FROM statements
    WINDOW newest_first AS (PARTITION BY account_id ORDER BY event_timestamp DESC)
),

-- What was paid in a month is held against the bill of the month before. Where that bill asked
-- for nothing there is no ratio (due_minor is null) and nothing can have been carried.
paid AS (
    SELECT
        *,
        CASE WHEN bill_minor > 0 THEN bill_minor END AS due_minor,
        bill_minor > 0 AND paid_minor < bill_minor AS carried
    FROM numbered
),

history AS (
    SELECT
        account_id,
        max(event_timestamp) AS latest_at,
        count(*) FILTER (event_timestamp > $as_of - INTERVAL 12 MONTHS) AS statement_count_12m,
        max(balance_minor) FILTER (back = 1) AS balance_latest,
        avg(balance_minor) FILTER (back <= 3) AS balance_mean_3m,
        avg(balance_minor) FILTER (back <= 6) AS balance_mean_6m,
        avg(balance_minor) FILTER (back <= 12) AS balance_mean_12m,
        max(paid_minor) FILTER (back = 1) AS paid_latest,
        avg(paid_minor) FILTER (back <= 6) AS paid_mean_6m,
        sum(paid_minor) FILTER (back = 1 AND due_minor > 0) AS paid_1m,
        sum(paid_minor) FILTER (back <= 3 AND due_minor > 0) AS paid_3m,
        sum(paid_minor) FILTER (back <= 6 AND due_minor > 0) AS paid_6m,
        sum(paid_minor) FILTER (back <= 12 AND due_minor > 0) AS paid_12m,
        sum(due_minor) FILTER (back = 1) AS due_1m,
        sum(due_minor) FILTER (back <= 3) AS due_3m,
        sum(due_minor) FILTER (back <= 6) AS due_6m,
        sum(due_minor) FILTER (back <= 12) AS due_12m,
        min(back) FILTER (days_past_due > 0) AS latest_past_due_back,
        count(*) AS statement_count,
        max(days_past_due) FILTER (back = 1) AS days_past_due_latest,
        max(days_past_due) FILTER (back = 2) AS days_past_due_previous,
        max(days_past_due) FILTER (back <= 3) AS days_past_due_worst_3m,
        max(days_past_due) FILTER (back <= 6) AS days_past_due_worst_6m,
        max(days_past_due) FILTER (back <= 12) AS days_past_due_worst_12m,
        count(*) FILTER (back <= 6 AND days_past_due > 0) AS past_due_count_6m,
        count(*) FILTER (back <= 12 AND days_past_due > 0) AS past_due_count_12m,
        avg(carried::INTEGER) FILTER (back <= 3) AS revolving_share_3m,
        avg(carried::INTEGER) FILTER (back <= 6) AS revolving_share_6m,
        avg(carried::INTEGER) FILTER (back <= 12) AS revolving_share_12m
    FROM paid
    GROUP BY account_id
),

recent AS (
    SELECT * FROM history WHERE latest_at >= $as_of - INTERVAL 92 DAYS
)

SELECT
    account.account_id,
    -- how many there are is known even where they are too old to say anything else
    coalesce(history.statement_count_12m, 0)::DOUBLE AS statement_count_12m,
    recent.balance_latest::DOUBLE AS balance_latest_minor,
    recent.balance_mean_6m::DOUBLE AS balance_mean_6m_minor,
    (recent.balance_latest - recent.balance_mean_6m) / nullif(account.limit_minor, 0)
        AS balance_trend_6m,
    recent.paid_latest::DOUBLE AS paid_latest_minor,
    recent.paid_mean_6m::DOUBLE AS paid_mean_6m_minor,
    -- over the limit in force: a raise lowers it at once, as it does for the customer
    recent.balance_latest / nullif(account.limit_minor, 0) AS utilization_ratio_1m,
    recent.balance_mean_3m / nullif(account.limit_minor, 0) AS utilization_ratio_3m,
    recent.balance_mean_6m / nullif(account.limit_minor, 0) AS utilization_ratio_6m,
    recent.balance_mean_12m / nullif(account.limit_minor, 0) AS utilization_ratio_12m,
    -- at most 2: paying ten times a small bill says no more than paying it twice. The CASE is there
    -- because least() passes over nulls.
    CASE WHEN recent.due_1m > 0 THEN least(recent.paid_1m / recent.due_1m, 2) END
        AS payment_ratio_1m,
    CASE WHEN recent.due_3m > 0 THEN least(recent.paid_3m / recent.due_3m, 2) END
        AS payment_ratio_3m,
    CASE WHEN recent.due_6m > 0 THEN least(recent.paid_6m / recent.due_6m, 2) END
        AS payment_ratio_6m,
    CASE WHEN recent.due_12m > 0 THEN least(recent.paid_12m / recent.due_12m, 2) END
        AS payment_ratio_12m,
    (coalesce(recent.latest_past_due_back, recent.statement_count + 1) - 1)::DOUBLE
        AS on_time_streak_months,
    recent.days_past_due_latest::DOUBLE AS days_past_due_latest,
    recent.days_past_due_previous::DOUBLE AS days_past_due_previous,
    recent.days_past_due_worst_3m::DOUBLE AS days_past_due_worst_3m,
    recent.days_past_due_worst_6m::DOUBLE AS days_past_due_worst_6m,
    recent.days_past_due_worst_12m::DOUBLE AS days_past_due_worst_12m,
    recent.past_due_count_6m::DOUBLE AS past_due_count_6m,
    recent.past_due_count_12m::DOUBLE AS past_due_count_12m,
    recent.revolving_share_3m,
    recent.revolving_share_6m,
    recent.revolving_share_12m
FROM account
LEFT JOIN history USING (account_id)
LEFT JOIN recent USING (account_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
