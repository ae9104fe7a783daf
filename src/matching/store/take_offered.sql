-- Sets open slots of a project aside for one expert: of the tasks that they have neither done nor seen, the first ones of the queue. Only
-- slots that the lab pays for are offered. A constant LIMIT inside keeps the plan an index scan.
WITH taken AS MATERIALIZED (
    SELECT next.task_id
    FROM (
        SELECT task_slots.task_id
        FROM task_slots
        WHERE task_slots.project_id = {project}
          AND task_slots.open
          AND task_slots.free > task_slots.house
          AND (SELECT 1 FROM assignment
               WHERE assignment.task_id = task_slots.task_id
                 AND assignment.expert_id = {expert}
                 AND assignment.state NOT IN ('released', 'expired')
               LIMIT 1) IS NULL
          AND (SELECT 1 FROM sight
               WHERE sight.person_id = {expert} AND sight.task_id = task_slots.task_id
               LIMIT 1) IS NULL
          AND (SELECT 1 FROM offer_slot
               WHERE offer_slot.expert_id = {expert} AND offer_slot.task_id = task_slots.task_id
               LIMIT 1) IS NULL
        ORDER BY task_slots.urgency, task_slots.task_id
        LIMIT 1000
        FOR UPDATE SKIP LOCKED
    ) AS next
    LIMIT {slots}
),
aside AS (
    UPDATE task_slots
    SET free = task_slots.free - 1,
        offered = task_slots.offered + 1,
        open = task_slots.free > 1 AND NOT task_slots.cancelled
    FROM taken
    WHERE task_slots.task_id = taken.task_id
),
made AS (
    INSERT INTO offer (id, lab_id, project_id, expert_id, slots, expires_at, made_by)
    SELECT {offer}, {lab}, {project}, {expert}, count(*), {expires_at}, {made_by}
    FROM taken
    HAVING count(*) > 0
    RETURNING id
),
slots AS (
    INSERT INTO offer_slot (expert_id, task_id, offer_id, project_id)
    SELECT {expert}, taken.task_id, made.id, {project}
    FROM taken, made
),
seated AS (
    UPDATE seat
    SET offered_slots = seat.offered_slots + (SELECT count(*) FROM taken)
    WHERE seat.expert_id = {expert}
)
SELECT count(*)::integer FROM taken
