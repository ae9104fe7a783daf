-- What was picked becomes assignments: the slots are held, the seats counted, audit, event and access log written, and
-- everything that the answers need returned, in one round trip. The project's state is looked at once more: a slot is
-- either free before a closing project's free slots are counted, or it finds the project closed. The index
-- assignment_once_per_expert is the last guard; whoever meets it goes without.
claimed AS (
    INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, kind, currency, bill_rate, slot_price, pay_rate, pricing,
        max_seconds, brief_version, brief_changed, lease_token, lease_started_at, lease_expires_at)
    SELECT asked.assignment_id, task.lab_id, task.project_id, task.id, asked.expert_id, picked.kind, task.currency,
        task.bill_rate, task.slot_price,
        CASE picked.kind WHEN 'qualification' THEN project.qualification_pay ELSE project.pay_rate END,
        project.pricing, project.max_seconds, project.brief_version,
        coalesce((SELECT engagement.brief_version < project.brief_version FROM engagement
            WHERE engagement.expert_id = asked.expert_id AND engagement.project_id = task.project_id), false),
        asked.lease_token, collegium_now(), collegium_now() + make_interval(secs => project.lease_seconds)
    FROM picked
    JOIN asked ON asked.n = picked.n
    JOIN task ON task.id = picked.task_id
    JOIN project ON project.id = picked.project_id
        AND project.state = 'open'
        AND (project.deadline IS NULL OR project.deadline > collegium_now())
    ON CONFLICT DO NOTHING
    RETURNING *
),
-- What came of an offer is the offer's no more.
unoffered AS (
    DELETE FROM offer_slot
    USING claimed
    JOIN picked ON picked.task_id = claimed.task_id AND picked.expert_id = claimed.expert_id
    WHERE picked.offer_id IS NOT NULL AND offer_slot.expert_id = claimed.expert_id AND offer_slot.task_id = claimed.task_id
),
counted AS (
    UPDATE offer
    SET claimed = offer.claimed + 1
    FROM claimed
    JOIN picked ON picked.task_id = claimed.task_id AND picked.expert_id = claimed.expert_id
    WHERE offer.id = picked.offer_id
),
held AS (
    UPDATE task_slots
    SET free = task_slots.free - gone.free,
        house = task_slots.house - gone.house,
        offered = task_slots.offered - gone.offered,
        held = task_slots.held + gone.free + gone.offered,
        open = task_slots.free > gone.free AND NOT task_slots.cancelled
    FROM (
        SELECT claimed.task_id,
            (count(*) FILTER (WHERE picked.offer_id IS NULL))::smallint AS free,
            (count(*) FILTER (WHERE picked.offer_id IS NOT NULL))::smallint AS offered,
            (count(*) FILTER (WHERE picked.kind = 'rework'))::smallint AS house
        FROM claimed
        JOIN picked ON picked.task_id = claimed.task_id AND picked.expert_id = claimed.expert_id
        WHERE claimed.kind IN ('ordinary', 'rework')
        GROUP BY claimed.task_id
    ) AS gone
    WHERE task_slots.task_id = gone.task_id
),
taken AS (
    UPDATE seat
    SET open_claims = seat.open_claims + 1,
        claims = seat.claims + 1,
        offered_slots = seat.offered_slots - (picked.offer_id IS NOT NULL)::integer,
        labs = CASE WHEN claimed.lab_id = ANY (seat.labs) THEN seat.labs ELSE seat.labs || claimed.lab_id END
    FROM claimed
    JOIN picked ON picked.task_id = claimed.task_id AND picked.expert_id = claimed.expert_id
    WHERE seat.expert_id = claimed.expert_id
),
engaged AS (
    INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version)
    SELECT expert_id, project_id, lab_id, (kind <> 'qualification')::integer, brief_version
    FROM claimed
    ON CONFLICT (expert_id, project_id) DO UPDATE
    SET tasks = engagement.tasks + excluded.tasks, brief_version = excluded.brief_version
),
-- Of what only tells how good the answers are, a lab is told nothing.
audited AS (
    INSERT INTO audit_event (id, lab_id, actor_id, actor_role, action, object_kind, object_id, detail, request_id)
    SELECT asked.audit_id, CASE WHEN claimed.kind IN ('ordinary', 'rework') THEN claimed.lab_id END, asked.actor_id, 'expert', 'assignment.claimed', 'assignment', claimed.id,
        jsonb_build_object('assignment_id', asked.name), asked.request_id
    FROM claimed
    JOIN asked ON asked.assignment_id = claimed.id
),
told AS (
    INSERT INTO outbox (id, lab_id, kind, object_id, body)
    SELECT asked.event_id, CASE WHEN claimed.kind IN ('ordinary', 'rework') THEN claimed.lab_id END, 'assignment.claimed', claimed.id, jsonb_build_object('assignment_id', asked.name)
    FROM claimed
    JOIN asked ON asked.assignment_id = claimed.id
),
-- A sealed value is 45 bytes longer than its content: format, key id, nonce and tag.
served AS (
    INSERT INTO access_log (id, lab_id, actor_id, actor_role, session_id, object_kind, object_id, object_version, bytes, purpose,
        request_id)
    SELECT part.id, claimed.lab_id, asked.actor_id, 'expert', asked.session_id, part.kind, part.object_id, part.version,
        part.bytes, 'claim', asked.request_id
    FROM claimed
    JOIN asked ON asked.assignment_id = claimed.id
    JOIN task ON task.id = claimed.task_id
    JOIN project ON project.id = claimed.project_id
    CROSS JOIN LATERAL (VALUES
        (asked.input_access_id, 'task.input', task.id, 1, task.input_bytes::bigint),
        (asked.brief_access_id, 'project.brief', project.id, project.brief_version,
            octet_length(project.sealed_brief)::bigint - 45)
    ) AS part (id, kind, object_id, version, bytes)
)
SELECT asked.n, claimed.id, claimed.lab_id, claimed.project_id, claimed.task_id, claimed.currency, claimed.pay_rate,
    claimed.pricing, claimed.max_seconds, claimed.lease_token, claimed.lease_expires_at, claimed.claimed_at, claimed.updated_at,
    claimed.version, task.sealed_input, project.title, lab.code_name, project.sealed_brief, claimed.brief_version,
    claimed.brief_changed, draft.id, draft.sealed_draft
FROM claimed
JOIN asked ON asked.assignment_id = claimed.id
JOIN task ON task.id = claimed.task_id
JOIN project ON project.id = claimed.project_id
JOIN lab ON lab.id = claimed.lab_id
LEFT JOIN LATERAL (
    SELECT earlier.id, earlier.sealed_draft
    FROM assignment AS earlier
    WHERE earlier.task_id = claimed.task_id
      AND earlier.expert_id = claimed.expert_id
      AND earlier.sealed_draft IS NOT NULL
    ORDER BY earlier.id DESC
    LIMIT 1
) AS draft ON true
