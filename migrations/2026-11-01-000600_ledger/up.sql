-- Double entry, balanced by construction: a line moves one amount from one account to another.
CREATE TABLE ledger_account (
    id uuid NOT NULL,
    kind text NOT NULL,
    currency text NOT NULL,
    exponent smallint NOT NULL,
    lab_id uuid,
    expert_id uuid,
    account_executive_id uuid,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT ledger_account_pkey PRIMARY KEY (id),
    CONSTRAINT ledger_account_key UNIQUE NULLS NOT DISTINCT (kind, currency, lab_id, expert_id, account_executive_id),
    CONSTRAINT ledger_account_kind CHECK (kind IN ('cash', 'lab_available', 'lab_reserved', 'lab_returned', 'revenue', 'refunds',
        'cost_of_experts', 'direct_cost', 'expert_payable', 'payouts_in_transit', 'tax_withheld', 'bank_fees', 'fx_difference',
        'suspense', 'commission_expense', 'commission_payable', 'commission_advances')),
    CONSTRAINT ledger_account_currency CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT ledger_account_exponent CHECK (exponent BETWEEN 0 AND 4)
);

-- Only what authorises something carries a balance: a lab's available funds. It is never negative.
CREATE TABLE account_balance (
    account_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    balance numeric(20,4) NOT NULL DEFAULT 0,
    CONSTRAINT account_balance_pkey PRIMARY KEY (account_id),
    CONSTRAINT account_balance_lab_key UNIQUE (lab_id),
    CONSTRAINT account_balance_account_fkey FOREIGN KEY (account_id) REFERENCES ledger_account (id),
    CONSTRAINT account_balance_not_negative CHECK (balance >= 0)
) WITH (fillfactor = 70);

CREATE TABLE accounting_period (
    period text NOT NULL,
    closed_at timestamptz NOT NULL,
    closed_by uuid NOT NULL,
    CONSTRAINT accounting_period_pkey PRIMARY KEY (period),
    CONSTRAINT accounting_period_period CHECK (period ~ '^\d{4}-(0[1-9]|1[0-2])$')
);

CREATE TABLE journal_entry (
    id uuid NOT NULL,
    lab_id uuid,
    kind text NOT NULL,
    source_type text NOT NULL,
    source_id uuid NOT NULL,
    effective_on date NOT NULL,
    period text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT collegium_now(),
    recorded_by uuid,
    reverses uuid,
    memo text,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT journal_entry_pkey PRIMARY KEY (id),
    CONSTRAINT journal_entry_source_key UNIQUE (source_type, source_id, kind),
    CONSTRAINT journal_entry_reverses_key UNIQUE (reverses),
    CONSTRAINT journal_entry_period CHECK (period ~ '^\d{4}-(0[1-9]|1[0-2])$')
);
CREATE INDEX journal_entry_lab ON journal_entry (lab_id, id);
CREATE INDEX journal_entry_period_id ON journal_entry (period, id);

CREATE TABLE journal_line (
    id uuid NOT NULL,
    entry_id uuid NOT NULL,
    debit_id uuid NOT NULL,
    credit_id uuid NOT NULL,
    amount numeric(20,4) NOT NULL,
    currency text NOT NULL,
    effective_on date NOT NULL,
    lab_id uuid,
    project_id uuid,
    expert_id uuid,
    assignment_id uuid,
    CONSTRAINT journal_line_pkey PRIMARY KEY (id),
    CONSTRAINT journal_line_amount CHECK (amount > 0),
    CONSTRAINT journal_line_two_accounts CHECK (debit_id <> credit_id)
);
CREATE INDEX journal_line_entry ON journal_line (entry_id);
CREATE INDEX journal_line_debit ON journal_line (debit_id, effective_on);
CREATE INDEX journal_line_credit ON journal_line (credit_id, effective_on);
CREATE INDEX journal_line_lab ON journal_line (lab_id, effective_on) WHERE lab_id IS NOT NULL;

-- Lines are looked at together, once per statement: their entry is of this very transaction, and both accounts exist
-- in the line's currency, whose decimals the amount respects. No foreign key: its row locks cost two thirds of the rate.
CREATE FUNCTION ledger_check_lines() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wrong uuid;
BEGIN
    SELECT line.id INTO wrong
    FROM fresh AS line
    LEFT JOIN journal_entry AS entry ON entry.id = line.entry_id
    LEFT JOIN ledger_account AS debit ON debit.id = line.debit_id
    LEFT JOIN ledger_account AS credit ON credit.id = line.credit_id
    WHERE entry.xid IS DISTINCT FROM pg_current_xact_id()
       OR entry.effective_on IS DISTINCT FROM line.effective_on
       OR debit.currency IS DISTINCT FROM line.currency
       OR credit.currency IS DISTINCT FROM line.currency
       OR line.amount <> round(line.amount, debit.exponent)
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'journal line % does not fit its entry or its accounts', wrong
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_line_fits';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_line_fits AFTER INSERT ON journal_line
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_lines();

CREATE FUNCTION ledger_check_period() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM fresh JOIN accounting_period AS closed ON closed.period = fresh.period) THEN
        RAISE EXCEPTION 'the accounting period is closed'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_period_open';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER journal_entry_period_open AFTER INSERT ON journal_entry
    REFERENCING NEW TABLE AS fresh FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_period();

CREATE TRIGGER journal_entry_append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION collegium_refuse_change();
CREATE TRIGGER journal_line_append_only BEFORE UPDATE OR DELETE ON journal_line
    FOR EACH ROW EXECUTE FUNCTION collegium_refuse_change();
CREATE TRIGGER journal_entry_no_truncate BEFORE TRUNCATE ON journal_entry
    FOR EACH STATEMENT EXECUTE FUNCTION collegium_refuse_change();
CREATE TRIGGER journal_line_no_truncate BEFORE TRUNCATE ON journal_line
    FOR EACH STATEMENT EXECUTE FUNCTION collegium_refuse_change();

CREATE TABLE deposit (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    amount numeric(20,4) NOT NULL,
    currency text NOT NULL,
    reference text NOT NULL,
    received_on date NOT NULL,
    recorded_by uuid NOT NULL,
    entry_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT deposit_pkey PRIMARY KEY (id),
    CONSTRAINT deposit_lab_reference_key UNIQUE (lab_id, reference),
    CONSTRAINT deposit_amount CHECK (amount > 0),
    CONSTRAINT deposit_lab_fkey FOREIGN KEY (lab_id) REFERENCES lab (id)
);
CREATE INDEX deposit_lab ON deposit (lab_id, id);

CREATE TABLE direct_cost (
    id uuid NOT NULL,
    lab_id uuid NOT NULL,
    project_id uuid,
    amount numeric(20,4) NOT NULL,
    currency text NOT NULL,
    effective_on date NOT NULL,
    reason text NOT NULL,
    recorded_by uuid NOT NULL,
    entry_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT direct_cost_pkey PRIMARY KEY (id),
    CONSTRAINT direct_cost_amount CHECK (amount > 0),
    CONSTRAINT direct_cost_lab_fkey FOREIGN KEY (lab_id) REFERENCES lab (id)
);
CREATE INDEX direct_cost_lab ON direct_cost (lab_id, id);

GRANT SELECT, INSERT ON ledger_account, journal_entry, journal_line TO collegium_market, collegium_lab;
GRANT SELECT, INSERT, UPDATE ON account_balance TO collegium_market;
GRANT SELECT, UPDATE ON account_balance TO collegium_lab;
GRANT SELECT, INSERT ON accounting_period, deposit, direct_cost TO collegium_market;
GRANT SELECT ON accounting_period TO collegium_lab;
GRANT SELECT ON deposit TO collegium_lab;
ALTER TABLE ledger_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_balance ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_line ENABLE ROW LEVEL SECURITY;
ALTER TABLE deposit ENABLE ROW LEVEL SECURITY;
ALTER TABLE direct_cost ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON ledger_account TO collegium_market USING (true);
CREATE POLICY market ON account_balance TO collegium_market USING (true);
CREATE POLICY market ON journal_entry TO collegium_market USING (true);
CREATE POLICY market ON journal_line TO collegium_market USING (true);
CREATE POLICY market ON deposit TO collegium_market USING (true);
CREATE POLICY market ON direct_cost TO collegium_market USING (true);
CREATE POLICY lab ON ledger_account TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON account_balance TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON journal_entry TO collegium_lab USING (lab_id = collegium_lab_scope());
-- A lab sees what moves in its own accounts; what its experts are paid moves between the house's.
CREATE POLICY lab ON journal_line TO collegium_lab USING (lab_id = collegium_lab_scope() AND EXISTS (
    SELECT FROM ledger_account AS own
    WHERE own.id IN (journal_line.debit_id, journal_line.credit_id) AND own.lab_id = collegium_lab_scope()));
CREATE POLICY lab ON deposit TO collegium_lab USING (lab_id = collegium_lab_scope());
