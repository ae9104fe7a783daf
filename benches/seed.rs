//! A marketplace to claim in: one lab, its projects, tasks with sealed inputs, ten thousand experts with sessions.

use collegium::app::Parts;
use collegium::kernel::{LabId, ProjectId, Result, TaskId};
use collegium::projects::brief::{brief_object, input_object};
use collegium::trust::Owner;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Array, Binary, Uuid as SqlUuid};
use uuid::Uuid;

/// How many experts for the load; half as many again for the paced one, and as many as both for the raw runs.
pub const EXPERTS: u32 = 10_000;
/// Everybody who can sign in.
pub const SIGNED_IN: u32 = EXPERTS / 2 * 3;
/// In how many projects each may work.
const ELIGIBLE: u32 = 20;

const LAB: Uuid = Uuid::from_u128(0x7000_8000_0000_0000_0001);

/// Experts have ids that pgbench can make from a number.
const PEOPLE: &str = "
INSERT INTO expert (id, display_name, country, timezone, weekly_hours)
SELECT bench_expert(n), 'Expert ' || n, 'US', 'UTC', 40 FROM generate_series(1, 2 * {signed_in}) n;
INSERT INTO seat (expert_id) SELECT bench_expert(n) FROM generate_series(1, 2 * {signed_in}) n;
INSERT INTO account (id, email, password_hash, display_name, role, expert_id)
SELECT bench_expert(n), 'expert-' || n || '@example.org', '-', 'Expert ' || n, 'expert', bench_expert(n)
FROM generate_series(1, {signed_in}) n;
INSERT INTO session (id, account_id, expires_at)
SELECT bench_expert(n), bench_expert(n), now() + interval '1 day' FROM generate_series(1, {signed_in}) n;
INSERT INTO eligibility (expert_id, project_id, lab_id)
SELECT bench_expert(n), bench_project((n * 7 + k * 5) % {projects} + 1), '{lab}'
FROM generate_series(1, 2 * {signed_in}) n, generate_series(0, {eligible} - 1) k
ON CONFLICT DO NOTHING;
";

const LAB_ROW: &str = "
INSERT INTO lab (id, code_name, name, country, billing_currency, billing_exponent, state)
VALUES ('{lab}', 'client-bench', 'Bench', 'US', 'USD', 2, 'active');
";

fn filled(text: &str, projects: u64) -> String {
    text.replace("{signed_in}", &SIGNED_IN.to_string())
        .replace("{projects}", &projects.to_string())
        .replace("{eligible}", &ELIGIBLE.to_string())
        .replace("{lab}", &LAB.to_string())
}

/// The account, session and expert of a number: they share one id.
pub fn expert(n: u32) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 | u128::from(n))
}

fn project(n: u128) -> ProjectId {
    ProjectId(Uuid::from_u128(0x7000_9000_0000_0000_0000 | (n + 1)))
}

/// Seeds everything, then lets the planner know.
pub fn seed(parts: &Parts, owner: &mut diesel::PgConnection, (tasks, projects): (u64, u64)) -> Result<()> {
    owner.batch_execute(&filled(LAB_ROW, projects))?;
    seed_projects(parts, owner, projects)?;
    owner.batch_execute(&filled(PEOPLE, projects))?;
    let mut at = 0;
    while at < tasks {
        let count = 20_000.min(tasks - at);
        seed_tasks(parts, owner, (at, count), projects)?;
        at += count;
    }
    owner.batch_execute("VACUUM ANALYZE")?;
    Ok(())
}

fn seed_projects(parts: &Parts, owner: &mut diesel::PgConnection, projects: u64) -> Result<()> {
    let brief =
        br#"{"name":"bench","instructions":"Answer.","input_schema":null,"output_schema":{},"labels":[],"rubric":[]}"#;
    let db = &parts.db;
    for n in 0..u128::from(projects) {
        let id = project(n);
        let sealed = db.write_now(&db.system(), |conn, ctx| {
            parts.door.seal(conn, ctx, Owner::Lab(LabId(LAB)), brief_object(id, 1), brief)
        })?;
        diesel::sql_query(
            "INSERT INTO project (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pay_rate, pricing, max_seconds,
                slot_price, overlap, min_overlap, lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds, max_revisions,
                budget, sealed_brief)
             VALUES ($1, $2, 'open', 'Bench', 'custom', '{}', 'USD', 10, 6, 'per_task', 3600, 10, 3, 3, 3600, 'all', 1, 1, 604800, 2,
                1000000000, $3)",
        )
        .bind::<SqlUuid, _>(id.0)
        .bind::<SqlUuid, _>(LAB)
        .bind::<Binary, _>(&sealed)
        .execute(owner)?;
    }
    Ok(())
}

fn seed_tasks(parts: &Parts, owner: &mut diesel::PgConnection, (from, count): (u64, u64), projects: u64) -> Result<()> {
    let db = &parts.db;
    let input = br#"{"question":"What is a ribosome?","context":"A short passage that a biologist would read before answering."}"#;
    let rows = db.write_now(&db.system(), |conn, ctx| {
        let mut rows = Vec::new();
        for n in from..from + count {
            let id = TaskId(ctx.ids.next());
            let sealed = parts.door.seal(conn, ctx, Owner::Lab(LabId(LAB)), input_object(id), input)?;
            rows.push((id.0, project(u128::from(n % projects)).0, sealed));
        }
        Ok(rows)
    })?;
    diesel::sql_query(
        "WITH row AS (SELECT * FROM unnest($1, $2, $3) AS row (id, project_id, sealed)),
         made AS (
            INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, currency, bill_rate, slot_price, overlap)
            SELECT id, $4, project_id, id::text, '', sealed, 100, 'USD', 10, 10, 3 FROM row)
         INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free) SELECT id, $4, project_id, 50, 3 FROM row",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.1).collect::<Vec<_>>())
    .bind::<Array<Binary>, _>(rows.iter().map(|row| &row.2).collect::<Vec<_>>())
    .bind::<SqlUuid, _>(LAB)
    .execute(owner)?;
    Ok(())
}
