//! Many who claim over HTTP, as fast as they are answered or at a pace of their own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::load::Connection;
use crate::market::Failure;
use crate::raw;

/// An expert may hold this many claims: more are not tried.
const CLAIMS_EACH: usize = 25;

/// What came of it.
#[derive(Default)]
pub struct Load {
    /// When each claim was answered, and how long it took, in microseconds.
    pub claims: Vec<(u64, u64)>,
    /// How many got another answer than 201.
    pub refused: usize,
}

impl Load {
    /// Notes an answer to what was sent, or due, at a time after the beginning.
    pub fn answered(&mut self, status: u16, (begin, sent): (Instant, Instant)) {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        match status {
            201 => self.claims.push((micros(begin.elapsed()), micros(sent.elapsed()))),
            _ => self.refused += 1,
        }
    }

    /// Puts another client's answers among these, by when they came.
    pub fn add(&mut self, other: Self) {
        self.claims.extend(other.claims);
        self.claims.sort_unstable();
        self.refused += other.refused;
    }

    /// When the last claim was answered, in microseconds.
    pub fn took(&self) -> u64 {
        self.claims.last().map_or(1, |claim| claim.0.max(1))
    }

    /// What each of so many clients waits between two claims, for half of this load.
    pub fn half_pace(&self, connections: usize) -> Result<Duration, Failure> {
        let rate = u32::try_from(self.claims.len())?.max(1);
        Ok(Duration::from_micros(self.took()) * 2 * u32::try_from(connections)? / rate)
    }

    /// Claims a second between these parts of the run.
    #[expect(
        clippy::as_conversions,
        clippy::float_arithmetic,
        clippy::cast_precision_loss,
        reason = "a figure for people"
    )]
    pub fn rate(&self, from: f64, to: f64) -> f64 {
        let took = self.took() as f64 / 1e6;
        let within = self.claims.iter().filter(|claim| {
            let at = claim.0 as f64 / 1e6;
            at >= from * took && (at < to * took || to >= 1.0)
        });
        within.count() as f64 / ((to - from) * took)
    }

    /// Milliseconds within which this share of the answers came.
    pub fn percentile(&self, share: f64) -> f64 {
        let mut took: Vec<u64> = self.claims.iter().map(|claim| claim.1).collect();
        took.sort_unstable();
        raw::percentile(&took, share)
    }

    /// Only what was answered before this time.
    pub fn until(mut self, micros: u64) -> Self {
        self.claims.retain(|claim| claim.0 <= micros);
        self
    }
}

/// Claims on so many connections for this long; each client waits the pause from one claim to the next.
pub async fn claim_all(
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
            actix_web::rt::spawn(claim_for(address, tokens.to_vec(), (begin, first, lasting), pause))
        })
        .collect();
    let mut load = Load::default();
    for client in clients {
        load.add(client.await??);
    }
    Ok(load)
}

/// One client after the other's turn. Where it is paced, an answer's time counts from when the request was due, so that a
/// slow answer does not hide the next one's wait.
async fn claim_for(
    address: SocketAddr,
    tokens: Vec<String>,
    (begin, first, lasting): (Instant, Duration, Duration),
    pause: Option<Duration>,
) -> Result<Load, std::io::Error> {
    let mut http = Connection::open(address).await?;
    let mut load = Load::default();
    let mut due = begin + first;
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
            if sent >= begin + lasting {
                return Ok(load);
            }
            let status = http.post("/v1/assignments", token, "{}").await?;
            load.answered(status, (begin, sent));
        }
    }
    Ok(load)
}
