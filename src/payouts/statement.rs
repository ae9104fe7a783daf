//! What a piece of an expert's work waits for, and until when.

use chrono::{DateTime, Utc};

use crate::words;

words!(
    /// What an expert took up.
    Piece { Assignment = "assignment", Review = "review" }
);

words!(
    /// Where it stands: the states of an assignment, and `decided` for a review.
    PieceState {
        Claimed = "claimed",
        Submitted = "submitted",
        InReview = "in_review",
        Accepted = "accepted",
        Rejected = "rejected",
        RevisionRequested = "revision_requested",
        Released = "released",
        Expired = "expired",
        Disputed = "disputed",
        Decided = "decided",
    }
);

words!(
    /// Whom it waits for: the expert's own answer, a reviewer, whoever resolves a dispute, the next payout.
    WaitsFor { You = "you", Review = "review", Dispute = "dispute", Payout = "payout" }
);

/// When something happens by itself to a piece of work.
#[derive(Debug, Clone, Copy)]
pub struct Clocks {
    /// A lease, or a claim on a review, runs out.
    pub held_until: DateTime<Utc>,
    /// An answer is accepted.
    pub auto_accept_at: Option<DateTime<Utc>>,
    /// A dispute is overturned.
    pub resolve_by: Option<DateTime<Utc>>,
}

/// Whom a piece of work waits for and until when; a payout has no day of its own.
pub fn waits(state: PieceState, paid_out: bool, clocks: Clocks) -> Option<(WaitsFor, Option<DateTime<Utc>>)> {
    match state {
        PieceState::Claimed | PieceState::RevisionRequested => Some((WaitsFor::You, Some(clocks.held_until))),
        PieceState::Submitted | PieceState::InReview => Some((WaitsFor::Review, clocks.auto_accept_at)),
        PieceState::Disputed => Some((WaitsFor::Dispute, clocks.resolve_by)),
        PieceState::Accepted | PieceState::Decided if !paid_out => Some((WaitsFor::Payout, None)),
        PieceState::Accepted
        | PieceState::Decided
        | PieceState::Rejected
        | PieceState::Released
        | PieceState::Expired => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_not_over_waits_for_somebody() {
        let at = DateTime::<Utc>::UNIX_EPOCH;
        let clocks = Clocks { held_until: at, auto_accept_at: Some(at), resolve_by: Some(at) };
        for state in PieceState::ALL {
            let over = matches!(state, PieceState::Rejected | PieceState::Released | PieceState::Expired);
            assert_eq!(waits(*state, false, clocks).is_none(), over, "{state}");
        }
        assert_eq!(waits(PieceState::InReview, false, clocks), Some((WaitsFor::Review, Some(at))));
        assert_eq!(waits(PieceState::Accepted, true, clocks), None);
    }
}
