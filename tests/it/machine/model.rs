//! The small model: a project whose slots are things one can point at, and what there is to see of it.
//!
//! The service keeps slots as counters and money as journal lines. Here a slot is a thing that somebody pays for and that is
//! in some place, and every figure is a count or a sum over slots and work. Whatever the two agree on was told twice.

/// Money, in cents.
pub type Cents = i64;

/// What a project was made with.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub hourly: bool,
    /// For a task, or for an hour.
    pub bill_rate: Cents,
    pub overlap: usize,
    /// How many reviewers one after another; none where nobody looks.
    pub levels: usize,
    pub max_revisions: usize,
    /// How many slots the budget covers, were each used in full.
    pub budget_slots: i64,
}

pub const DEPOSIT: Cents = 100_000_000;
pub const LEASE: i64 = 3_600;
pub const MAX_SECONDS: i64 = 1_200;

/// A quotient rounded half to even.
fn rounded(product: i64, by: i64) -> Cents {
    let (whole, rest) = (product / by, product % by);
    if rest * 2 > by || (rest * 2 == by && whole % 2 == 1) { whole + 1 } else { whole }
}

impl Terms {
    /// What is reserved for a slot.
    pub fn slot_price(&self) -> Cents {
        if self.hourly { rounded(self.bill_rate * MAX_SECONDS, 3_600) } else { self.bill_rate }
    }

    pub fn bill(&self, seconds: i64) -> Cents {
        if self.hourly { rounded(self.bill_rate * seconds, 3_600) } else { self.bill_rate }
    }

    /// The house keeps four tenths.
    pub fn pay(&self, seconds: i64) -> Cents {
        let rate = rounded(self.bill_rate * 6, 10);
        if self.hourly { rounded(rate * seconds, 3_600) } else { rate }
    }

    pub fn budget(&self) -> Cents {
        self.slot_price() * self.budget_slots
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    Lab,
    House,
}

/// Where a slot is. Offered to, held by, or filled with the one of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Free,
    Offered(usize),
    Held(usize),
    Filled(usize),
    Gone,
}

#[derive(Debug, Clone, Copy)]
pub struct Slot {
    pub payer: Payer,
    pub place: Place,
}

#[derive(Debug, Clone)]
pub struct Task {
    pub priority: i16,
    pub called_off: bool,
    pub slots: Vec<Slot>,
}

impl Task {
    pub fn count(&self, is: impl Fn(&Slot) -> bool) -> usize {
        self.slots.iter().filter(|slot| is(slot)).count()
    }

    /// Called off, or short of an answer for good.
    pub fn is_cancelled(&self) -> bool {
        self.called_off || self.slots.iter().any(|slot| slot.place == Place::Gone)
    }

    pub fn state(&self) -> &'static str {
        let [free, offered, held, filled] = self.counts();
        if self.is_cancelled() {
            "cancelled"
        } else if held + filled == 0 {
            "open"
        } else if free + offered + held == 0 {
            "completed"
        } else {
            "in_progress"
        }
    }

    /// Free, offered, held, filled.
    pub fn counts(&self) -> [usize; 4] {
        [
            self.count(|slot| slot.place == Place::Free),
            self.count(|slot| matches!(slot.place, Place::Offered(_))),
            self.count(|slot| matches!(slot.place, Place::Held(_))),
            self.count(|slot| matches!(slot.place, Place::Filled(_))),
        ]
    }
}

/// An assignment.
#[derive(Debug, Clone)]
pub struct Work {
    pub task: usize,
    pub expert: usize,
    pub payer: Payer,
    pub state: &'static str,
    pub lease_began: i64,
    pub lease_ends: i64,
    pub renewals: usize,
    /// Seconds of the leases that ended with an answer, and seconds that were reported.
    pub leased: i64,
    pub reported: i64,
    pub approved: Option<i64>,
    pub revisions: usize,
    /// The place of the latest answer among all, and when it is accepted by itself.
    pub submission: Option<usize>,
    pub accepted_by_itself: i64,
    /// The levels that accepted this answer, by whom; and who has it in hand, until when.
    pub passed: Vec<usize>,
    pub in_hand: Option<(usize, i64)>,
    pub decided_at: i64,
    pub disputed: bool,
    pub counted: bool,
    pub billed: Option<Cents>,
    pub paid: Option<Cents>,
    pub audited: bool,
    pub draft: Option<String>,
}

impl Work {
    pub fn is_leased(&self) -> bool {
        matches!(self.state, "claimed" | "revision_requested")
    }

    /// Whether its expert may not have the task again.
    pub fn binds(&self) -> bool {
        !matches!(self.state, "released" | "expired")
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Offer {
    pub expert: usize,
    pub state: &'static str,
    pub ends: i64,
    pub claimed: usize,
}

impl Offer {
    pub fn runs(&self) -> bool {
        matches!(self.state, "open" | "accepted")
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Dispute {
    pub work: usize,
    pub open: bool,
    /// When it is overturned if nobody resolves it.
    pub overturned_at: i64,
}

#[derive(Debug, Clone, Copy)]
pub struct Refund {
    pub amount: Cents,
    pub decided: Option<bool>,
}

/// A project, everything that happened to it, and the books of its lab, which has no other.
#[derive(Debug, Clone)]
pub struct Model {
    pub terms: Terms,
    pub state: &'static str,
    pub now: i64,
    pub tasks: Vec<Task>,
    pub works: Vec<Work>,
    pub offers: Vec<Offer>,
    pub disputes: Vec<Dispute>,
    /// Of each audit, the refund that it asks for.
    pub audits: Vec<Option<Refund>>,
    pub submissions: usize,
}

impl Model {
    pub fn new(terms: Terms) -> Self {
        let (tasks, works, offers, disputes, audits) = (vec![], vec![], vec![], vec![], vec![]);
        Self { terms, state: "open", now: 0, tasks, works, offers, disputes, audits, submissions: 0 }
    }

    /// The open slots that the lab pays for are what is reserved.
    pub fn reserved(&self) -> Cents {
        let open = |slot: &Slot| {
            slot.payer == Payer::Lab && matches!(slot.place, Place::Free | Place::Offered(_) | Place::Held(_))
        };
        self.tasks.iter().map(|task| task.count(open) as Cents).sum::<Cents>() * self.terms.slot_price()
    }

    /// What was billed and not given back.
    pub fn spent(&self) -> Cents {
        let refunded = self.audits.iter().flatten().filter(|refund| refund.decided == Some(true));
        self.works.iter().filter_map(|work| work.billed).sum::<Cents>()
            - refunded.map(|refund| refund.amount).sum::<Cents>()
    }

    /// What there is to see.
    pub fn shown(&self) -> Shown {
        let (reserved, spent) = (self.reserved(), self.spent());
        Shown {
            tasks: self.tasks.iter().map(|task| (task.state().to_owned(), task.counts())).collect(),
            works: self.works.iter().map(WorkShown::of).collect(),
            offers: self.offers.iter().map(|offer| (offer.state.to_owned(), offer.claimed)).collect(),
            money: [DEPOSIT - reserved - spent, reserved, spent],
            committed: reserved + spent,
        }
    }
}

/// Of an assignment, what there is to see of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkShown {
    pub task: usize,
    pub expert: usize,
    pub rework: bool,
    pub state: String,
    pub delivered: bool,
    pub billed: Option<Cents>,
    pub paid: Option<Cents>,
}

impl WorkShown {
    fn of(work: &Work) -> Self {
        Self {
            task: work.task,
            expert: work.expert,
            rework: work.payer == Payer::House,
            state: work.state.to_owned(),
            delivered: work.state == "accepted" && work.counted,
            billed: work.billed,
            paid: work.paid,
        }
    }
}

/// What service and model must agree on after every step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// State; free, offered, held and filled slots.
    pub tasks: Vec<(String, [usize; 4])>,
    pub works: Vec<WorkShown>,
    /// State, and how many slots were claimed.
    pub offers: Vec<(String, usize)>,
    /// Available, reserved, spent.
    pub money: [Cents; 3],
    /// What the project's budget is used for.
    pub committed: Cents,
}
