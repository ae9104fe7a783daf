//! The states of an assignment and the steps between them; a step that a state does not know is refused.

use crate::kernel::Code;
use crate::words;

words!(
    /// The states of an assignment.
    AssignmentState {
        Claimed = "claimed",
        Submitted = "submitted",
        InReview = "in_review",
        Accepted = "accepted",
        Rejected = "rejected",
        RevisionRequested = "revision_requested",
        Released = "released",
        Expired = "expired",
        Disputed = "disputed",
    }
);

words!(
    /// What kind of work it is. Gold hides among the ordinary and, like a qualification, holds no slot and moves no money of
    /// the lab's; rework is done again at the house's cost.
    AssignmentKind { Ordinary = "ordinary", Gold = "gold", Qualification = "qualification", Rework = "rework" }
);

impl AssignmentKind {
    /// Whether it holds a slot of its task.
    pub fn holds_a_slot(self) -> bool {
        matches!(self, Self::Ordinary | Self::Rework)
    }
}

words!(
    /// Why an assignment was given back.
    ReleaseReason { Expert = "expert", Wall = "wall", Ineligible = "ineligible", Offboarded = "offboarded" }
);

/// What can happen to an assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The expert hands an answer in.
    Submit,
    /// A reviewer takes it up.
    TakeReview,
    /// A reviewer let their claim run out.
    DropReview,
    /// A level accepted it and another one follows.
    PassLevel,
    /// The last level accepted it, nobody had to, or nobody did in time.
    Accept,
    /// A reviewer rejected it.
    Reject,
    /// A reviewer wants it done again.
    Revise,
    /// It was given back.
    Release,
    /// Its lease ran out.
    Expire,
    /// Its expert does not take a rejection.
    Dispute,
    /// The rejection stands.
    Uphold,
    /// The rejection does not stand, or nobody said in time that it does.
    Overturn,
}

impl AssignmentState {
    /// The state after a step, or `invalid_state` where the step does not begin here.
    pub fn after(self, step: Step) -> Result<Self, Code> {
        use AssignmentState as S;
        match (self, step) {
            (S::Claimed | S::RevisionRequested, Step::Submit) | (S::InReview, Step::DropReview | Step::PassLevel) => {
                Ok(S::Submitted)
            }
            (S::Submitted, Step::TakeReview) => Ok(S::InReview),
            (S::Submitted | S::InReview, Step::Accept) => Ok(S::Accepted),
            (S::InReview, Step::Reject) => Ok(S::Rejected),
            (S::InReview, Step::Revise) => Ok(S::RevisionRequested),
            (S::Claimed | S::RevisionRequested, Step::Release) => Ok(S::Released),
            (S::Claimed | S::RevisionRequested, Step::Expire) => Ok(S::Expired),
            (S::Rejected, Step::Dispute) => Ok(S::Disputed),
            (S::Disputed, Step::Uphold) => Ok(S::Rejected),
            (S::Disputed, Step::Overturn) => Ok(S::Accepted),
            (
                S::Claimed
                | S::Submitted
                | S::InReview
                | S::Accepted
                | S::Rejected
                | S::RevisionRequested
                | S::Released
                | S::Expired
                | S::Disputed,
                _,
            ) => Err(Code::InvalidState),
        }
    }

    /// Whether the expert is at work on it, under a lease.
    pub fn is_leased(self) -> bool {
        matches!(self, Self::Claimed | Self::RevisionRequested)
    }

    /// Whether something may still become of it.
    pub fn is_undecided(self) -> bool {
        !matches!(self, Self::Accepted | Self::Released | Self::Expired)
    }

    /// Whether it holds a slot.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Claimed | Self::RevisionRequested | Self::Submitted | Self::InReview)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STEPS: [Step; 12] = [
        Step::Submit,
        Step::TakeReview,
        Step::DropReview,
        Step::PassLevel,
        Step::Accept,
        Step::Reject,
        Step::Revise,
        Step::Release,
        Step::Expire,
        Step::Dispute,
        Step::Uphold,
        Step::Overturn,
    ];

    /// The edges as the contract tells them, in its own words.
    const EDGES: [(&str, &str); 15] = [
        ("claimed", "submitted"),
        ("submitted", "in_review"),
        ("in_review", "submitted"),
        ("in_review", "accepted"),
        ("submitted", "accepted"),
        ("in_review", "rejected"),
        ("in_review", "revision_requested"),
        ("revision_requested", "submitted"),
        ("revision_requested", "released"),
        ("revision_requested", "expired"),
        ("claimed", "released"),
        ("claimed", "expired"),
        ("rejected", "disputed"),
        ("disputed", "accepted"),
        ("disputed", "rejected"),
    ];

    proptest! {
        /// Whatever is tried in whatever order, an assignment only ever walks along the edges, and once it gave its
        /// slot back it never holds one again.
        #[test]
        fn only_the_edges_are_walked(steps in prop::collection::vec(prop::sample::select(&STEPS[..]), 0..60)) {
            let mut state = AssignmentState::Claimed;
            for step in steps {
                match state.after(step) {
                    Ok(next) => {
                        prop_assert!(EDGES.contains(&(state.as_str(), next.as_str())), "{state} → {next}");
                        // Once a slot is given back none is held again: an overturned rejection fills one at once.
                        prop_assert!(state.is_live() || !next.is_live(), "{state} → {next}");
                        state = next;
                    }
                    Err(code) => prop_assert_eq!(code, Code::InvalidState),
                }
            }
        }
    }

    #[test]
    fn every_edge_is_walked_by_some_step() {
        let walked: Vec<(&str, &str)> = AssignmentState::ALL
            .iter()
            .flat_map(|from| STEPS.iter().filter_map(|step| Some((from.as_str(), from.after(*step).ok()?.as_str()))))
            .collect();
        for edge in &EDGES {
            assert!(walked.contains(edge), "{edge:?}");
        }
    }
}
