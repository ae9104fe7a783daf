-- Answers of a project in the order of their delivery, up to the end of a stretch.
    FROM assignment
    CROSS JOIN LATERAL (SELECT assignment.delivered_xid) AS told (xid)
    JOIN task ON task.id = assignment.task_id
    JOIN task_slots AS slots ON slots.task_id = task.id
    JOIN submission ON submission.assignment_id = assignment.id AND submission.number = assignment.submissions
    WHERE assignment.project_id = {project} AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {upto}::text::xid8
        AND (assignment.delivered_xid, assignment.id) > ({xid}::text::xid8, {after})
        AND (assignment.delivered_xid, assignment.id) <= ({until_xid}::text::xid8, {until})
    ORDER BY assignment.delivered_xid, assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER placed - octet_length(sealed_answer) AS before
    FROM latest
    WINDOW placed AS (ORDER BY xid, id ROWS UNBOUNDED PRECEDING)
)
SELECT
    id, task_id, external_id, batch_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds,
    approved_seconds, billed, decided_at, xid, final
FROM measured
WHERE before < 1048576
ORDER BY xid, id
