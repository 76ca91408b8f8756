-- The economy as last published: the same figures for every account.
WITH account AS (
    SELECT account_id, opened_on, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

published AS (
    SELECT unemployment_rate, retail_sales_index, policy_tightening
    FROM macro
    ORDER BY event_timestamp DESC
    LIMIT 1
)

SELECT
    account.account_id,
    published.unemployment_rate::DOUBLE AS unemployment_rate,
    published.retail_sales_index::DOUBLE AS retail_sales_index,
    published.policy_tightening::DOUBLE AS policy_tightening
FROM account
-- a left join: before the first publication the account is still there, the figures are not
LEFT JOIN published ON true
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
