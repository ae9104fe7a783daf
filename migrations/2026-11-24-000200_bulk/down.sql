ALTER TABLE task ALTER COLUMN external_id TYPE text COLLATE "default";
ALTER POLICY lab ON adjudication USING (lab_id = collegium_lab_scope());
ALTER POLICY lab ON submission USING (lab_id = collegium_lab_scope());
ALTER POLICY lab ON assignment USING (lab_id = collegium_lab_scope());
ALTER POLICY lab ON task_slots USING (lab_id = collegium_lab_scope());
ALTER POLICY lab ON task USING (lab_id = collegium_lab_scope());
