-- Those who ask, by arrays of one length, and of them those who may still claim: their seats, locked.
--
-- What must not race stands on the seat, whose row is the newest. `open_claims` is tested there; and where `claims`, which
-- counts every claim ever made and every answer shown, is what this statement's own snapshot shows, the snapshot holds all that
-- this person ever claimed and saw: "not twice", limits and revisions of the instructions may then be asked of other tables.
-- Whoever's seat is taken or newer goes without this time. No seat is waited for, so that nobody waits in a circle.
WITH asked AS MATERIALIZED (
    SELECT *
    FROM unnest({experts}, {wishes}, {coins}, {assignments}, {tokens}, {audits}, {events}, {input_accesses}, {brief_accesses},
            {actors}, {sessions}, {requests}, {names}) WITH ORDINALITY
        AS asked (expert_id, wish, coin, assignment_id, lease_token, audit_id, event_id, input_access_id, brief_access_id,
            actor_id, session_id, request_id, name, n)
),
seated AS MATERIALIZED (
    SELECT seat.expert_id, seat.offered_slots
    FROM seat
    WHERE seat.expert_id = ANY ({experts})
      AND seat.open_claims < {max_open_claims}
      AND seat.claims = (SELECT before.claims FROM seat AS before WHERE before.expert_id = seat.expert_id)
    ORDER BY seat.expert_id
    FOR UPDATE SKIP LOCKED
),
