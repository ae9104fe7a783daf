-- What an offer had set aside and was not claimed: free again, or gone where the task was cancelled or is sure of its answer,
-- or the project closed; then the money that had been reserved for it is told, and the tasks that are completed by it.
WITH back AS MATERIALIZED (
    SELECT slots.task_id, slots.stopped, slots.cancelled OR slots.stopped OR {closed} AS ended, task.slot_price,
        slots.stopped AND NOT slots.cancelled AND slots.filled > 0
            AND slots.free + slots.later + slots.held = 0 AND slots.offered = 1 AS completed
    FROM offer_slot
    JOIN task_slots AS slots ON slots.task_id = offer_slot.task_id
    JOIN task ON task.id = slots.task_id
    WHERE offer_slot.offer_id = {offer}
    ORDER BY slots.task_id
    FOR UPDATE OF slots
),
returned AS (
    UPDATE task_slots
    SET offered = task_slots.offered - 1,
        free = task_slots.free + (NOT back.ended)::integer,
        open = task_slots.free + (NOT back.ended)::integer > 0 AND NOT (task_slots.cancelled OR (back.ended AND NOT back.stopped)),
        cancelled = task_slots.cancelled OR (back.ended AND NOT back.stopped)
    FROM back
    WHERE task_slots.task_id = back.task_id
),
gone AS (
    DELETE FROM offer_slot WHERE offer_slot.offer_id = {offer}
),
seated AS (
    UPDATE seat
    SET offered_slots = seat.offered_slots - (SELECT count(*) FROM back)
    WHERE seat.expert_id = {expert}
)
SELECT coalesce(sum(slot_price) FILTER (WHERE ended), 0),
    coalesce(array_agg(task_id ORDER BY task_id) FILTER (WHERE completed), ARRAY[]::uuid[])
FROM back
