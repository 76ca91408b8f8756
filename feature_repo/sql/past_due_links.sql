-- Ends the query of linked_risk otherwise: not how many linked customers are in arrears, but who
-- they are and by which kinds of link, at most $most of each customer, the first by their id.
SELECT
    edge.customer_id,
    edge.linked_customer_id,
    list_sort(list(DISTINCT edge.kind)) AS kinds
FROM (
    -- unlike the view's link it keeps the kind, and like it a link has no direction
    SELECT
        unnest([customer_id, linked_customer_id]) AS customer_id,
        unnest([linked_customer_id, customer_id]) AS linked_customer_id,
        kind
    FROM (
        FROM links
        QUALIFY row_number() OVER (
            PARTITION BY customer_id, linked_customer_id, kind ORDER BY event_timestamp DESC
        ) = 1
    )
    WHERE active
) AS edge
INNER JOIN permitted USING (customer_id)
INNER JOIN customer AS other ON other.customer_id = edge.linked_customer_id
WHERE
    other.consented
    AND edge.linked_customer_id IN (SELECT customer_id FROM in_arrears)
GROUP BY edge.customer_id, edge.linked_customer_id
QUALIFY row_number() OVER (
    PARTITION BY edge.customer_id ORDER BY edge.linked_customer_id
) <= $most
ORDER BY edge.customer_id, edge.linked_customer_id
