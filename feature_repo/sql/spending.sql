-- How often, how much and for what the line was used, over the last 30 and 90 days.
-- Consent: consent_transactions of the account's customer.
WITH account AS (
    SELECT account_id, customer_id, opened_on, status
    FROM accounts
    QUALIFY row_number() OVER (PARTITION BY account_id ORDER BY event_timestamp DESC) = 1
),

customer AS (
    SELECT customer_id, consent_transactions AS consented
    FROM customers
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY event_timestamp DESC) = 1
),

spent AS (
    SELECT
        account_id,
        count(*) FILTER (event_timestamp > $as_of - INTERVAL 30 DAYS) AS count_30d,
        count(*) AS count_90d,
        sum(amount_minor) FILTER (event_timestamp > $as_of - INTERVAL 30 DAYS) AS amount_30d,
        sum(amount_minor) AS amount_90d,
        sum(amount_minor) FILTER (scenario = 'retail') AS retail,
        sum(amount_minor) FILTER (scenario = 'catering') AS catering,
        sum(amount_minor) FILTER (scenario = 'travel') AS travel,
        sum(amount_minor) FILTER (scenario = 'education') AS education,
        sum(amount_minor) FILTER (scenario = 'medical') AS medical,
        sum(amount_minor) FILTER (scenario = 'electronics') AS electronics,
        sum(amount_minor) FILTER (scenario = 'transfer') AS transfer,
        sum(amount_minor) FILTER (scenario = 'cash') AS cash,
        sum(amount_minor) FILTER (scenario = 'business') AS business
    FROM transactions
    WHERE event_timestamp > $as_of - INTERVAL 90 DAYS
    GROUP BY account_id
),

-- One row for each account on which the table may and can speak; there, no row means no spending.
-- A table of which nothing is known yet cannot say that.
permitted AS (
    SELECT
        account.account_id,
        coalesce(spent.count_30d, 0) AS count_30d,
        coalesce(spent.count_90d, 0) AS count_90d,
        coalesce(spent.amount_30d, 0) AS amount_30d,
        coalesce(spent.amount_90d, 0) AS amount_90d
    FROM account
    INNER JOIN customer USING (customer_id)
    LEFT JOIN spent USING (account_id)
    WHERE customer.consented AND EXISTS (SELECT 1 FROM transactions)
),

-- Shares of spending, where there was any.
share AS (
    SELECT
        spent.account_id,
        coalesce(retail, 0) / spent.amount_90d AS retail,
        coalesce(catering, 0) / spent.amount_90d AS catering,
        coalesce(travel, 0) / spent.amount_90d AS travel,
        coalesce(education, 0) / spent.amount_90d AS education,
        coalesce(medical, 0) / spent.amount_90d AS medical,
        coalesce(electronics, 0) / spent.amount_90d AS electronics,
        coalesce(transfer, 0) / spent.amount_90d AS transfer,
        coalesce(cash, 0) / spent.amount_90d AS cash,
        coalesce(business, 0) / spent.amount_90d AS business
    FROM spent
    INNER JOIN permitted USING (account_id)
)

SELECT
    account.account_id,
    permitted.count_30d::DOUBLE AS transaction_count_30d,
    permitted.count_90d::DOUBLE AS transaction_count_90d,
    permitted.amount_30d::DOUBLE AS spend_30d_minor,
    permitted.amount_90d::DOUBLE AS spend_90d_minor,
    3 * permitted.amount_30d / nullif(permitted.amount_90d, 0) AS spend_trend_90d,
    -- Herfindahl: 1 where all went to one scenario, 1/9 where it was spread evenly over nine
    share.retail ** 2 + share.catering ** 2 + share.travel ** 2 + share.education ** 2
    + share.medical ** 2 + share.electronics ** 2 + share.transfer ** 2 + share.cash ** 2
    + share.business ** 2 AS scenario_concentration_90d,
    share.retail AS scenario_share_retail_90d,
    share.catering AS scenario_share_catering_90d,
    share.travel AS scenario_share_travel_90d,
    share.education AS scenario_share_education_90d,
    share.medical AS scenario_share_medical_90d,
    share.electronics AS scenario_share_electronics_90d,
    share.transfer AS scenario_share_transfer_90d,
    share.cash AS scenario_share_cash_90d,
    share.business AS scenario_share_business_90d
FROM account
LEFT JOIN permitted USING (account_id)
LEFT JOIN share USING (account_id)
WHERE
    account.status <> 'closed'
    AND coalesce(account.opened_on <= $as_of, true)
