-- One data key per lab and per expert, wrapped by the key-encryption key that never enters the database.
CREATE TABLE data_key (
    id uuid NOT NULL,
    owner_kind text NOT NULL,
    owner_id uuid NOT NULL,
    kek_id text NOT NULL,
    wrapped bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT data_key_pkey PRIMARY KEY (id),
    CONSTRAINT data_key_owner_key UNIQUE (owner_kind, owner_id),
    CONSTRAINT data_key_owner_kind CHECK (owner_kind IN ('lab', 'expert', 'market')),
    -- nonce 12, key 32, tag 16
    CONSTRAINT data_key_wrapped CHECK (octet_length(wrapped) = 60)
);
GRANT SELECT, INSERT, UPDATE ON data_key TO collegium_market;
GRANT SELECT, INSERT ON data_key TO collegium_lab;
ALTER TABLE data_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON data_key TO collegium_market USING (true);
CREATE POLICY lab ON data_key TO collegium_lab USING (owner_kind = 'lab' AND owner_id = collegium_lab_scope());
