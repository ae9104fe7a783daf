ALTER TABLE task_slots DROP CONSTRAINT task_slots_more, DROP COLUMN later, DROP COLUMN offered, DROP COLUMN house;
DROP TABLE gold;
DROP INDEX task_batch;
ALTER TABLE task DROP COLUMN batch_id, DROP COLUMN gold;
DROP TABLE batch;
DROP TABLE earlier_brief;
DROP INDEX project_state;
DROP INDEX project_search;
ALTER TABLE project
    DROP COLUMN min_overlap,
    DROP COLUMN stop_at_confidence,
    DROP COLUMN max_tasks_per_expert,
    DROP COLUMN gold_rate,
    DROP COLUMN audit_days,
    DROP COLUMN qualification_tasks,
    DROP COLUMN qualification_pass_at,
    DROP COLUMN qualification_attempts,
    DROP COLUMN qualification_pay,
    DROP COLUMN review_requirement,
    DROP COLUMN review_pay_rate;
