//! Answers that wait for their review: a thousand labs with a project each, one lab that has as much as all of them, and
//! reviewers.

use collegium::app::Parts;
use collegium::kernel::{LabId, ProjectId};
use collegium::projects::brief::brief_object;
use collegium::trust::Owner;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Uuid as SqlUuid};
use diesel::{PgConnection, QueryableByName, RunQueryDsl};
use uuid::Uuid;

use crate::market::Failure;

/// Labs among which work is spread; the one after them has as much as all of them together.
pub const LABS: u32 = 1_000;
/// Whoever answered.
const EXPERTS: u32 = 3_000;

/// People, labs and the accounts that their money is on.
const PEOPLE: &str = "
CREATE FUNCTION bench_lab(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION bench_reviewer(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-b000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
INSERT INTO lab (id, code_name, name, country, billing_currency, billing_exponent, state)
SELECT bench_lab(n), 'client-' || n, 'Bench', 'US', 'USD', 2, 'active' FROM generate_series(1, {labs} + 1) n;
INSERT INTO expert (id, display_name, country, timezone, weekly_hours)
SELECT bench_expert(n), 'Expert ' || n, 'US', 'UTC', 40 FROM generate_series(1, {experts}) n;
INSERT INTO seat (expert_id) SELECT bench_expert(n) FROM generate_series(1, {experts}) n;
INSERT INTO account (id, email, password_hash, display_name, role)
SELECT bench_reviewer(n), 'reviewer-' || n || '@example.org', '-', 'Reviewer ' || n, 'reviewer'
FROM generate_series(1, {reviewers}) n;
INSERT INTO session (id, account_id, expires_at)
SELECT bench_reviewer(n), bench_reviewer(n), now() + interval '1 day' FROM generate_series(1, {reviewers}) n;
INSERT INTO ledger_account (id, kind, currency, exponent, lab_id)
SELECT bench_id(), 'lab_reserved', 'USD', 2, bench_lab(n) FROM generate_series(1, {labs} + 1) n;
INSERT INTO ledger_account (id, kind, currency, exponent, expert_id)
SELECT bench_id(), 'expert_payable', 'USD', 2, bench_expert(n) FROM generate_series(1, {experts}) n;
INSERT INTO ledger_account (id, kind, currency, exponent)
SELECT bench_id(), kind, 'USD', 2 FROM unnest(ARRAY['revenue', 'cost_of_experts']) kind;
";

/// So many answers to tasks that each ask for three, as many of the one lab as of the others.
const ANSWERS: &str = "
CREATE TEMPORARY TABLE made AS
SELECT bench_id() AS id, bench_lab(lab) AS lab_id, bench_project(lab) AS project_id, n
FROM generate_series(0, {tasks} - 1) n, unnest(ARRAY[n % {labs} + 1, {labs} + 1]) lab;
CREATE TEMPORARY TABLE answered AS
SELECT bench_id() AS id, made.id AS task_id, lab_id, project_id, bench_expert((3 * n + slot) % {experts} + 1) AS expert_id
FROM made, generate_series(0, 2) slot;
INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, currency, bill_rate, slot_price, overlap)
SELECT id, lab_id, project_id, id::text, '', '', 0, 'USD', 10, 10, 3 FROM made;
INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free, held, open)
SELECT id, lab_id, project_id, 50, 0, 3, false FROM made;
INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version)
SELECT expert_id, project_id, lab_id, count(*), 1 FROM answered GROUP BY expert_id, project_id, lab_id;
INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, state, currency, bill_rate, slot_price, pay_rate, pricing,
    max_seconds, brief_version, lease_token, lease_started_at, lease_expires_at, submissions, time_spent_seconds, submitted_at,
    auto_accept_at)
SELECT id, lab_id, project_id, task_id, expert_id, 'submitted', 'USD', 10, 10, 6, 'per_task', 3600, 1, bench_id(), now(),
    now() + interval '1 hour', 1, 60, now(), now() + interval '7 days'
FROM answered;
INSERT INTO submission (id, lab_id, project_id, task_id, assignment_id, expert_id, number, sealed_answer, time_spent_seconds)
SELECT bench_id(), lab_id, project_id, task_id, id, expert_id, 1, '', 60 FROM answered;
DROP TABLE made, answered;
";

const PROJECT: &str = "
INSERT INTO project (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pay_rate, pricing, max_seconds,
    slot_price, overlap, min_overlap, lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds,
    max_revisions, budget, sealed_brief)
VALUES (bench_project($1), bench_lab($1), 'open', 'Bench', 'custom', '{}', 'USD', 10, 6, 'per_task', 3600, 10, 3, 3, 3600,
    'all', 1, 1, 604800, 2, 1000000000, $2)";

/// What waits for a review, in the order of its task.
const WAITING: &str = "
SELECT submission.id FROM submission
WHERE (submission.lab_id = bench_lab($1)) = $2
ORDER BY submission.task_id, submission.id";

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A reviewer's account and session.
pub fn reviewer(n: u32) -> Uuid {
    Uuid::from_u128(0x7000_b000_0000_0000_0000 | u128::from(n))
}

/// Makes so many answers on either side, and so many reviewers.
pub fn seed(parts: &Parts, owner: &mut PgConnection, answers: u64, reviewers: usize) -> Result<(), Failure> {
    let filled = |text: &str| {
        text.replace("{labs}", &LABS.to_string())
            .replace("{experts}", &EXPERTS.to_string())
            .replace("{reviewers}", &reviewers.to_string())
            .replace("{tasks}", &answers.div_ceil(3).to_string())
    };
    owner.batch_execute(&filled(PEOPLE))?;
    let brief =
        br#"{"name":"bench","instructions":"Answer.","input_schema":null,"output_schema":{},"labels":[],"rubric":[]}"#;
    for n in 1..=LABS + 1 {
        let lab = LabId(Uuid::from_u128(0x7000_a000_0000_0000_0000 | u128::from(n)));
        let project = ProjectId(Uuid::from_u128(0x7000_9000_0000_0000_0000 | u128::from(n)));
        let sealed = parts.db.write_now(&parts.db.system(), |conn, ctx| {
            parts.door.seal(conn, ctx, Owner::Lab(lab), brief_object(project, 1), brief)
        })?;
        let insert = diesel::sql_query(PROJECT);
        insert.bind::<BigInt, _>(i64::from(n)).bind::<Binary, _>(&sealed).execute(owner)?;
    }
    owner.batch_execute(&filled(ANSWERS))?;
    owner.batch_execute("VACUUM ANALYZE")?;
    Ok(())
}

/// Answers that wait: of the one lab, or of all others.
pub fn waiting(owner: &mut PgConnection, of_one_lab: bool) -> Result<Vec<Uuid>, Failure> {
    let query = diesel::sql_query(WAITING).bind::<BigInt, _>(i64::from(LABS + 1));
    let rows: Vec<Id> = query.bind::<diesel::sql_types::Bool, _>(of_one_lab).load(owner)?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}
