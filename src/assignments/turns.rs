//! Whose turn it is: between projects, priority goes first, then the deadline, then the one that had the smallest share of
//! the last hour's claims for what it has open.

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::kernel::{ProjectId, TaskId};

/// An open project with open slots, as it was read a moment ago.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Which.
    pub project: ProjectId,
    /// 100 less the priority of the head of its queue.
    pub urgency: i16,
    /// The head of its queue.
    pub head: TaskId,
    /// After which nobody claims.
    pub deadline: Option<DateTime<Utc>>,
    /// Of 2³¹ coins, those below this are gold.
    pub gold_coins: i64,
    /// How many of its tasks one expert may hold or have done.
    pub max_tasks: Option<i32>,
    /// Only who qualified may claim.
    pub qualifying: bool,
    /// Open slots when they were last counted.
    pub open_slots: i64,
    /// Claims of the last hour, as far as they were counted.
    pub claims: i64,
}

impl Turn {
    /// Before another one: smaller first.
    fn cmp(&self, other: &Self) -> Ordering {
        let deadline = |turn: &Self| turn.deadline.unwrap_or(DateTime::<Utc>::MAX_UTC);
        // claims / open, compared without dividing; nothing open counts as one slot.
        let share = |turn: &Self, of: &Self| i128::from(turn.claims).saturating_mul(i128::from(of.open_slots.max(1)));
        self.urgency
            .cmp(&other.urgency)
            .then_with(|| deadline(self).cmp(&deadline(other)))
            .then_with(|| share(self, other).cmp(&share(other, self)))
            .then_with(|| self.project.cmp(&other.project))
    }
}

/// The turns of all projects. What was claimed since the last count is added as it happens.
#[derive(Debug, Clone, Default)]
pub struct Turns {
    order: Vec<Turn>,
    counted_at: Option<DateTime<Utc>>,
    since: HashMap<ProjectId, i64>,
}

impl Turns {
    /// Takes what was read in place of what stood; claims since stay until they have been counted.
    pub fn replace(&mut self, read: Vec<Turn>, counted_at: Option<DateTime<Utc>>) {
        if self.counted_at != counted_at {
            self.counted_at = counted_at;
            self.since.clear();
        }
        self.order = read;
        for turn in &mut self.order {
            add(turn, self.since.get(&turn.project).copied().unwrap_or_default());
        }
        self.order.sort_by(Turn::cmp);
    }

    /// Counts claims that were just made.
    pub fn claimed(&mut self, projects: impl Iterator<Item = ProjectId>) {
        let mut more: HashMap<ProjectId, i64> = HashMap::new();
        for project in projects {
            let claims = more.entry(project).or_default();
            *claims = claims.saturating_add(1);
        }
        for turn in &mut self.order {
            add(turn, more.get(&turn.project).copied().unwrap_or_default());
        }
        for (project, claims) in more {
            let since = self.since.entry(project).or_default();
            *since = since.saturating_add(claims);
        }
        self.order.sort_by(Turn::cmp);
    }

    /// The first so many, in their order.
    pub fn first(&self, most: usize) -> &[Turn] {
        self.order.get(..most).unwrap_or(&self.order)
    }
}

fn add(turn: &mut Turn, claims: i64) {
    turn.claims = turn.claims.saturating_add(claims);
    turn.open_slots = turn.open_slots.saturating_sub(claims);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    fn turn(project: u128, open_slots: i64) -> Turn {
        Turn {
            project: ProjectId(Uuid::from_u128(project)),
            urgency: 50,
            head: TaskId(Uuid::nil()),
            deadline: None,
            gold_coins: 0,
            max_tasks: None,
            qualifying: false,
            open_slots,
            claims: 0,
        }
    }

    fn first(turns: &Turns) -> ProjectId {
        turns.first(1)[0].project
    }

    #[test]
    fn priority_then_deadline_then_share() {
        let soon = DateTime::<Utc>::UNIX_EPOCH + Duration::from_secs(1);
        let mut urgent = turn(3, 1);
        urgent.urgency = 40;
        urgent.claims = 1_000;
        let mut due = turn(2, 1);
        due.deadline = Some(soon);
        let mut turns = Turns::default();
        turns.replace(vec![turn(1, 9), due.clone(), urgent.clone()], None);
        let order: Vec<ProjectId> = turns.first(9).iter().map(|turn| turn.project).collect();
        assert_eq!(order, [urgent.project, due.project, turn(1, 9).project]);
    }

    #[test]
    fn what_was_claimed_since_is_kept_until_it_is_counted() {
        let (one, other) = (turn(1, 10), turn(2, 10));
        let mut turns = Turns::default();
        turns.replace(vec![one.clone(), other.clone()], None);
        turns.claimed([one.project].into_iter());
        assert_eq!(first(&turns), other.project);
        turns.replace(vec![one.clone(), other.clone()], None);
        assert_eq!(first(&turns), other.project, "a new look at the heads forgets nothing");
        turns.replace(vec![one.clone(), other], Some(DateTime::<Utc>::UNIX_EPOCH));
        assert_eq!(first(&turns), one.project, "a new count holds it already");
    }

    proptest! {
        /// However much each has open, after many turns everybody's share is the same, to within one claim.
        #[test]
        fn shares_become_equal(open in prop::collection::vec(50i64..500, 2..6)) {
            let mut turns = Turns::default();
            let all: Vec<Turn> = open.iter().zip(1u128..).map(|(open, n)| turn(n, open * 1_000)).collect();
            turns.replace(all.clone(), None);
            let total: i64 = open.iter().sum();
            let mut claims: HashMap<ProjectId, i64> = HashMap::new();
            for _ in 0..total {
                let next = first(&turns);
                *claims.entry(next).or_default() += 1;
                turns.claimed([next].into_iter());
            }
            for (turn, open) in all.iter().zip(&open) {
                let had = claims.get(&turn.project).copied().unwrap_or_default();
                prop_assert!((had - open).abs() <= 1 + open / 500, "{had} claims for {open} of {total}");
            }
        }
    }
}
