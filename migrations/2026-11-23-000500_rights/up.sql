-- Review by experts, disputes, adjudication, the lab's own audits, questions about a project.
ALTER TABLE review
    ADD COLUMN task_id uuid,
    -- of a reviewer who is an expert: paid for each decided review
    ADD COLUMN expert_id uuid,
    ADD COLUMN currency text,
    ADD COLUMN pay_rate numeric(20,4),
    ADD COLUMN paid numeric(20,4),
    ADD CONSTRAINT review_pay CHECK ((currency IS NULL) = (pay_rate IS NULL) AND pay_rate >= 0 AND paid >= 0);
UPDATE review SET task_id = assignment.task_id FROM assignment WHERE assignment.id = review.assignment_id;
ALTER TABLE review ALTER COLUMN task_id SET NOT NULL;
-- Who has seen an answer to a task neither answers it nor adjudicates it.
CREATE INDEX review_task ON review (task_id);
CREATE INDEX review_expert ON review (expert_id, id) WHERE expert_id IS NOT NULL;
-- How many somebody has in hand.
CREATE INDEX review_in_hand ON review (reviewer_id) WHERE decision IS NULL;
-- Who answered a task and gave it back later: together with assignment_once_per_expert, everybody who took part in it.
CREATE INDEX assignment_given_back ON assignment (task_id, expert_id) WHERE submissions > 0 AND state IN ('released', 'expired');

CREATE TABLE dispute (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'open',
    sealed_grounds bytea NOT NULL,
    resolve_by timestamptz NOT NULL,
    -- who has it in hand, and until when nobody else may take it
    assigned_to uuid,
    assigned_until timestamptz,
    -- NULL where nobody resolved it in time
    resolved_by uuid,
    sealed_note bytea,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT dispute_pkey PRIMARY KEY (id),
    CONSTRAINT dispute_once UNIQUE (assignment_id),
    CONSTRAINT dispute_state CHECK (state IN ('open', 'upheld', 'overturned')),
    CONSTRAINT dispute_assigned CHECK ((assigned_to IS NULL) = (assigned_until IS NULL)),
    CONSTRAINT dispute_resolved CHECK ((state = 'open') = (resolved_at IS NULL) AND (state <> 'upheld' OR resolved_by IS NOT NULL))
);
CREATE INDEX dispute_expert ON dispute (expert_id, id);
CREATE INDEX dispute_open ON dispute (resolve_by) WHERE state = 'open';
CREATE TRIGGER dispute_touch BEFORE UPDATE ON dispute FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- The lab's own word on work that was accepted and billed.
CREATE TABLE audit (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    assignment_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    verdict text NOT NULL,
    reason text,
    sealed_comment bytea,
    -- of a refund: what it comes to, and a second person's decision
    state text NOT NULL,
    currency text NOT NULL,
    refund numeric(20,4),
    audited_by uuid NOT NULL,
    decided_by uuid,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT audit_pkey PRIMARY KEY (id),
    CONSTRAINT audit_once UNIQUE (assignment_id),
    CONSTRAINT audit_verdict CHECK (verdict IN ('good', 'rework', 'refund')),
    CONSTRAINT audit_state CHECK (state IN ('recorded', 'refund_pending', 'refunded', 'refund_refused')
        AND (state = 'recorded') = (verdict <> 'refund')),
    CONSTRAINT audit_refund CHECK ((verdict = 'refund') = (refund IS NOT NULL) AND refund >= 0),
    CONSTRAINT audit_reason CHECK ((verdict = 'good') = (reason IS NULL)),
    CONSTRAINT audit_second_person CHECK (decided_by <> audited_by AND (decided_by IS NULL) = (decided_at IS NULL))
);
CREATE INDEX audit_project ON audit (project_id, id);
CREATE INDEX audit_lab ON audit (lab_id, id);
CREATE INDEX audit_pending ON audit (id) WHERE state = 'refund_pending';
CREATE TRIGGER audit_touch BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- The answer to a task whose experts disagree, by someone who took no part.
CREATE TABLE adjudication (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    task_id uuid NOT NULL,
    adjudicator_id uuid NOT NULL,
    sealed_answer bytea NOT NULL,
    sealed_comment bytea,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT adjudication_pkey PRIMARY KEY (id),
    CONSTRAINT adjudication_once UNIQUE (task_id)
);
CREATE INDEX adjudication_project ON adjudication (project_id, id);
CREATE INDEX adjudication_adjudicator ON adjudication (adjudicator_id, id);

-- A disagreement that somebody has in hand; the row goes with the decision, which takes over its id.
CREATE TABLE adjudication_claim (
    task_id uuid NOT NULL,
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    adjudicator_id uuid NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT collegium_now(),
    claim_expires_at timestamptz NOT NULL,
    CONSTRAINT adjudication_claim_pkey PRIMARY KEY (task_id),
    CONSTRAINT adjudication_claim_id_key UNIQUE (id)
);
CREATE INDEX adjudication_claim_adjudicator ON adjudication_claim (adjudicator_id, id);

-- Questions of those who work in a project, and the lab's answers: both sides go by code names.
CREATE TABLE question (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    sealed_question bytea NOT NULL,
    sealed_answer bytea,
    answered_by uuid,
    answered_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT question_pkey PRIMARY KEY (id),
    CONSTRAINT question_answered CHECK ((sealed_answer IS NULL) = (answered_at IS NULL) AND (answered_at IS NULL) = (answered_by IS NULL))
);
CREATE INDEX question_project ON question (project_id, id);
CREATE TRIGGER question_touch BEFORE UPDATE ON question FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- For what is reserved: nothing is for rework.
GRANT SELECT (kind) ON assignment TO collegium_lab;
GRANT SELECT, INSERT, UPDATE ON dispute, audit, question TO collegium_market;
GRANT SELECT, INSERT ON adjudication TO collegium_market;
GRANT SELECT, INSERT, UPDATE, DELETE ON adjudication_claim TO collegium_market;
GRANT SELECT (id, lab_id, project_id, task_id, assignment_id, expert_id, verdict, reason, sealed_comment, state, currency, refund,
    audited_by, decided_at, created_at, updated_at, version) ON audit TO collegium_lab;
GRANT SELECT, UPDATE ON question TO collegium_lab;
GRANT SELECT (id, lab_id, project_id, task_id, sealed_answer, created_at) ON adjudication TO collegium_lab;
ALTER TABLE dispute ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjudication ENABLE ROW LEVEL SECURITY;
ALTER TABLE adjudication_claim ENABLE ROW LEVEL SECURITY;
ALTER TABLE question ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON dispute TO collegium_market USING (true);
CREATE POLICY market ON audit TO collegium_market USING (true);
CREATE POLICY market ON adjudication TO collegium_market USING (true);
CREATE POLICY market ON adjudication_claim TO collegium_market USING (true);
CREATE POLICY market ON question TO collegium_market USING (true);
CREATE POLICY lab ON audit TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON adjudication TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON question TO collegium_lab USING (lab_id = collegium_lab_scope());
