CREATE TABLE lab (
    id uuid NOT NULL,
    code_name text NOT NULL,
    name text NOT NULL,
    country text NOT NULL,
    billing_currency text NOT NULL,
    -- decimals of the billing currency (ISO 4217)
    billing_exponent smallint NOT NULL,
    take_rate numeric(9,8) NOT NULL DEFAULT 0.40,
    state text NOT NULL DEFAULT 'pending',
    activated_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT lab_pkey PRIMARY KEY (id),
    CONSTRAINT lab_code_name_key UNIQUE (code_name),
    CONSTRAINT lab_state CHECK (state IN ('pending', 'active', 'suspended', 'closed')),
    CONSTRAINT lab_take_rate CHECK (take_rate >= 0 AND take_rate < 1)
);
CREATE TRIGGER lab_touch BEFORE UPDATE ON lab FOR EACH ROW EXECUTE FUNCTION collegium_touch();
ALTER TABLE account ADD CONSTRAINT account_lab_fkey FOREIGN KEY (lab_id) REFERENCES lab (id);

GRANT SELECT, INSERT, UPDATE ON lab TO collegium_market;
GRANT SELECT ON lab TO collegium_lab;
ALTER TABLE lab ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON lab TO collegium_market USING (true);
CREATE POLICY lab ON lab TO collegium_lab USING (id = collegium_lab_scope());
