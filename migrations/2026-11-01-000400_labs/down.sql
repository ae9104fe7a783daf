ALTER TABLE account DROP CONSTRAINT account_lab_fkey;
DROP TABLE lab;
