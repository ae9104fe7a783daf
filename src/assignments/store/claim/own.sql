-- One claim alone, with everything that is this person's own: slots offered to them first; then the best open slot of all
-- that they may take, project by project; and gold in its place, with the project's rate as probability.
--
-- Between projects the order is that of their turns, which are told by priority, deadline and share (`turns.rs`); a project
-- that has none yet comes after those that have. Lazily (the outer LIMIT 1 stops at the first), a slot is locked; SKIP
-- LOCKED goes past what others are taking.
--
-- "Not twice" is a scalar sub-select with LIMIT 1, asked of the few rows that are looked at: NOT EXISTS would become an
-- anti-join over all history. Whoever was shown an answer to a task does not answer that task.
offered AS MATERIALIZED (
    SELECT asked.n, asked.expert_id, offer_slot.project_id, offer_slot.task_id, offer_slot.offer_id
    FROM asked
    JOIN seated ON seated.expert_id = asked.expert_id AND seated.offered_slots > 0
    JOIN offer_slot ON offer_slot.expert_id = asked.expert_id
    JOIN offer ON offer.id = offer_slot.offer_id
    JOIN task_slots ON task_slots.task_id = offer_slot.task_id AND NOT task_slots.cancelled
    JOIN eligibility ON eligibility.expert_id = asked.expert_id AND eligibility.project_id = offer_slot.project_id
    JOIN project ON project.id = offer_slot.project_id
    WHERE offer.state IN ('open', 'accepted')
      AND offer.expires_at > collegium_now()
      AND project.state = 'open'
      AND (project.deadline IS NULL OR project.deadline > collegium_now())
      AND (eligibility.until IS NULL OR eligibility.until > collegium_now()::date)
      AND (asked.wish IS NULL OR offer_slot.project_id = asked.wish)
      AND (SELECT 1 FROM assignment
           WHERE assignment.task_id = offer_slot.task_id
             AND assignment.expert_id = asked.expert_id
             AND assignment.state NOT IN ('released', 'expired')
           LIMIT 1) IS NULL
      AND (SELECT 1 FROM sight
           WHERE sight.person_id = asked.expert_id AND sight.task_id = offer_slot.task_id
           LIMIT 1) IS NULL
    ORDER BY offer.expires_at, offer_slot.task_id
    LIMIT 1
    FOR UPDATE OF offer, offer_slot, task_slots SKIP LOCKED
),
eligible AS MATERIALIZED (
    SELECT asked.n, asked.expert_id, asked.coin, project.id AS project_id, project.deadline, project.gold_rate,
        coalesce(array_position({projects}, project.id), 2147483647) AS turn
    FROM asked
    JOIN seated ON seated.expert_id = asked.expert_id
    JOIN eligibility ON eligibility.expert_id = asked.expert_id
    CROSS JOIN LATERAL (
        SELECT project.id, project.deadline, project.gold_rate, project.max_tasks_per_expert, project.qualification_tasks
        FROM project
        WHERE project.id = eligibility.project_id
          AND project.state = 'open'
          AND (project.deadline IS NULL OR project.deadline > collegium_now())
        LIMIT 1
    ) AS project
    LEFT JOIN engagement ON engagement.expert_id = asked.expert_id AND engagement.project_id = project.id
    WHERE (SELECT 1 FROM offered LIMIT 1) IS NULL
      AND (asked.wish IS NULL OR project.id = asked.wish)
      AND (eligibility.until IS NULL OR eligibility.until > collegium_now()::date)
      AND (project.max_tasks_per_expert IS NULL OR coalesce(engagement.tasks, 0) < project.max_tasks_per_expert)
      AND (project.qualification_tasks IS NULL OR engagement.qualified_at IS NOT NULL)
    ORDER BY turn, project.deadline NULLS LAST, project.id
),
chosen AS MATERIALIZED (
    SELECT queue.n, queue.expert_id, queue.coin, queue.gold_rate, queue.project_id, slot.task_id, slot.house
    FROM eligible AS queue
    CROSS JOIN LATERAL (
        SELECT task_slots.task_id, task_slots.house
        FROM task_slots
        WHERE task_slots.project_id = queue.project_id
          AND task_slots.open
          AND (SELECT 1 FROM assignment
               WHERE assignment.task_id = task_slots.task_id
                 AND assignment.expert_id = queue.expert_id
                 AND assignment.state NOT IN ('released', 'expired')
               LIMIT 1) IS NULL
          AND (SELECT 1 FROM sight
               WHERE sight.person_id = queue.expert_id AND sight.task_id = task_slots.task_id
               LIMIT 1) IS NULL
          AND (SELECT 1 FROM offer_slot
               WHERE offer_slot.expert_id = queue.expert_id AND offer_slot.task_id = task_slots.task_id
               LIMIT 1) IS NULL
        ORDER BY task_slots.urgency, task_slots.task_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS slot
    LIMIT 1
),
-- Gold that this person has not seen, in an order of their own. The slot that was locked for them stays free.
hidden AS MATERIALIZED (
    SELECT gold.task_id
    FROM chosen
    JOIN gold ON gold.project_id = chosen.project_id
    JOIN task_slots ON task_slots.task_id = gold.task_id AND NOT task_slots.cancelled
    WHERE chosen.coin < chosen.gold_rate * 2147483648
      AND (SELECT 1 FROM assignment
           WHERE assignment.task_id = gold.task_id
             AND assignment.expert_id = chosen.expert_id
             AND assignment.state NOT IN ('released', 'expired')
           LIMIT 1) IS NULL
    ORDER BY uuid_hash_extended(gold.task_id, uuid_hash(chosen.expert_id))
    LIMIT 1
),
picked AS MATERIALIZED (
    SELECT n, expert_id, project_id, task_id, 'ordinary' AS kind, offer_id FROM offered
    UNION ALL
    SELECT n, expert_id, project_id, coalesce((SELECT task_id FROM hidden), task_id),
        CASE WHEN (SELECT task_id FROM hidden) IS NOT NULL THEN 'gold' WHEN house > 0 THEN 'rework' ELSE 'ordinary' END,
        NULL::uuid
    FROM chosen
),
