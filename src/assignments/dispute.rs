//! What an expert may do about a rejection, and until when.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use crate::kernel::form::Findings;
use crate::words;

words!(
    /// The states of a dispute.
    DisputeState { Open = "open", Upheld = "upheld", Overturned = "overturned" }
);

words!(
    /// What whoever resolves a dispute decides about the rejection.
    Outcome { Upheld = "upheld", Overturned = "overturned" }
);

/// After a rejection a dispute may be opened for so long.
pub const OPENS_WITHIN: Duration = Duration::days(7);
/// A dispute that nobody resolved for so long is overturned.
pub const RESOLVED_WITHIN: Duration = Duration::days(9);
/// How long one person has a dispute in hand.
pub const IN_HAND: Duration = Duration::days(1);

/// Grounds say something, in so many characters at least.
const MIN_GROUNDS_CHARS: usize = 40;
/// Longest grounds and longest note, in characters.
const MAX_CHARS: usize = 10_000;

impl Outcome {
    /// The state that it ends a dispute in.
    pub fn state(self) -> DisputeState {
        match self {
            Self::Upheld => DisputeState::Upheld,
            Self::Overturned => DisputeState::Overturned,
        }
    }
}

/// Until when a rejection may be disputed.
pub fn closes_at(decided_at: DateTime<Utc>) -> DateTime<Utc> {
    after(decided_at, OPENS_WITHIN)
}

/// So long after a time.
pub fn after(time: DateTime<Utc>, wait: Duration) -> DateTime<Utc> {
    time.checked_add_signed(wait).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Judges grounds: 40 to 10,000 characters.
pub fn judge_grounds(grounds: &str, findings: &mut Findings) {
    let chars = grounds.trim().chars().count();
    findings.check(chars >= MIN_GROUNDS_CHARS, "/grounds", "too_short", "at least 40 characters on what is wrong");
    findings.check(chars <= MAX_CHARS, "/grounds", "too_long", "at most 10,000 characters");
}

/// Judges the note of a resolution: something, and at most 10,000 characters.
pub fn judge_note(note: &str, findings: &mut Findings) {
    let chars = note.trim().chars().count();
    findings.check(chars >= 1, "/note", "required", "why");
    findings.check(chars <= MAX_CHARS, "/note", "too_long", "at most 10,000 characters");
}

/// What puts a place in the list among the open ones.
const OPEN: u128 = 1 << 127;

/// A dispute's place in the list of all of them, which falls: open ones first, then the newest. An id is a time, whose
/// first bit stays 0 for another four thousand years.
pub fn place(state: DisputeState, id: Uuid) -> Uuid {
    let among_open = if state == DisputeState::Open { OPEN } else { 0 };
    Uuid::from_u128(id.as_u128() | among_open)
}

/// Where a list goes on below a place: below which open one, and below which closed one.
pub fn below(place: Uuid) -> (Option<Uuid>, Uuid) {
    let place = place.as_u128();
    match place & OPEN {
        0 => (None, Uuid::from_u128(place)),
        _ => (Some(Uuid::from_u128(place & !OPEN)), Uuid::from_u128(!OPEN)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn grounds_and_note_are_bounded() {
        let found = |judge: fn(&str, &mut Findings), text: &str| {
            let mut findings = Findings::default();
            judge(text, &mut findings);
            !findings.is_empty()
        };
        assert!(found(judge_grounds, &"x".repeat(39)) && found(judge_grounds, &" ".repeat(40)));
        assert!(!found(judge_grounds, &"é".repeat(40)) && !found(judge_grounds, &"x".repeat(10_000)));
        assert!(found(judge_grounds, &"x".repeat(10_001)));
        assert!(found(judge_note, " ") && !found(judge_note, "Right.") && found(judge_note, &"x".repeat(10_001)));
    }

    proptest! {
        /// Whatever ids there are, the list of places holds the open ones first and each of them once, wherever a page ends.
        #[test]
        fn pages_meet_without_a_gap(ids in prop::collection::btree_set(0u128..1 << 100, 1..20), open: u32, end: prop::sample::Index) {
            let all: Vec<(DisputeState, Uuid)> = ids
                .iter()
                .enumerate()
                .map(|(n, id)| {
                    let state = if open >> n & 1 == 1 { DisputeState::Open } else { DisputeState::Upheld };
                    (state, Uuid::from_u128(*id))
                })
                .collect();
            let mut places: Vec<Uuid> = all.iter().map(|(state, id)| place(*state, *id)).collect();
            places.sort_unstable_by(|a, b| b.cmp(a));
            let end = end.index(places.len());
            let (open_below, closed_below) = below(places[end]);
            let rest = all.iter().filter(|(state, id)| match state {
                DisputeState::Open => open_below.is_some_and(|below| *id < below),
                DisputeState::Upheld | DisputeState::Overturned => *id < closed_below,
            });
            prop_assert_eq!(rest.count(), places.len() - end - 1);
        }
    }
}
