DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN ('audit_event'::regclass, 'outbox'::regclass, 'access_log'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s RESET (autovacuum_analyze_threshold, autovacuum_vacuum_insert_threshold)', part);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION collegium_make_partitions(first date, last date) RETURNS integer
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
