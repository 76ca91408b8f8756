-- Who the customer is and what the account is, as last known.
-- A table holds a row a change; the latest change is the state in force.
WITH account AS (
    SELECT account_id, customer_id, product, opened_on, limit_minor, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

customer AS (
    SELECT
        customer_id, birth_year, income_monthly_minor, segment, employment_since,
        backup_repayment_source
    FROM customers
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
)

SELECT
    account.account_id,
    -- the birthday is not kept, so that the day of the year changes nobody's age
    (year(timezone('UTC', $as_of)) - customer.birth_year)::DOUBLE AS age_years,
    customer.income_monthly_minor::DOUBLE AS income_monthly_minor,
    -- whole months; in plain UTC, since arithmetic with zones is six times slower
    date_sub('month', timezone('UTC', customer.employment_since), timezone('UTC', $as_of))::DOUBLE
        AS employment_months,
    date_sub('month', timezone('UTC', account.opened_on), timezone('UTC', $as_of))::DOUBLE
        AS account_age_months,
    account.limit_minor::DOUBLE AS limit_minor,
    (account.product = 'cash_loan')::DOUBLE AS is_cash_loan,
    (customer.segment = 'micro_merchant')::DOUBLE AS is_micro_merchant,
    customer.backup_repayment_source::DOUBLE AS has_backup_repayment_source
FROM account
LEFT JOIN customer USING (customer_id)
WHERE
    account.status <> 'closed'
    -- a lender that does not say when an account was opened does not thereby close it
    AND coalesce(account.opened_on <= $as_of, true)
