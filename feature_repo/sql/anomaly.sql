-- What is unlike the customer's own past: sudden logins, new devices, disputed transactions.
-- Consent: consent_activity.
WITH account AS (
    SELECT account_id, customer_id, opened_on, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

customer AS (
    SELECT customer_id, consent_activity AS consented
    FROM customers
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),

seen AS (
    SELECT
        customer_id,
        count(*) FILTER (kind = 'login' AND event_timestamp > $as_of - INTERVAL 7 DAYS)
            AS logins_7d,
        -- the 90 days before those 7, so that a burst is not compared with itself
        count(*) FILTER (kind = 'login' AND event_timestamp <= $as_of - INTERVAL 7 DAYS)
            AS logins_90d_before,
        count(*) FILTER (kind = 'device_change' AND event_timestamp > $as_of - INTERVAL 30 DAYS)
            AS device_changes_30d,
        count(*) FILTER (
            kind = 'disputed_transaction' AND event_timestamp > $as_of - INTERVAL 90 DAYS
        ) AS disputes_90d
    FROM activity_events
    WHERE
        event_timestamp > $as_of - INTERVAL 97 DAYS
        AND kind IN ('login', 'device_change', 'disputed_transaction')
    GROUP BY customer_id
),

-- One row for each customer on whom the table may and can speak; there, no row means no event.
-- A table of which nothing is known yet cannot say that.
permitted AS (
    SELECT
        customer.customer_id,
        (seen.logins_7d / 7) / nullif(seen.logins_90d_before / 90, 0) AS login_ratio_7d,
        coalesce(seen.device_changes_30d, 0) AS device_changes_30d,
        coalesce(seen.disputes_90d, 0) AS disputes_90d
    FROM customer
    LEFT JOIN seen USING (customer_id)
    WHERE customer.consented AND EXISTS (SELECT 1 FROM activity_events)
)

SELECT
    account.account_id,
    permitted.login_ratio_7d,
    permitted.device_changes_30d::DOUBLE AS device_change_count_30d,
    permitted.disputes_90d::DOUBLE AS disputed_transaction_count_90d
FROM account
LEFT JOIN permitted USING (customer_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
