//! Claims over HTTP, with authentication, audit, event and access log, beside the same full claim as one prepared
//! statement done one at a time by `pgbench`; then at half that load, for the time that an answer takes.

use std::time::Duration;

use serde_json::json;

use crate::Arguments;
use crate::claimants::{Load, claim_all};
use crate::market::{Failure, Market, served};
use crate::raw::{Raw, without_comments};
use crate::seed::{EXPERTS, SIGNED_IN};

/// The promises: claims over HTTP against the raw statement, the last part of the run against its first, and the slowest
/// answer but one in a hundred at half the load.
const PROMISED: f64 = 0.6;
const PROMISED_LAST: f64 = 0.9;
const PROMISED_P99_MS: f64 = 25.0;
/// Nothing claimed twice, nothing over overlap, a record for every claim.
const WRONG: &str = "
SELECT (SELECT count(*) FROM task_slots WHERE free + held + filled <> 3)
     + (SELECT count(*) FROM (SELECT 1 FROM assignment GROUP BY task_id, expert_id HAVING count(*) > 1) twice)
     + abs((SELECT count(*) FROM assignment) - (SELECT count(*) FROM audit_event WHERE action = 'assignment.claimed'))
     + abs((SELECT count(*) FROM assignment) - (SELECT count(*) FROM outbox WHERE kind = 'assignment.claimed')) AS wrong";

/// The machine's own limit: full claims a second before and after, and the milliseconds of bare commits at the paced rate.
struct Limits {
    before: f64,
    after: f64,
    commits: (f64, f64),
}

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    println!("seeding {} tasks …", arguments.tasks);
    let mut market = Market::with_work((arguments.tasks, arguments.projects))?;
    let (raw, script) = (Raw::of(&market), raw_script()?);
    market.settle()?;
    let before = raw.rate(&script, 10)?;
    let (load, paced) = under_load(&market, arguments)?;
    let commits = raw.commits(u64::try_from(paced.claims.len())? / arguments.seconds)?;
    let after = raw.rate(&script, 10)?;
    let sound = market.wrong(WRONG)? == 0;
    market.close()?;
    Ok(report(arguments, (&load, &paced), &Limits { before, after, commits }, sound))
}

/// A full claim of one expert who has one array of each parameter, with pgbench's variables in place of them.
fn raw_script() -> Result<String, Failure> {
    let mut sql = String::new();
    for file in
        ["src/assignments/store/claim/asked.sql", "benches/raw_claim.sql", "src/assignments/store/claim/claimed.sql"]
    {
        sql.push_str(&without_comments(file)?);
    }
    for (name, value) in [
        ("experts", "ARRAY[bench_expert(:n)]"),
        ("wishes", "ARRAY[NULL::uuid]"),
        ("coins", "ARRAY[0::bigint]"),
        ("actors", "ARRAY[bench_expert(:n)]"),
        ("sessions", "ARRAY[NULL::uuid]"),
        ("names", "ARRAY['asg_'::text]"),
        ("max_open_claims", "25"),
    ] {
        sql = sql.replace(&format!("{{{name}}}"), value);
    }
    // Every other parameter is an array of ids.
    while let Some((before, rest)) = sql.split_once('{').map(|(a, b)| (a.to_owned(), b.to_owned())) {
        let (_, after) = rest.split_once('}').ok_or("an open brace in the claim")?;
        sql = format!("{before}ARRAY[bench_id()]{after}");
    }
    let (first, last) = (SIGNED_IN + 1, SIGNED_IN * 2);
    Ok(format!("\\set n random({first}, {last})\n\\set turn random(1, 1000000000)\n{};\n", sql.trim_end()))
}

/// As fast as it goes, then half as fast for as long: what comes once in half a minute, such as the system's own writing of
/// what has gathered in its memory, is in both.
fn under_load(market: &Market, arguments: &Arguments) -> Result<(Load, Load), Failure> {
    let connections = arguments.connections;
    let mut full = market.experts()?;
    let half = full.split_off(usize::try_from(EXPERTS)?);
    served(&market.parts, async |address| {
        let clients = (address, connections);
        let lasting = Duration::from_secs(arguments.seconds);
        let load = claim_all(clients, &full, lasting, None).await?;
        let pause = load.half_pace(connections)?;
        let paced = claim_all(clients, &half, lasting, Some(pause)).await?;
        Ok((load, paced))
    })
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
#[expect(clippy::as_conversions, clippy::float_arithmetic, reason = "figures for people")]
fn report(arguments: &Arguments, (load, paced): (&Load, &Load), limits: &Limits, sound: bool) -> bool {
    let Limits { before, after, commits: (commit_p50, commit_p99) } = limits;
    let rate = load.rate(0.0, 1.0);
    let (first, last) = (load.rate(0.0, 0.25), load.rate(0.75, 1.0));
    let raw = (before + after) / 2.0;
    let ratio = rate / raw;
    let (p50, p99) = (load.percentile(0.5), load.percentile(0.99));
    let (half_p50, half_p99) = (paced.percentile(0.5), paced.percentile(0.99));
    let bar = |value: f64| "█".repeat((value / raw.max(rate) * 40.0) as usize);
    println!("raw claim, one at a time   {raw:>8.0}/s  {}  (before {before:.0}, after {after:.0})", bar(raw));
    println!("claim over HTTP            {rate:>8.0}/s  {}", bar(rate));
    println!("ratio {ratio:.2} (promised {PROMISED}, hoped for 1.5)");
    println!("first quarter {first:.0}/s, last {last:.0}/s: {:.2} (promised {PROMISED_LAST})", last / first);
    println!("full load: p50 {p50:.1} ms, p99 {p99:.1} ms, claims {}, refused {}", load.claims.len(), load.refused);
    println!(
        "half load: p50 {half_p50:.1} ms, p99 {half_p99:.1} ms (promised {PROMISED_P99_MS}), claims {}",
        paced.claims.len()
    );
    println!("bare commits at that rate: p50 {commit_p50:.1} ms, p99 {commit_p99:.1} ms");
    println!("never twice, never over overlap, every claim recorded: {}", if sound { "yes" } else { "NO" });
    let holds = sound && ratio >= PROMISED && last / first >= PROMISED_LAST && half_p99 <= PROMISED_P99_MS;
    if arguments.json {
        let line = json!({"case": "claim", "holds": holds, "projects": arguments.projects, "raw_per_second": raw,
            "claims_per_second": rate, "ratio": ratio, "first_quarter": first, "last_quarter": last, "p50_ms": p50,
            "p99_ms": p99, "half_load_p50_ms": half_p50, "half_load_p99_ms": half_p99,
            "commit_p50_ms": commit_p50, "commit_p99_ms": commit_p99, "half_load_claims": paced.claims.len(), "claims": load.claims.len(),
            "refused": load.refused, "sound": sound});
        println!("{line}");
    }
    holds
}
