-- A record's rows are only ever added, and found by their keys: nothing is to be cleaned up, and no plan depends on how many there
-- are. Looking through them once a minute while a month is young took a processor from those who claim, and threw the plans
-- of every statement that writes them away; it is done once in a million rows now.
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN
        SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN ('audit_event'::regclass, 'outbox'::regclass, 'access_log'::regclass)
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_analyze_threshold = 1000000, autovacuum_vacuum_insert_threshold = 1000000)', part);
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
                        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)
                            WITH (autovacuum_analyze_threshold = 1000000, autovacuum_vacuum_insert_threshold = 1000000)',
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
