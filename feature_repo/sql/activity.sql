-- How present the customer is in the app. Consent: consent_activity.
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
        count(*) FILTER (kind = 'login' AND event_timestamp > $as_of - INTERVAL 30 DAYS)
            AS logins_30d,
        max(event_timestamp) FILTER (kind = 'login') AS last_login_at,
        count(*) FILTER (
            kind = 'wealth_management' AND event_timestamp > $as_of - INTERVAL 180 DAYS
        ) AS wealth_management_180d
    FROM activity_events
    WHERE event_timestamp > $as_of - INTERVAL 365 DAYS AND kind IN ('login', 'wealth_management')
    GROUP BY customer_id
),

-- One row for each customer on whom the table may and can speak; there, no row means no event.
-- A table of which nothing is known yet cannot say that.
permitted AS (
    SELECT
        customer.customer_id,
        coalesce(seen.logins_30d, 0) AS logins_30d,
        -- whoever has not logged in for a year counts as a year away, however long it has been
        coalesce(
            date_sub('day', timezone('UTC', seen.last_login_at), timezone('UTC', $as_of)), 365
        ) AS days_since_login,
        coalesce(seen.wealth_management_180d, 0) AS wealth_management_180d
    FROM customer
    LEFT JOIN seen USING (customer_id)
    WHERE customer.consented AND EXISTS (SELECT 1 FROM activity_events)
)

SELECT
    account.account_id,
    permitted.logins_30d::DOUBLE AS login_count_30d,
    permitted.days_since_login::DOUBLE AS days_since_login,
    permitted.wealth_management_180d::DOUBLE AS wealth_management_count_180d
FROM account
LEFT JOIN permitted USING (customer_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
