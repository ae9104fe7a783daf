-- The final answer to each of these completed tasks, where there is one: the adjudicator's, the only one asked for, or the
-- earliest that bears the label of most; a tie has none. What the page holds itself is not read again. Windows rather than
-- joins of the parts: the planner cannot know how small they are.
WITH asked AS (
    SELECT task.id, task.overlap, adjudication.id AS adjudication_id, adjudication.sealed_answer
    FROM unnest({tasks}) AS asked (id)
    JOIN task ON task.id = asked.id
    LEFT JOIN adjudication ON adjudication.task_id = task.id
),
counted AS (
    SELECT asked.id AS task_id, asked.overlap, assignment.id, assignment.submissions, assignment.decided_at,
        answer_label.assignment_id IS NOT NULL AS labelled,
        count(answer_label.assignment_id) OVER (PARTITION BY asked.id, answer_label.code, answer_label.number) AS votes
    FROM asked
    JOIN assignment ON assignment.task_id = asked.id
    LEFT JOIN answer_label ON answer_label.assignment_id = assignment.id AND answer_label.label = 0
    WHERE asked.adjudication_id IS NULL
        AND assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
),
best AS (
    SELECT counted.*, max(votes) OVER (PARTITION BY task_id) AS most
    FROM counted
),
borne AS (
    -- More answers than `most` bear a label of as many votes: then there are two such labels.
    SELECT best.*, count(*) FILTER (WHERE labelled AND votes = most) OVER (PARTITION BY task_id) AS bearing
    FROM best
),
chosen AS (
    -- A task whose only answer was done again has two: the later one holds.
    SELECT DISTINCT ON (task_id) task_id, id, submissions, CASE WHEN overlap = 1 THEN 'single' ELSE 'consensus' END AS decided_by
    FROM borne
    WHERE overlap = 1 OR (labelled AND votes = most AND bearing = most)
    ORDER BY task_id, CASE WHEN overlap = 1 THEN -extract(epoch FROM decided_at) ELSE extract(epoch FROM decided_at) END, id
)
SELECT asked.id, 'adjudication', asked.adjudication_id, asked.sealed_answer
FROM asked
WHERE asked.adjudication_id IS NOT NULL
UNION ALL
SELECT chosen.task_id, chosen.decided_by, coalesce(submission.id, chosen.id), submission.sealed_answer
FROM chosen
LEFT JOIN unnest({here}) AS here (id) ON here.id = chosen.id
LEFT JOIN submission ON submission.assignment_id = chosen.id AND submission.number = chosen.submissions AND here.id IS NULL
