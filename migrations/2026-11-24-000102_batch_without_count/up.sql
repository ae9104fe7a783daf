-- How many tasks a batch has is counted from its tasks, with their states; a second count beside them was read by nobody, and
-- every chunk of an import waited for its row.
ALTER TABLE batch DROP COLUMN tasks;
