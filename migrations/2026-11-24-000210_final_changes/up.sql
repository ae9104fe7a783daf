-- Tasks whose final answer came, went or may have changed after answers to them had been delivered: an export of what is new
-- tells these answers again. Written by whichever transaction did it, append-only, so that nobody waits for anybody. A task
-- whose first answer is its last one needs none: that answer is told with the final one.
CREATE TABLE final_change (
    project_id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    task_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    CONSTRAINT final_change_pkey PRIMARY KEY (project_id, xid, task_id)
);
CREATE INDEX final_change_task ON final_change (task_id, xid);

CREATE FUNCTION final_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO final_change (project_id, task_id, lab_id) VALUES (NEW.project_id, NEW.task_id, NEW.lab_id)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;

-- The final answer is made of the filled slots, once no other is left. A claim changes neither.
CREATE TRIGGER task_slots_final AFTER UPDATE ON task_slots FOR EACH ROW
    WHEN (CASE WHEN OLD.cancelled OR OLD.free + OLD.later + OLD.offered + OLD.held > 0 THEN 0 ELSE OLD.filled END
        <> CASE WHEN NEW.cancelled OR NEW.free + NEW.later + NEW.offered + NEW.held > 0 THEN 0 ELSE NEW.filled END
        AND NOT (OLD.filled = 0 AND NEW.filled = 1))
    EXECUTE FUNCTION final_changed();
CREATE TRIGGER adjudication_final AFTER INSERT ON adjudication FOR EACH ROW EXECUTE FUNCTION final_changed();

GRANT SELECT, INSERT ON final_change TO collegium_market, collegium_lab;
ALTER TABLE final_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON final_change TO collegium_market USING (true);
CREATE POLICY lab ON final_change TO collegium_lab USING (lab_id = (SELECT collegium_lab_scope()));
