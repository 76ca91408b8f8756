-- Bursts of loan applications, here or elsewhere, in 7 and 30 days. Consent: consent_activity.
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

applied AS (
    SELECT
        customer_id,
        count(*) FILTER (event_timestamp > $as_of - INTERVAL 7 DAYS) AS applications_7d,
        count(*) AS applications_30d
    FROM activity_events
    WHERE event_timestamp > $as_of - INTERVAL 30 DAYS AND kind = 'loan_application'
    GROUP BY customer_id
),

-- One row for each customer on whom the table may and can speak; there, no row means no event.
-- A table of which nothing is known yet cannot say that.
permitted AS (
    SELECT
        customer.customer_id,
        coalesce(applied.applications_7d, 0) AS applications_7d,
        coalesce(applied.applications_30d, 0) AS applications_30d
    FROM customer
    LEFT JOIN applied USING (customer_id)
    WHERE customer.consented AND EXISTS (SELECT 1 FROM activity_events)
)

SELECT
    account.account_id,
    permitted.applications_7d::DOUBLE AS loan_application_count_7d,
    permitted.applications_30d::DOUBLE AS loan_application_count_30d
FROM account
LEFT JOIN permitted USING (customer_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
