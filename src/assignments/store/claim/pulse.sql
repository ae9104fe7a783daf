-- Counts the claims of the minutes that have ended since the last count, and what each project has open now. Ids are time:
-- the claims of a minute are a range of the primary key.
WITH span AS (
    SELECT greatest(coalesce((SELECT max(counted_at) FROM project_pulse), 'epoch'), collegium_now() - interval '1 hour') AS since,
        date_trunc('minute', collegium_now()) AS until
),
counted AS (
    INSERT INTO project_minute (project_id, minute, claims)
    SELECT assignment.project_id, date_trunc('minute', assignment.claimed_at), count(*)
    FROM span
    JOIN assignment ON assignment.id >= collegium_uuid_floor(date_trunc('minute', span.since))
        AND assignment.id < collegium_uuid_floor(span.until)
    GROUP BY 1, 2
    ON CONFLICT (minute, project_id) DO UPDATE SET claims = excluded.claims
),
forgotten AS (
    DELETE FROM project_minute WHERE minute < (SELECT until FROM span) - interval '2 hours'
),
open AS (
    SELECT project_id, sum(free) AS slots FROM task_slots WHERE open GROUP BY project_id
),
closed AS (
    DELETE FROM project_pulse WHERE project_id NOT IN (SELECT project_id FROM open)
)
INSERT INTO project_pulse (project_id, open_slots, counted_at)
SELECT open.project_id, open.slots, span.until FROM open, span
ON CONFLICT (project_id) DO UPDATE SET open_slots = excluded.open_slots, counted_at = excluded.counted_at
