//! Reviews that accept, over HTTP, against one posting as one prepared statement done one at a time by `pgbench`; spread
//! over a thousand labs, and all on one.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use collegium::kernel::SubmissionId;
use serde_json::json;
use uuid::Uuid;

use crate::Arguments;
use crate::answers::{self, LABS};
use crate::claimants::Load;
use crate::load::Connection;
use crate::market::{Failure, Market, served};
use crate::raw::{Raw, without_comments};

/// The promises: acceptances over HTTP against the raw posting, and those of one lab against those of a thousand.
const PROMISED: f64 = 0.4;
const PROMISED_ONE_LAB: f64 = 0.8;

/// Acceptances whose entry, lines, slot, count, audit row, event or decided review is missing or there twice.
const WRONG: &str = "
SELECT abs({accepted} - (SELECT count(*) FROM assignment WHERE state = 'accepted' AND counted AND billed = 10 AND paid = 6))
     + abs({accepted} - (SELECT count(*) FROM journal_entry WHERE source_type = 'assignment' AND kind = 'acceptance'))
     + abs({accepted} * 16 - (SELECT coalesce(sum(line.amount), 0) FROM journal_line AS line
            JOIN journal_entry AS entry ON entry.id = line.entry_id WHERE entry.source_type = 'assignment'))::bigint
     + abs({accepted} - (SELECT sum(filled) FROM task_slots))
     + abs({accepted} - (SELECT sum(accepted) FROM engagement))
     + abs({accepted} - (SELECT count(*) FROM audit_event WHERE action = 'assignment.accepted'))
     + abs({accepted} - (SELECT count(*) FROM outbox WHERE kind = 'assignment.accepted'))
     + abs({accepted} - (SELECT count(*) FROM review WHERE decision = 'accept'))
     + (SELECT count(*) FROM task_slots WHERE free + held + filled <> 3) AS wrong";

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    println!("seeding {} answers of {LABS} labs, and as many of one …", arguments.tasks);
    let mut market = Market::open()?;
    answers::seed(&market.parts, &mut market.owner, arguments.tasks, arguments.connections)?;
    let posting = format!(
        "\\set lab random(1, {LABS})\n\\set expert random(1, 3000)\n{};\n",
        without_comments("benches/raw_posting.sql")?.trim_end()
    );
    let raw = Raw::of(&market);
    market.settle()?;
    let before = raw.rate(&posting, 10)?;
    let loads = under_load(&mut market, arguments)?;
    let after = raw.rate(&posting, 10)?;
    let accepted = loads.iter().map(|load| load.claims.len()).sum::<usize>();
    let sound = market.wrong(&WRONG.replace("{accepted}", &accepted.to_string()))? == 0;
    market.close()?;
    let [spread, one_lab] = &loads;
    Ok(report(arguments, (spread, one_lab), (before, after), sound))
}

/// Spread, then on one lab, each as fast as it goes.
fn under_load(market: &mut Market, arguments: &Arguments) -> Result<[Load; 2], Failure> {
    let parts = market.parts.clone();
    let lasting = Duration::from_secs(arguments.seconds);
    served(&parts, async |address| {
        let mut loads = [Load::default(), Load::default()];
        for (load, of_one_lab) in loads.iter_mut().zip([false, true]) {
            let waiting = answers::waiting(&mut market.owner, of_one_lab)?;
            *load = accept_all(market, (address, arguments.connections), &waiting, lasting).await?;
        }
        Ok(loads)
    })
}

/// Each reviewer has a connection and a part of what waits.
async fn accept_all(
    market: &Market,
    (address, connections): (SocketAddr, usize),
    waiting: &[Uuid],
    lasting: Duration,
) -> Result<Load, Failure> {
    let begin = Instant::now();
    let mut reviewers = Vec::new();
    for (n, part) in (1..).zip(waiting.chunks(waiting.len().div_ceil(connections).max(1))) {
        let token = market.token(answers::reviewer(n))?;
        reviewers.push(actix_web::rt::spawn(accept_for(address, token, part.to_vec(), (begin, lasting))));
    }
    let mut load = Load::default();
    for reviewer in reviewers {
        load.add(reviewer.await??);
    }
    Ok(load)
}

async fn accept_for(
    address: SocketAddr,
    token: String,
    waiting: Vec<Uuid>,
    (begin, lasting): (Instant, Duration),
) -> Result<Load, std::io::Error> {
    let mut http = Connection::open(address).await?;
    let mut load = Load::default();
    for id in waiting {
        let sent = Instant::now();
        if sent >= begin + lasting {
            break;
        }
        let path = format!("/v1/submissions/{}/reviews", SubmissionId(id));
        let key = format!("Idempotency-Key: {id}\r\n");
        let status = http.post_with(&path, &token, &key, r#"{"decision":"accept"}"#).await?;
        load.answered(status, (begin, sent));
    }
    Ok(load)
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
#[expect(clippy::float_arithmetic, reason = "figures for people")]
fn report(arguments: &Arguments, (spread, one_lab): (&Load, &Load), (before, after): (f64, f64), sound: bool) -> bool {
    let raw = (before + after) / 2.0;
    let (rate, one_rate) = (spread.rate(0.0, 1.0), one_lab.rate(0.0, 1.0));
    let (ratio, beside) = (rate / raw, one_rate / rate);
    let (p50, p99) = (spread.percentile(0.5), spread.percentile(0.99));
    let refused = spread.refused + one_lab.refused;
    println!("raw posting, one at a time  {raw:>8.0}/s  (before {before:.0}, after {after:.0})");
    println!(
        "accepted, {LABS} labs       {rate:>8.0}/s  p50 {p50:.1} ms, p99 {p99:.1} ms, {} of them",
        spread.claims.len()
    );
    println!("accepted, one lab           {one_rate:>8.0}/s  {} of them; refused {refused}", one_lab.claims.len());
    println!(
        "ratio {ratio:.3} (promised {PROMISED}); one lab against {LABS}: {beside:.2} (promised {PROMISED_ONE_LAB})"
    );
    println!("each acceptance posted, counted and recorded once: {}", if sound { "yes" } else { "NO" });
    let holds = sound && refused == 0 && ratio >= PROMISED && beside >= PROMISED_ONE_LAB;
    if arguments.json {
        let line = json!({"case": "accept", "holds": holds, "raw_per_second": raw, "raw_before": before, "raw_after": after,
            "accepted_per_second": rate, "one_lab_per_second": one_rate, "ratio": ratio, "one_lab_ratio": beside,
            "p50_ms": p50, "p99_ms": p99, "accepted": spread.claims.len(), "one_lab_accepted": one_lab.claims.len(),
            "refused": refused, "sound": sound});
        println!("{line}");
    }
    holds
}
