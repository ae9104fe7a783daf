-- The words of a task's state are those of `TaskState::of`. Gold counts in no figure; what is held at the house's cost has
-- nothing reserved. Every task stands at its project's price, which is fixed once there is one: none of the tasks themselves,
-- ten times as wide as their slots, is read. Each slot row is in one of two indexes, and is found by them where other
-- projects are many.
WITH counted AS (
    SELECT
        count(*) FILTER (WHERE NOT slots.cancelled AND slots.held = 0 AND slots.filled = 0) AS open,
        count(*) FILTER (WHERE NOT slots.cancelled AND slots.held + slots.filled > 0
            AND slots.free + slots.later + slots.offered + slots.held > 0) AS in_progress,
        count(*) FILTER (WHERE NOT slots.cancelled AND slots.filled > 0
            AND slots.free + slots.later + slots.offered + slots.held = 0) AS completed,
        count(*) FILTER (WHERE slots.cancelled) AS cancelled,
        coalesce(sum(slots.free), 0)::bigint AS free,
        coalesce(sum(slots.later), 0)::bigint AS later,
        coalesce(sum(slots.offered), 0)::bigint AS offered,
        coalesce(sum(slots.held), 0)::bigint AS held,
        coalesce(sum(slots.filled), 0)::bigint AS filled,
        coalesce(sum(slots.house), 0)::bigint AS house
    FROM task_slots AS slots
    WHERE slots.project_id = {project} AND (slots.open OR NOT slots.open)
        AND NOT EXISTS (SELECT FROM gold WHERE gold.task_id = slots.task_id)
)
SELECT
    open, in_progress, completed, cancelled, free, later, offered, held, filled,
    (free - house + later + offered + held) * (SELECT slot_price FROM project WHERE id = {project})
        - (SELECT coalesce(sum(slot_price), 0) FROM assignment WHERE project_id = {project} AND kind = 'rework'
            AND state IN ('claimed', 'submitted', 'in_review', 'revision_requested')),
    (SELECT count(*) FROM assignment WHERE project_id = {project} AND state = 'accepted' AND counted),
    (SELECT count(*) FROM assignment
        WHERE project_id = {project} AND state = 'rejected' AND kind IN ('ordinary', 'rework')),
    (SELECT coalesce(sum(billed), 0) FROM assignment WHERE project_id = {project} AND state = 'accepted')
FROM counted
