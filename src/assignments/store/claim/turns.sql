-- Many claims at once, by the turns of the projects: `projects` stand in the order of their turn, each with the head of
-- its queue as it was a moment ago. Everybody gets the first project that they may work in, and in it the next open
-- slot; those who meet in a project share its next tasks, each slot going to another of them.
--
-- The head is a hint that spares the dead entries before it; a slot that came back before it is found when the head is
-- read again. Who is to get gold, has slots of their own by an offer, or finds that the slot is of a task they did
-- or saw before, goes without here and is served alone.
board AS (
    SELECT *
    FROM unnest({projects}, {urgencies}, {heads}, {gold_rates}, {limits}, {qualifying}) WITH ORDINALITY
        AS board (project_id, urgency, head, gold_rate, max_tasks, qualifying, turn)
),
wanted AS (
    SELECT DISTINCT ON (asked.n) asked.n, asked.expert_id, asked.coin, board.*
    FROM asked
    JOIN seated ON seated.expert_id = asked.expert_id AND seated.offered_slots = 0
    JOIN eligibility ON eligibility.expert_id = asked.expert_id
    JOIN board ON board.project_id = eligibility.project_id
    WHERE (asked.wish IS NULL OR asked.wish = board.project_id)
      AND (eligibility.until IS NULL OR eligibility.until > collegium_now()::date)
      AND (board.max_tasks IS NULL OR coalesce((
          SELECT engagement.tasks FROM engagement
          WHERE engagement.expert_id = asked.expert_id AND engagement.project_id = board.project_id), 0) < board.max_tasks)
      AND (NOT board.qualifying OR (
          SELECT engagement.qualified_at FROM engagement
          WHERE engagement.expert_id = asked.expert_id AND engagement.project_id = board.project_id) IS NOT NULL)
    ORDER BY asked.n, board.turn
),
lined AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY project_id ORDER BY n) AS place
    FROM wanted
    WHERE coin >= gold_rate
),
-- A constant LIMIT inside keeps the plan an index scan, the variable one outside stops it early: no row is locked that
-- is not handed over.
places AS MATERIALIZED (
    SELECT queue.project_id, slot.task_id, nth <= slot.house AS house,
        row_number() OVER (PARTITION BY queue.project_id ORDER BY slot.urgency, slot.task_id, nth) AS place
    FROM (
        SELECT project_id, urgency, head, max(place) AS wanted
        FROM lined
        GROUP BY project_id, urgency, head
    ) AS queue
    CROSS JOIN LATERAL (
        SELECT *
        FROM (
            SELECT task_slots.task_id, task_slots.urgency, task_slots.free, task_slots.house
            FROM task_slots
            WHERE task_slots.project_id = queue.project_id
              AND task_slots.open
              AND (task_slots.urgency, task_slots.task_id) >= (queue.urgency, queue.head)
            ORDER BY task_slots.urgency, task_slots.task_id
            LIMIT 64
            FOR UPDATE SKIP LOCKED
        ) AS next
        LIMIT queue.wanted
    ) AS slot
    CROSS JOIN LATERAL generate_series(1, slot.free) AS nth
),
picked AS MATERIALIZED (
    SELECT lined.n, lined.expert_id, lined.project_id, places.task_id,
        CASE WHEN places.house THEN 'rework' ELSE 'ordinary' END AS kind, NULL::uuid AS offer_id
    FROM lined
    JOIN places ON places.project_id = lined.project_id AND places.place = lined.place
    WHERE (SELECT 1 FROM assignment
           WHERE assignment.task_id = places.task_id
             AND assignment.expert_id = lined.expert_id
             AND assignment.state NOT IN ('released', 'expired')
           LIMIT 1) IS NULL
      AND (SELECT 1 FROM sight
           WHERE sight.person_id = lined.expert_id AND sight.task_id = places.task_id
           LIMIT 1) IS NULL
),
