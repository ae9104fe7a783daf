CREATE TABLE payout_batch (
    id uuid NOT NULL,
    currency text NOT NULL,
    method text NOT NULL,
    cutoff date NOT NULL,
    state text NOT NULL DEFAULT 'draft',
    created_by uuid NOT NULL,
    editors uuid[] NOT NULL DEFAULT '{}',
    submitted_by uuid,
    approved_by uuid,
    approved_at timestamptz,
    sent_at timestamptz,
    sealed_file bytea,
    file_sha256 bytea,
    file_bytes bigint,
    -- the journal entry of the approval that stands; the entries of voided ones are reversed
    entry_id uuid,
    -- whom the selection left out: no payout method, too little owed, in another live batch
    without_method integer NOT NULL DEFAULT 0,
    carried integer NOT NULL DEFAULT 0,
    elsewhere integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT payout_batch_pkey PRIMARY KEY (id),
    CONSTRAINT payout_batch_method CHECK (method IN ('ach', 'sepa')),
    CONSTRAINT payout_batch_state CHECK (state IN ('draft', 'submitted', 'approved', 'sent', 'partially_settled', 'settled', 'closed',
        'rejected', 'cancelled')),
    CONSTRAINT payout_batch_four_eyes CHECK (approved_by <> created_by AND approved_by <> ALL (editors)
        AND approved_by <> submitted_by),
    CONSTRAINT payout_batch_file CHECK ((sealed_file IS NULL) = (file_sha256 IS NULL)
        AND (state NOT IN ('approved', 'sent', 'partially_settled', 'settled', 'closed') OR sealed_file IS NOT NULL))
);
CREATE TRIGGER payout_batch_touch BEFORE UPDATE ON payout_batch FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE payout (
    id uuid NOT NULL,
    batch_id uuid NOT NULL,
    expert_id uuid NOT NULL,
    currency text NOT NULL,
    amount numeric(20,4) NOT NULL,
    withheld numeric(20,4) NOT NULL DEFAULT 0,
    net numeric(20,4) NOT NULL,
    end_to_end_id text NOT NULL,
    state text NOT NULL,
    held_reason text,
    -- whether its batch can still change or move money: a payee stands in at most one such batch
    live boolean NOT NULL DEFAULT true,
    settled_on date,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT payout_pkey PRIMARY KEY (id),
    CONSTRAINT payout_batch_fkey FOREIGN KEY (batch_id) REFERENCES payout_batch (id),
    CONSTRAINT payout_expert_fkey FOREIGN KEY (expert_id) REFERENCES expert (id),
    CONSTRAINT payout_end_to_end_id_key UNIQUE (end_to_end_id),
    CONSTRAINT payout_state CHECK (state IN ('held', 'queued', 'sent', 'settled', 'returned', 'failed')),
    CONSTRAINT payout_held CHECK ((state = 'held') = (held_reason IS NOT NULL)),
    CONSTRAINT payout_amounts CHECK (amount > 0 AND withheld >= 0 AND net = amount - withheld)
);
CREATE INDEX payout_batch_items ON payout (batch_id, id);
CREATE INDEX payout_expert ON payout (expert_id, id);
CREATE INDEX payout_open ON payout (batch_id) WHERE state = 'sent';
CREATE UNIQUE INDEX payout_one_live_per_expert ON payout (expert_id, currency) WHERE live;
CREATE TRIGGER payout_touch BEFORE UPDATE ON payout FOR EACH ROW EXECUTE FUNCTION collegium_touch();

CREATE TABLE settlement (
    id uuid NOT NULL,
    format text NOT NULL,
    sha256 bytea NOT NULL,
    bytes bigint NOT NULL,
    lines integer NOT NULL,
    matched integer NOT NULL,
    breaks integer NOT NULL,
    known integer NOT NULL,
    created_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT settlement_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_sha256_key UNIQUE (sha256),
    CONSTRAINT settlement_format CHECK (format IN ('csv', 'camt053', 'nacha_return'))
);

CREATE TABLE settlement_line (
    id uuid NOT NULL,
    settlement_id uuid NOT NULL,
    line integer NOT NULL,
    booked_on date NOT NULL,
    amount numeric(20,4) NOT NULL,
    currency text NOT NULL,
    end_to_end_id text,
    servicer_reference text NOT NULL,
    sealed_description bytea,
    outcome text NOT NULL,
    -- what it did to the books: an entry of its day, or the deposit that finance had recorded
    entry_id uuid,
    deposit_id uuid,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT settlement_line_pkey PRIMARY KEY (id),
    CONSTRAINT settlement_line_deposit_key UNIQUE (deposit_id),
    CONSTRAINT settlement_line_deposit_fkey FOREIGN KEY (deposit_id) REFERENCES deposit (id),
    CONSTRAINT settlement_line_booked CHECK ((entry_id IS NULL) <> (deposit_id IS NULL)),
    CONSTRAINT settlement_line_settlement_fkey FOREIGN KEY (settlement_id) REFERENCES settlement (id),
    -- the same reference of the bank is the same line, whichever file it comes in
    CONSTRAINT settlement_line_reference_key UNIQUE (servicer_reference),
    CONSTRAINT settlement_line_amount CHECK (amount <> 0),
    CONSTRAINT settlement_line_outcome CHECK (outcome IN ('matched', 'break'))
);
CREATE INDEX settlement_line_file ON settlement_line (settlement_id, line);
CREATE INDEX settlement_line_end_to_end ON settlement_line (end_to_end_id);

CREATE TABLE settlement_match (
    line_id uuid NOT NULL,
    payout_id uuid NOT NULL,
    CONSTRAINT settlement_match_pkey PRIMARY KEY (line_id, payout_id),
    CONSTRAINT settlement_match_line_fkey FOREIGN KEY (line_id) REFERENCES settlement_line (id),
    CONSTRAINT settlement_match_payout_fkey FOREIGN KEY (payout_id) REFERENCES payout (id)
);
CREATE INDEX settlement_match_payout ON settlement_match (payout_id);

CREATE TABLE reconciliation_break (
    id uuid NOT NULL,
    kind text NOT NULL,
    line_id uuid,
    payout_id uuid,
    currency text NOT NULL,
    difference numeric(20,4) NOT NULL,
    -- the payouts that an ambiguous line may be, ten at most
    candidates uuid[] NOT NULL DEFAULT '{}',
    opened_on date NOT NULL,
    state text NOT NULL DEFAULT 'open',
    note text,
    resolved_by uuid,
    resolved_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT reconciliation_break_pkey PRIMARY KEY (id),
    CONSTRAINT reconciliation_break_line_fkey FOREIGN KEY (line_id) REFERENCES settlement_line (id),
    CONSTRAINT reconciliation_break_payout_fkey FOREIGN KEY (payout_id) REFERENCES payout (id),
    CONSTRAINT reconciliation_break_kind CHECK (kind IN ('missing', 'unexpected', 'duplicate', 'amount', 'fee', 'fx', 'currency',
        'timing', 'returned', 'ambiguous')),
    CONSTRAINT reconciliation_break_state CHECK (state IN ('open', 'resolved')),
    CONSTRAINT reconciliation_break_about CHECK (line_id IS NOT NULL OR payout_id IS NOT NULL),
    CONSTRAINT reconciliation_break_resolved CHECK ((state = 'resolved') = (resolved_at IS NOT NULL))
);
CREATE INDEX reconciliation_break_open ON reconciliation_break (id) WHERE state = 'open';
CREATE INDEX reconciliation_break_line ON reconciliation_break (line_id);
CREATE INDEX reconciliation_break_payout ON reconciliation_break (payout_id);
CREATE TRIGGER reconciliation_break_touch BEFORE UPDATE ON reconciliation_break FOR EACH ROW EXECUTE FUNCTION collegium_touch();

GRANT SELECT, INSERT, UPDATE ON payout_batch, payout, reconciliation_break TO collegium_market;
GRANT SELECT, INSERT ON settlement, settlement_line, settlement_match TO collegium_market;
ALTER TABLE payout_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE payout ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE settlement_match ENABLE ROW LEVEL SECURITY;
ALTER TABLE reconciliation_break ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON payout_batch TO collegium_market USING (true);
CREATE POLICY market ON payout TO collegium_market USING (true);
CREATE POLICY market ON settlement TO collegium_market USING (true);
CREATE POLICY market ON settlement_line TO collegium_market USING (true);
CREATE POLICY market ON settlement_match TO collegium_market USING (true);
CREATE POLICY market ON reconciliation_break TO collegium_market USING (true);
