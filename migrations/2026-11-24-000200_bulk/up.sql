-- What an import and an export pay for each row. The lab that a transaction is bound to is asked for once a statement, as a
-- subselect, not once a row; and external ids, which nobody sorts for people, are compared byte by byte.
ALTER POLICY lab ON task USING (lab_id = (SELECT collegium_lab_scope()));
ALTER POLICY lab ON task_slots USING (lab_id = (SELECT collegium_lab_scope()));
ALTER POLICY lab ON assignment USING (lab_id = (SELECT collegium_lab_scope()));
ALTER POLICY lab ON submission USING (lab_id = (SELECT collegium_lab_scope()));
ALTER POLICY lab ON adjudication USING (lab_id = (SELECT collegium_lab_scope()));
ALTER TABLE task ALTER COLUMN external_id TYPE text COLLATE "C";
