-- Append-only rows that every operation writes in its own transaction. Partitioned by month of their id.
CREATE TABLE audit_event (
    id uuid NOT NULL,
    lab_id uuid,
    actor_id uuid,
    actor_role text NOT NULL,
    action text NOT NULL,
    object_kind text NOT NULL,
    object_id uuid NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    request_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT collegium_now(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT audit_event_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX audit_event_object ON audit_event (object_id, id);
CREATE INDEX audit_event_lab ON audit_event (lab_id, id);

CREATE TABLE outbox (
    id uuid NOT NULL,
    lab_id uuid,
    kind text NOT NULL,
    object_id uuid NOT NULL,
    body jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT collegium_now(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX outbox_lab ON outbox (lab_id, id);

CREATE TABLE access_log (
    id uuid NOT NULL,
    lab_id uuid,
    actor_id uuid,
    actor_role text NOT NULL,
    session_id uuid,
    object_kind text NOT NULL,
    object_id uuid NOT NULL,
    object_version integer NOT NULL,
    bytes bigint NOT NULL,
    purpose text NOT NULL,
    request_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT collegium_now(),
    CONSTRAINT access_log_pkey PRIMARY KEY (id),
    CONSTRAINT access_log_bytes CHECK (bytes >= 0)
) PARTITION BY RANGE (id);
CREATE INDEX access_log_lab ON access_log (lab_id, id);
CREATE INDEX access_log_actor ON access_log (actor_id, id);

CREATE TABLE audit_event_default PARTITION OF audit_event DEFAULT;
CREATE TABLE outbox_default PARTITION OF outbox DEFAULT;
CREATE TABLE access_log_default PARTITION OF access_log DEFAULT;

CREATE TRIGGER audit_event_append_only BEFORE UPDATE OR DELETE ON audit_event
    FOR EACH ROW EXECUTE FUNCTION collegium_refuse_change();
CREATE TRIGGER access_log_append_only BEFORE UPDATE OR DELETE ON access_log
    FOR EACH ROW EXECUTE FUNCTION collegium_refuse_change();

-- Months are made ahead by a job; the service owns no table, so the owner's function does it for it.
CREATE FUNCTION collegium_make_partitions(first date, last date) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date := date_trunc('month', first)::date;
    parent text;
    made integer := 0;
BEGIN
    IF last > first + 3700 THEN
        RAISE EXCEPTION 'more than ten years of partitions in one call';
    END IF;
    -- One maker at a time, so that two instances never race for a name.
    PERFORM pg_advisory_xact_lock(hashtext('collegium_make_partitions'));
    WHILE month <= last LOOP
        FOREACH parent IN ARRAY ARRAY['audit_event', 'outbox', 'access_log'] LOOP
            IF to_regclass(parent || to_char(month, '_pYYYYMM')) IS NULL THEN
                BEGIN
                    EXECUTE format(
                        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                        parent || to_char(month, '_pYYYYMM'), parent,
                        collegium_uuid_floor(month::timestamp AT TIME ZONE 'UTC'),
                        collegium_uuid_floor((month + interval '1 month') AT TIME ZONE 'UTC'));
                    made := made + 1;
                EXCEPTION WHEN check_violation THEN
                    -- Rows of this month stand in the default partition already: they stay there, the other months go on.
                    RAISE WARNING 'rows of % are in the default partition of %', month, parent;
                END;
            END IF;
        END LOOP;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$$;
REVOKE ALL ON FUNCTION collegium_make_partitions(date, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION collegium_make_partitions(date, date) TO collegium_market;

GRANT SELECT, INSERT ON audit_event, outbox, access_log TO collegium_market;
GRANT SELECT, INSERT ON audit_event, outbox, access_log TO collegium_lab;

ALTER TABLE audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY market ON audit_event TO collegium_market USING (true);
CREATE POLICY market ON outbox TO collegium_market USING (true);
CREATE POLICY market ON access_log TO collegium_market USING (true);
CREATE POLICY lab ON audit_event TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON outbox TO collegium_lab USING (lab_id = collegium_lab_scope());
CREATE POLICY lab ON access_log TO collegium_lab USING (lab_id = collegium_lab_scope());
