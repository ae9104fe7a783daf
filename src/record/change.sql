-- The audit row and the outbox row of each change, in one statement.
WITH change AS (
    SELECT *
    FROM unnest({audit_ids}, {event_ids}, {labs}, {objects}, {kinds}, {details})
        AS change (audit_id, event_id, lab_id, object_id, kind, detail)
),
audited AS (
    INSERT INTO audit_event (id, lab_id, actor_id, actor_role, action, object_kind, object_id, detail, request_id)
    SELECT audit_id, lab_id, {actor}, {role}, kind, split_part(kind, '.', 1), object_id, detail, {request}
    FROM change
)
INSERT INTO outbox (id, lab_id, kind, object_id, body)
SELECT event_id, lab_id, kind, object_id, detail
FROM change
