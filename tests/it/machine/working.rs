//! The rules of a lease, an answer, its reviews and its acceptance; and what time does to them.

use super::command::{TICK, Verdict};
use super::model::{LEASE, MAX_SECONDS, Model, Payer, Place, Slot, Task, Work};
use super::rules::Outcome::{self, Done, Nothing};
use super::rules::no;

pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 24 * HOUR;
const MAX_RENEWALS: usize = 3;

/// What the answer of this work says.
pub fn answer_of(work: usize) -> String {
    format!("What work {work} has to say.")
}

/// The slot that this work holds, or fills.
fn slot_of(task: &mut Task, work: usize) -> Option<&mut Slot> {
    task.slots.iter_mut().find(|slot| matches!(slot.place, Place::Held(of) | Place::Filled(of) if of == work))
}

impl Model {
    /// Moves the end of a lease that runs to now and the lease time, three times at most; never to sooner.
    pub(super) fn renew(&mut self, which: usize) -> Outcome {
        let now = self.now;
        let work = &mut self.works[which];
        if work.state == "expired" {
            return no("lease_expired");
        }
        if !work.is_leased() {
            return no("invalid_state");
        }
        if work.renewals == MAX_RENEWALS {
            return no("renewals_exhausted");
        }
        work.renewals += 1;
        work.lease_ends = work.lease_ends.max(now + LEASE);
        Done
    }

    pub(super) fn release(&mut self, which: usize) -> Outcome {
        match self.works[which].state {
            "claimed" | "revision_requested" => {
                self.works[which].state = "released";
                self.free(which);
                Done
            }
            "expired" => no("lease_expired"),
            _ => no("invalid_state"),
        }
    }

    /// Nobody holds this slot any more: it is free again, or gone where the work has ended.
    fn free(&mut self, which: usize) {
        let task = &mut self.tasks[self.works[which].task];
        let ended = task.is_cancelled() || self.state == "closed";
        if let Some(slot) = slot_of(task, which) {
            slot.place = if ended { Place::Gone } else { Place::Free };
        }
    }

    /// How long this work was leased, if it is handed in now.
    pub(super) fn leased(&self, work: &Work) -> i64 {
        work.leased + self.now - work.lease_began
    }

    /// Under the token of a lease that runs an answer counts; else it is kept as a draft, if it may be of use.
    pub(super) fn submit(&mut self, which: usize, seconds: i64, own_token: bool) -> Outcome {
        let (now, hourly) = (self.now, self.terms.hourly);
        let leased = self.leased(&self.works[which]);
        let work = &mut self.works[which];
        let reported = work.reported + seconds;
        if hourly && work.is_leased() && (reported > MAX_SECONDS || reported > leased) {
            return no("invalid");
        }
        if !work.is_leased() || !own_token {
            if work.is_leased() || matches!(work.state, "released" | "expired") {
                work.draft = Some(answer_of(which));
            }
            return no("lease_expired");
        }
        (work.leased, work.reported, work.draft) = (leased, reported, None);
        work.state = "submitted";
        work.submission = Some(self.submissions);
        work.accepted_by_itself = now + 7 * DAY;
        self.submissions += 1;
        if self.terms.levels == 0 {
            self.accept(which);
        }
        Done
    }

    /// Whether this reviewer may look at the answer: every level is another person's.
    fn may_look(work: &Work, by: usize) -> bool {
        work.state == "submitted" && !work.passed.contains(&by)
    }

    /// The answer that has waited longest.
    pub(super) fn take_review(&mut self, by: usize) -> Outcome {
        let waiting = (0..self.works.len()).filter(|work| Self::may_look(&self.works[*work], by));
        let Some(which) = waiting.min_by_key(|work| self.works[*work].submission) else { return Nothing };
        self.works[which].state = "in_review";
        self.works[which].in_hand = Some((by, self.now + HOUR));
        Outcome::Reviewing(which)
    }

    /// Decides about the latest answer, which is in this reviewer's hand or in nobody's.
    pub(super) fn review(&mut self, by: usize, which: usize, verdict: Verdict) -> Outcome {
        let (now, terms) = (self.now, self.terms);
        let work = &mut self.works[which];
        let own = work.state == "in_review" && work.in_hand.is_some_and(|(whose, _)| whose == by);
        let half = verdict == Verdict::AcceptHalf;
        if half && !terms.hourly {
            return no("invalid");
        }
        if !own && !Self::may_look(work, by) {
            return no("already_reviewed");
        }
        if verdict == Verdict::Revise && work.revisions == terms.max_revisions {
            return no("revisions_exhausted");
        }
        work.in_hand = None;
        match verdict {
            Verdict::Accept | Verdict::AcceptHalf => {
                work.approved = if half { Some(work.reported / 2) } else { work.approved };
                work.passed.push(by);
                work.state = "submitted";
                if work.passed.len() == terms.levels {
                    self.accept(which);
                }
            }
            Verdict::Reject => {
                (work.state, work.decided_at) = ("rejected", now);
                self.free(which);
            }
            Verdict::Revise => {
                work.state = "revision_requested";
                work.revisions += 1;
                (work.passed, work.approved, work.renewals) = (Vec::new(), None, 0);
                (work.lease_began, work.lease_ends) = (now, now + LEASE.max(DAY));
            }
        }
        Done
    }

    /// The slot is filled, the lab billed if it pays for it, the expert paid.
    fn accept(&mut self, which: usize) {
        let task = self.works[which].task;
        if let Some(slot) = slot_of(&mut self.tasks[task], which) {
            slot.place = Place::Filled(which);
        }
        self.pay(which, true);
    }

    /// What accepted work costs, and whom.
    pub(super) fn pay(&mut self, which: usize, counted: bool) {
        let terms = self.terms;
        let work = &mut self.works[which];
        let seconds = work.approved.unwrap_or(work.reported);
        let at_labs_cost = counted && work.payer == Payer::Lab;
        work.billed = Some(if at_labs_cost { terms.bill(seconds) } else { 0 });
        work.paid = Some(terms.pay(seconds));
        (work.state, work.counted, work.decided_at, work.in_hand) = ("accepted", counted, self.now, None);
    }

    /// Time passes, and what is over ends.
    pub(super) fn wait(&mut self, ticks: i64) -> Outcome {
        self.now += ticks * TICK;
        let now = self.now;
        for which in 0..self.works.len() {
            let work = &mut self.works[which];
            if work.is_leased() && work.lease_ends <= now {
                work.state = "expired";
                self.free(which);
            } else if matches!(work.state, "submitted" | "in_review") && work.accepted_by_itself <= now {
                self.accept(which);
            } else if work.in_hand.is_some_and(|(_, until)| until <= now) {
                (work.state, work.in_hand) = ("submitted", None);
            }
        }
        self.end_terms();
        Done
    }
}
