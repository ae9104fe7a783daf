DROP TABLE question;
DROP TABLE adjudication;
DROP TABLE audit;
DROP TABLE dispute;
DROP INDEX review_expert;
ALTER TABLE review DROP COLUMN expert_id, DROP COLUMN currency, DROP COLUMN pay_rate, DROP COLUMN paid;
