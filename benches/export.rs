//! The export of accepted answers over HTTP beside `COPY … TO` of the very same lines from a bare table.

use std::io::Write;
use std::time::Instant;

use collegium::kernel::{LabId, ProjectId, SubmissionId};
use collegium::projects::brief::{answer_object, brief_object};
use collegium::trust::Owner;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{Array, BigInt, Binary, Uuid as SqlUuid};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::Arguments;
use crate::bulk::{Found, LAB, Memory, PROJECT, Place};
use crate::market::Failure;

/// The promise: rows a second against `COPY … TO`.
const PROMISED: f64 = 0.3;
const EXPERTS: i64 = 100;

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let mut place = Place::open()?;
    let rows = arguments.tasks;
    println!("seeding {rows} accepted answers …");
    seed(&mut place, rows)?;
    let path = format!("/v1/projects/{}/results", ProjectId(PROJECT));
    // The first export warms everything up and gives the lines that COPY is measured with.
    let lines = place.served(async |client| {
        let mut lines = tempfile()?;
        let mut hold = Hold::default();
        client.get(&path, |bytes| hold.take(bytes, Some(&mut lines))).await?;
        Ok(lines)
    })?;
    place.copy_in(|into| {
        let mut lines = lines;
        std::io::Seek::rewind(&mut lines)?;
        std::io::copy(&mut lines, into).map(|_| ())
    })?;
    place.market.owner.batch_execute("VACUUM ANALYZE bare")?;
    let before = place.copy_out()?;
    println!("exporting them …");
    let (seconds, growth_mib, hold) = place.served(async |client| {
        // A connection and its statements are part of the service at rest.
        client.get(&format!("{path}?batch_id=none"), |_| Ok(())).await.err();
        let memory = Memory::watch()?;
        let mut hold = Hold::default();
        let began = Instant::now();
        client.get(&path, |bytes| hold.take(bytes, None)).await?;
        Ok((began.elapsed().as_secs_f64(), memory.grown(), hold))
    })?;
    let after = place.copy_out()?;
    place.market.close()?;
    let sound = hold.sound(rows)?;
    let bytes = hold.bytes;
    let found =
        Found { case: "export", promised: PROMISED, rows, bytes, raw: (before, after), seconds, growth_mib, sound };
    Ok(found.report(arguments.json))
}

/// A file that is gone when it is closed.
fn tempfile() -> Result<std::fs::File, Failure> {
    let path = std::env::temp_dir().join(format!("collegium-bench-lines-{}", std::process::id()));
    let file = std::fs::OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// The line that ends an export.
#[derive(Deserialize)]
struct End {
    count: u64,
    sha256: String,
    next_after: String,
}

/// What a client makes of an export: digests every line but the last, which it keeps.
#[derive(Default)]
struct Hold {
    hash: Sha256,
    /// The line that has begun; only the last one outlives its line break.
    line: Vec<u8>,
    rows: u64,
    bytes: u64,
}

impl Hold {
    fn take(&mut self, bytes: &[u8], mut into: Option<&mut std::fs::File>) -> std::io::Result<()> {
        self.bytes += u64::try_from(bytes.len()).unwrap_or_default();
        // Whole lines are digested together; what may be the last line waits.
        self.line.extend_from_slice(bytes);
        let Some(end) = self.line.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        let before = self.line.get(..end).unwrap_or_default();
        let Some(last) = before.iter().rposition(|byte| *byte == b'\n') else { return Ok(()) };
        let whole = self.line.get(..=last).unwrap_or_default();
        self.hash.update(whole);
        self.rows += u64::try_from(whole.split(|byte| *byte == b'\n').count() - 1).unwrap_or_default();
        if let Some(into) = &mut into {
            into.write_all(whole)?;
        }
        self.line.drain(..=last);
        Ok(())
    }

    /// Whether the last line proves the others whole.
    fn sound(&self, rows: u64) -> Result<bool, Failure> {
        let end: End = serde_json::from_slice(&self.line)?;
        let sum: String = self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.rows == rows && end.count == rows && end.sha256 == sum && !end.next_after.is_empty())
    }
}

fn seed(place: &mut Place, rows: u64) -> Result<(), Failure> {
    let (db, door) = (&place.market.parts.db, &place.market.parts.door);
    let brief = br#"{"name":"b","instructions":"A.","input_schema":null,"output_schema":{},"labels":[],"rubric":[]}"#;
    let (lab, object) = (Owner::Lab(LabId(LAB)), brief_object(ProjectId(PROJECT), 1));
    let sealed = db.write_now(&db.system(), |conn, ctx| door.seal(conn, ctx, lab, object, brief))?;
    diesel::sql_query(
        "INSERT INTO project (id, lab_id, state, title, task_type, requirement, currency, bill_rate, pay_rate, pricing, max_seconds,
            slot_price, overlap, min_overlap, lease_seconds, review_mode, sample_rate, review_levels, auto_accept_after_seconds,
            max_revisions, budget, sealed_brief)
         VALUES ($1, $2, 'open', 'Bench', 'custom', '{}', 'USD', 0.10, 0.06, 'per_task', 3600, 0.10, 1, 1, 3600, 'none', 1, 1, 604800,
            2, 1000000000, $3)",
    )
    .bind::<SqlUuid, _>(PROJECT)
    .bind::<SqlUuid, _>(LAB)
    .bind::<Binary, _>(&sealed)
    .execute(&mut place.market.owner)?;
    let mut at = 0;
    while at < rows {
        let count = 20_000.min(rows - at);
        seed_answers(place, at, count)?;
        at += count;
    }
    place.market.owner.batch_execute("VACUUM ANALYZE")?;
    Ok(())
}

/// Tasks of one answer each, all by different transactions of the order that they are seeded in.
fn seed_answers(place: &mut Place, from: u64, count: u64) -> Result<(), Failure> {
    let (db, door) = (&place.market.parts.db, &place.market.parts.door);
    let lab = Owner::Lab(LabId(LAB));
    let rows = db.write_now(&db.system(), |conn, ctx| {
        let mut rows = Vec::new();
        for number in from..from + count {
            let (task, submission) = (ctx.ids.next(), SubmissionId(ctx.ids.next()));
            let answer = format!(
                r#"{{"label":"plausible","rationale":"Figure {number} agrees with the two sources that the passage names, and with the one it does not."}}"#
            );
            let sealed = door.seal(conn, ctx, lab, answer_object(submission), answer.as_bytes())?;
            rows.push((task, ctx.ids.next(), submission.0, sealed));
        }
        Ok(rows)
    })?;
    diesel::sql_query(
        "WITH row AS (
            SELECT *, ('00000000-0000-7000-8000-' || lpad(to_hex(n % $7 + 1), 12, '0'))::uuid AS expert
            FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS row (task, assignment, submission, sealed, n)),
         made AS (
            INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, currency, bill_rate, slot_price, overlap)
            SELECT task, $5, $6, task::text, '', '', 0, 'USD', 0.10, 0.10, 1 FROM row),
         slots AS (
            INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free, filled, open) SELECT task, $5, $6, 50, 0, 1, false FROM row),
         answers AS (
            INSERT INTO submission (id, lab_id, project_id, task_id, assignment_id, expert_id, number, sealed_answer, time_spent_seconds)
            SELECT submission, $5, $6, task, assignment, expert, 1, sealed, 60 FROM row)
         INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, state, currency, bill_rate, slot_price, pay_rate, pricing,
            max_seconds, brief_version, lease_token, lease_expires_at, lease_started_at, submissions, time_spent_seconds, counted,
            billed, paid, submitted_at, decided_at, delivered_xid)
         SELECT assignment, $5, $6, task, expert, 'accepted', 'USD', 0.10, 0.10, 0.06, 'per_task', 3600, 1, assignment, now(), now(), 1, 60,
            true, 0.10, 0.06, now(), now(), pg_current_xact_id() FROM row",
    )
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.0).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.1).collect::<Vec<Uuid>>())
    .bind::<Array<SqlUuid>, _>(rows.iter().map(|row| row.2).collect::<Vec<Uuid>>())
    .bind::<Array<Binary>, _>(rows.iter().map(|row| &row.3).collect::<Vec<_>>())
    .bind::<SqlUuid, _>(LAB)
    .bind::<SqlUuid, _>(PROJECT)
    .bind::<BigInt, _>(EXPERTS)
    .execute(&mut place.market.owner)?;
    Ok(())
}
