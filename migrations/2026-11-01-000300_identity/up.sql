CREATE TABLE account (
    id uuid NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    lab_id uuid,
    expert_id uuid,
    state text NOT NULL DEFAULT 'active',
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    updated_at timestamptz NOT NULL DEFAULT collegium_now(),
    version bigint NOT NULL DEFAULT 1,
    CONSTRAINT account_pkey PRIMARY KEY (id),
    CONSTRAINT account_role CHECK (role IN ('lab_owner', 'lab_member', 'lab_viewer', 'expert', 'reviewer', 'operations',
        'finance', 'account_executive', 'auditor', 'admin')),
    CONSTRAINT account_state CHECK (state IN ('active', 'disabled')),
    CONSTRAINT account_stands_for CHECK (
        (role IN ('lab_owner', 'lab_member', 'lab_viewer')) = (lab_id IS NOT NULL)
        AND (role = 'expert') = (expert_id IS NOT NULL))
);
CREATE UNIQUE INDEX account_email_key ON account (lower(email));
CREATE INDEX account_lab ON account (lab_id) WHERE lab_id IS NOT NULL;
CREATE UNIQUE INDEX account_expert_key ON account (expert_id) WHERE expert_id IS NOT NULL;
CREATE INDEX account_role_id ON account (role, id);
CREATE TRIGGER account_touch BEFORE UPDATE ON account FOR EACH ROW EXECUTE FUNCTION collegium_touch();

-- A session is a family of refresh tokens; a spent one used again ends it.
CREATE TABLE session (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    last_used_at timestamptz NOT NULL DEFAULT collegium_now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_because text,
    CONSTRAINT session_pkey PRIMARY KEY (id),
    CONSTRAINT session_account_fkey FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT session_revoked CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
);
CREATE INDEX session_account ON session (account_id, id);

CREATE TABLE refresh_token (
    digest bytea NOT NULL,
    session_id uuid NOT NULL,
    issued_at timestamptz NOT NULL DEFAULT collegium_now(),
    spent_at timestamptz,
    CONSTRAINT refresh_token_pkey PRIMARY KEY (digest),
    CONSTRAINT refresh_token_session_fkey FOREIGN KEY (session_id) REFERENCES session (id)
);
CREATE INDEX refresh_token_session ON refresh_token (session_id);

CREATE TABLE api_key (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    lab_id uuid NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    last_four text NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT api_key_pkey PRIMARY KEY (id),
    CONSTRAINT api_key_digest_key UNIQUE (digest),
    CONSTRAINT api_key_account_fkey FOREIGN KEY (account_id) REFERENCES account (id),
    CONSTRAINT api_key_scopes CHECK (scopes <@ ARRAY['read', 'write'] AND cardinality(scopes) > 0)
);
CREATE INDEX api_key_account ON api_key (account_id);
CREATE INDEX api_key_lab ON api_key (lab_id, id);

CREATE TABLE invitation (
    id uuid NOT NULL,
    lab_id uuid,
    email text NOT NULL,
    display_name text NOT NULL,
    role text NOT NULL,
    digest bytea NOT NULL,
    invited_by uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    account_id uuid,
    CONSTRAINT invitation_pkey PRIMARY KEY (id),
    CONSTRAINT invitation_digest_key UNIQUE (digest),
    CONSTRAINT invitation_accepted CHECK ((accepted_at IS NULL) = (account_id IS NULL))
);
CREATE INDEX invitation_lab ON invitation (lab_id, id);

GRANT SELECT, INSERT, UPDATE ON account, session, refresh_token, api_key, invitation TO collegium_market;
GRANT SELECT, UPDATE (password_hash) ON account TO collegium_lab;
GRANT SELECT, UPDATE ON session TO collegium_lab;
GRANT SELECT, INSERT, UPDATE ON api_key, invitation TO collegium_lab;
ALTER TABLE account ENABLE ROW LEVEL SECURITY;
ALTER TABLE session ENABLE ROW LEVEL SECURITY;
ALTER TABLE refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_key ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON account TO collegium_market USING (true);
CREATE POLICY market ON session TO collegium_market USING (true);
CREATE POLICY market ON refresh_token TO collegium_market USING (true);
CREATE POLICY market ON api_key TO collegium_market USING (true);
CREATE POLICY market ON invitation TO collegium_market USING (true);
CREATE POLICY lab ON account TO collegium_lab USING (lab_id = collegium_lab_scope());
-- A lab's people see and end their own sessions; `account` shows them their own lab's people alone.
CREATE POLICY lab ON session TO collegium_lab USING (EXISTS (SELECT FROM account WHERE account.id = session.account_id));
CREATE POLICY lab ON api_key TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON invitation TO collegium_lab USING (lab_id = collegium_lab_scope());
