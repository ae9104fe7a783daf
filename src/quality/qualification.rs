//! The stage before the work: an attempt takes so many known answers, and some share of them must be right.

use rust_decimal::Decimal;

/// What a project asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Known answers of one attempt.
    pub tasks: i16,
    /// The share of them that must be right.
    pub pass_at: Decimal,
    /// How often it may be tried.
    pub attempts: i16,
}

/// Where somebody stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attempt {
    /// Attempts that ended without success.
    pub failed: i16,
    /// Answers of the running attempt.
    pub seen: i16,
    /// Of them, right ones.
    pub right: i16,
    /// Whether it is done.
    pub qualified: bool,
}

impl Attempt {
    /// Whether there is anything left to answer here.
    pub fn may_go_on(self, stage: Stage) -> bool {
        !self.qualified && self.failed < stage.attempts
    }

    /// After one more answer. Whoever has qualified, or has no attempt left, stays as they are.
    pub fn after(self, right: bool, stage: Stage) -> Self {
        if !self.may_go_on(stage) {
            return self;
        }
        let (seen, right) = (self.seen.saturating_add(1), self.right.saturating_add(i16::from(right)));
        if seen < stage.tasks {
            return Self { seen, right, ..self };
        }
        // right / tasks ≥ pass_at, without dividing.
        let needed = Decimal::from(stage.tasks).checked_mul(stage.pass_at);
        match needed.is_some_and(|needed| Decimal::from(right) >= needed) {
            true => Self { seen, right, qualified: true, ..self },
            false => Self { failed: self.failed.saturating_add(1), seen: 0, right: 0, qualified: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stage(tasks: i16, of_100: i64, attempts: i16) -> Stage {
        Stage { tasks, pass_at: Decimal::new(of_100, 2), attempts }
    }

    #[test]
    fn two_of_three_are_enough_for_two_thirds_and_not_for_more() {
        let run = |stage: Stage, answers: &[bool]| {
            answers.iter().fold(Attempt::default(), |at, right| at.after(*right, stage))
        };
        assert!(run(stage(3, 66, 1), &[true, false, true]).qualified);
        let failed = run(stage(3, 67, 2), &[true, false, true]);
        assert_eq!(failed, Attempt { failed: 1, ..Attempt::default() });
        assert!(failed.may_go_on(stage(3, 67, 2)) && !failed.may_go_on(stage(3, 67, 1)));
        assert!(run(stage(3, 67, 2), &[true, false, true, true, true, true]).qualified);
    }

    proptest! {
        #[test]
        fn attempts_end_and_qualification_stays(
            tasks in 1i16..6, of_100 in 1i64..=100, attempts in 1i16..4, answers in prop::collection::vec(any::<bool>(), 0..40),
        ) {
            let stage = stage(tasks, of_100, attempts);
            let mut at = Attempt::default();
            for right in answers {
                let next = at.after(right, stage);
                prop_assert!(next.right <= next.seen && next.seen <= tasks && next.failed <= attempts);
                prop_assert!(next.failed >= at.failed && (next.qualified || !at.qualified));
                if !at.may_go_on(stage) {
                    prop_assert_eq!(next, at);
                }
                at = next;
            }
        }
    }
}
