-- Answers to the tasks of one batch, in the order of these: a batch is a small part of its project, and its tasks are found
-- by their own index. Those whose final answer changed since are told again.
    FROM task
    JOIN assignment ON assignment.task_id = task.id
    CROSS JOIN LATERAL (SELECT assignment.delivered_xid) AS told (xid)
    JOIN task_slots AS slots ON slots.task_id = task.id
    JOIN submission ON submission.assignment_id = assignment.id AND submission.number = assignment.submissions
    WHERE task.project_id = {project} AND task.batch_id = {batch} AND task.id >= {task}
        AND (task.id, assignment.id) > ({task}, {after})
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {upto}::text::xid8
        AND (assignment.delivered_xid >= {from}::text::xid8 OR EXISTS (
            SELECT FROM final_change AS changed
            WHERE changed.task_id = task.id AND changed.xid >= {from}::text::xid8 AND changed.xid < {upto}::text::xid8))
    ORDER BY task.id, assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER placed - octet_length(sealed_answer) AS before
    FROM latest
    WINDOW placed AS (ORDER BY task_id, id ROWS UNBOUNDED PRECEDING)
)
SELECT
    id, task_id, external_id, batch_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds,
    approved_seconds, billed, decided_at, xid, final
FROM measured
WHERE before < 1048576
ORDER BY task_id, id
