//! What a review must say: a decision, why, scores within the rubric; and whether a submission is looked at at all.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::kernel::form::Findings;
use crate::projects::brief::Criterion;
use crate::projects::words::{Pricing, ReviewMode};
use crate::words;

words!(
    /// What a reviewer decides.
    Decision { Accept = "accept", Reject = "reject", Revise = "revise" }
);

words!(
    /// Why a reviewer does not simply accept.
    Reason {
        Instructions = "instructions",
        Incorrect = "incorrect",
        Incomplete = "incomplete",
        LowQuality = "low_quality",
        Sources = "sources",
        Time = "time",
        NotOwnWork = "not_own_work",
        Other = "other",
    }
);

/// Whoever is turned away is told in so many characters at least.
pub const MIN_COMMENT_CHARS: usize = 40;
/// Longest comment, in characters.
pub const MAX_COMMENT_CHARS: usize = 10_000;
/// The best score of a criterion; the worst is 0.
const MAX_SCORE: u8 = 5;

/// A verdict before it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Verdict<'v> {
    /// What is decided.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Reason>,
    /// In words.
    pub comment: Option<&'v str>,
    /// By criterion.
    pub scores: &'v BTreeMap<String, u8>,
    /// Hourly work alone: what is paid for of what was reported.
    pub approved_seconds: Option<i32>,
}

impl Verdict<'_> {
    /// Everything that is wrong with it.
    pub fn judge(&self, rubric: &[Criterion], pricing: Pricing, reported_seconds: i32, findings: &mut Findings) {
        self.judge_words(findings);
        for (criterion, score) in self.scores {
            let mut pointer = "/scores".to_owned();
            crate::kernel::json::push_pointer(&mut pointer, criterion);
            let known = rubric.iter().any(|known| known.criterion == *criterion);
            findings.check(known, &pointer, "unknown_criterion", "not a criterion of the project's rubric");
            findings.check(*score <= MAX_SCORE, &pointer, "out_of_range", "0 to 5");
        }
        if let Some(seconds) = self.approved_seconds {
            let applies = pricing == Pricing::PerHour && self.decision == Decision::Accept;
            findings.check(applies, "/approved_seconds", "not_applicable", "only where hourly work is accepted");
            let fits = (0..=reported_seconds).contains(&seconds);
            findings.check(fits, "/approved_seconds", "out_of_range", "0 to the seconds that were reported");
        }
    }

    fn judge_words(&self, findings: &mut Findings) {
        let chars = self.comment.map_or(0, |comment| comment.trim().chars().count());
        findings.check(chars <= MAX_COMMENT_CHARS, "/comment", "too_long", "at most 10,000 characters");
        match (self.decision, self.approved_seconds) {
            (Decision::Accept, None) => {
                findings.check(self.reason.is_none(), "/reason", "not_applicable", "an acceptance has no reason");
            }
            (Decision::Accept, Some(_)) => {
                let time = self.reason == Some(Reason::Time);
                findings.check(time, "/reason", "required", "time, where fewer seconds are approved");
            }
            (Decision::Reject | Decision::Revise, _) => {
                findings.check(self.reason.is_some(), "/reason", "required", "why it is not accepted");
                let told = chars >= MIN_COMMENT_CHARS;
                findings.check(told, "/comment", "too_short", "at least 40 characters on what is wrong");
            }
        }
    }
}

/// Whether somebody looks at a submission, by a keyed digest of its id that no expert can foretell.
pub fn is_reviewed(mode: ReviewMode, sample_rate: Decimal, digest: [u8; 32]) -> bool {
    match mode {
        ReviewMode::None => false,
        ReviewMode::All => true,
        ReviewMode::Sample => {
            let [a, b, c, d, ..] = digest;
            let draw = Decimal::from(u32::from_be_bytes([a, b, c, d]));
            // 2³² draws; the product of two bounded figures does not overflow, and if it did, looking is the safe side.
            sample_rate.checked_mul(Decimal::from(1u64 << 32)).is_none_or(|bound| draw < bound)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(verdict: Verdict<'_>, pricing: Pricing) -> Vec<String> {
        let rubric =
            [Criterion { criterion: "accuracy".to_owned(), description: "Is it right?".to_owned(), weight: 1 }];
        let mut findings = Findings::default();
        verdict.judge(&rubric, pricing, 600, &mut findings);
        match findings.done() {
            Err(crate::kernel::Error::Invalid(errors)) => errors.into_iter().map(|error| error.pointer).collect(),
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_refusal_is_explained_and_an_acceptance_may_be_silent() {
        let scores = BTreeMap::from([("accuracy".to_owned(), 5)]);
        let accept = Verdict {
            decision: Decision::Accept,
            reason: None,
            comment: None,
            scores: &scores,
            approved_seconds: None,
        };
        assert!(found(accept, Pricing::PerTask).is_empty());
        let reject = Verdict { decision: Decision::Reject, comment: Some("no"), ..accept };
        assert_eq!(found(reject, Pricing::PerTask), ["/reason", "/comment"]);
        let long = "x".repeat(40);
        let told = Verdict { reason: Some(Reason::Incorrect), comment: Some(&long), ..reject };
        assert!(found(told, Pricing::PerTask).is_empty());
        let wrong = BTreeMap::from([("a/b".to_owned(), 6)]);
        assert_eq!(found(Verdict { scores: &wrong, ..accept }, Pricing::PerTask), ["/scores/a~1b", "/scores/a~1b"]);
    }

    #[test]
    fn fewer_seconds_are_approved_for_hourly_work_and_with_the_reason_time() {
        let scores = BTreeMap::new();
        let less = Verdict {
            decision: Decision::Accept,
            reason: Some(Reason::Time),
            comment: None,
            scores: &scores,
            approved_seconds: Some(300),
        };
        assert!(found(less, Pricing::PerHour).is_empty());
        assert_eq!(found(less, Pricing::PerTask), ["/approved_seconds"]);
        assert_eq!(found(Verdict { reason: None, ..less }, Pricing::PerHour), ["/reason"]);
        assert_eq!(found(Verdict { approved_seconds: Some(601), ..less }, Pricing::PerHour), ["/approved_seconds"]);
    }

    #[test]
    fn a_sample_takes_its_share() {
        let digest = |n: u32| {
            let mut digest = [0; 32];
            digest[..4].copy_from_slice(&n.wrapping_mul(2_654_435_761).to_be_bytes());
            digest
        };
        let taken = |rate: &str| {
            (0..10_000).filter(|n| is_reviewed(ReviewMode::Sample, rate.parse().unwrap(), digest(*n))).count()
        };
        assert_eq!(taken("0"), 0);
        assert_eq!(taken("1"), 10_000);
        assert!((2_400..2_600).contains(&taken("0.25")));
        assert!(!is_reviewed(ReviewMode::None, Decimal::ONE, digest(1)));
    }
}
