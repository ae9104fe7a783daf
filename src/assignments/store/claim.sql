-- Takes the best open slot for an expert: pick, seat, slot, assignment, audit, event, access log and everything that the
-- answer needs, in one round trip. No row where there is nothing to do, or where the expert holds as many as allowed.
--
-- The order is priority, then deadline; between projects that are equal in both, a hash of the new id takes turns, so that
-- no project's head is everybody's; within a project it is posting, which is the task's id. `eligible` is where the
-- expert may claim. Of its sixteen most urgent by deadline the head is looked at without locking, one descent of
-- task_slots_queue for each, and priority decides among them; whoever may do more projects than that meets the others
-- only once these are empty, because a look at a hundred heads costs five times the rest of the claim. Then, project by
-- project and lazily (the outer LIMIT 1 stops at the first), a slot is locked; SKIP LOCKED goes past what others are
-- taking. A constant LIMIT inside keeps the plan an index scan; a variable one would plan a scan of the table.
--
-- Slots at the house's cost go first, and what is claimed of them is rework. Whoever has reviewed an answer to a task has
-- seen it, and does not answer that task.
--
-- "Not twice" is a scalar sub-select with LIMIT 1, asked of the few rows that are looked at: NOT EXISTS would become an
-- anti-join over all history. It may be stale by the moment of the lock; assignment_once_per_expert is the last guard.
--
-- What must not race stands on the seat and is tested in its own UPDATE, whose row is the newest: `open_claims` there.
-- Locks: the slot (never waited for), then the seat (waited for), as everywhere in this room.
WITH eligible AS MATERIALIZED (
    SELECT eligibility.project_id, project.lab_id, project.deadline, uuid_hash_extended(eligibility.project_id, {turn}) AS turn
    FROM eligibility
    CROSS JOIN LATERAL (
        SELECT project.lab_id, project.deadline
        FROM project
        WHERE project.id = eligibility.project_id
          AND project.state = 'open'
          AND (project.deadline IS NULL OR project.deadline > collegium_now())
        LIMIT 1
    ) AS project
    WHERE eligibility.expert_id = {expert}
      AND (eligibility.until IS NULL OR eligibility.until > collegium_now()::date)
      AND ({project} IS NULL OR eligibility.project_id = {project})
    ORDER BY project.deadline NULLS LAST, turn
),
picked AS (
    SELECT queue.project_id, queue.lab_id, slot.task_id, slot.house
    FROM (
        (
            SELECT first.project_id, first.lab_id
            FROM (SELECT * FROM eligible LIMIT 16) AS first
            CROSS JOIN LATERAL (
                SELECT task_slots.urgency
                FROM task_slots
                WHERE task_slots.project_id = first.project_id
                  AND task_slots.open
                  AND (SELECT 1 FROM assignment
                       WHERE assignment.task_id = task_slots.task_id
                         AND assignment.expert_id = {expert}
                         AND assignment.state NOT IN ('released', 'expired')
                       LIMIT 1) IS NULL
                  AND (SELECT 1 FROM review
                       WHERE review.task_id = task_slots.task_id AND review.expert_id = {expert}
                       LIMIT 1) IS NULL
                ORDER BY task_slots.urgency, task_slots.task_id
                LIMIT 1
            ) AS head
            ORDER BY head.urgency, first.deadline NULLS LAST, first.turn
        )
        UNION ALL
        (SELECT project_id, lab_id FROM eligible OFFSET 16)
    ) AS queue
    CROSS JOIN LATERAL (
        SELECT task_slots.task_id, task_slots.house
        FROM task_slots
        WHERE task_slots.project_id = queue.project_id
          AND task_slots.open
          AND (SELECT 1 FROM assignment
               WHERE assignment.task_id = task_slots.task_id
                 AND assignment.expert_id = {expert}
                 AND assignment.state NOT IN ('released', 'expired')
               LIMIT 1) IS NULL
          AND (SELECT 1 FROM review
               WHERE review.task_id = task_slots.task_id AND review.expert_id = {expert}
               LIMIT 1) IS NULL
        ORDER BY task_slots.urgency, task_slots.task_id
        LIMIT 1
        FOR UPDATE SKIP LOCKED
    ) AS slot
    LIMIT 1
),
-- An expert without a seat gets one with the first claim.
seated AS (
    INSERT INTO seat (expert_id, open_claims, labs)
    SELECT {expert}, 1, ARRAY[picked.lab_id] FROM picked
    ON CONFLICT (expert_id) DO UPDATE
    SET open_claims = seat.open_claims + 1,
        labs = CASE WHEN seat.labs @> excluded.labs THEN seat.labs ELSE seat.labs || excluded.labs END
    WHERE seat.open_claims < {max_open_claims}
    RETURNING expert_id
),
held AS (
    UPDATE task_slots
    SET free = task_slots.free - 1, held = task_slots.held + 1, house = task_slots.house - (task_slots.house > 0)::integer,
        open = task_slots.free > 1 AND NOT task_slots.cancelled
    FROM picked, seated
    WHERE task_slots.task_id = picked.task_id
    RETURNING task_slots.task_id
),
claimed AS (
    INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, kind, currency, bill_rate, slot_price, pay_rate, pricing,
        max_seconds, brief_version, lease_token, lease_started_at, lease_expires_at)
    SELECT {assignment}, task.lab_id, task.project_id, task.id, {expert},
        CASE WHEN (SELECT picked.house FROM picked) > 0 THEN 'rework' ELSE 'ordinary' END, task.currency, task.bill_rate, task.slot_price,
        project.pay_rate, project.pricing, project.max_seconds, project.brief_version, {lease_token}, collegium_now(),
        collegium_now() + make_interval(secs => project.lease_seconds)
    FROM held
    JOIN task ON task.id = held.task_id
    JOIN project ON project.id = task.project_id
    RETURNING *
),
audited AS (
    INSERT INTO audit_event (id, lab_id, actor_id, actor_role, action, object_kind, object_id, detail, request_id)
    SELECT {audit}, lab_id, {actor}, 'expert', 'assignment.claimed', 'assignment', id, {detail}, {request} FROM claimed
),
told AS (
    INSERT INTO outbox (id, lab_id, kind, object_id, body)
    SELECT {event}, lab_id, 'assignment.claimed', id, {detail} FROM claimed
),
-- A sealed value is 45 bytes longer than its content: format, key id, nonce and tag.
served AS (
    INSERT INTO access_log (id, lab_id, actor_id, actor_role, session_id, object_kind, object_id, object_version, bytes, purpose,
        request_id)
    SELECT part.id, claimed.lab_id, {actor}, 'expert', {session}, part.kind, part.object_id, part.version, part.bytes, 'claim',
        {request}
    FROM claimed
    JOIN task ON task.id = claimed.task_id
    JOIN project ON project.id = claimed.project_id
    CROSS JOIN LATERAL (VALUES
        ({input_access}, 'task.input', task.id, 1, task.input_bytes::bigint),
        ({brief_access}, 'project.brief', project.id, project.brief_version, octet_length(project.sealed_brief)::bigint - 45)
    ) AS part (id, kind, object_id, version, bytes)
)
SELECT claimed.id, claimed.lab_id, claimed.project_id, claimed.task_id, claimed.currency, claimed.pay_rate, claimed.pricing,
    claimed.max_seconds, claimed.lease_token, claimed.lease_expires_at, claimed.claimed_at, claimed.updated_at, claimed.version,
    task.sealed_input, project.title, lab.code_name, project.sealed_brief, project.brief_version, draft.id, draft.sealed_draft
FROM claimed
JOIN task ON task.id = claimed.task_id
JOIN project ON project.id = claimed.project_id
JOIN lab ON lab.id = claimed.lab_id
LEFT JOIN LATERAL (
    SELECT earlier.id, earlier.sealed_draft
    FROM assignment AS earlier
    WHERE earlier.task_id = claimed.task_id AND earlier.expert_id = {expert} AND earlier.sealed_draft IS NOT NULL
    ORDER BY earlier.id DESC
    LIMIT 1
) AS draft ON true
