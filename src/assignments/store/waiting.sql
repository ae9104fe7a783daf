-- The submission that has waited longest and that this reviewer may take. Assignments that others are taking are gone
-- past; "not yet by this reviewer" and "named for the project" are scalar questions about the few rows looked at.
SELECT assignment.id, submission.id
FROM assignment
JOIN submission ON submission.assignment_id = assignment.id AND submission.number = assignment.submissions
WHERE assignment.state = 'submitted' AND assignment.kind IN ('ordinary', 'rework')
  AND ({project} IS NULL OR assignment.project_id = {project})
  AND assignment.expert_id IS DISTINCT FROM {own}
  AND (SELECT 1 FROM review
       WHERE review.submission_id = submission.id AND review.reviewer_id = {reviewer}
       LIMIT 1) IS NULL
  AND ((SELECT 1 FROM project_reviewer WHERE project_reviewer.project_id = assignment.project_id LIMIT 1) IS NULL
       OR (SELECT 1 FROM project_reviewer
           WHERE project_reviewer.project_id = assignment.project_id AND project_reviewer.account_id = {reviewer}
           LIMIT 1) IS NOT NULL)
ORDER BY assignment.submitted_at, assignment.id
LIMIT 1
FOR UPDATE OF assignment SKIP LOCKED
