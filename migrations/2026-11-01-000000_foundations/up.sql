-- The two service roles and what every table leans on. The owner that runs this owns everything; no service role owns anything.
SET LOCAL lock_timeout = '5s';

DO $$
BEGIN
    -- Roles belong to the cluster, not to the database: several databases share them.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'collegium_lab') THEN
        CREATE ROLE collegium_lab NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'collegium_market') THEN
        CREATE ROLE collegium_market NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of this cluster is being migrated at this moment
END
$$;

GRANT USAGE ON SCHEMA public TO collegium_lab, collegium_market;

-- The one clock: the transaction's time, plus an offset that only tests and the demo set.
CREATE FUNCTION collegium_now() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT now() + make_interval(secs => coalesce(nullif(current_setting('collegium.clock_offset_seconds', true), ''), '0')::double precision)
$$;

-- The lab that a transaction of a lab's caller is bound to; NULL, and so no row at all, where none was set.
CREATE FUNCTION collegium_lab_scope() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('collegium.lab', true), '')::uuid
$$;

-- Every change of a versioned row moves its version (the ETag) and its time.
CREATE FUNCTION collegium_touch() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.updated_at := collegium_now();
    RETURN NEW;
END
$$;

-- What is written once stays: beside the missing privileges, for the owner's own hands.
CREATE FUNCTION collegium_refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The first UUIDv7 of an instant: partitions are ranges of ids, and ids are time.
CREATE FUNCTION collegium_uuid_floor(at timestamptz) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

CREATE TABLE idempotency (
    scope bytea NOT NULL,
    body_digest bytea NOT NULL,
    status smallint NOT NULL,
    target text NOT NULL,
    moves_money boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT idempotency_pkey PRIMARY KEY (scope),
    CONSTRAINT idempotency_digests CHECK (octet_length(scope) = 32 AND octet_length(body_digest) = 32)
);
CREATE INDEX idempotency_created_at ON idempotency (created_at) WHERE NOT moves_money;
GRANT SELECT, INSERT ON idempotency TO collegium_lab;
GRANT SELECT, INSERT, DELETE ON idempotency TO collegium_market;
