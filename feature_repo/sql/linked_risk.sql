-- The company the customer keeps: linked customers, and those of them in arrears.
-- Consent: consent_links, of both ends, since a link says something about each of them.
WITH account AS (
    SELECT account_id, customer_id, opened_on, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

customer AS (
    SELECT customer_id, consent_links AS consented
    FROM customers
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),

link AS (
    SELECT customer_id, linked_customer_id, active
    FROM links
    QUALIFY row_number() OVER (
        PARTITION BY customer_id, linked_customer_id, kind ORDER BY event_timestamp DESC
    ) = 1
),

-- A link has no direction, and two customers linked in several ways are one pair.
pair AS (
    SELECT customer_id, linked_customer_id FROM link WHERE active
    UNION
    SELECT linked_customer_id, customer_id FROM link WHERE active
),

-- 30 days or more past due on the latest statement of any account; a statement over 92 days old
-- says nothing about today.
in_arrears AS (
    SELECT account.customer_id
    FROM statements
    INNER JOIN account USING (account_id)
    WHERE statements.event_timestamp >= $as_of - INTERVAL 92 DAYS
    GROUP BY account.customer_id, statements.account_id
    HAVING arg_max(statements.days_past_due, statements.event_timestamp) >= 30
),

company AS (
    SELECT
        pair.customer_id,
        count(*) AS linked,
        count(*) FILTER (pair.linked_customer_id IN (SELECT customer_id FROM in_arrears))
            AS past_due
    FROM pair
    INNER JOIN customer AS other ON other.customer_id = pair.linked_customer_id
    WHERE other.consented
    GROUP BY pair.customer_id
),

-- One row for each customer on whom the table may and can speak; there, no row means no link.
-- A table of which nothing is known yet cannot say that.
permitted AS (
    SELECT
        customer.customer_id,
        coalesce(company.linked, 0) AS linked,
        coalesce(company.past_due, 0) AS past_due
    FROM customer
    LEFT JOIN company USING (customer_id)
    WHERE customer.consented AND EXISTS (SELECT 1 FROM links)
)

SELECT
    account.account_id,
    permitted.linked::DOUBLE AS linked_customer_count,
    permitted.past_due::DOUBLE AS linked_past_due_count
FROM account
LEFT JOIN permitted USING (customer_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
