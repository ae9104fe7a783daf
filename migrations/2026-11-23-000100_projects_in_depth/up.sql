-- Projects in depth: overlap that grows as answers disagree, gold, a qualification before the work, reviewers of their own,
-- a limit per expert, batches, and every revision of a brief that an assignment is stamped with.
ALTER TABLE project
    ADD COLUMN min_overlap smallint,
    ADD COLUMN stop_at_confidence numeric(9,8),
    ADD COLUMN max_tasks_per_expert integer,
    ADD COLUMN gold_rate numeric(9,8) NOT NULL DEFAULT 0,
    ADD COLUMN audit_days smallint NOT NULL DEFAULT 14,
    ADD COLUMN qualification_tasks smallint,
    ADD COLUMN qualification_pass_at numeric(9,8),
    ADD COLUMN qualification_attempts smallint,
    ADD COLUMN qualification_pay numeric(20,4),
    ADD COLUMN review_requirement jsonb,
    ADD COLUMN review_pay_rate numeric(20,4);
UPDATE project SET min_overlap = overlap;
ALTER TABLE project
    ALTER COLUMN min_overlap SET NOT NULL,
    ADD CONSTRAINT project_min_overlap CHECK (min_overlap BETWEEN 1 AND overlap),
    ADD CONSTRAINT project_stop_at_confidence CHECK (stop_at_confidence > 0 AND stop_at_confidence < 1),
    ADD CONSTRAINT project_max_tasks_per_expert CHECK (max_tasks_per_expert >= 1),
    ADD CONSTRAINT project_gold_rate CHECK (gold_rate BETWEEN 0 AND 1),
    ADD CONSTRAINT project_audit_days CHECK (audit_days BETWEEN 0 AND 90),
    ADD CONSTRAINT project_qualification CHECK (num_nonnulls(qualification_tasks, qualification_pass_at, qualification_attempts,
        qualification_pay) IN (0, 4) AND qualification_tasks >= 1 AND qualification_attempts >= 1 AND qualification_pay >= 0
        AND qualification_pass_at > 0 AND qualification_pass_at <= 1),
    ADD CONSTRAINT project_review_pay CHECK (review_pay_rate >= 0);
CREATE INDEX project_search ON project USING gin (to_tsvector('english', title));
CREATE INDEX project_state ON project (state, id);
-- What an expert-reviewer is paid is no more the lab's to know than what an author is.
GRANT SELECT (min_overlap, stop_at_confidence, max_tasks_per_expert, gold_rate, audit_days, qualification_tasks, qualification_pass_at,
    qualification_attempts, qualification_pay, review_requirement) ON project TO collegium_lab;
GRANT UPDATE (min_overlap, stop_at_confidence, max_tasks_per_expert, gold_rate, audit_days, qualification_tasks, qualification_pass_at,
    qualification_attempts, qualification_pay, review_requirement) ON project TO collegium_lab;

-- Briefs that were changed since: an assignment is stamped with the version that it was claimed under. The newest one
-- stands on the project.
CREATE TABLE earlier_brief (
    project_id uuid NOT NULL,
    version integer NOT NULL,
    lab_id uuid NOT NULL,
    sealed_brief bytea NOT NULL,
    replaced_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT earlier_brief_pkey PRIMARY KEY (project_id, version),
    CONSTRAINT earlier_brief_project_fkey FOREIGN KEY (project_id) REFERENCES project (id)
);

-- Tasks that a lab wants delivered and signed off together, under a name of its own.
CREATE TABLE batch (
    id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- the lab's own name for it
    batch_id text NOT NULL,
    lab_id uuid NOT NULL,
    tasks bigint NOT NULL DEFAULT 0,
    signed_off_at timestamptz,
    signed_off_by uuid,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT batch_pkey PRIMARY KEY (id),
    CONSTRAINT batch_name_key UNIQUE (project_id, batch_id),
    CONSTRAINT batch_project_fkey FOREIGN KEY (project_id) REFERENCES project (id),
    CONSTRAINT batch_signed_off CHECK ((signed_off_at IS NULL) = (signed_off_by IS NULL))
);
CREATE INDEX batch_project ON batch (project_id, id);
CREATE TRIGGER batch_touch BEFORE UPDATE ON batch FOR EACH ROW EXECUTE FUNCTION collegium_touch();

ALTER TABLE task
    ADD COLUMN batch_id text,
    ADD COLUMN gold boolean NOT NULL DEFAULT false;
CREATE INDEX task_batch ON task (project_id, batch_id, id) WHERE batch_id IS NOT NULL;

-- What is known about a task that only tells how good the answers are. Its row in task_slots never has a slot.
CREATE TABLE gold (
    task_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    -- explained at once, not only after the project has closed
    training boolean NOT NULL,
    -- the right answer and why
    sealed_gold bytea NOT NULL,
    CONSTRAINT gold_pkey PRIMARY KEY (task_id),
    CONSTRAINT gold_task_fkey FOREIGN KEY (task_id) REFERENCES task (id)
);
CREATE INDEX gold_project ON gold (project_id, task_id);

-- Beside the free slots of a task: those that open only as answers disagree, those that are somebody's by an offer, and how
-- many of the free ones are at the house's cost.
ALTER TABLE task_slots
    ADD COLUMN later smallint NOT NULL DEFAULT 0,
    ADD COLUMN offered smallint NOT NULL DEFAULT 0,
    ADD COLUMN house smallint NOT NULL DEFAULT 0,
    ADD CONSTRAINT task_slots_more CHECK (later >= 0 AND offered >= 0 AND house >= 0 AND house <= free);

GRANT SELECT, INSERT ON earlier_brief, gold TO collegium_market, collegium_lab;
GRANT SELECT, INSERT, UPDATE ON batch TO collegium_market, collegium_lab;
ALTER TABLE earlier_brief ENABLE ROW LEVEL SECURITY;
ALTER TABLE batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE gold ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON earlier_brief TO collegium_market USING (true);
CREATE POLICY market ON batch TO collegium_market USING (true);
CREATE POLICY market ON gold TO collegium_market USING (true);
CREATE POLICY lab ON earlier_brief TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON batch TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON gold TO collegium_lab USING (lab_id = collegium_lab_scope());
