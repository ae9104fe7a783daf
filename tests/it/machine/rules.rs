//! The rules of work, told once more: what each act comes to, and what happens by itself as time passes.

use super::command::{Command, Pick, Verdict};
use super::model::{Cents, LEASE, MAX_SECONDS, Model, Payer, Place, Slot, Task, Work};

/// What comes of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// The task of this number, and the draft of an earlier try.
    Claimed(usize, Option<String>),
    /// A submission of this assignment.
    Reviewing(usize),
    /// There is none.
    Nothing,
    Refused(String),
}

use Outcome::{Done, Nothing};

pub fn no(code: &str) -> Outcome {
    Outcome::Refused(code.to_owned())
}

impl Model {
    /// Aims a command at something that exists; nothing where there is nothing to aim at.
    pub fn aim(&self, command: Command<Pick>) -> Option<Command<usize>> {
        use Command as C;
        let work = |pick: Pick, fits: &dyn Fn(&Work) -> bool| pick.of(self.works.len(), |n| fits(&self.works[n]));
        let offer = |pick: Pick| pick.of(self.offers.len(), |n| self.offers[n].runs());
        Some(match command {
            C::Import { tasks, priority } => C::Import { tasks, priority },
            C::CancelTask { which } => {
                C::CancelTask { which: which.of(self.tasks.len(), |n| !self.tasks[n].is_cancelled())? }
            }
            C::Pause => C::Pause,
            // Opening what is open would be most of what happens.
            C::Resume if self.state == "open" => return None,
            C::Resume => C::Resume,
            C::Close => C::Close,
            C::Claim { by } => C::Claim { by },
            C::Renew { which } => C::Renew { which: work(which, &Work::is_leased)? },
            C::Release { which } => C::Release { which: work(which, &Work::is_leased)? },
            C::Submit { which: pick, seconds, own_token } => {
                let which = work(pick, &Work::is_leased)?;
                let leased = self.leased(&self.works[which]);
                let spare = leased.min(MAX_SECONDS) - self.works[which].reported;
                let seconds = if pick.any() { seconds } else { seconds.min(spare.max(0)) };
                C::Submit { which, seconds, own_token }
            }
            C::TakeReview { by } => C::TakeReview { by },
            C::Review { by, which, verdict } => {
                let waits = |work: &Work| matches!(work.state, "submitted" | "in_review");
                let paid_by_time = self.terms.hourly || which.any();
                let which = work(which, &waits)?;
                self.works[which].submission?;
                let verdict = if paid_by_time || verdict != Verdict::AcceptHalf { verdict } else { Verdict::Accept };
                C::Review { by, which, verdict }
            }
            C::Dispute { which } => C::Dispute { which: work(which, &|work| work.state == "rejected")? },
            C::Resolve { which, overturned } => {
                C::Resolve { which: which.of(self.disputes.len(), |n| self.disputes[n].open)?, overturned }
            }
            C::Audit { which, verdict } => {
                let open = |work: &Work| work.state == "accepted" && !work.audited;
                C::Audit { which: work(which, &open)?, verdict }
            }
            C::DecideRefund { which, approve } => {
                let waits = |n: usize| self.audits[n].is_some_and(|refund| refund.decided.is_none());
                C::DecideRefund { which: which.of(self.audits.len(), waits)?, approve }
            }
            C::Offer { to, slots } => C::Offer { to, slots },
            C::AcceptOffer { which } => C::AcceptOffer { which: offer(which)? },
            C::DeclineOffer { which } => C::DeclineOffer { which: offer(which)? },
            C::WithdrawOffer { which } => C::WithdrawOffer { which: offer(which)? },
            C::Wait { ticks } => C::Wait { ticks },
        })
    }

    /// Does it, and says what comes of it. What is refused changes nothing.
    pub fn act(&mut self, act: Command<usize>) -> Outcome {
        use Command as C;
        match act {
            C::Import { tasks, priority } => self.import(tasks, priority),
            C::CancelTask { which } => self.cancel(which),
            C::Pause => self.change("open", "paused"),
            C::Resume => self.change("paused", "open"),
            C::Close => self.close(),
            C::Claim { by } => self.claim(by),
            C::Renew { which } => self.renew(which),
            C::Release { which } => self.release(which),
            C::Submit { which, seconds, own_token } => self.submit(which, seconds, own_token),
            C::TakeReview { by } => self.take_review(by),
            C::Review { by, which, verdict } => self.review(by, which, verdict),
            C::Dispute { which } => self.dispute(which),
            C::Resolve { which, overturned } => self.resolve(which, overturned),
            C::Audit { which, verdict } => self.audit(which, verdict),
            C::DecideRefund { which, approve } => self.decide_refund(which, approve),
            C::Offer { to, slots } => self.offer(to, slots),
            C::AcceptOffer { which } if self.offers[which].state != "open" => no("invalid_state"),
            C::AcceptOffer { which } => {
                self.offers[which].state = "accepted";
                Done
            }
            C::DeclineOffer { which } => self.end_offer(which, "declined"),
            C::WithdrawOffer { which } => self.end_offer(which, "withdrawn"),
            C::Wait { ticks } => self.wait(ticks),
        }
    }

    /// All of the tasks or none. Every slot is paid for by the lab, within its budget.
    fn import(&mut self, tasks: usize, priority: i16) -> Outcome {
        if self.state == "closed" {
            return no("invalid_state");
        }
        let price = (tasks * self.terms.overlap) as Cents * self.terms.slot_price();
        if self.reserved() + self.spent() + price > self.terms.budget() {
            return no("budget_exceeded");
        }
        let slots = vec![Slot { payer: Payer::Lab, place: Place::Free }; self.terms.overlap];
        self.tasks.extend(vec![Task { priority, called_off: false, slots }; tasks]);
        Done
    }

    fn cancel(&mut self, which: usize) -> Outcome {
        let task = &mut self.tasks[which];
        if matches!(task.state(), "completed" | "cancelled") {
            return no("invalid_state");
        }
        task.called_off = true;
        self.take_free_slots(which);
        Done
    }

    fn take_free_slots(&mut self, task: usize) {
        for slot in self.tasks[task].slots.iter_mut().filter(|slot| slot.place == Place::Free) {
            slot.place = Place::Gone;
        }
    }

    fn change(&mut self, from: &str, to: &'static str) -> Outcome {
        if self.state != from {
            return no("invalid_state");
        }
        self.state = to;
        Done
    }

    fn close(&mut self) -> Outcome {
        if self.state == "closed" {
            return no("invalid_state");
        }
        self.state = "closed";
        (0..self.tasks.len()).for_each(|task| self.take_free_slots(task));
        Done
    }

    /// Whether this person has the task, or had it and did not simply leave it.
    pub(super) fn had(&self, expert: usize, task: usize) -> bool {
        self.works.iter().any(|work| work.expert == expert && work.task == task && work.binds())
    }

    /// Tasks as claims go through them: the most urgent first, then as they were posted.
    pub(super) fn queue(&self) -> Vec<usize> {
        let mut queue: Vec<usize> = (0..self.tasks.len()).collect();
        queue.sort_by_key(|task| -self.tasks[*task].priority);
        queue
    }

    /// What this person was offered of a task.
    pub(super) fn offered(&self, expert: usize, task: usize) -> Option<(usize, usize)> {
        self.tasks[task].slots.iter().enumerate().find_map(|(place, slot)| match slot.place {
            Place::Offered(offer) if self.offers[offer].expert == expert => Some((offer, place)),
            _ => None,
        })
    }

    /// Own slots first, of the offer that ends first; then the queue, in which work to be done again comes before new work
    /// on its task.
    fn claim(&mut self, by: usize) -> Outcome {
        if self.state != "open" {
            return Nothing;
        }
        let may = |task: &usize| !self.had(by, *task) && !self.tasks[*task].is_cancelled();
        let tasks: Vec<usize> = (0..self.tasks.len()).filter(may).collect();
        let own = tasks.iter().filter_map(|task| self.offered(by, *task).map(|(offer, place)| (offer, *task, place)));
        // Offers run equally long: the first one ends first.
        let own = own.min_by_key(|(offer, task, _)| (*offer, *task));
        let free = |task: usize, payer| {
            let is = |slot: &Slot| slot.place == Place::Free && slot.payer == payer;
            self.tasks[task].slots.iter().position(is)
        };
        let queued = self.queue().into_iter().filter(|task| tasks.contains(task) && self.offered(by, *task).is_none());
        let mut queued = queued.filter_map(|task| Some((task, free(task, Payer::House).or(free(task, Payer::Lab))?)));
        let (task, place) = match own {
            Some((offer, task, place)) => {
                self.offers[offer].claimed += 1;
                (task, place)
            }
            None => match queued.next() {
                Some(found) => found,
                None => return Nothing,
            },
        };
        let earlier = self.works.iter().rev().filter(|work| work.expert == by && work.task == task);
        let draft = earlier.filter_map(|work| work.draft.clone()).next();
        let slot = &mut self.tasks[task].slots[place];
        slot.place = Place::Held(self.works.len());
        self.works.push(Work {
            task,
            expert: by,
            payer: slot.payer,
            state: "claimed",
            lease_began: self.now,
            lease_ends: self.now + LEASE,
            renewals: 0,
            leased: 0,
            reported: 0,
            approved: None,
            revisions: 0,
            submission: None,
            accepted_by_itself: 0,
            passed: Vec::new(),
            in_hand: None,
            decided_at: 0,
            disputed: false,
            counted: true,
            billed: None,
            paid: None,
            audited: false,
            draft: None,
        });
        Outcome::Claimed(task, draft)
    }
}
