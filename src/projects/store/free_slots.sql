-- The next tasks of a closing project in the order of their ids: their free slots go, held ones run to their end.
-- Nothing was reserved for those at the house's cost. Every row is locked before it is counted, so that a slot claimed a
-- moment ago is not returned as well.
WITH freed AS MATERIALIZED (
    SELECT slots.task_id, slots.free - slots.house AS free, task.slot_price
    FROM task_slots AS slots
    JOIN task ON task.id = slots.task_id
    WHERE task.project_id = {project} AND task.id > {after} AND NOT slots.cancelled AND slots.free > 0
    ORDER BY task.id
    LIMIT {limit}
    FOR UPDATE OF slots
),
gone AS (
    UPDATE task_slots AS slots
    SET free = 0, house = 0, open = false, cancelled = true
    FROM freed
    WHERE slots.task_id = freed.task_id
)
SELECT (SELECT task_id FROM freed ORDER BY task_id DESC LIMIT 1), count(*), coalesce(sum(free * slot_price), 0)
FROM freed
