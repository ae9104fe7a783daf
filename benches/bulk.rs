//! What the bulk cases share: a marketplace with one lab and one project, the raw limit by `COPY`, a stream in either
//! direction over HTTP whose client keeps nothing, and the memory of this process, in which the service runs.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use uuid::Uuid;

use crate::market::{self, Failure, Market};

/// How much the service may grow, in MiB.
pub const GROWTH_MIB: f64 = 64.0;

/// The one lab, its owner's account and session, and the one project.
pub const LAB: Uuid = Uuid::from_u128(0x7000_8000_0000_0000_0001);
const ACCOUNT: Uuid = Uuid::from_u128(0x7000_8000_0000_0000_0002);
pub const PROJECT: Uuid = Uuid::from_u128(0x7000_9000_0000_0000_0001);

const PEOPLE: &str = "
INSERT INTO lab (id, code_name, name, country, billing_currency, billing_exponent, state)
VALUES ('{lab}', 'client-bench', 'Bench', 'US', 'USD', 2, 'active');
INSERT INTO account (id, email, password_hash, display_name, role, lab_id)
VALUES ('{account}', 'owner@example.org', '-', 'Owner', 'lab_owner', '{lab}');
INSERT INTO session (id, account_id, expires_at) VALUES ('{account}', '{account}', now() + interval '1 day');
CREATE TABLE bare (line text);
";

/// A marketplace with one lab, and its owner's token.
pub struct Place {
    pub market: Market,
    token: String,
}

impl Place {
    /// Opens a marketplace and makes the lab.
    pub fn open() -> Result<Self, Failure> {
        let mut market = Market::open()?;
        let people = PEOPLE.replace("{lab}", &LAB.to_string()).replace("{account}", &ACCOUNT.to_string());
        market.owner.batch_execute(&people)?;
        let token = market.token(ACCOUNT)?;
        Ok(Self { market, token })
    }

    /// Seconds that `COPY … FROM` takes for what `write` writes, into an empty bare table.
    pub fn copy_in(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<f64, Failure> {
        self.market.owner.batch_execute("TRUNCATE bare")?;
        let began = Instant::now();
        let mut psql = self.psql("COPY bare FROM STDIN").stdin(Stdio::piped()).spawn()?;
        let mut into = io::BufWriter::with_capacity(1 << 18, psql.stdin.take().ok_or("psql has no input")?);
        write(&mut into)?;
        into.flush()?;
        drop(into);
        if !psql.wait()?.success() {
            return Err("COPY FROM failed".into());
        }
        Ok(began.elapsed().as_secs_f64())
    }

    /// Seconds that `COPY … TO` takes for the bare table.
    pub fn copy_out(&self) -> Result<f64, Failure> {
        let began = Instant::now();
        if !self.psql("COPY bare TO STDOUT").stdout(Stdio::null()).status()?.success() {
            return Err("COPY TO failed".into());
        }
        Ok(began.elapsed().as_secs_f64())
    }

    fn psql(&self, sql: &str) -> Command {
        let mut psql = Command::new(self.market.cluster.bin_dir().join("psql"));
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql]).arg(&self.market.owner_url);
        psql
    }

    /// Runs a client against a service of this place, which listens for as long as that takes.
    pub fn served<T>(&self, client: impl AsyncFnOnce(Client) -> Result<T, Failure>) -> Result<T, Failure> {
        let token = self.token.clone();
        market::served(&self.market.parts, async |address| client(Client { address, token }).await)
    }
}

/// A client that keeps nothing of what it sends and receives.
pub struct Client {
    address: SocketAddr,
    token: String,
}

impl Client {
    async fn begin(&self, request: &str) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let token = &self.token;
        let head =
            format!("{request} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n");
        stream.write_all(head.as_bytes()).await?;
        Ok(stream)
    }

    /// POSTs what `next` gives, piece by piece until it gives nothing; the body of the answer, which is short.
    pub async fn post(&self, path: &str, mut next: impl FnMut(&mut Vec<u8>)) -> Result<String, Failure> {
        let mut stream = self.begin(&format!("POST {path}")).await?;
        let rest = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
        stream.write_all(rest.as_bytes()).await?;
        let mut piece = Vec::with_capacity(1 << 17);
        loop {
            piece.clear();
            next(&mut piece);
            stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
            let ended = piece.is_empty();
            piece.extend_from_slice(b"\r\n");
            stream.write_all(&piece).await?;
            if ended {
                break;
            }
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("half an answer")?;
        if head.starts_with("HTTP/1.1 200") { Ok(body.to_owned()) } else { Err(answer.into()) }
    }

    /// GETs a stream and hands its bytes on as they come.
    pub async fn get(&self, path: &str, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), Failure> {
        let mut stream = self.begin(&format!("GET {path}")).await?;
        stream.write_all(b"\r\n").await?;
        let mut waiting = Vec::with_capacity(1 << 17);
        while !waiting.windows(4).any(|four| four == b"\r\n\r\n") {
            if stream.read_buf(&mut waiting).await? == 0 {
                return Err("half an answer".into());
            }
        }
        let head = waiting.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or_default();
        if !waiting.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&waiting).into_owned().into());
        }
        waiting.drain(..head + 4);
        loop {
            let size = loop {
                if let Some(end) = waiting.windows(2).position(|two| two == b"\r\n") {
                    let size = std::str::from_utf8(waiting.get(..end).unwrap_or_default())?;
                    let size = usize::from_str_radix(size, 16)?;
                    waiting.drain(..end + 2);
                    break size;
                }
                more(&mut stream, &mut waiting).await?;
            };
            let mut left = size;
            while left > 0 {
                if waiting.is_empty() {
                    more(&mut stream, &mut waiting).await?;
                }
                let here = left.min(waiting.len());
                take(waiting.get(..here).unwrap_or_default())?;
                waiting.drain(..here);
                left -= here;
            }
            while waiting.len() < 2 {
                more(&mut stream, &mut waiting).await?;
            }
            waiting.drain(..2);
            if size == 0 {
                return Ok(());
            }
        }
    }
}

async fn more(stream: &mut TcpStream, waiting: &mut Vec<u8>) -> Result<(), Failure> {
    if stream.read_buf(waiting).await? == 0 { Err("the stream broke off".into()) } else { Ok(()) }
}

/// Watches the memory of this process from now on.
pub struct Memory {
    first: u64,
    most: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    watch: JoinHandle<()>,
}

impl Memory {
    /// Begins.
    pub fn watch() -> Result<Self, Failure> {
        let first = resident()?;
        let (most, done) = (Arc::new(AtomicU64::new(first)), Arc::new(AtomicBool::new(false)));
        let (peak, ended) = (most.clone(), done.clone());
        let watch = std::thread::spawn(move || {
            while !ended.load(Ordering::SeqCst) {
                peak.fetch_max(resident().unwrap_or_default(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        Ok(Self { first, most, done, watch })
    }

    /// By how much it grew at most, in MiB.
    #[expect(
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "a figure for people"
    )]
    pub fn grown(self) -> f64 {
        self.done.store(true, Ordering::SeqCst);
        let _ = self.watch.join();
        (self.most.load(Ordering::SeqCst).saturating_sub(self.first)) as f64 / 1_048_576.0
    }
}

/// Bytes of this process that are in memory, as the kernel counts them.
fn resident() -> Result<u64, Failure> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    let kib: u64 = line.split_whitespace().nth(1).ok_or("no figure")?.parse()?;
    Ok(kib * 1_024)
}

/// What a bulk case found.
pub struct Found {
    pub case: &'static str,
    pub promised: f64,
    pub rows: u64,
    pub bytes: u64,
    /// Seconds of the raw limit, before and after.
    pub raw: (f64, f64),
    pub seconds: f64,
    pub growth_mib: f64,
    /// Whether everything arrived, whole and funded.
    pub sound: bool,
}

impl Found {
    /// Prints it; whether the promise holds.
    #[expect(clippy::print_stdout, reason = "the result of the program")]
    #[expect(
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "figures for people"
    )]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the length of a bar")]
    pub fn report(&self, json: bool) -> bool {
        let Self { case, promised, rows, bytes, raw: (before, after), seconds, growth_mib, sound } = *self;
        let per_second = |seconds: f64| rows as f64 / seconds;
        let (raw, rate) = (per_second((before + after) / 2.0), per_second(seconds));
        let ratio = rate / raw;
        let bar = |value: f64| "█".repeat((value / raw.max(rate) * 40.0) as usize);
        println!(
            "raw COPY     {raw:>9.0} rows/s  {}  (before {:.0}, after {:.0})",
            bar(raw),
            per_second(before),
            per_second(after)
        );
        println!("{case:<12} {rate:>9.0} rows/s  {}", bar(rate));
        println!(
            "ratio {ratio:.3} (promised {promised})   {rows} rows, {:.0} MiB, {seconds:.1} s",
            bytes as f64 / 1_048_576.0
        );
        println!("memory grew by {growth_mib:.1} MiB (promised at most {GROWTH_MIB:.0})");
        println!("everything there, whole and accounted for: {}", if sound { "yes" } else { "NO" });
        let holds = sound && ratio >= promised && growth_mib <= GROWTH_MIB;
        if json {
            let line = serde_json::json!({"case": case, "holds": holds, "rows": rows, "bytes": bytes, "raw_rows_per_second": raw,
                "rows_per_second": rate, "ratio": ratio, "seconds": seconds, "growth_mib": growth_mib, "sound": sound});
            println!("{line}");
        }
        holds
    }
}
