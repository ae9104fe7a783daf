DROP TABLE commission_statement;
DROP FUNCTION commission_statement_keep();
DROP TABLE attribution;
DROP TABLE commission_participant;
DROP TABLE commission_plan;
