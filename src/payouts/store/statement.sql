-- What an expert took up within a range, newest first: assignments and paid reviews, each along its index from the cursor
-- down; ids are times. Beside each: a dispute, the lab's audit, and the last day that an approved payout of the currency
-- covers.
WITH covered AS MATERIALIZED (
    SELECT payout.currency, max(payout_batch.cutoff) AS until
    FROM payout
    JOIN payout_batch ON payout_batch.id = payout.batch_id
    WHERE payout.expert_id = {expert}
      AND payout.state IN ('queued', 'sent', 'settled')
      AND payout_batch.state IN ('approved', 'sent', 'partially_settled', 'settled', 'closed')
    GROUP BY payout.currency
)
SELECT piece.what, piece.id, piece.project_id, project.title, piece.state, piece.currency, piece.pricing, piece.pay_rate,
    piece.seconds, piece.paid, piece.claimed_at, piece.decided_at, piece.held_until, piece.auto_accept_at, dispute.resolve_by,
    audit.verdict, audit.reason,
    coalesce((piece.decided_at AT TIME ZONE 'UTC')::date <= covered.until AND piece.paid IS NOT NULL, false)
FROM (
    (SELECT 'assignment' AS what, id, id AS assignment_id, project_id, state, currency, pricing, pay_rate,
        coalesce(approved_seconds, time_spent_seconds) AS seconds, paid, claimed_at, decided_at, lease_expires_at AS held_until,
        auto_accept_at
     FROM assignment
     WHERE expert_id = {expert} AND id < {before}
       AND id >= collegium_uuid_floor({from}::timestamp AT TIME ZONE 'UTC')
       AND id < collegium_uuid_floor(({until} + 1)::timestamp AT TIME ZONE 'UTC')
     ORDER BY id DESC
     LIMIT {limit})
    UNION ALL
    (SELECT 'review', id, NULL, project_id, CASE WHEN decision IS NULL THEN 'claimed' ELSE 'decided' END, currency, 'per_task',
        pay_rate, NULL, paid, claimed_at, decided_at, claim_expires_at, NULL
     FROM review
     WHERE expert_id = {expert} AND pay_rate IS NOT NULL AND id < {before}
       AND id >= collegium_uuid_floor({from}::timestamp AT TIME ZONE 'UTC')
       AND id < collegium_uuid_floor(({until} + 1)::timestamp AT TIME ZONE 'UTC')
     ORDER BY id DESC
     LIMIT {limit})
) AS piece
JOIN project ON project.id = piece.project_id
LEFT JOIN dispute ON dispute.assignment_id = piece.assignment_id
LEFT JOIN audit ON audit.assignment_id = piece.assignment_id
LEFT JOIN covered ON covered.currency = piece.currency
ORDER BY piece.id DESC
LIMIT {limit}
