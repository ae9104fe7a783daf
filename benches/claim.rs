//! Claims over HTTP, with authentication, audit, event and access log, beside the same full claim as one prepared
//! statement done one at a time by `pgbench`.

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
use crate::seed::{self, EXPERTS};

type Failure = Box<dyn std::error::Error>;

/// An expert may hold this many claims: more are not tried.
const CLAIMS_EACH: usize = 25;
/// The promise: claims over HTTP against the raw statement.
const PROMISED: f64 = 0.6;

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
    seed::seed(&parts, &mut owner, arguments.tasks)?;
    let raw = Raw { bin: cluster.bin_dir().to_owned(), url: urls.owner.clone(), script: folder.join("claim.pgbench") };
    fs::write(&raw.script, raw_script()?)?;
    let before = raw.rate(10)?;
    let load = under_load(&parts, &keys, arguments)?;
    let after = raw.rate(10)?;
    let sound = sound(&mut owner)?;
    cluster.stop()?;
    fs::remove_dir_all(&folder)?;
    Ok(report(arguments, &load, (before, after), sound))
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

/// The service's own statement, with pgbench's variables in place of its parameters.
fn raw_script() -> Result<String, Failure> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/assignments/store/claim.sql");
    let mut sql: String = fs::read_to_string(file)?
        .lines()
        .filter(|line| !line.trim_start().starts_with("--"))
        .collect::<Vec<_>>()
        .join("\n");
    for (name, value) in [
        ("expert", "bench_expert(:n)"),
        ("project", "NULL::uuid"),
        ("turn", ":t"),
        ("max_open_claims", "25"),
        ("actor", "NULL::uuid"),
        ("session", "NULL::uuid"),
        ("detail", "'{}'::jsonb"),
    ] {
        sql = sql.replace(&format!("{{{name}}}"), value);
    }
    // Every other parameter is an id.
    while let Some((from, rest)) = sql.split_once('{').map(|(a, b)| (a.to_owned(), b.to_owned())) {
        let (_, after) = rest.split_once('}').ok_or("an open brace in claim.sql")?;
        sql = if from.ends_with('\'') { format!("{from}\u{1}}}{after}") } else { format!("{from}bench_id(){after}") };
    }
    let sql = sql.replace('\u{1}', "{");
    Ok(format!("\\set n random({}, {})\n\\set t random(1, 1000000000)\n{sql};\n", EXPERTS + 1, EXPERTS * 2))
}

fn under_load(parts: &Parts, keys: &ServiceKeys, arguments: &Arguments) -> Result<Load, Failure> {
    let tokens = Tokens::new(&keys.derived("access tokens"));
    let mut issued = Vec::new();
    for n in 1..=EXPERTS {
        issued.push(tokens.issue(AccountId(seed::expert(n)), SessionId(seed::expert(n)))?);
    }
    let (parts, seconds, connections) = (parts.clone(), arguments.seconds, arguments.connections);
    let chunk = issued.len().div_ceil(connections);
    let system = actix_web::rt::System::new();
    system.block_on(async move {
        let any: SocketAddr = "127.0.0.1:0".parse()?;
        let service = app::serve(&parts, any, any, 2)?;
        let (address, handle) = (service.address, service.server.handle());
        actix_web::rt::spawn(service.server);
        actix_web::rt::spawn(service.metrics_server);
        let begin = Instant::now();
        let until = begin + Duration::from_secs(seconds);
        let clients =
            issued.chunks(chunk).map(|tokens| actix_web::rt::spawn(claim_for(address, tokens.to_vec(), begin, until)));
        let clients: Vec<_> = clients.collect();
        let mut load = Load::default();
        for client in clients {
            let part = client.await??;
            load.claims.extend(part.claims);
            load.refused += part.refused;
        }
        handle.stop(true).await;
        load.claims.sort_unstable();
        Ok(load)
    })
}

async fn claim_for(
    address: SocketAddr,
    tokens: Vec<String>,
    begin: Instant,
    until: Instant,
) -> Result<Load, std::io::Error> {
    let mut http = Http::open(address).await?;
    let mut load = Load::default();
    for _ in 0..CLAIMS_EACH {
        for token in &tokens {
            let sent = Instant::now();
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
fn report(arguments: &Arguments, load: &Load, (before, after): (f64, f64), sound: bool) -> bool {
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
    let mut latencies: Vec<u64> = load.claims.iter().map(|claim| claim.1).collect();
    latencies.sort_unstable();
    let percentile = |share: f64| {
        let place = (latencies.len() as f64 * share) as usize;
        latencies.get(place.min(latencies.len().saturating_sub(1))).copied().unwrap_or_default() as f64 / 1e3
    };
    let raw = (before + after) / 2.0;
    let ratio = rate / raw;
    let bar = |value: f64| "█".repeat((value / raw.max(rate) * 40.0) as usize);
    println!("raw claim, one at a time   {raw:>8.0}/s  {}  (before {before:.0}, after {after:.0})", bar(raw));
    println!("claim over HTTP            {rate:>8.0}/s  {}", bar(rate));
    println!(
        "ratio {ratio:.2} (promised {PROMISED})   first quarter {first:.0}/s, last {last:.0}/s ({:.2})",
        last / first
    );
    println!(
        "p50 {:.1} ms   p99 {:.1} ms   claims {}   refused {}",
        percentile(0.5),
        percentile(0.99),
        load.claims.len(),
        load.refused
    );
    println!("never twice, never over overlap, every claim recorded: {}", if sound { "yes" } else { "NO" });
    let holds = sound && ratio >= PROMISED;
    if arguments.json {
        let line = json!({"case": "claim", "holds": holds, "raw_per_second": raw, "claims_per_second": rate, "ratio": ratio,
            "first_quarter": first, "last_quarter": last, "p50_ms": percentile(0.5), "p99_ms": percentile(0.99),
            "claims": load.claims.len(), "refused": load.refused, "sound": sound});
        println!("{line}");
    }
    holds
}
