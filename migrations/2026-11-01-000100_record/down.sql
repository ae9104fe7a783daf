DROP FUNCTION collegium_make_partitions(date, date);
DROP TABLE access_log;
DROP TABLE outbox;
DROP TABLE audit_event;
