DROP TABLE judgement;
DROP TABLE answer_label;
DROP TABLE label_code;
ALTER POLICY lab ON journal_entry USING (lab_id = collegium_lab_scope());
ALTER TABLE eligibility_due DROP COLUMN above;
DROP INDEX project_asks_reputation;
DROP INDEX project_asks_accepted_tasks;
ALTER TABLE task_slots DROP COLUMN stopped;
ALTER TABLE submission DROP COLUMN labels;
REVOKE SELECT (id, lab_id, project_id, task_id, assignment_id, expert_id, number, sealed_answer, sealed_comment, time_spent_seconds,
    created_at) ON submission FROM collegium_lab;
GRANT SELECT ON submission TO collegium_lab;
