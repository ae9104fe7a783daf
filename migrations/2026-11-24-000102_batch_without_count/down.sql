ALTER TABLE batch ADD COLUMN tasks bigint NOT NULL DEFAULT 0;
ALTER TABLE batch DISABLE TRIGGER batch_touch;
UPDATE batch
SET tasks = counted.tasks
FROM (
    SELECT task.project_id, task.batch_id, count(*) AS tasks
    FROM task
    WHERE task.batch_id IS NOT NULL AND NOT task.gold
    GROUP BY task.project_id, task.batch_id
) AS counted
WHERE batch.project_id = counted.project_id AND batch.batch_id = counted.batch_id;
ALTER TABLE batch ENABLE TRIGGER batch_touch;
