//! The import of a file over HTTP, schema-checked, deduplicated and funded, beside text `COPY` of the same bytes into a bare
//! table. The file is made while it is sent, so that only the service can grow.

use std::io::Write;
use std::time::Instant;

use collegium::db::Origin;
use collegium::identity::{NewAccount, create_account};
use collegium::kernel::actor::Signed;
use collegium::kernel::{Actor, Currency, Form, LabId, Money, ProjectId, RequestId, Role};
use collegium::projects::brief::brief_object;
use collegium::trust::Owner;
use diesel::sql_types::{BigInt, Binary, Uuid as SqlUuid};
use diesel::{QueryableByName, RunQueryDsl};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::Arguments;
use crate::bulk::{Found, LAB, Memory, PROJECT, Place};
use crate::market::Failure;

/// The promise: rows a second against text `COPY`.
const PROMISED: f64 = 0.13;
/// Lines that warm everything up: they are imported before anything is measured, into a project of their own.
const WARM: u64 = 2_000;
/// Bytes of one piece of the body.
const PIECE: usize = 1 << 16;

const BRIEF: &str = r#"{"name":"bench","instructions":"Answer.","input_schema":{"type":"object","required":["question",
    "context","difficulty"],"additionalProperties":false,"properties":{"question":{"type":"string","minLength":1},
    "context":{"type":"string"},"difficulty":{"type":"integer","minimum":0,"maximum":9}}},"output_schema":{},"labels":[],
    "rubric":[]}"#;

/// The line of a number.
fn write_line(number: u64, into: &mut Vec<u8>) {
    let difficulty = number % 10;
    // Into memory: it cannot fail.
    let _ = writeln!(
        into,
        r#"{{"external_id":"case-{number:09}","input":{{"question":"What does figure {number} show?","context":"A short passage that a biologist would read before answering, of about the length that such passages have.","difficulty":{difficulty}}}}}"#
    );
}

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let mut place = Place::open()?;
    let warm = ProjectId(uuid::Uuid::from_u128(PROJECT.as_u128() + 1));
    make_project(&mut place, ProjectId(PROJECT))?;
    make_project(&mut place, warm)?;
    deposit(&place)?;
    let rows = arguments.tasks;
    println!("copying {rows} lines …");
    let before = copy(&mut place, rows)?;
    println!("importing them …");
    let (seconds, growth_mib, told, sent) = place.served(async |client| {
        let mut sent = Sent::of(WARM);
        client.post(&path(warm), |piece| sent.next(piece)).await?;
        let memory = Memory::watch()?;
        let mut sent = Sent::of(rows);
        let began = Instant::now();
        let told = client.post(&path(ProjectId(PROJECT)), |piece| sent.next(piece)).await?;
        Ok((began.elapsed().as_secs_f64(), memory.grown(), told, sent))
    })?;
    let after = copy(&mut place, rows)?;
    let sound = sound(&mut place, rows, (&told, &sent))?;
    place.market.close()?;
    let bytes = sent.bytes;
    let found =
        Found { case: "ingest", promised: PROMISED, rows, bytes, raw: (before, after), seconds, growth_mib, sound };
    Ok(found.report(arguments.json))
}

fn path(project: ProjectId) -> String {
    format!("/v1/projects/{project}/tasks/import")
}

fn copy(place: &mut Place, rows: u64) -> Result<f64, Failure> {
    place.copy_in(|into| {
        let mut line = Vec::with_capacity(512);
        for number in 0..rows {
            line.clear();
            write_line(number, &mut line);
            into.write_all(&line)?;
        }
        Ok(())
    })
}

/// The file on its way.
struct Sent {
    number: u64,
    rows: u64,
    bytes: u64,
    hash: Sha256,
}

impl Sent {
    fn of(rows: u64) -> Self {
        Self { number: 0, rows, bytes: 0, hash: Sha256::new() }
    }

    fn next(&mut self, piece: &mut Vec<u8>) {
        while self.number < self.rows && piece.len() < PIECE {
            write_line(self.number, piece);
            self.number += 1;
        }
        self.hash.update(&piece);
        self.bytes += u64::try_from(piece.len()).unwrap_or_default();
    }
}

fn make_project(place: &mut Place, id: ProjectId) -> Result<(), Failure> {
    let (db, door) = (&place.market.parts.db, &place.market.parts.door);
    let sealed = db.write_now(&db.system(), |conn, ctx| {
        door.seal(conn, ctx, Owner::Lab(LabId(LAB)), brief_object(id, 1), BRIEF.as_bytes())
    })?;
    diesel::sql_query(
        "INSERT INTO project (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pay_rate, pricing, max_seconds,
            slot_price, overlap, min_overlap, lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds,
            max_revisions, budget, sealed_brief)
         VALUES ($1, $2, 'open', 'Bench', 'custom', '{}', 'USD', 0.10, 0.06, 'per_task', 3600, 0.10, 3, 3, 3600, 'all', 1, 1, 604800,
            2, 1000000000, $3)",
    )
    .bind::<SqlUuid, _>(id.0)
    .bind::<SqlUuid, _>(LAB)
    .bind::<Binary, _>(&sealed)
    .execute(&mut place.market.owner)?;
    Ok(())
}

/// Money enough for every slot.
fn deposit(place: &Place) -> Result<(), Failure> {
    let db = &place.market.parts.db;
    let new = NewAccount {
        email: "finance@example.org".to_owned(),
        display_name: "Finance".to_owned(),
        password: place.market.parts.passwords.hash_now("not a password that anybody uses")?,
        role: Role::Finance,
        lab: None,
        expert: None,
    };
    let account = db.write_now(&db.system(), |conn, ctx| create_account(conn, ctx, new.clone()))?;
    let signed =
        Signed { account, role: Role::Finance, lab: None, expert: None, session: None, api_key: None, may_write: true };
    let origin = Origin { actor: Actor::Account(signed), request_id: RequestId(db.ids().next()) };
    let amount = Money::parse("900000000.00", Currency::USD)?;
    let body = json!({"amount": amount, "reference": "bench", "received_on": db.clock().now().date_naive()});
    let form = Form::of(serde_json::from_value(body)?);
    db.write_now(&origin, |conn, ctx| {
        collegium::ledger::operations::record_deposit(conn, ctx, LabId(LAB), &form).map(|_| ())
    })?;
    Ok(())
}

/// What the service says to an import.
#[derive(Deserialize)]
struct Told {
    lines: u64,
    created: u64,
    rejected: u64,
    bytes: u64,
    sha256: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    wrong: i64,
}

/// Every line is a task with its slots, its money is reserved, and the answer says so.
fn sound(place: &mut Place, rows: u64, (told, sent): (&str, &Sent)) -> Result<bool, Failure> {
    let told: Told = serde_json::from_str(told)?;
    let sum: String = sent.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let counted = told.created == rows && told.lines == rows && told.rejected == 0;
    let answered = counted && told.bytes == sent.bytes && told.sha256 == sum;
    let wrong: Count = diesel::sql_query(
        "SELECT (abs((SELECT count(*) FROM task WHERE project_id = $1) - $2)
            + abs((SELECT count(*) FROM task_slots WHERE project_id = $1 AND free = 3 AND open) - $2)
            + abs((SELECT committed * 10 FROM project WHERE id = $1) - $2 * 3)
            + abs((SELECT sum(amount) * 10 FROM journal_line WHERE project_id = $1) - $2 * 3))::bigint AS wrong",
    )
    .bind::<SqlUuid, _>(PROJECT)
    .bind::<BigInt, _>(i64::try_from(rows)?)
    .get_result(&mut place.market.owner)?;
    Ok(answered && wrong.wrong == 0)
}
