DROP TABLE idempotency;
DROP FUNCTION collegium_uuid_floor(timestamptz);
DROP FUNCTION collegium_refuse_change();
DROP FUNCTION collegium_touch();
DROP FUNCTION collegium_lab_scope();
DROP FUNCTION collegium_now();
REVOKE USAGE ON SCHEMA public FROM collegium_lab, collegium_market;
-- The roles stay: other databases of the cluster may use them.
