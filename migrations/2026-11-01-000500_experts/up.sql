CREATE TABLE expert (
    id uuid NOT NULL,
    display_name text NOT NULL,
    country text NOT NULL,
    timezone text NOT NULL,
    weekly_hours smallint NOT NULL,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT expert_pkey PRIMARY KEY (id),
    CONSTRAINT expert_state CHECK (state IN ('active', 'paused', 'suspended', 'left')),
    CONSTRAINT expert_weekly_hours CHECK (weekly_hours BETWEEN 1 AND 80)
);
CREATE TRIGGER expert_touch BEFORE UPDATE ON expert FOR EACH ROW EXECUTE FUNCTION collegium_touch();
ALTER TABLE account ADD CONSTRAINT account_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id);

CREATE TABLE expert_language (
    expert_id uuid NOT NULL,
    code text NOT NULL,
    level text NOT NULL,
    CONSTRAINT expert_language_pkey PRIMARY KEY (expert_id, code),
    CONSTRAINT expert_language_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id),
    CONSTRAINT expert_language_level CHECK (level IN ('A1', 'A2', 'B1', 'B2', 'C1', 'C2', 'native'))
);

-- What a claim must not race on stands on the person's own row: open claims, and the labs whose content was served.
CREATE TABLE seat (
    expert_id uuid NOT NULL,
    open_claims smallint NOT NULL DEFAULT 0,
    labs uuid[] NOT NULL DEFAULT '{}',
    CONSTRAINT seat_pkey PRIMARY KEY (expert_id),
    CONSTRAINT seat_open_claims CHECK (open_claims >= 0)
) WITH (fillfactor = 70);

-- An expert as one lab knows them.
CREATE TABLE pseudonym (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    CONSTRAINT pseudonym_pkey PRIMARY KEY (id),
    CONSTRAINT pseudonym_lab_expert_key UNIQUE (lab_id, expert_id)
);

CREATE TABLE credential (
    id uuid NOT NULL,
    expert_id uuid NOT NULL,
    kind text NOT NULL,
    field text NOT NULL,
    level text,
    title text NOT NULL,
    institution text NOT NULL,
    ror_id text,
    jurisdiction text,
    awarded_on date NOT NULL,
    expires_on date,
    orcid text,
    state text NOT NULL DEFAULT 'pending',
    valid_until date,
    decided_by uuid,
    decided_at timestamptz,
    -- what the verifier saw, and why it was rejected or revoked
    sealed_note bytea,
    sealed_reason bytea,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT credential_pkey PRIMARY KEY (id),
    CONSTRAINT credential_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id),
    CONSTRAINT credential_kind CHECK (kind IN ('degree', 'license', 'certification')),
    CONSTRAINT credential_level CHECK (level IN ('bachelor', 'master', 'professional', 'doctoral')),
    CONSTRAINT credential_state CHECK (state IN ('pending', 'verified', 'rejected', 'revoked', 'expired')),
    CONSTRAINT credential_days CHECK (expires_on > awarded_on)
);
CREATE INDEX credential_expert ON credential (expert_id, id);
CREATE INDEX credential_pending ON credential (id) WHERE state = 'pending';
CREATE INDEX credential_valid_until ON credential (valid_until) WHERE state = 'verified';
CREATE TRIGGER credential_touch BEFORE UPDATE ON credential FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE evidence (
    credential_id uuid NOT NULL,
    media_type text NOT NULL,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    sealed_bytes bytea NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    uploaded_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT evidence_pkey PRIMARY KEY (credential_id),
    CONSTRAINT evidence_credential_fkey FOREIGN KEY (credential_id) REFERENCES credential (id),
    CONSTRAINT evidence_media_type CHECK (media_type IN ('application/pdf', 'image/png', 'image/jpeg'))
);

CREATE TABLE payout_method (
    expert_id uuid NOT NULL,
    method text NOT NULL,
    last_four text NOT NULL,
    sealed_details bytea NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    set_at timestamptz NOT NULL DEFAULT collegium_now(),
    held_until timestamptz,
    CONSTRAINT payout_method_pkey PRIMARY KEY (expert_id),
    CONSTRAINT payout_method_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id),
    CONSTRAINT payout_method_method CHECK (method IN ('ach', 'sepa'))
);

CREATE TABLE tax_form (
    expert_id uuid NOT NULL,
    form text NOT NULL,
    -- what follows of the form alone, on the day it was set; NULL where pay is held
    withholding_rate numeric(9,8),
    -- the standing, from which any other day's rate follows: of a W-9 the first, of a W-8BEN the other two
    certified boolean,
    performed_in_us boolean,
    valid_until date,
    last_four text,
    sealed_details bytea NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    set_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT tax_form_pkey PRIMARY KEY (expert_id),
    CONSTRAINT tax_form_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id),
    CONSTRAINT tax_form_form CHECK (form IN ('w9', 'w8ben')),
    CONSTRAINT tax_form_standing CHECK ((form = 'w9') = (certified IS NOT NULL)
        AND (form = 'w8ben') = (performed_in_us IS NOT NULL) AND (form = 'w8ben') = (valid_until IS NOT NULL))
);

GRANT SELECT, INSERT, UPDATE ON expert, seat, credential, evidence, payout_method, tax_form TO collegium_market;
GRANT SELECT, INSERT, UPDATE, DELETE ON expert_language TO collegium_market;
GRANT SELECT, INSERT ON pseudonym TO collegium_market, collegium_lab;
ALTER TABLE expert ENABLE ROW LEVEL SECURITY;
ALTER TABLE expert_language ENABLE ROW LEVEL SECURITY;
ALTER TABLE seat ENABLE ROW LEVEL SECURITY;
ALTER TABLE credential ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout_method ENABLE ROW LEVEL SECURITY;
ALTER TABLE tax_form ENABLE ROW LEVEL SECURITY;
ALTER TABLE pseudonym ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON expert TO collegium_market USING (true);
CREATE POLICY market ON expert_language TO collegium_market USING (true);
CREATE POLICY market ON seat TO collegium_market USING (true);
CREATE POLICY market ON credential TO collegium_market USING (true);
CREATE POLICY market ON evidence TO collegium_market USING (true);
CREATE POLICY market ON payout_method TO collegium_market USING (true);
CREATE POLICY market ON tax_form TO collegium_market USING (true);
CREATE POLICY market ON pseudonym TO collegium_market USING (true);
CREATE POLICY lab ON pseudonym TO collegium_lab USING (lab_id = collegium_lab_scope());
