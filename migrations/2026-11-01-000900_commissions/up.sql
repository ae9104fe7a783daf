CREATE TABLE commission_plan (
    id uuid NOT NULL,
    name text NOT NULL,
    currency text NOT NULL,
    -- the plan with all its versions, as it was stated; versions are only ever added
    body jsonb NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT commission_plan_pkey PRIMARY KEY (id)
);
CREATE TRIGGER commission_plan_touch BEFORE UPDATE ON commission_plan FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE commission_participant (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    account_executive_id uuid NOT NULL,
    from_day date NOT NULL,
    until_day date,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT commission_participant_pkey PRIMARY KEY (id),
    CONSTRAINT commission_participant_plan_fkey FOREIGN KEY (plan_id) REFERENCES commission_plan (id),
    CONSTRAINT commission_participant_account_fkey FOREIGN KEY (account_executive_id) REFERENCES account (id),
    CONSTRAINT commission_participant_days CHECK (until_day > from_day)
);
CREATE INDEX commission_participant_plan ON commission_participant (plan_id);
CREATE INDEX commission_participant_account ON commission_participant (account_executive_id, from_day);

CREATE TABLE attribution (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    account_executive_id uuid NOT NULL,
    share numeric(9,8) NOT NULL,
    from_day date NOT NULL,
    until_day date,
    provenance text NOT NULL,
    needs_clearance boolean NOT NULL,
    cleared_by uuid,
    cleared_at timestamptz,
    clearance_note text,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT attribution_pkey PRIMARY KEY (id),
    CONSTRAINT attribution_lab_fkey FOREIGN KEY (lab_id) REFERENCES lab (id),
    CONSTRAINT attribution_account_fkey FOREIGN KEY (account_executive_id) REFERENCES account (id),
    CONSTRAINT attribution_share CHECK (share > 0 AND share <= 1),
    CONSTRAINT attribution_days CHECK (until_day > from_day),
    CONSTRAINT attribution_cleared CHECK ((cleared_by IS NULL) = (cleared_at IS NULL) AND cleared_by <> created_by)
);
CREATE INDEX attribution_lab ON attribution (lab_id, from_day);
CREATE INDEX attribution_account ON attribution (account_executive_id, from_day);
CREATE TRIGGER attribution_touch BEFORE UPDATE ON attribution FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE commission_statement (
    id uuid NOT NULL,
    plan_id uuid NOT NULL,
    account_executive_id uuid NOT NULL,
    period text NOT NULL,
    as_of timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    currency text NOT NULL,
    posted numeric(20,4) NOT NULL,
    payable numeric(20,4) NOT NULL,
    -- every figure and line of the statement as it was computed
    body jsonb NOT NULL,
    run_by uuid NOT NULL,
    approved_by uuid,
    issued_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT commission_statement_pkey PRIMARY KEY (id),
    CONSTRAINT commission_statement_period_key UNIQUE (account_executive_id, plan_id, period),
    CONSTRAINT commission_statement_plan_fkey FOREIGN KEY (plan_id) REFERENCES commission_plan (id),
    CONSTRAINT commission_statement_account_fkey FOREIGN KEY (account_executive_id) REFERENCES account (id),
    CONSTRAINT commission_statement_state CHECK (state IN ('draft', 'issued')),
    CONSTRAINT commission_statement_four_eyes CHECK (approved_by <> run_by AND approved_by <> account_executive_id
        AND (state = 'issued') = (approved_by IS NOT NULL) AND (approved_by IS NULL) = (issued_at IS NULL))
);
CREATE INDEX commission_statement_plan ON commission_statement (plan_id);
CREATE INDEX commission_statement_period ON commission_statement (period, id);

-- An issued statement never changes, whoever asks.
CREATE FUNCTION commission_statement_keep() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'issued' THEN
        RAISE EXCEPTION 'an issued statement never changes' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    NEW.version := OLD.version + 1;
    NEW.updated_at := collegium_now();
    RETURN NEW;
END
$$;
CREATE TRIGGER commission_statement_keep BEFORE UPDATE OR DELETE ON commission_statement
    FOR EACH ROW EXECUTE FUNCTION commission_statement_keep();

GRANT SELECT, INSERT, UPDATE ON commission_plan, attribution, commission_statement TO collegium_market;
GRANT SELECT, INSERT ON commission_participant TO collegium_market;
GRANT DELETE ON commission_statement TO collegium_market;
ALTER TABLE commission_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE commission_participant ENABLE ROW LEVEL SECURITY;
ALTER TABLE attribution ENABLE ROW LEVEL SECURITY;
ALTER TABLE commission_statement ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON commission_plan TO collegium_market USING (true);
CREATE POLICY market ON commission_participant TO collegium_market USING (true);
CREATE POLICY market ON attribution TO collegium_market USING (true);
CREATE POLICY market ON commission_statement TO collegium_market USING (true);
