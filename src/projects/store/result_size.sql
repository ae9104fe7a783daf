-- How many answers an export will hold, and about how many sealed bytes: those of the first ten thousand are added up, the
-- others taken to be like them. Adding up a million would cost as much as exporting them.
WITH first AS (
    SELECT id, submissions
    FROM assignment
    WHERE project_id = {project} AND state = 'accepted' AND counted
        AND delivered_xid >= {from}::text::xid8 AND delivered_xid < {upto}::text::xid8
    ORDER BY delivered_xid, id
    LIMIT 10000
),
measured AS (
    SELECT count(*) AS answers, coalesce(sum(octet_length(latest.sealed_answer)), 0) AS bytes
    FROM first
    JOIN submission AS latest ON latest.assignment_id = first.id AND latest.number = first.submissions
),
counted AS (
    SELECT count(*) AS answers
    FROM assignment
    WHERE project_id = {project} AND state = 'accepted' AND counted
        AND delivered_xid >= {from}::text::xid8 AND delivered_xid < {upto}::text::xid8
)
SELECT counted.answers, coalesce(ceil(measured.bytes * counted.answers / nullif(measured.answers, 0)), 0)::bigint
FROM counted, measured
