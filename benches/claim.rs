//! Claims over HTTP, with authentication, audit, event and access log, beside the same full claim as one prepared
//! statement done one at a time by `pgbench`; then at half that load, for the time that an answer takes.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use collegium::app::{self, Parts};
use collegium::db::embedded::{Cluster, Options};
use collegium::db::{self, SERVICE, Settings};
use collegium::files::Depot;
use collegium::identity::{Passwords, Tokens};
use collegium::kernel::{AccountId, SessionId};
use collegium::vault::ServiceKeys;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use serde_json::json;

use crate::Arguments;
use crate::load::Connection as Http;
use crate::seed::{self, EXPERTS, SIGNED_IN};

type Failure = Box<dyn std::error::Error>;

/// An expert may hold this many claims: more are not tried.
const CLAIMS_EACH: usize = 25;
/// The promises: claims over HTTP against the raw statement, the last part of the run against its first, and the slowest
/// answer but one in a hundred at half the load.
const PROMISED: f64 = 0.6;
const PROMISED_LAST: f64 = 0.9;
const PROMISED_P99_MS: f64 = 25.0;
/// Seconds of the paced run.
const PACED_SECONDS: u64 = 15;

#[derive(Default)]
struct Load {
    /// When each claim was answered, and how long it took, in microseconds.
    claims: Vec<(u64, u64)>,
    refused: usize,
}

/// Measures; whether the promise holds.
#[expect(clippy::print_stdout, reason = "the result of the program")]
pub fn run(arguments: &Arguments) -> Result<bool, Failure> {
    let folder = std::env::temp_dir().join(format!("collegium-bench-{}", std::process::id()));
    let options = Options { folder: folder.clone(), settings: settings(), ..Options::default() };
    let cluster = Cluster::start(&options)?;
    let urls = db::provision(&cluster, "bench")?;
    db::migrate(&urls.owner, SERVICE)?;
    let (wrapping, signing) = ServiceKeys::generate()?;
    let keys = ServiceKeys::parse(&wrapping, &signing)?;
    let pool = Settings { url: urls.service.clone(), size: 8, wait: Duration::from_secs(5) };
    let depot = Depot::open(&folder.join("files").to_string_lossy())?;
    let parts = Parts::new(&pool, &keys, depot, Passwords::new(2)?, (1_000_000, 1_000_000))?;
    let mut owner = PgConnection::establish(&urls.owner)?;
    println!("seeding {} tasks …", arguments.tasks);
    seed::seed(&parts, &mut owner, (arguments.tasks, arguments.projects))?;
    let raw = Raw { bin: cluster.bin_dir().to_owned(), url: urls.owner.clone(), script: folder.join("claim.pgbench") };
    fs::write(&raw.script, raw_script()?)?;
    let before = raw.rate(10)?;
    let (load, paced) = under_load(&parts, &keys, arguments)?;
    let after = raw.rate(10)?;
    let sound = sound(&mut owner)?;
    cluster.stop()?;
    fs::remove_dir_all(&folder)?;
    Ok(report(arguments, (&load, &paced), (before, after), sound))
}

fn settings() -> Vec<(String, String)> {
    [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "30min")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}

struct Raw {
    bin: PathBuf,
    url: String,
    script: PathBuf,
}

impl Raw {
    /// Full claims a second, one at a time on 32 connections.
    fn rate(&self, seconds: u32) -> Result<f64, Failure> {
        let out = Command::new(self.bin.join("pgbench"))
            .args(["-n", "-M", "prepared", "-c", "32", "-j", "2", "-T", &seconds.to_string(), "-f"])
            .arg(&self.script)
            .arg(&self.url)
            .output()?;
        let text = String::from_utf8(out.stdout)?;
        let line = text.lines().find(|line| line.starts_with("tps = "));
        let rate = line
            .and_then(|line| line.split_whitespace().nth(2))
            .ok_or_else(|| format!("pgbench: {text}{}", String::from_utf8_lossy(&out.stderr)))?;
        Ok(rate.parse()?)
    }
}

/// A full claim of one expert who has one array of each parameter, with pgbench's variables in place of them.
fn raw_script() -> Result<String, Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sql = String::new();
    for file in
        ["src/assignments/store/claim/asked.sql", "benches/raw_claim.sql", "src/assignments/store/claim/claimed.sql"]
    {
        let text = fs::read_to_string(root.join(file))?;
        let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
        sql.extend(lines.map(|line| format!("{line}\n")));
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

/// As fast as it goes, then half as fast.
fn under_load(parts: &Parts, keys: &ServiceKeys, arguments: &Arguments) -> Result<(Load, Load), Failure> {
    let tokens = Tokens::new(&keys.derived("access tokens"));
    let mut issued = Vec::new();
    for n in 1..=SIGNED_IN {
        issued.push(tokens.issue(AccountId(seed::expert(n)), SessionId(seed::expert(n)))?);
    }
    let paced = issued.split_off(usize::try_from(EXPERTS)?);
    let (parts, seconds, connections) = (parts.clone(), arguments.seconds, arguments.connections);
    let system = actix_web::rt::System::new();
    system.block_on(async move {
        let any: SocketAddr = "127.0.0.1:0".parse()?;
        let service = app::serve(&parts, any, any, 2)?;
        let (address, handle) = (service.address, service.server.handle());
        actix_web::rt::spawn(service.server);
        actix_web::rt::spawn(service.metrics_server);
        let full = clients((address, connections), &issued, Duration::from_secs(seconds), None).await?;
        let rate = u32::try_from(full.claims.len())?.max(1);
        let took = Duration::from_micros(full.claims.last().map_or(1, |claim| claim.0));
        // Everybody sends one in twice the time that one took under full load.
        let pause = took * 2 * u32::try_from(connections)? / rate;
        let half = clients((address, connections), &paced, Duration::from_secs(PACED_SECONDS), Some(pause)).await?;
        handle.stop(true).await;
        Ok((full, half))
    })
}

async fn clients(
    (address, connections): (SocketAddr, usize),
    tokens: &[String],
    lasting: Duration,
    pause: Option<Duration>,
) -> Result<Load, Failure> {
    let begin = Instant::now();
    let clients: Vec<_> = tokens
        .chunks(tokens.len().div_ceil(connections))
        .zip(0u32..)
        .map(|(tokens, place)| {
            // Paced clients begin one after the other: they are no crowd that comes at once.
            let first = pause.unwrap_or_default() * place / u32::try_from(connections).unwrap_or(1);
            let span = (begin + first, begin + lasting);
            actix_web::rt::spawn(claim_for(address, tokens.to_vec(), span, pause))
        })
        .collect();
    let mut load = Load::default();
    for client in clients {
        let part = client.await??;
        load.claims.extend(part.claims);
        load.refused += part.refused;
    }
    load.claims.sort_unstable();
    Ok(load)
}

/// One client after the other's turn. Where it is paced, an answer's time counts from when the request was due, so that a
/// slow answer does not hide the next one's wait.
async fn claim_for(
    address: SocketAddr,
    tokens: Vec<String>,
    (begin, until): (Instant, Instant),
    pause: Option<Duration>,
) -> Result<Load, std::io::Error> {
    let mut http = Http::open(address).await?;
    let mut load = Load::default();
    let mut due = begin;
    for _ in 0..CLAIMS_EACH {
        for token in &tokens {
            let sent = match pause {
                None => Instant::now(),
                Some(pause) => {
                    due += pause;
                    tokio::time::sleep_until(due.into()).await;
                    due
                }
            };
            if sent >= until {
                return Ok(load);
            }
            let status = http.post("/v1/assignments", token, "{}").await?;
            let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
            if status == 201 {
                load.claims.push((micros(begin.elapsed()), micros(sent.elapsed())));
            } else {
                load.refused += 1;
            }
        }
    }
    Ok(load)
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    wrong: i64,
}

/// Nothing claimed twice, nothing over overlap, a record for every claim.
fn sound(owner: &mut PgConnection) -> Result<bool, Failure> {
    let wrong: Count = diesel::sql_query(
        "SELECT (SELECT count(*) FROM task_slots WHERE free + held + filled <> 3)
              + (SELECT count(*) FROM (SELECT 1 FROM assignment GROUP BY task_id, expert_id HAVING count(*) > 1) twice)
              + abs((SELECT count(*) FROM assignment) - (SELECT count(*) FROM audit_event WHERE action = 'assignment.claimed'))
              + abs((SELECT count(*) FROM assignment) - (SELECT count(*) FROM outbox WHERE kind = 'assignment.claimed')) AS wrong",
    )
    .get_result(owner)?;
    Ok(wrong.wrong == 0)
}

#[expect(clippy::print_stdout, reason = "the result of the program")]
#[expect(clippy::as_conversions, clippy::float_arithmetic, clippy::cast_precision_loss, reason = "figures for people")]
fn report(arguments: &Arguments, (load, paced): (&Load, &Load), (before, after): (f64, f64), sound: bool) -> bool {
    let took = load.claims.last().map_or(1, |claim| claim.0.max(1)) as f64 / 1e6;
    let rate = load.claims.len() as f64 / took;
    let quarter = |from: f64, to: f64| {
        let within = load.claims.iter().filter(|claim| {
            let at = claim.0 as f64 / 1e6;
            at >= from * took && at < to * took
        });
        within.count() as f64 / ((to - from) * took)
    };
    let (first, last) = (quarter(0.0, 0.25), quarter(0.75, 1.0));
    let raw = (before + after) / 2.0;
    let ratio = rate / raw;
    let (p50, p99) = (percentile(load, 0.5), percentile(load, 0.99));
    let (half_p50, half_p99) = (percentile(paced, 0.5), percentile(paced, 0.99));
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
    println!("never twice, never over overlap, every claim recorded: {}", if sound { "yes" } else { "NO" });
    let holds = sound && ratio >= PROMISED && last / first >= PROMISED_LAST && half_p99 <= PROMISED_P99_MS;
    if arguments.json {
        let line = json!({"case": "claim", "holds": holds, "projects": arguments.projects, "raw_per_second": raw,
            "claims_per_second": rate, "ratio": ratio, "first_quarter": first, "last_quarter": last, "p50_ms": p50,
            "p99_ms": p99, "half_load_p50_ms": half_p50, "half_load_p99_ms": half_p99, "claims": load.claims.len(),
            "refused": load.refused, "sound": sound});
        println!("{line}");
    }
    holds
}

/// Milliseconds within which this share of the answers came.
#[expect(clippy::as_conversions, clippy::float_arithmetic, clippy::cast_precision_loss, reason = "figures for people")]
fn percentile(load: &Load, share: f64) -> f64 {
    let mut latencies: Vec<u64> = load.claims.iter().map(|claim| claim.1).collect();
    latencies.sort_unstable();
    let place = (latencies.len() as f64 * share) as usize;
    latencies.get(place.min(latencies.len().saturating_sub(1))).copied().unwrap_or_default() as f64 / 1e3
}
