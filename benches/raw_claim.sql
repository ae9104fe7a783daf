-- The machine's own limit: a full claim (pick, not twice, seat, slot, assignment, engagement, audit, event, access log, payload)
-- as one prepared statement, of one expert, with nothing to choose between projects. It stands between `asked.sql` and
-- `claimed.sql` of the service.
picked AS MATERIALIZED (
    SELECT asked.n, asked.expert_id, slot.project_id, slot.task_id, 'ordinary' AS kind, NULL::uuid AS offer_id
    FROM asked
    JOIN seated ON seated.expert_id = asked.expert_id
    CROSS JOIN LATERAL (
        SELECT queue.project_id, slot.task_id
        FROM (
            SELECT eligibility.project_id
            FROM eligibility
            WHERE eligibility.expert_id = asked.expert_id
            ORDER BY uuid_hash_extended(eligibility.project_id, :turn)
        ) AS queue
        CROSS JOIN LATERAL (
            SELECT task_slots.task_id
            FROM task_slots
            WHERE task_slots.project_id = queue.project_id
              AND task_slots.open
              AND (SELECT 1 FROM assignment
                   WHERE assignment.task_id = task_slots.task_id
                     AND assignment.expert_id = asked.expert_id
                     AND assignment.state NOT IN ('released', 'expired')
                   LIMIT 1) IS NULL
            ORDER BY task_slots.urgency, task_slots.task_id
            LIMIT 1
            FOR UPDATE SKIP LOCKED
        ) AS slot
        LIMIT 1
    ) AS slot
),
