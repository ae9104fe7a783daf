-- Files of projects and of assignments: the bytes stand sealed in the object store, here is what they are.
CREATE TABLE file (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- of an expert's delivery; NULL for what the lab supplied
    assignment_id uuid,
    -- a name may say whom a scan is of: what is compared is its keyed digest
    name_digest bytea NOT NULL,
    -- the name, and the SHA-256 of the bytes
    sealed_about bytea NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    -- a keyed digest of the bytes: by lab and digest the sealed bytes stand in the object store, equal ones once
    blob text NOT NULL,
    -- whether the author was taken out of it; NULL for what the lab supplied
    stripped boolean,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT file_pkey PRIMARY KEY (id),
    CONSTRAINT file_name_key UNIQUE NULLS NOT DISTINCT (project_id, assignment_id, name_digest),
    CONSTRAINT file_bytes CHECK (bytes >= 0),
    CONSTRAINT file_stripped CHECK ((stripped IS NULL) = (assignment_id IS NULL))
);
CREATE INDEX file_assignment ON file (assignment_id) WHERE assignment_id IS NOT NULL;
CREATE INDEX file_project ON file (project_id, id) WHERE assignment_id IS NULL;
CREATE INDEX file_blob ON file (blob);
CREATE TRIGGER file_touch BEFORE UPDATE ON file FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- Which tasks' inputs name a file of their project: who holds such a task is served the file, and it stays as it is.
CREATE TABLE task_file (
    task_id uuid NOT NULL,
    file_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    CONSTRAINT task_file_pkey PRIMARY KEY (task_id, file_id),
    CONSTRAINT task_file_task_fkey FOREIGN KEY (task_id) REFERENCES task (id),
    CONSTRAINT task_file_file_fkey FOREIGN KEY (file_id) REFERENCES file (id)
);
CREATE INDEX task_file_file ON task_file (file_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON file TO collegium_market, collegium_lab;
ALTER TABLE file ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON file TO collegium_market USING (true);
CREATE POLICY lab ON file TO collegium_lab USING (lab_id = collegium_lab_scope());
GRANT SELECT, INSERT ON task_file TO collegium_market, collegium_lab;
ALTER TABLE task_file ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON task_file TO collegium_market USING (true);
CREATE POLICY lab ON task_file TO collegium_lab USING (lab_id = collegium_lab_scope());
