//! Time and ids: the process's clock (moved by the demo and the tests), UUIDv7 from it, and accounting periods.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, Duration, NaiveDate, SecondsFormat, Utc};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// The clock that ids are made from and that `db` tells the database to add; its offset is 0 outside tests and the demo.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_seconds: Arc<AtomicI64>,
}

impl Clock {
    /// Seconds by which this service's time runs ahead (negative: behind) of the machine's.
    pub fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the clock; for tests and the demo, which tell months in a minute.
    pub fn set_offset_seconds(&self, seconds: i64) {
        self.offset_seconds.store(seconds, Ordering::SeqCst);
    }

    /// The time now. Decisions use `Ctx::now`, which the database reads; this is for ids, tokens and logs.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine for the time")]
    pub fn now(&self) -> DateTime<Utc> {
        let offset = Duration::try_seconds(self.offset_seconds()).unwrap_or_default();
        Utc::now().checked_add_signed(offset).unwrap_or_default()
    }
}

/// The source of ids: UUIDv7, increasing within a millisecond, seeded in tests.
#[derive(Debug, Clone)]
pub struct Ids {
    clock: Clock,
    state: Arc<Mutex<IdState>>,
}

#[derive(Debug)]
struct IdState {
    random: StdRng,
    millis: u64,
    counter: u32,
}

impl Ids {
    /// Ids whose random part follows from `seed`.
    pub fn seeded(clock: Clock, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self { clock, state: Arc::new(Mutex::new(IdState { random, millis: 0, counter: 0 })) }
    }

    /// Ids whose random part nobody can foretell.
    pub fn random(clock: Clock) -> Result<Self, getrandom::Error> {
        Ok(Self::seeded(clock, getrandom::u64()?))
    }

    /// The next id.
    pub fn next(&self) -> Uuid {
        let millis = u64::try_from(self.clock.now().timestamp_millis()).unwrap_or_default();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if millis == state.millis {
            state.counter = state.counter.wrapping_add(1);
        } else {
            state.millis = millis;
            // 21 bits at random leave room for a hundred million ids in one millisecond.
            state.counter = state.random.next_u32() >> 11;
        }
        let mut tail = [0u8; 10];
        state.random.fill_bytes(&mut tail);
        // rand_a takes 12 bits and rand_b 62: the counter fills rand_a and the first bits of rand_b in order.
        let counter = state.counter.to_be_bytes();
        let [c0, c1, c2, c3] = counter;
        let [t0, t1, t2, t3, t4, ..] = &mut tail;
        *t0 = c0 >> 4;
        *t1 = (c0 << 4) | (c1 >> 4);
        *t2 = ((c1 & 0x0f) << 2) | (c2 >> 6);
        *t3 = (c2 << 2) | (c3 >> 6);
        *t4 = (c3 << 2) | (*t4 & 0x03);
        uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid()
    }

    /// 32 bytes for a secret; never derived from the seed.
    pub fn secret(&self) -> Result<[u8; 32], getrandom::Error> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes)?;
        Ok(bytes)
    }
}

/// RFC 3339 in UTC with `Z` and microseconds only where there are any.
pub fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// An accounting month, written `2026-03`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    year: i32,
    month: u32,
}

impl Period {
    /// The month that holds `day`.
    pub fn of(day: NaiveDate) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default()
    }

    /// The month after it.
    pub fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year.saturating_add(1), month: 1 },
            month => Self { year: self.year, month: month.saturating_add(1) },
        }
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day().pred_opt().unwrap_or_default()
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Period {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "not_a_period: a period is written YYYY-MM";
        if text.len() != 7 {
            return Err(WRONG);
        }
        let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").map_err(|_| WRONG)?;
        Ok(Self::of(day))
    }
}

impl serde::Serialize for Period {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Period {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_increase_and_are_version_7() {
        let ids = Ids::seeded(Clock::default(), 7);
        let made: Vec<Uuid> = (0..10_000).map(|_| ids.next()).collect();
        assert!(made.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_month_knows_its_ends() {
        let february: Period = "2028-02".parse().unwrap();
        assert_eq!(february.last_day().to_string(), "2028-02-29");
        assert_eq!("2026-12".parse::<Period>().unwrap().next().to_string(), "2027-01");
        assert!("2026-13".parse::<Period>().is_err() && "26-1".parse::<Period>().is_err());
    }
}
