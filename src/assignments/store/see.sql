-- Somebody is shown an answer to a task, under their account and as the expert whom it stands for. Their seat, held by now, is
-- stamped as by a claim: a claim of theirs that began before this and ends after it finds its snapshot too old.
WITH seen AS (
    INSERT INTO sight (person_id, task_id, purpose, lab_id)
    SELECT person.id, {task}, {purpose}, {lab}
    FROM unnest(ARRAY[{account}, {expert}]) AS person (id)
    WHERE person.id IS NOT NULL
    ON CONFLICT DO NOTHING
)
UPDATE seat SET claims = seat.claims + 1 WHERE seat.expert_id = {expert}
