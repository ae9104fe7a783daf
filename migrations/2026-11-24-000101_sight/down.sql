DROP INDEX account_expert;
DROP INDEX account_expert_key;
UPDATE account SET expert_id = NULL WHERE role <> 'expert' AND expert_id IS NOT NULL;
ALTER TABLE account DROP CONSTRAINT account_stands_for;
ALTER TABLE account ADD CONSTRAINT account_stands_for CHECK (
    (role IN ('lab_owner', 'lab_member', 'lab_viewer')) = (lab_id IS NOT NULL)
    AND (role = 'expert') = (expert_id IS NOT NULL));
CREATE UNIQUE INDEX account_expert_key ON account (expert_id) WHERE expert_id IS NOT NULL;
CREATE INDEX review_task ON review (task_id);
DROP TABLE sight;
