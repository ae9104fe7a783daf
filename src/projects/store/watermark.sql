-- Whatever is below the first was committed or undone before now; nothing that is visible now reaches the second.
SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint
FROM pg_current_snapshot() AS snapshot
