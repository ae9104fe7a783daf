-- Held slots given back, task by task. The rows are locked by then, in the order of their ids.
UPDATE task_slots
SET held = task_slots.held - back.held,
    free = task_slots.free + back.freed,
    open = task_slots.free + back.freed > 0 AND NOT task_slots.cancelled
FROM unnest({tasks}, {held}, {freed}) AS back (task_id, held, freed)
WHERE task_slots.task_id = back.task_id
