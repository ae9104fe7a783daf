-- The same for the answers to the tasks of one batch.
WITH answered AS (
    SELECT assignment.id, assignment.submissions
    FROM task
    JOIN assignment ON assignment.task_id = task.id
    WHERE task.project_id = {project} AND task.batch_id = {batch}
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {upto}::text::xid8
        AND (assignment.delivered_xid >= {from}::text::xid8 OR EXISTS (
            SELECT FROM final_change AS changed
            WHERE changed.task_id = task.id AND changed.xid >= {from}::text::xid8 AND changed.xid < {upto}::text::xid8))
),
measured AS (
    SELECT count(*) AS answers, coalesce(sum(octet_length(latest.sealed_answer)), 0) AS bytes
    FROM (SELECT id, submissions FROM answered LIMIT 1000) AS first
    JOIN submission AS latest ON latest.assignment_id = first.id AND latest.number = first.submissions
)
SELECT counted.answers, coalesce(ceil(measured.bytes * counted.answers / nullif(measured.answers, 0)), 0)::bigint
FROM (SELECT count(*) AS answers FROM answered) AS counted, measured
