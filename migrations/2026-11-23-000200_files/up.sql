-- Files of projects and of assignments: the bytes stand sealed in the object store, here is what they are.
CREATE TABLE file (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- of an expert's delivery; NULL for what the lab supplied
    assignment_id uuid,
    name text NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    -- where the sealed bytes stand: a keyed digest of them, so that equal ones of a lab are kept once
    blob text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT file_pkey PRIMARY KEY (id),
    CONSTRAINT file_name_key UNIQUE NULLS NOT DISTINCT (project_id, assignment_id, name),
    CONSTRAINT file_bytes CHECK (bytes >= 0 AND octet_length(sha256) = 32)
);
CREATE INDEX file_assignment ON file (assignment_id) WHERE assignment_id IS NOT NULL;
CREATE INDEX file_blob ON file (blob);
CREATE TRIGGER file_touch BEFORE UPDATE ON file FOR EACH ROW EXECUTE FUNCTION collegium_touch();
GRANT SELECT, INSERT, UPDATE, DELETE ON file TO collegium_market, collegium_lab;
ALTER TABLE file ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON file TO collegium_market USING (true);
CREATE POLICY lab ON file TO collegium_lab USING (lab_id = collegium_lab_scope());
