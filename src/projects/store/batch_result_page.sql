-- Answers to the tasks of one batch, in the order of these: a batch is a small part of its project, and its tasks are found
-- by their own index. Pages and bounds as in result_page.sql.
WITH latest AS (
    SELECT
        assignment.id, assignment.task_id, task.external_id, task.batch_id, assignment.expert_id,
        last_version.id AS submission_id, last_version.number, last_version.sealed_answer,
        assignment.time_spent_seconds, assignment.approved_seconds, assignment.billed, assignment.currency,
        assignment.decided_at, assignment.delivered_xid
    FROM task
    JOIN assignment ON assignment.task_id = task.id
    CROSS JOIN LATERAL (
        SELECT submission.id, submission.number, submission.sealed_answer
        FROM submission
        WHERE submission.assignment_id = assignment.id
        ORDER BY submission.number DESC
        LIMIT 1
    ) AS last_version
    WHERE task.project_id = {project} AND task.batch_id = {batch} AND task.id >= {task}
        AND (task.id, assignment.id) > ({task}, {after})
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid >= {from}::text::xid8 AND assignment.delivered_xid < {upto}::text::xid8
    ORDER BY task.id, assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER placed AS so_far, row_number() OVER placed AS nth
    FROM latest
    WINDOW placed AS (ORDER BY task_id, id)
)
SELECT
    id, task_id, external_id, batch_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds,
    approved_seconds, billed, currency, decided_at, delivered_xid::text::bigint
FROM measured
WHERE so_far <= 1048576 OR nth = 1
ORDER BY task_id, id
