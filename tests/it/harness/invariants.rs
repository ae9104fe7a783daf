//! What holds whatever people did, asked of the database and of the books.

use collegium::kernel::Role;
use serde_json::json;

use super::World;

/// What must hold whatever happened: slots, seats, engagements and money tell one story, and it is that of the assignments.
const INVARIANTS: &[(&str, &str)] = &[
    (
        "slots add up to the overlap",
        "SELECT count(*) FROM task_slots s JOIN task t ON t.id = s.task_id
            WHERE NOT s.cancelled AND NOT s.stopped AND NOT t.gold
            AND s.free + s.later + s.offered + s.held + s.filled <> t.overlap",
    ),
    (
        "held slots are live assignments",
        "SELECT count(*) FROM task_slots s WHERE s.held <>
            (SELECT count(*) FROM assignment a WHERE a.task_id = s.task_id AND a.kind IN ('ordinary', 'rework') AND a.state IN ('claimed', 'revision_requested', 'submitted', 'in_review'))",
    ),
    (
        "filled slots are accepted, counted assignments",
        "SELECT count(*) FROM task_slots s WHERE s.filled <>
            (SELECT count(*) FROM assignment a WHERE a.task_id = s.task_id AND a.state = 'accepted' AND a.counted)",
    ),
    (
        "seats count what is being worked on",
        "SELECT count(*) FROM seat WHERE open_claims <> (SELECT count(*) FROM assignment a
            WHERE a.expert_id = seat.expert_id AND a.state IN ('claimed', 'revision_requested'))",
    ),
    (
        "nobody is twice on a task",
        "SELECT count(*) FROM (SELECT 1 FROM assignment
            WHERE state NOT IN ('released', 'expired') GROUP BY task_id, expert_id HAVING count(*) > 1) AS twice",
    ),
    (
        "what is reserved is what slots hold",
        "SELECT count(*) FROM lab WHERE
            (SELECT coalesce(sum((CASE WHEN s.cancelled THEN 0 ELSE s.free - s.house + s.later END + s.offered + s.held) * t.slot_price), 0)
             FROM task_slots s JOIN task t ON t.id = s.task_id WHERE t.lab_id = lab.id)
            - (SELECT coalesce(sum(a.slot_price), 0) FROM assignment a WHERE a.lab_id = lab.id AND a.kind = 'rework'
               AND a.state IN ('claimed', 'revision_requested', 'submitted', 'in_review'))
            <> (SELECT coalesce(sum(CASE account.id WHEN l.credit_id THEN l.amount ELSE -l.amount END), 0)
                FROM ledger_account AS account JOIN journal_line l ON account.id IN (l.credit_id, l.debit_id)
                WHERE account.lab_id = lab.id AND account.kind = 'lab_reserved')",
    ),
    (
        "no task has more counted answers than slots",
        "SELECT count(*) FROM task t WHERE t.overlap <
            (SELECT count(*) FROM assignment a WHERE a.task_id = t.id AND a.state = 'accepted' AND a.counted)",
    ),
    (
        "what is known is never counted, billed, or in a slot",
        "SELECT count(*) FROM assignment WHERE kind IN ('gold', 'qualification') AND (counted OR billed > 0)",
    ),
    (
        "engagements count what is held or decided",
        "SELECT count(*) FROM engagement e WHERE e.tasks <> (SELECT count(*) FROM assignment a
            WHERE a.expert_id = e.expert_id AND a.project_id = e.project_id AND a.kind <> 'qualification'
            AND a.state NOT IN ('released', 'expired'))",
    ),
    (
        "seats count what waits by offers",
        "SELECT count(*) FROM seat s WHERE s.offered_slots <>
            (SELECT count(*) FROM offer_slot o WHERE o.expert_id = s.expert_id)",
    ),
    (
        "every acceptance is in the journal once",
        "SELECT (SELECT count(*) FROM assignment WHERE state = 'accepted' AND kind IN ('ordinary', 'rework'))
            - (SELECT count(*) FROM journal_entry WHERE kind = 'acceptance')",
    ),
];

/// Asks for every invariant and for the ledger's proof.
pub async fn assert_invariants(world: &World) {
    for (what, query) in INVARIANTS {
        assert_eq!(world.count(query), 0, "{what}");
    }
    let proof = world.staff(Role::Finance).await.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!((&proof["equal"], &proof["differences"]), (&json!(true), &json!([])));
}
