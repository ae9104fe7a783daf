-- Answers in the order of their delivery; a page ends at so many of them, or at 1 MiB. `upto` was taken when the export began:
-- what is delivered by later transactions is for the next one.
WITH latest AS (
    SELECT
        assignment.id, assignment.task_id, task.external_id, task.batch_id, assignment.expert_id,
        last_version.id AS submission_id, last_version.number, last_version.sealed_answer,
        assignment.time_spent_seconds, assignment.approved_seconds, assignment.billed, assignment.currency,
        assignment.decided_at, assignment.delivered_xid
    FROM assignment
    JOIN task ON task.id = assignment.task_id
    CROSS JOIN LATERAL (
        SELECT submission.id, submission.number, submission.sealed_answer
        FROM submission
        WHERE submission.assignment_id = assignment.id
        ORDER BY submission.number DESC
        LIMIT 1
    ) AS last_version
    WHERE assignment.project_id = {project} AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {upto}::text::xid8
        AND (assignment.delivered_xid, assignment.id) > ({xid}::text::xid8, {after})
    ORDER BY assignment.delivered_xid, assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER placed AS so_far, row_number() OVER placed AS nth
    FROM latest
    WINDOW placed AS (ORDER BY delivered_xid, id)
)
SELECT
    id, task_id, external_id, batch_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds,
    approved_seconds, billed, currency, decided_at, delivered_xid::text::bigint
FROM measured
WHERE so_far <= 1048576 OR nth = 1
ORDER BY delivered_xid, id
