-- The final answer to each completed task of a page, where there is one: the adjudicator's, the only one asked for, or the
-- earliest that bears the label of most; a tie has none. What the page holds itself is not read again.
WITH done AS (
    SELECT task.id, task.overlap
    FROM task
    JOIN task_slots AS slots ON slots.task_id = task.id
    WHERE task.id = ANY({tasks}) AND NOT slots.cancelled AND slots.filled > 0
        AND slots.free + slots.later + slots.offered + slots.held = 0
),
counted AS (
    SELECT assignment.id, assignment.task_id, assignment.decided_at
    FROM done
    JOIN assignment ON assignment.task_id = done.id
    WHERE assignment.state NOT IN ('released', 'expired') AND assignment.state = 'accepted' AND assignment.counted
),
votes AS (
    SELECT counted.task_id, answer_label.code, answer_label.number, count(*) AS votes
    FROM counted
    JOIN answer_label ON answer_label.assignment_id = counted.id AND answer_label.label = 0
    GROUP BY counted.task_id, answer_label.code, answer_label.number
),
most AS (
    SELECT task_id, code, number, votes, max(votes) OVER by_task AS best,
        count(*) OVER (PARTITION BY task_id, votes) AS equals
    FROM votes
    WINDOW by_task AS (PARTITION BY task_id)
),
agreed AS (
    SELECT DISTINCT ON (most.task_id) most.task_id, counted.id
    FROM most
    JOIN counted ON counted.task_id = most.task_id
    JOIN answer_label AS bearing ON bearing.assignment_id = counted.id AND bearing.label = 0
        AND bearing.code IS NOT DISTINCT FROM most.code AND bearing.number IS NOT DISTINCT FROM most.number
    WHERE most.votes = most.best AND most.equals = 1
    ORDER BY most.task_id, counted.decided_at, counted.id
),
-- A task whose only answer was done again has two: the later one holds.
single AS (
    SELECT DISTINCT ON (counted.task_id) counted.task_id, counted.id
    FROM counted
    JOIN done ON done.id = counted.task_id AND done.overlap = 1
    ORDER BY counted.task_id, counted.decided_at DESC, counted.id DESC
),
chosen AS (
    SELECT done.id AS task_id, coalesce(single.id, agreed.id) AS assignment_id,
        CASE WHEN single.id IS NULL THEN 'consensus' ELSE 'single' END AS decided_by
    FROM done
    LEFT JOIN single ON single.task_id = done.id
    LEFT JOIN agreed ON agreed.task_id = done.id
    WHERE NOT EXISTS (SELECT 1 FROM adjudication WHERE adjudication.task_id = done.id)
)
SELECT done.id, 'adjudication', adjudication.id, adjudication.sealed_answer
FROM done
JOIN adjudication ON adjudication.task_id = done.id
UNION ALL
SELECT chosen.task_id, chosen.decided_by, CASE WHEN chosen.assignment_id = ANY({here}) THEN chosen.assignment_id ELSE latest.id END,
    latest.sealed_answer
FROM chosen
LEFT JOIN LATERAL (
    SELECT submission.id, submission.sealed_answer
    FROM submission
    WHERE submission.assignment_id = chosen.assignment_id AND chosen.assignment_id <> ALL ({here})
    ORDER BY submission.number DESC
    LIMIT 1
) AS latest ON true
WHERE chosen.assignment_id IS NOT NULL
