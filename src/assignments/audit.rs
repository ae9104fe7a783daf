//! What a lab says of work that was accepted and billed.

use chrono::{DateTime, Days, Utc};

use super::verdict::{MAX_COMMENT_CHARS, MIN_COMMENT_CHARS, Reason};
use crate::kernel::form::Findings;
use crate::words;

words!(
    /// A lab's verdict: it is what was asked for; it is to be done again at the house's cost; its price is to come back.
    AuditVerdict { Good = "good", Rework = "rework", Refund = "refund" }
);

words!(
    /// The states of an audit; only a refund is decided about by a second person.
    AuditState {
        Recorded = "recorded",
        RefundPending = "refund_pending",
        Refunded = "refunded",
        RefundRefused = "refund_refused",
    }
);

impl AuditVerdict {
    /// The state that it begins in.
    pub fn state(self) -> AuditState {
        match self {
            Self::Good | Self::Rework => AuditState::Recorded,
            Self::Refund => AuditState::RefundPending,
        }
    }
}

/// Until when accepted work may be audited.
pub fn closes_at(accepted_at: DateTime<Utc>, audit_days: i16) -> DateTime<Utc> {
    let days = Days::new(u64::try_from(audit_days).unwrap_or(0));
    accepted_at.checked_add_days(days).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// A verdict other than good says why, in a word and in 40 to 10,000 characters; good work needs no reason.
pub fn judge(verdict: AuditVerdict, reason: Option<Reason>, comment: Option<&str>, findings: &mut Findings) {
    let chars = comment.map_or(0, |comment| comment.trim().chars().count());
    findings.check(chars <= MAX_COMMENT_CHARS, "/comment", "too_long", "at most 10,000 characters");
    if verdict == AuditVerdict::Good {
        findings.check(reason.is_none(), "/reason", "not_applicable", "good work has no reason");
    } else {
        findings.check(reason.is_some(), "/reason", "required", "why it is not good");
        let told = chars >= MIN_COMMENT_CHARS;
        findings.check(told, "/comment", "too_short", "at least 40 characters on what is wrong");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_that_costs_somebody_is_explained() {
        let found = |verdict, reason, comment: &str| {
            let mut findings = Findings::default();
            judge(verdict, reason, Some(comment), &mut findings);
            !findings.is_empty()
        };
        assert!(!found(AuditVerdict::Good, None, ""));
        assert!(found(AuditVerdict::Good, Some(Reason::Other), ""));
        for verdict in [AuditVerdict::Rework, AuditVerdict::Refund] {
            assert!(!found(verdict, Some(Reason::Incorrect), &"x".repeat(40)));
            assert!(found(verdict, None, &"x".repeat(40)));
            assert!(found(verdict, Some(Reason::Incorrect), &"x".repeat(39)));
        }
        assert!(found(AuditVerdict::Good, None, &"x".repeat(10_001)));
    }

    #[test]
    fn days_are_whole() {
        let accepted = DateTime::<Utc>::UNIX_EPOCH;
        assert_eq!(closes_at(accepted, 14), accepted + chrono::Duration::days(14));
        assert_eq!(closes_at(accepted, 0), accepted);
    }
}
