-- Answers in the order of their assignments; a page ends at so many of them, or at 4 MiB.
WITH latest AS (
    SELECT
        assignment.id, assignment.task_id, task.external_id, assignment.expert_id,
        last_version.id AS submission_id, last_version.number, last_version.sealed_answer,
        assignment.time_spent_seconds, assignment.approved_seconds, assignment.billed, assignment.currency,
        assignment.decided_at
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
        AND assignment.decided_at <= {until} AND assignment.id > {after}
    ORDER BY assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER (ORDER BY id) AS so_far, row_number() OVER (ORDER BY id) AS nth
    FROM latest
)
SELECT
    id, task_id, external_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds, approved_seconds,
    billed, currency, decided_at
FROM measured
WHERE so_far <= 4194304 OR nth = 1
ORDER BY id
