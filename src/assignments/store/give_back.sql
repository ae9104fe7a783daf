-- Held slots given back, task by task. The rows are locked by then, in the order of their ids. A slot that is gone rather
-- than free again leaves its task short of answers for good: the task is cancelled, as those are that had a free slot when
-- their project was closed. A task that has answers enough is short of nothing.
UPDATE task_slots
SET held = task_slots.held - back.held,
    free = task_slots.free + back.freed,
    house = task_slots.house + back.house,
    open = task_slots.free + back.freed > 0 AND NOT task_slots.cancelled AND (back.freed = back.held OR task_slots.stopped),
    cancelled = task_slots.cancelled OR (back.freed < back.held AND NOT task_slots.stopped)
FROM unnest({tasks}, {held}, {freed}, {house}) AS back (task_id, held, freed, house)
WHERE task_slots.task_id = back.task_id
