-- Half to even, as every posted figure is rounded.
CREATE FUNCTION collegium_round_half_even(value numeric, decimals integer) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT CASE
        WHEN abs(value * 10::numeric ^ decimals - trunc(value * 10::numeric ^ decimals)) = 0.5
        THEN round(2 * round(value * 10::numeric ^ decimals / 2) / 10::numeric ^ decimals, decimals)
        ELSE round(value, decimals)
    END
$$;

CREATE TABLE project (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    title text NOT NULL,
    task_type text NOT NULL,
    requirement jsonb NOT NULL,
    currency text NOT NULL,
    bill_rate numeric(20,4) NOT NULL,
    pay_rate numeric(20,4) NOT NULL,
    pricing text NOT NULL,
    max_seconds integer NOT NULL,
    slot_price numeric(20,4) NOT NULL,
    overlap smallint NOT NULL,
    lease_seconds integer NOT NULL,
    review_mode text NOT NULL,
    sample_rate numeric(9,8) NOT NULL,
    review_levels smallint NOT NULL,
    auto_accept_after_seconds integer NOT NULL,
    max_revisions smallint NOT NULL,
    budget numeric(20,4) NOT NULL,
    -- reserved + billed - returned; moves when work is posted or cancelled, never when it is accepted
    committed numeric(20,4) NOT NULL DEFAULT 0,
    -- posted so far, cancelled ones among them: known without counting
    tasks bigint NOT NULL DEFAULT 0,
    deadline timestamptz,
    sealed_brief bytea NOT NULL,
    brief_version integer NOT NULL DEFAULT 1,
    opened_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT project_pkey PRIMARY KEY (id),
    CONSTRAINT project_lab_fkey FOREIGN KEY (lab_id) REFERENCES lab (id),
    CONSTRAINT project_state CHECK (state IN ('draft', 'open', 'paused', 'closed')),
    CONSTRAINT project_task_type CHECK (task_type IN ('demonstration', 'comparison', 'grading', 'classification', 'red_team', 'custom')),
    CONSTRAINT project_pricing CHECK (pricing IN ('per_task', 'per_hour')),
    CONSTRAINT project_rates CHECK (bill_rate > 0 AND pay_rate > 0 AND slot_price > 0),
    CONSTRAINT project_overlap CHECK (overlap BETWEEN 1 AND 50),
    CONSTRAINT project_seconds CHECK (max_seconds BETWEEN 60 AND 86400 AND lease_seconds BETWEEN 60 AND 604800),
    CONSTRAINT project_review CHECK (review_mode IN ('none', 'sample', 'all') AND review_levels BETWEEN 1 AND 3
        AND sample_rate BETWEEN 0 AND 1 AND max_revisions BETWEEN 0 AND 10),
    CONSTRAINT project_budget_exceeded CHECK (committed <= budget AND committed >= 0)
);
CREATE INDEX project_lab ON project (lab_id, id);
CREATE INDEX project_open ON project (id) WHERE state = 'open';
CREATE TRIGGER project_touch BEFORE UPDATE ON project FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- What an expert is paid unless operations say otherwise. The lab's own role writes projects but cannot read pay or take rate.
CREATE FUNCTION project_default_pay() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- A draft's new bill rate brings the default back.
    IF NEW.pay_rate IS NULL OR (TG_OP = 'UPDATE' AND NEW.bill_rate <> OLD.bill_rate AND NEW.pay_rate = OLD.pay_rate) THEN
        SELECT collegium_round_half_even(NEW.bill_rate * (1 - lab.take_rate), lab.billing_exponent)
        INTO NEW.pay_rate FROM lab WHERE lab.id = NEW.lab_id;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER project_default_pay BEFORE INSERT OR UPDATE OF bill_rate ON project FOR EACH ROW EXECUTE FUNCTION project_default_pay();

CREATE TABLE project_reviewer (
    project_id uuid NOT NULL,
    account_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    CONSTRAINT project_reviewer_pkey PRIMARY KEY (project_id, account_id),
    CONSTRAINT project_reviewer_project_fkey FOREIGN KEY (project_id) REFERENCES project (id),
    CONSTRAINT project_reviewer_account_fkey FOREIGN KEY (account_id) REFERENCES account (id)
);
CREATE INDEX project_reviewer_account ON project_reviewer (account_id);

CREATE TABLE task (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    external_id text NOT NULL,
    -- keyed digest of the input: tells a repeated line from a changed one without opening anything
    digest bytea NOT NULL,
    sealed_input bytea NOT NULL,
    input_bytes integer NOT NULL,
    priority smallint NOT NULL DEFAULT 50,
    currency text NOT NULL,
    bill_rate numeric(20,4) NOT NULL,
    slot_price numeric(20,4) NOT NULL,
    overlap smallint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT task_pkey PRIMARY KEY (id),
    CONSTRAINT task_external_id_key UNIQUE (project_id, external_id),
    CONSTRAINT task_priority CHECK (priority BETWEEN 0 AND 100)
);
CREATE INDEX task_project ON task (project_id, id);
CREATE TRIGGER task_touch BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- The slots of a task as counters, on a row narrow enough to be updated in place: `open` flips only with the last free
-- slot, so a claim of any other slot touches no index. Urgency is 100 - priority: smaller first.
CREATE TABLE task_slots (
    task_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    urgency smallint NOT NULL,
    free smallint NOT NULL,
    held smallint NOT NULL DEFAULT 0,
    filled smallint NOT NULL DEFAULT 0,
    open boolean NOT NULL DEFAULT true,
    cancelled boolean NOT NULL DEFAULT false,
    CONSTRAINT task_slots_pkey PRIMARY KEY (task_id),
    CONSTRAINT task_slots_counts CHECK (free >= 0 AND held >= 0 AND filled >= 0),
    CONSTRAINT task_slots_open CHECK (open = (free > 0 AND NOT cancelled))
) WITH (fillfactor = 70);
CREATE INDEX task_slots_queue ON task_slots (project_id, urgency, task_id) WHERE open;

-- Who may claim in which open project, kept by matching whenever a fact about either changes.
CREATE TABLE eligibility (
    expert_id uuid NOT NULL,
    project_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    -- the first day on which the answer may be another one; such rows count for nothing until looked at again
    until date,
    CONSTRAINT eligibility_pkey PRIMARY KEY (expert_id, project_id)
);
CREATE INDEX eligibility_project ON eligibility (project_id);
CREATE INDEX eligibility_until ON eligibility (until) WHERE until IS NOT NULL;

-- Facts that changed and whose eligibility has not been looked at yet; written with the change, emptied by matching.
CREATE TABLE eligibility_due (
    id uuid NOT NULL,
    expert_id uuid,
    project_id uuid,
    lab_id uuid,
    CONSTRAINT eligibility_due_pkey PRIMARY KEY (id),
    CONSTRAINT eligibility_due_one CHECK ((expert_id IS NULL) <> (project_id IS NULL))
);

GRANT SELECT, INSERT, UPDATE ON project, task, task_slots TO collegium_market;
GRANT SELECT, INSERT, DELETE ON project_reviewer TO collegium_market;
GRANT SELECT, INSERT, UPDATE, DELETE ON eligibility, eligibility_due TO collegium_market;
GRANT SELECT (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pricing, max_seconds, slot_price, overlap,
    lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds, max_revisions, budget, committed, tasks, deadline,
    sealed_brief, brief_version, opened_at, created_at, updated_at, version) ON project TO collegium_lab;
GRANT INSERT ON project TO collegium_lab;
GRANT UPDATE (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pricing, max_seconds, slot_price, overlap,
    lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds, max_revisions, budget, committed, tasks, deadline,
    sealed_brief, brief_version, opened_at, created_at, updated_at, version) ON project TO collegium_lab;
GRANT SELECT, INSERT, UPDATE ON task, task_slots TO collegium_lab;
GRANT INSERT ON eligibility_due TO collegium_lab;
REVOKE SELECT ON lab FROM collegium_lab;
GRANT SELECT (id, code_name, name, country, billing_currency, state, activated_at, created_at, updated_at, version) ON lab TO collegium_lab;
ALTER TABLE project ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_reviewer ENABLE ROW LEVEL SECURITY;
ALTER TABLE task ENABLE ROW LEVEL SECURITY;
ALTER TABLE task_slots ENABLE ROW LEVEL SECURITY;
ALTER TABLE eligibility ENABLE ROW LEVEL SECURITY;
ALTER TABLE eligibility_due ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON project TO collegium_market USING (true);
CREATE POLICY market ON project_reviewer TO collegium_market USING (true);
CREATE POLICY market ON task TO collegium_market USING (true);
CREATE POLICY market ON task_slots TO collegium_market USING (true);
CREATE POLICY market ON eligibility TO collegium_market USING (true);
CREATE POLICY market ON eligibility_due TO collegium_market USING (true);
CREATE POLICY lab ON project TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON task TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON task_slots TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON eligibility_due TO collegium_lab USING (lab_id = collegium_lab_scope());
