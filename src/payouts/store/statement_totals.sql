-- What an expert took up within a range, summed by currency: earned, waiting for somebody's decision, and of what is earned
-- what an approved payout covers. Hourly work that waits is rounded as it will be posted.
WITH covered AS MATERIALIZED (
    SELECT payout.currency, max(payout_batch.cutoff) AS until
    FROM payout
    JOIN payout_batch ON payout_batch.id = payout.batch_id
    WHERE payout.expert_id = {expert}
      AND payout.state IN ('queued', 'sent', 'settled')
      AND payout_batch.state IN ('approved', 'sent', 'partially_settled', 'settled', 'closed')
    GROUP BY payout.currency
),
piece AS (
    SELECT assignment.currency, assignment.paid, assignment.decided_at,
        CASE
            WHEN assignment.state NOT IN ('submitted', 'in_review', 'disputed') THEN 0
            WHEN assignment.pricing = 'per_task' THEN assignment.pay_rate
            ELSE collegium_round_half_even(
                assignment.pay_rate * coalesce(assignment.approved_seconds, assignment.time_spent_seconds) / 3600,
                lab.billing_exponent)
        END AS waiting
    FROM assignment
    JOIN lab ON lab.id = assignment.lab_id
    WHERE assignment.expert_id = {expert}
      AND assignment.id >= collegium_uuid_floor({from}::timestamp AT TIME ZONE 'UTC')
      AND assignment.id < collegium_uuid_floor(({until} + 1)::timestamp AT TIME ZONE 'UTC')
    UNION ALL
    SELECT currency, paid, decided_at, 0
    FROM review
    WHERE expert_id = {expert} AND pay_rate IS NOT NULL
      AND id >= collegium_uuid_floor({from}::timestamp AT TIME ZONE 'UTC')
      AND id < collegium_uuid_floor(({until} + 1)::timestamp AT TIME ZONE 'UTC')
)
SELECT piece.currency, coalesce(sum(piece.paid), 0), sum(piece.waiting),
    coalesce(sum(piece.paid) FILTER (WHERE (piece.decided_at AT TIME ZONE 'UTC')::date <= covered.until), 0)
FROM piece
LEFT JOIN covered ON covered.currency = piece.currency
GROUP BY piece.currency
ORDER BY piece.currency
