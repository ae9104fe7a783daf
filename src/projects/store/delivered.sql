-- What a page of results says of each delivered answer; where the answers come from, in which order, and by which transaction they
-- are to be told (`told`), is said by what follows. `final` says where the task's final answer is: nowhere while the task is not completed, in the only answer that was
-- asked for, or for result_final.sql to find; whether it was adjudicated is asked of each task only where one of the project was. `upto` was taken when the export began: what is delivered by later transactions
-- is for the next one. A page ends at so many answers, or with the one that fills 1 MiB.
WITH latest AS (
    SELECT
        assignment.id, assignment.task_id, task.external_id, task.batch_id, assignment.expert_id,
        submission.id AS submission_id, submission.number, submission.sealed_answer,
        assignment.time_spent_seconds, assignment.approved_seconds, assignment.billed,
        assignment.decided_at, told.xid,
        CASE
            WHEN slots.cancelled OR slots.filled = 0 OR slots.free + slots.later + slots.offered + slots.held > 0 THEN 'none'
            WHEN task.overlap > 1 OR slots.filled > 1 THEN 'asked'
            WHEN NOT (SELECT EXISTS (SELECT FROM adjudication WHERE adjudication.project_id = {project})) THEN 'own'
            WHEN EXISTS (SELECT FROM adjudication WHERE adjudication.task_id = task.id) THEN 'asked'
            ELSE 'own'
        END AS final
