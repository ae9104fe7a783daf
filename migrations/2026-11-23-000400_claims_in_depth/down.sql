DROP TABLE review_eligibility;
DROP TABLE offer_slot;
DROP TABLE offer;
DROP TABLE project_pulse;
DROP TABLE project_minute;
DROP INDEX assignment_waiting_in_project;
DROP INDEX assignment_waiting;
CREATE INDEX assignment_waiting ON assignment (submitted_at, id) WHERE state = 'submitted';
DROP INDEX assignment_qualifying;
DROP INDEX assignment_live;
DROP INDEX assignment_gold_waiting;
DROP INDEX assignment_results;
CREATE INDEX assignment_results ON assignment (project_id, id) WHERE state = 'accepted' AND counted;
REVOKE SELECT (brief_version, submissions) ON assignment FROM collegium_lab;
-- A stage before the work that paid nothing could not be said before: it stands as the least whole unit of every currency. What was
-- paid for it, `paid`, stays what it was.
UPDATE assignment SET pay_rate = 1 WHERE pay_rate = 0;
ALTER TABLE assignment DROP CONSTRAINT assignment_money, DROP COLUMN kind, DROP COLUMN brief_changed, DROP COLUMN answered_right, DROP COLUMN delivered_xid;
ALTER TABLE assignment ADD CONSTRAINT assignment_money
    CHECK (bill_rate > 0 AND pay_rate > 0 AND slot_price > 0 AND billed >= 0 AND paid >= 0);
DROP TABLE engagement;
ALTER TABLE seat DROP COLUMN claims, DROP COLUMN offered_slots;
