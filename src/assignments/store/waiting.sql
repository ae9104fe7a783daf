-- The submission that has waited longest of those that this reviewer may take up.
--
-- Which projects: for an expert those that they are kept as eligible to review in; for staff those that have something
-- waiting, found by hops along assignment_waiting_in_project, where they are named, or where nobody is and the project
-- does not ask for reviewers of its own (once it is closed no expert is kept for it, and staff see it to its end).
--
-- Then as a claim does it: the head of each project is looked at without locking, the longest wait goes first, and project
-- by project, lazily, a row is locked; SKIP LOCKED goes past what others are taking. Constant LIMITs keep every look an
-- index scan. What is asked of a row is scalar: its answer not by this person and not looked at by them before, nor its task
-- answered or held by them. A coalesce and not IS NULL, which the planner takes for so rare that it would sort all that waits.
WITH RECURSIVE hop AS (
    SELECT coalesce({project}, (
        SELECT assignment.project_id
        FROM assignment
        WHERE assignment.state = 'submitted' AND assignment.kind IN ('ordinary', 'rework') AND NOT {as_expert}
        ORDER BY assignment.project_id
        LIMIT 1
    )) AS project_id
    UNION ALL
    SELECT (
        SELECT assignment.project_id
        FROM assignment
        WHERE assignment.state = 'submitted' AND assignment.kind IN ('ordinary', 'rework')
          AND assignment.project_id > hop.project_id
        ORDER BY assignment.project_id
        LIMIT 1
    )
    FROM hop
    WHERE hop.project_id IS NOT NULL AND {project} IS NULL AND NOT {as_expert}
),
mine AS MATERIALIZED (
    SELECT review_eligibility.project_id
    FROM review_eligibility
    WHERE {as_expert}
      AND review_eligibility.expert_id = {own}
      AND (review_eligibility.until IS NULL OR review_eligibility.until > collegium_now()::date)
      AND ({project} IS NULL OR review_eligibility.project_id = {project})
    UNION ALL
    SELECT project.id
    FROM hop
    JOIN project ON project.id = hop.project_id
    WHERE NOT {as_expert}
      AND CASE (SELECT 1 FROM project_reviewer WHERE project_reviewer.project_id = project.id LIMIT 1)
            WHEN 1 THEN (SELECT true FROM project_reviewer
                         WHERE project_reviewer.project_id = project.id AND project_reviewer.account_id = {reviewer}
                         LIMIT 1)
            ELSE project.review_requirement IS NULL OR project.state = 'closed'
          END
)
SELECT picked.id, (SELECT submission.id FROM submission
                   WHERE submission.assignment_id = picked.id AND submission.number = picked.submissions)
FROM (
    SELECT mine.project_id, head.submitted_at, head.id
    FROM mine
    CROSS JOIN LATERAL (
        SELECT assignment.submitted_at, assignment.id
        FROM assignment
        WHERE assignment.project_id = mine.project_id
          AND assignment.state = 'submitted'
          AND assignment.kind IN ('ordinary', 'rework')
          AND assignment.expert_id IS DISTINCT FROM {own}
          AND coalesce((SELECT false FROM submission
                        JOIN review ON review.submission_id = submission.id
                        WHERE submission.assignment_id = assignment.id AND submission.number = assignment.submissions
                          AND (review.reviewer_id = {reviewer} OR review.expert_id = {own})
                        LIMIT 1), true)
          AND coalesce((SELECT false FROM assignment AS other
                        WHERE other.task_id = assignment.task_id AND other.expert_id = {own}
                          AND other.state NOT IN ('released', 'expired')
                        LIMIT 1), true)
          AND coalesce((SELECT false FROM assignment AS other
                        WHERE other.task_id = assignment.task_id AND other.expert_id = {own}
                          AND other.submissions > 0 AND other.state IN ('released', 'expired')
                        LIMIT 1), true)
        ORDER BY assignment.submitted_at, assignment.id
        LIMIT 1
    ) AS head
    ORDER BY head.submitted_at, head.id
) AS queue
CROSS JOIN LATERAL (
    SELECT assignment.id, assignment.submissions
    FROM assignment
    WHERE assignment.project_id = queue.project_id
      AND assignment.state = 'submitted'
      AND assignment.kind IN ('ordinary', 'rework')
      AND assignment.expert_id IS DISTINCT FROM {own}
      AND coalesce((SELECT false FROM submission
                    JOIN review ON review.submission_id = submission.id
                    WHERE submission.assignment_id = assignment.id AND submission.number = assignment.submissions
                      AND (review.reviewer_id = {reviewer} OR review.expert_id = {own})
                    LIMIT 1), true)
      AND coalesce((SELECT false FROM assignment AS other
                    WHERE other.task_id = assignment.task_id AND other.expert_id = {own}
                      AND other.state NOT IN ('released', 'expired')
                    LIMIT 1), true)
      AND coalesce((SELECT false FROM assignment AS other
                    WHERE other.task_id = assignment.task_id AND other.expert_id = {own}
                      AND other.submissions > 0 AND other.state IN ('released', 'expired')
                    LIMIT 1), true)
    ORDER BY assignment.submitted_at, assignment.id
    LIMIT 1
    FOR UPDATE OF assignment SKIP LOCKED
) AS picked
LIMIT 1
