-- Answers that an earlier export held and whose task has come to another final answer since, in the order of these changes.
    FROM final_change AS told
    JOIN task ON task.id = told.task_id
    JOIN assignment ON assignment.task_id = task.id
    JOIN task_slots AS slots ON slots.task_id = task.id
    JOIN submission ON submission.assignment_id = assignment.id AND submission.number = assignment.submissions
    WHERE told.project_id = {project} AND told.xid < {upto}::text::xid8
        AND (told.xid, told.task_id) >= ({xid}::text::xid8, {task})
        AND (told.xid, told.task_id, assignment.id) > ({xid}::text::xid8, {task}, {after})
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {from}::text::xid8
    ORDER BY told.xid, told.task_id, assignment.id
    LIMIT {limit}
),
measured AS (
    SELECT latest.*, sum(octet_length(sealed_answer)) OVER placed - octet_length(sealed_answer) AS before
    FROM latest
    WINDOW placed AS (ORDER BY xid, task_id, id ROWS UNBOUNDED PRECEDING)
)
SELECT
    id, task_id, external_id, batch_id, expert_id, submission_id, number, sealed_answer, time_spent_seconds,
    approved_seconds, billed, decided_at, xid, final
FROM measured
WHERE before < 1048576
ORDER BY xid, task_id, id
