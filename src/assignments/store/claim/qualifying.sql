-- The next task of a qualification, in the order of posting: one at a time, because the explanation of one teaches for the
-- next. A new attempt goes on with tasks that this person has not seen.
picked AS MATERIALIZED (
    SELECT asked.n, asked.expert_id, stage.project_id, stage.task_id, 'qualification' AS kind, NULL::uuid AS offer_id
    FROM asked
    JOIN seated ON seated.expert_id = asked.expert_id
    CROSS JOIN LATERAL (
        SELECT project.id AS project_id, next.task_id
        FROM eligibility
        JOIN project ON project.id = eligibility.project_id
        LEFT JOIN engagement ON engagement.expert_id = eligibility.expert_id AND engagement.project_id = project.id
        CROSS JOIN LATERAL (
            SELECT gold.task_id
            FROM gold
            JOIN task_slots ON task_slots.task_id = gold.task_id AND NOT task_slots.cancelled
            WHERE gold.project_id = project.id
              AND (SELECT 1 FROM assignment
                   WHERE assignment.task_id = gold.task_id
                     AND assignment.expert_id = eligibility.expert_id
                     AND assignment.state NOT IN ('released', 'expired')
                   LIMIT 1) IS NULL
            ORDER BY gold.task_id
            LIMIT 1
        ) AS next
        WHERE eligibility.expert_id = asked.expert_id
          AND (asked.wish IS NULL OR project.id = asked.wish)
          AND project.state = 'open'
          AND (project.deadline IS NULL OR project.deadline > collegium_now())
          AND project.qualification_tasks IS NOT NULL
          AND (eligibility.until IS NULL OR eligibility.until > collegium_now()::date)
          AND engagement.qualified_at IS NULL
          AND coalesce(engagement.qualifying_attempt, 0) < project.qualification_attempts
          AND (SELECT 1 FROM assignment
               WHERE assignment.expert_id = eligibility.expert_id
                 AND assignment.project_id = project.id
                 AND assignment.kind = 'qualification'
                 AND assignment.state = 'claimed'
               LIMIT 1) IS NULL
        ORDER BY coalesce(array_position({projects}, project.id), 2147483647), project.deadline NULLS LAST, project.id
        LIMIT 1
    ) AS stage
),
