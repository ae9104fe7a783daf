-- Claims that stay fast and fair: a stamp on the person's own row, what an expert has done in a project, how much each
-- project has open and was claimed of late, offers, and who may review.

-- `claims` counts every claim ever made. A claim locks the row and compares the count with what its own snapshot shows:
-- where they are equal, the snapshot holds everything that this person did, and may be asked.
ALTER TABLE seat
    ADD COLUMN claims bigint NOT NULL DEFAULT 0,
    -- slots that wait for this person by an offer
    ADD COLUMN offered_slots integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT seat_offered_slots CHECK (offered_slots >= 0);
UPDATE seat SET claims = (SELECT count(*) FROM assignment WHERE assignment.expert_id = seat.expert_id);

-- Everybody has a seat from the start, so that a claim finds a row to lock.
INSERT INTO seat (expert_id) SELECT id FROM expert ON CONFLICT DO NOTHING;

-- An expert's standing in one project: a row per person and project, so that no two people meet in it.
CREATE TABLE engagement (
    expert_id uuid NOT NULL,
    project_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    -- tasks held or decided, without those given back
    tasks integer NOT NULL DEFAULT 0,
    -- the instructions that the last claim came with
    brief_version integer NOT NULL,
    accepted integer NOT NULL DEFAULT 0,
    rejected integer NOT NULL DEFAULT 0,
    gold_seen integer NOT NULL DEFAULT 0,
    gold_right integer NOT NULL DEFAULT 0,
    -- of the running attempt to qualify
    qualifying_attempt smallint NOT NULL DEFAULT 0,
    qualifying_seen smallint NOT NULL DEFAULT 0,
    qualifying_right smallint NOT NULL DEFAULT 0,
    qualified_at timestamptz,
    CONSTRAINT engagement_pkey PRIMARY KEY (expert_id, project_id),
    CONSTRAINT engagement_counts CHECK (tasks >= 0 AND gold_right <= gold_seen AND qualifying_right <= qualifying_seen)
) WITH (fillfactor = 80);
CREATE INDEX engagement_project ON engagement (project_id, expert_id);
INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version, accepted, rejected)
SELECT expert_id, project_id, lab_id, count(*) FILTER (WHERE state NOT IN ('released', 'expired')), max(brief_version),
    count(*) FILTER (WHERE state = 'accepted'), count(*) FILTER (WHERE state = 'rejected')
FROM assignment
GROUP BY expert_id, project_id, lab_id;

ALTER TABLE assignment
    -- gold and qualification move no money of the lab's; rework is at the house's cost
    ADD COLUMN kind text NOT NULL DEFAULT 'ordinary',
    -- the instructions were other ones at the expert's last claim here: handing in acknowledges them
    ADD COLUMN brief_changed boolean NOT NULL DEFAULT false,
    -- of gold and qualification: whether the answer was the known one
    ADD COLUMN answered_right boolean,
    -- the transaction that delivered it: exports of what is new since go by it
    ADD COLUMN delivered_xid xid8,
    DROP CONSTRAINT assignment_money,
    ADD CONSTRAINT assignment_money CHECK (bill_rate > 0 AND slot_price > 0 AND billed >= 0 AND paid >= 0
        AND (pay_rate > 0 OR (pay_rate = 0 AND kind = 'qualification'))),
    ADD CONSTRAINT assignment_kind CHECK (kind IN ('ordinary', 'gold', 'qualification', 'rework')),
    ADD CONSTRAINT assignment_answered_right CHECK (answered_right IS NULL OR kind IN ('gold', 'qualification')),
    ADD CONSTRAINT assignment_counted CHECK (NOT counted OR kind IN ('ordinary', 'rework'));
UPDATE assignment SET delivered_xid = pg_current_xact_id() WHERE state = 'accepted' AND counted;
ALTER TABLE assignment ADD CONSTRAINT assignment_delivered CHECK (NOT counted OR delivered_xid IS NOT NULL);
DROP INDEX assignment_results;
CREATE INDEX assignment_results ON assignment (project_id, delivered_xid, id) WHERE state = 'accepted' AND counted;
-- Answers to gold that wait for the expert's next ordinary decision in the project.
CREATE INDEX assignment_gold_waiting ON assignment (expert_id, project_id) WHERE kind = 'gold' AND state = 'submitted';
-- Work that waits for somebody, by its state. What was only claimed is the newest there is, and pays for no index.
CREATE INDEX assignment_live ON assignment (state, id)
    WHERE state IN ('submitted', 'in_review', 'rejected', 'revision_requested', 'disputed');
-- Whoever qualifies does one task after the other.
CREATE INDEX assignment_qualifying ON assignment (expert_id, project_id) WHERE kind = 'qualification' AND state = 'claimed';
DROP INDEX assignment_waiting;
CREATE INDEX assignment_waiting ON assignment (submitted_at, id) WHERE state = 'submitted' AND kind IN ('ordinary', 'rework');
CREATE INDEX assignment_waiting_in_project ON assignment (project_id, submitted_at, id)
    WHERE state = 'submitted' AND kind IN ('ordinary', 'rework');
GRANT SELECT (delivered_xid, brief_version) ON assignment TO collegium_lab;

-- Claims of each minute, and how much was open when it was last counted: what turns between projects go by.
CREATE TABLE project_minute (
    project_id uuid NOT NULL,
    minute timestamptz NOT NULL,
    claims integer NOT NULL,
    CONSTRAINT project_minute_pkey PRIMARY KEY (minute, project_id)
);
CREATE TABLE project_pulse (
    project_id uuid NOT NULL,
    open_slots bigint NOT NULL,
    counted_at timestamptz NOT NULL,
    CONSTRAINT project_pulse_pkey PRIMARY KEY (project_id)
);

-- Slots of a project set aside for one expert until the offer ends.
CREATE TABLE offer (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'open',
    slots integer NOT NULL,
    -- of them, claimed so far
    claimed integer NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL,
    made_by uuid NOT NULL,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT offer_pkey PRIMARY KEY (id),
    CONSTRAINT offer_state CHECK (state IN ('open', 'accepted', 'declined', 'expired', 'withdrawn')),
    CONSTRAINT offer_slots CHECK (slots >= 1 AND claimed BETWEEN 0 AND slots)
);
CREATE INDEX offer_expert ON offer (expert_id, id);
CREATE INDEX offer_project ON offer (project_id, id);
CREATE INDEX offer_ends ON offer (expires_at) WHERE state IN ('open', 'accepted');
CREATE TRIGGER offer_touch BEFORE UPDATE ON offer FOR EACH ROW EXECUTE FUNCTION collegium_touch();
-- The concrete slots of running offers, one row each; a row goes with the claim or with the offer.
CREATE TABLE offer_slot (
    expert_id uuid NOT NULL,
    task_id uuid NOT NULL,
    offer_id uuid NOT NULL,
    project_id uuid NOT NULL,
    CONSTRAINT offer_slot_pkey PRIMARY KEY (expert_id, task_id),
    CONSTRAINT offer_slot_offer_fkey FOREIGN KEY (offer_id) REFERENCES offer (id)
);
CREATE INDEX offer_slot_offer ON offer_slot (offer_id);
CREATE INDEX offer_slot_task ON offer_slot (task_id);

-- Who may review in which project, of the experts; kept by matching like eligibility.
CREATE TABLE review_eligibility (
    expert_id uuid NOT NULL,
    project_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    until date,
    CONSTRAINT review_eligibility_pkey PRIMARY KEY (expert_id, project_id)
);
CREATE INDEX review_eligibility_project ON review_eligibility (project_id);
CREATE INDEX review_eligibility_until ON review_eligibility (until) WHERE until IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON engagement, project_pulse, offer TO collegium_market;
GRANT SELECT, INSERT, UPDATE, DELETE ON project_minute, offer_slot, review_eligibility TO collegium_market;
GRANT DELETE ON project_pulse TO collegium_market;
ALTER TABLE engagement ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_minute ENABLE ROW LEVEL SECURITY;
ALTER TABLE project_pulse ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_slot ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_eligibility ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON engagement TO collegium_market USING (true);
CREATE POLICY market ON project_minute TO collegium_market USING (true);
CREATE POLICY market ON project_pulse TO collegium_market USING (true);
CREATE POLICY market ON offer TO collegium_market USING (true);
CREATE POLICY market ON offer_slot TO collegium_market USING (true);
CREATE POLICY market ON review_eligibility TO collegium_market USING (true);
