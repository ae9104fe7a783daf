ALTER TABLE account DROP CONSTRAINT account_expert_fkey;
DROP TABLE tax_form;
DROP TABLE payout_method;
DROP TABLE evidence;
DROP TABLE credential;
DROP TABLE pseudonym;
DROP TABLE seat;
DROP TABLE expert_language;
DROP TABLE expert;
