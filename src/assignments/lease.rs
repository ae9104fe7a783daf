//! How long work may be held.

use chrono::{DateTime, Duration, Utc};

/// How many claims an expert may hold open at a time.
pub const MAX_OPEN_CLAIMS: i16 = 25;
/// How often a lease may be renewed.
pub const MAX_RENEWALS: i16 = 3;
/// A revision leaves at least a day.
const MIN_REVISION_SECONDS: i64 = 86_400;
/// How long a reviewer holds a submission.
pub const REVIEW_CLAIM: Duration = Duration::hours(1);

/// The end of a lease that is renewed now; never sooner than it was, because a revision's lease may be the longer one.
pub fn renewed(now: DateTime<Utc>, expires_at: DateTime<Utc>, lease_seconds: i32) -> DateTime<Utc> {
    later(now, i64::from(lease_seconds)).max(expires_at)
}

/// The end of the lease of a revision asked for now.
pub fn revision(now: DateTime<Utc>, lease_seconds: i32) -> DateTime<Utc> {
    later(now, i64::from(lease_seconds).max(MIN_REVISION_SECONDS))
}

/// So many seconds from now.
pub fn later(now: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    Duration::try_seconds(seconds).and_then(|wait| now.checked_add_signed(wait)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Whole seconds from one time to another, a begun one counted in full; never negative.
pub fn seconds_between(from: DateTime<Utc>, to: DateTime<Utc>) -> i64 {
    let millis = to.signed_duration_since(from).num_milliseconds().max(0);
    millis.saturating_add(999) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_never_shortens_and_a_revision_leaves_a_day() {
        let now = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(renewed(now, later(now, 10), 60), later(now, 60));
        assert_eq!(renewed(now, later(now, 86_400), 60), later(now, 86_400));
        assert_eq!(revision(now, 60), later(now, 86_400));
        assert_eq!(revision(now, 604_800), later(now, 604_800));
        assert_eq!(seconds_between(now, later(now, 5)), 5);
        assert_eq!(seconds_between(later(now, 5), now), 0);
    }
}
