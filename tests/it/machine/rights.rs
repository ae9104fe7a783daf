//! The rules of what follows a decision, and of offers: disputes, the lab's audits, refunds, slots set aside.

use super::command::Audit;
use super::model::{Dispute, Model, Offer, Payer, Place, Refund, Slot};
use super::rules::Outcome::{self, Done};
use super::rules::no;
use super::working::DAY;

const DISPUTED_WITHIN: i64 = 7 * DAY;
const RESOLVED_WITHIN: i64 = 9 * DAY;
const AUDITED_WITHIN: i64 = 14 * DAY;

impl Model {
    /// A rejection may be disputed once, within its days.
    pub(super) fn dispute(&mut self, which: usize) -> Outcome {
        let now = self.now;
        let work = &mut self.works[which];
        if work.state == "disputed" {
            return no("dispute_closed");
        }
        if work.state != "rejected" {
            return no("invalid_state");
        }
        if work.disputed || now >= work.decided_at + DISPUTED_WITHIN {
            return no("dispute_closed");
        }
        (work.state, work.disputed) = ("disputed", true);
        self.disputes.push(Dispute { work: which, open: true, overturned_at: now + RESOLVED_WITHIN });
        Done
    }

    pub(super) fn resolve(&mut self, which: usize, overturned: bool) -> Outcome {
        let Dispute { work, open, .. } = self.disputes[which];
        if !open {
            return no("invalid_state");
        }
        self.disputes[which].open = false;
        if overturned {
            self.overturn(work);
        } else {
            self.works[work].state = "rejected";
        }
        Done
    }

    /// While a slot like the one that was lost is free, it is taken back and paid for by whoever pays for it; else the expert
    /// is paid by the house, and nothing is delivered.
    fn overturn(&mut self, which: usize) {
        let (task, payer) = (&mut self.tasks[self.works[which].task], self.works[which].payer);
        let cancelled = task.is_cancelled();
        let like = task.slots.iter_mut().find(|slot| slot.place == Place::Free && slot.payer == payer && !cancelled);
        let counted = like.map(|slot| slot.place = Place::Filled(which)).is_some();
        self.pay(which, counted);
    }

    /// Delivered work is audited once, within its days. What is to be done again opens a slot that the house pays for; what
    /// was paid is only given back by a second person.
    pub(super) fn audit(&mut self, which: usize, verdict: Audit) -> Outcome {
        let work = &self.works[which];
        let billed = work.billed.unwrap_or(0);
        if verdict == Audit::Refund && billed == 0 {
            return no("invalid");
        }
        if work.audited {
            return no("audit_closed");
        }
        if work.state != "accepted" || !work.counted {
            return no("invalid_state");
        }
        if self.now >= work.decided_at + AUDITED_WITHIN {
            return no("audit_closed");
        }
        if verdict == Audit::Rework {
            if self.state == "closed" {
                return no("project_not_open");
            }
            let task = &mut self.tasks[work.task];
            if task.is_cancelled() {
                return no("invalid_state");
            }
            for slot in task.slots.iter_mut().filter(|slot| slot.place == Place::Filled(which)) {
                (slot.payer, slot.place) = (Payer::House, Place::Free);
            }
            self.works[which].counted = false;
        }
        self.works[which].audited = true;
        self.audits.push((verdict == Audit::Refund).then_some(Refund { amount: billed, decided: None }));
        Done
    }

    pub(super) fn decide_refund(&mut self, which: usize, approve: bool) -> Outcome {
        match &mut self.audits[which] {
            Some(refund) if refund.decided.is_none() => {
                refund.decided = Some(approve);
                Done
            }
            _ => no("invalid_state"),
        }
    }

    /// One slot of each of the first tasks in the queue that the lab pays for and this person may do.
    pub(super) fn offer(&mut self, to: usize, slots: usize) -> Outcome {
        if self.state != "open" {
            return no("project_not_open");
        }
        let offer = self.offers.len();
        let mut taken = 0;
        for task in self.queue() {
            if taken == slots || self.had(to, task) || self.offered(to, task).is_some() {
                continue;
            }
            let free = |slot: &&mut Slot| slot.place == Place::Free && slot.payer == Payer::Lab;
            if let Some(slot) = self.tasks[task].slots.iter_mut().find(free) {
                slot.place = Place::Offered(offer);
                taken += 1;
            }
        }
        if taken == 0 {
            return no("no_open_slots");
        }
        self.offers.push(Offer { expert: to, state: "open", ends: self.now + DAY, claimed: 0 });
        Done
    }

    /// What was not claimed goes back to the queue, or is gone where the work has ended.
    pub(super) fn end_offer(&mut self, which: usize, state: &'static str) -> Outcome {
        if !self.offers[which].runs() {
            return no("invalid_state");
        }
        self.offers[which].state = state;
        for task in &mut self.tasks {
            let ended = task.is_cancelled() || self.state == "closed";
            for slot in task.slots.iter_mut().filter(|slot| slot.place == Place::Offered(which)) {
                slot.place = if ended { Place::Gone } else { Place::Free };
            }
        }
        Done
    }

    /// Offers whose time is over end, and disputes that nobody resolved are the experts'.
    pub(super) fn end_terms(&mut self) {
        for which in 0..self.offers.len() {
            if self.offers[which].ends <= self.now {
                self.end_offer(which, "expired");
            }
        }
        let mut late = Vec::new();
        for dispute in self.disputes.iter_mut().filter(|dispute| dispute.open && dispute.overturned_at <= self.now) {
            dispute.open = false;
            late.push(dispute.work);
        }
        // Of two for one slot the one who claimed first gets it.
        late.sort_unstable();
        late.into_iter().for_each(|work| self.overturn(work));
    }
}
