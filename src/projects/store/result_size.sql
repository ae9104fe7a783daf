-- How many answers an export will hold, and about how many sealed bytes: those of the first thousand are added up, the
-- others taken to be like them. Adding up a million would cost as much as exporting them. What is told again because of its
-- task's final answer counts, too; in a whole export nothing is.
WITH again AS (
    SELECT assignment.id, assignment.submissions
    FROM final_change AS changed
    JOIN assignment ON assignment.task_id = changed.task_id
    WHERE {from} > 0 AND changed.project_id = {project}
        AND changed.xid >= {from}::text::xid8 AND changed.xid < {upto}::text::xid8
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
        AND assignment.delivered_xid < {from}::text::xid8
),
first AS (
    (SELECT id, submissions
    FROM assignment
    WHERE project_id = {project} AND state = 'accepted' AND counted
        AND delivered_xid >= {from}::text::xid8 AND delivered_xid < {upto}::text::xid8
    ORDER BY delivered_xid, id
    LIMIT 1000)
    UNION ALL
    (SELECT id, submissions FROM again LIMIT 1000)
),
measured AS (
    SELECT count(*) AS answers, coalesce(sum(octet_length(latest.sealed_answer)), 0) AS bytes
    FROM first
    JOIN submission AS latest ON latest.assignment_id = first.id AND latest.number = first.submissions
),
counted AS (
    SELECT count(*) + (SELECT count(*) FROM again) AS answers
    FROM assignment
    WHERE project_id = {project} AND state = 'accepted' AND counted
        AND delivered_xid >= {from}::text::xid8 AND delivered_xid < {upto}::text::xid8
)
SELECT counted.answers, coalesce(ceil(measured.bytes * counted.answers / nullif(measured.answers, 0)), 0)::bigint
FROM counted, measured
