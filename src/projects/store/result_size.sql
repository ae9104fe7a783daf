SELECT count(*), coalesce(sum(octet_length(latest.sealed_answer)), 0)::bigint
FROM assignment
CROSS JOIN LATERAL (
    SELECT submission.sealed_answer
    FROM submission
    WHERE submission.assignment_id = assignment.id
    ORDER BY submission.number DESC
    LIMIT 1
) AS latest
WHERE assignment.project_id = {project} AND assignment.state = 'accepted' AND assignment.counted
    AND assignment.decided_at <= {until}
