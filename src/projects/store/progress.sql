-- The words of a task's state are those of `TaskState::of`. Gold counts in no figure; what is held at the house's cost has
-- nothing reserved.
SELECT
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.held = 0 AND slots.filled = 0),
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.held + slots.filled > 0
        AND slots.free + slots.later + slots.offered + slots.held > 0),
    count(*) FILTER (WHERE NOT slots.cancelled AND slots.filled > 0
        AND slots.free + slots.later + slots.offered + slots.held = 0),
    count(*) FILTER (WHERE slots.cancelled),
    coalesce(sum(slots.free), 0)::bigint,
    coalesce(sum(slots.later), 0)::bigint,
    coalesce(sum(slots.offered), 0)::bigint,
    coalesce(sum(slots.held), 0)::bigint,
    coalesce(sum(slots.filled), 0)::bigint,
    coalesce(sum((slots.free - slots.house + slots.later + slots.offered + slots.held) * task.slot_price), 0)
        - (SELECT coalesce(sum(slot_price), 0) FROM assignment WHERE project_id = {project} AND kind = 'rework'
            AND state IN ('claimed', 'submitted', 'in_review', 'revision_requested')),
    (SELECT count(*) FROM assignment WHERE project_id = {project} AND state = 'accepted' AND counted),
    (SELECT count(*) FROM assignment
        WHERE project_id = {project} AND state = 'rejected' AND kind IN ('ordinary', 'rework')),
    (SELECT coalesce(sum(billed), 0) FROM assignment WHERE project_id = {project} AND state = 'accepted')
FROM task_slots AS slots
JOIN task ON task.id = slots.task_id
WHERE task.project_id = {project} AND NOT task.gold
