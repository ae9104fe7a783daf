-- How far batches of a project have come: tasks by state in the words of `TaskState::of`, gold left out.
SELECT
    task.batch_id,
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.held = 0 AND slots.filled = 0),
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.held + slots.filled > 0
        AND slots.free + slots.later + slots.offered + slots.held > 0),
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.filled > 0
        AND slots.free + slots.later + slots.offered + slots.held = 0),
    count(*) FILTER (WHERE slots.cancelled),
    coalesce(sum(slots.filled), 0)::bigint
FROM task
JOIN task_slots AS slots ON slots.task_id = task.id
WHERE task.project_id = {project} AND task.batch_id = ANY({batches}) AND NOT task.gold
GROUP BY task.batch_id
