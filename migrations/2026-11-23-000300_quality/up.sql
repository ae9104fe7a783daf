-- What is measured: labels of accepted answers, and what each judgement says about the person judged.

-- Labels of a version as they are counted once it is accepted: a list of `{label, code}` or `{label, number}`. Codes and
-- numbers stand in clear; what was not delivered is not the lab's to read.
ALTER TABLE submission ADD COLUMN labels jsonb;
REVOKE SELECT ON submission FROM collegium_lab;
GRANT SELECT (id, lab_id, project_id, task_id, assignment_id, expert_id, number, sealed_answer, sealed_comment, time_spent_seconds,
    created_at) ON submission TO collegium_lab;

-- Enough answers agree: no slot opens any more, and one that is given back is gone.
ALTER TABLE task_slots ADD COLUMN stopped boolean NOT NULL DEFAULT false;

-- Which open projects ask for a number of accepted tasks, by that number; and which for a reputation.
CREATE INDEX project_asks_accepted_tasks ON project
    USING gin (jsonb_path_query_array(requirement, '$.**.accepted_tasks.at_least')) WHERE state IN ('open', 'paused');
CREATE INDEX project_asks_reputation ON project (id)
    WHERE state IN ('open', 'paused') AND jsonb_path_exists(requirement, '$.**.reputation');
-- Up to which expert everybody has been looked at for a project: one run takes no more than it can do in a moment.
ALTER TABLE eligibility_due ADD COLUMN above uuid;

-- What experts are paid for answers that are known is a cost of the house, and no lab's to see.
ALTER POLICY lab ON journal_entry USING (lab_id = collegium_lab_scope() AND kind NOT IN ('gold', 'qualification'));

-- Nominal labels in clear are codes, numbered at random per project; what they stand for is sealed.
CREATE TABLE label_code (
    project_id uuid NOT NULL,
    label smallint NOT NULL,
    -- keyed digest of the value
    digest bytea NOT NULL,
    code integer NOT NULL,
    lab_id uuid NOT NULL,
    sealed_value bytea NOT NULL,
    CONSTRAINT label_code_pkey PRIMARY KEY (project_id, label, digest),
    CONSTRAINT label_code_key UNIQUE (project_id, label, code),
    CONSTRAINT label_code_project_fkey FOREIGN KEY (project_id) REFERENCES project (id)
);

-- Labels of accepted, counted answers; `label` is the place in the project's list of them.
CREATE TABLE answer_label (
    assignment_id uuid NOT NULL,
    label smallint NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    -- of a nominal label
    code integer,
    -- of any other
    number numeric,
    CONSTRAINT answer_label_pkey PRIMARY KEY (assignment_id, label),
    CONSTRAINT answer_label_one CHECK (num_nonnulls(code, number) = 1)
);
CREATE INDEX answer_label_task ON answer_label (task_id, label);
CREATE INDEX answer_label_project ON answer_label (project_id, label, task_id);

-- One row for each thing that says how well somebody works: append-only, summed by whoever asks.
CREATE TABLE judgement (
    id uuid NOT NULL,
    expert_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    -- judged as an author or as a reviewer
    as_reviewer boolean NOT NULL,
    kind text NOT NULL,
    good boolean NOT NULL,
    at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT judgement_pkey PRIMARY KEY (id),
    CONSTRAINT judgement_once UNIQUE (assignment_id, expert_id, kind),
    CONSTRAINT judgement_kind CHECK (kind IN ('review', 'gold', 'dispute', 'audit', 'level_2', 'level_3'))
);
CREATE INDEX judgement_expert ON judgement (expert_id, id);
CREATE INDEX judgement_project ON judgement (project_id, expert_id);
CREATE TRIGGER judgement_append_only BEFORE UPDATE OR DELETE ON judgement
    FOR EACH ROW EXECUTE FUNCTION collegium_refuse_change();

GRANT SELECT, INSERT ON label_code, answer_label, judgement TO collegium_market;
GRANT DELETE ON answer_label TO collegium_market;
GRANT SELECT ON label_code, answer_label TO collegium_lab;
ALTER TABLE label_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE answer_label ENABLE ROW LEVEL SECURITY;
ALTER TABLE judgement ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON label_code TO collegium_market USING (true);
CREATE POLICY market ON answer_label TO collegium_market USING (true);
CREATE POLICY market ON judgement TO collegium_market USING (true);
CREATE POLICY lab ON label_code TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON answer_label TO collegium_lab USING (lab_id = collegium_lab_scope());
