-- The last answer of the next so many, in the order of their delivery: told by the index alone, so that what comes after it can
-- be read at the same time.
SELECT delivered_xid::text::bigint, id
FROM assignment
WHERE project_id = {project} AND state = 'accepted' AND counted
    AND delivered_xid < {upto}::text::xid8
    AND (assignment.delivered_xid, assignment.id) > ({xid}::text::xid8, {after})
ORDER BY assignment.delivered_xid, assignment.id
OFFSET {length} - 1
LIMIT 1
