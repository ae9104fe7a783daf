-- Fills a free slot of a task with an answer that had lost it, while there is one: of the lab's, or of the house's where
-- the answer was rework. No row where there is none, or the task was cancelled. Says whether no further answer will come.
UPDATE task_slots
SET free = task_slots.free - 1,
    filled = task_slots.filled + 1,
    house = task_slots.house - {rework}::integer,
    open = task_slots.free > 1
FROM task
WHERE task_slots.task_id = {task}
  AND task.id = task_slots.task_id
  AND NOT task_slots.cancelled
  AND CASE WHEN {rework} THEN task_slots.house > 0 ELSE task_slots.free > task_slots.house END
RETURNING task_slots.free + task_slots.later + task_slots.offered + task_slots.held = 0
