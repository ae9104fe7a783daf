CREATE TABLE assignment (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'claimed',
    release_reason text,
    -- what was fixed at the claim
    currency text NOT NULL,
    bill_rate numeric(20,4) NOT NULL,
    slot_price numeric(20,4) NOT NULL,
    pay_rate numeric(20,4) NOT NULL,
    pricing text NOT NULL,
    max_seconds integer NOT NULL,
    brief_version integer NOT NULL,
    -- the lease: its token fences off everything that came too late
    lease_token uuid NOT NULL,
    lease_expires_at timestamptz NOT NULL,
    lease_started_at timestamptz NOT NULL,
    renewals smallint NOT NULL DEFAULT 0,
    leased_seconds bigint NOT NULL DEFAULT 0,
    -- the work
    submissions smallint NOT NULL DEFAULT 0,
    revisions smallint NOT NULL DEFAULT 0,
    levels_passed smallint NOT NULL DEFAULT 0,
    time_spent_seconds integer NOT NULL DEFAULT 0,
    approved_seconds integer,
    counted boolean NOT NULL DEFAULT false,
    billed numeric(20,4),
    paid numeric(20,4),
    sealed_draft bytea,
    claimed_at timestamptz NOT NULL DEFAULT collegium_now(),
    submitted_at timestamptz,
    auto_accept_at timestamptz,
    decided_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT assignment_pkey PRIMARY KEY (id),
    CONSTRAINT assignment_state CHECK (state IN ('claimed', 'submitted', 'in_review', 'accepted', 'rejected',
        'revision_requested', 'released', 'expired', 'disputed')),
    CONSTRAINT assignment_release_reason CHECK ((state = 'released') = (release_reason IS NOT NULL)
        AND release_reason IN ('expert', 'wall', 'ineligible', 'offboarded')),
    CONSTRAINT assignment_money CHECK (bill_rate > 0 AND pay_rate > 0 AND slot_price > 0 AND billed >= 0 AND paid >= 0)
) WITH (fillfactor = 80);
-- Never one expert twice on a task; whoever gave it back may take it again.
CREATE UNIQUE INDEX assignment_once_per_expert ON assignment (task_id, expert_id) WHERE state NOT IN ('released', 'expired');
CREATE INDEX assignment_expert ON assignment (expert_id, id);
CREATE INDEX assignment_project ON assignment (project_id, id);
CREATE INDEX assignment_lease ON assignment (lease_expires_at) WHERE state IN ('claimed', 'revision_requested');
CREATE INDEX assignment_auto_accept ON assignment (auto_accept_at) WHERE state IN ('submitted', 'in_review');
CREATE INDEX assignment_waiting ON assignment (submitted_at, id) WHERE state = 'submitted';
-- Whoever claims a task again finds what they had written before.
CREATE INDEX assignment_draft ON assignment (task_id, expert_id, id) WHERE sealed_draft IS NOT NULL;
CREATE INDEX assignment_results ON assignment (project_id, id) WHERE state = 'accepted' AND counted;
CREATE TRIGGER assignment_touch BEFORE UPDATE ON assignment FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE submission (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    number smallint NOT NULL,
    sealed_answer bytea NOT NULL,
    sealed_comment bytea,
    time_spent_seconds integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT submission_pkey PRIMARY KEY (id),
    CONSTRAINT submission_number_key UNIQUE (assignment_id, number),
    CONSTRAINT submission_seconds CHECK (time_spent_seconds >= 0)
);

CREATE TABLE review (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    submission_id uuid NOT NULL,
    level smallint NOT NULL,
    reviewer_id uuid NOT NULL,
    decision text,
    reason text,
    sealed_comment bytea,
    scores jsonb,
    approved_seconds integer,
    claimed_at timestamptz NOT NULL DEFAULT collegium_now(),
    claim_expires_at timestamptz NOT NULL,
    decided_at timestamptz,
    CONSTRAINT review_pkey PRIMARY KEY (id),
    CONSTRAINT review_level_key UNIQUE (submission_id, level),
    -- each level by another person
    CONSTRAINT review_once_per_reviewer UNIQUE (submission_id, reviewer_id),
    CONSTRAINT review_decision CHECK (decision IN ('accept', 'reject', 'revise')),
    CONSTRAINT review_decided CHECK ((decision IS NULL) = (decided_at IS NULL)),
    -- an acceptance has no reason, unless it lowers the hours
    CONSTRAINT review_reason CHECK (CASE decision WHEN 'accept' THEN coalesce(reason, 'time') = 'time'
        AND (reason IS NULL) = (approved_seconds IS NULL) ELSE (decision IS NULL) = (reason IS NULL) AND approved_seconds IS NULL END),
    CONSTRAINT review_reasons CHECK (reason IN ('instructions', 'incorrect', 'incomplete', 'low_quality', 'sources', 'time',
        'not_own_work', 'other'))
);
CREATE INDEX review_reviewer ON review (reviewer_id, id);
CREATE INDEX review_assignment ON review (assignment_id);
CREATE INDEX review_open ON review (claim_expires_at) WHERE decision IS NULL;

GRANT SELECT, INSERT, UPDATE ON assignment TO collegium_market;
GRANT SELECT, INSERT ON submission TO collegium_market;
GRANT SELECT, INSERT, UPDATE, DELETE ON review TO collegium_market;
GRANT SELECT (id, lab_id, project_id, task_id, expert_id, state, release_reason, currency, bill_rate, slot_price, pricing, counted,
    billed, time_spent_seconds, approved_seconds, claimed_at, submitted_at, decided_at, updated_at, version) ON assignment TO collegium_lab;
GRANT SELECT ON submission TO collegium_lab;
ALTER TABLE assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE submission ENABLE ROW LEVEL SECURITY;
ALTER TABLE review ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON assignment TO collegium_market USING (true);
CREATE POLICY market ON submission TO collegium_market USING (true);
CREATE POLICY market ON review TO collegium_market USING (true);
CREATE POLICY lab ON assignment TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON submission TO collegium_lab USING (lab_id = collegium_lab_scope());
