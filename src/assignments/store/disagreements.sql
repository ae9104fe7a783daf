-- Completed tasks of a project whose counted answers bear different labels and which nobody has adjudicated, in the order
-- of their ids, with the places of those labels. Each label is walked along answer_label_project from the cursor on, so
-- that a page stops as soon as it is full; a project has fifty labels at most. OFFSET 0 keeps what is asked of a task
-- from being asked of every label.
SELECT found.task_id, array_agg(place.label::smallint ORDER BY place.label)
FROM generate_series(0, 50) AS place (label)
CROSS JOIN LATERAL (
    SELECT differing.task_id
    FROM (
        SELECT answer_label.task_id
        FROM answer_label
        WHERE answer_label.project_id = {project}
          AND answer_label.label = place.label::smallint
          AND answer_label.task_id > {after}
        GROUP BY answer_label.task_id
        HAVING min(answer_label.code) <> max(answer_label.code) OR min(answer_label.number) <> max(answer_label.number)
        ORDER BY answer_label.task_id
        OFFSET 0
    ) AS differing
    WHERE (SELECT 1 FROM adjudication WHERE adjudication.task_id = differing.task_id LIMIT 1) IS NULL
      AND (SELECT NOT task_slots.cancelled AND task_slots.free + task_slots.later + task_slots.offered + task_slots.held = 0
           FROM task_slots
           WHERE task_slots.task_id = differing.task_id)
    ORDER BY differing.task_id
    LIMIT {limit}
) AS found
GROUP BY found.task_id
ORDER BY found.task_id
LIMIT {limit}
