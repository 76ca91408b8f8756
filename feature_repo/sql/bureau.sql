-- What other lenders report of the customer, as last published. Consent: consent_bureau.
WITH account AS (
    SELECT account_id, customer_id, opened_on, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

customer AS (
    SELECT customer_id, consent_bureau AS consented
    FROM customers
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),

report AS (
    SELECT customer_id, other_balance_minor, other_lines, inquiries_6m, worst_status
    FROM bureau
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),

-- A customer of whom the bureau knows nothing stays unknown: thin is not clean.
permitted AS (
    SELECT report.*
    FROM report
    INNER JOIN customer USING (customer_id)
    WHERE customer.consented
)

SELECT
    account.account_id,
    permitted.other_balance_minor::DOUBLE AS bureau_other_balance_minor,
    permitted.other_lines::DOUBLE AS bureau_other_line_count,
    permitted.inquiries_6m::DOUBLE AS bureau_inquiry_count_6m,
    CASE permitted.worst_status
        WHEN 'current' THEN 0
        WHEN 'dpd_30' THEN 1
        WHEN 'dpd_60' THEN 2
        WHEN 'dpd_90' THEN 3
        WHEN 'charged_off' THEN 4
    END::DOUBLE AS bureau_worst_status_rank
FROM account
LEFT JOIN permitted USING (customer_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
