//! Who gets a statement for a month, and what it builds on: from seats in plans, attributions, margin and what was issued,
//! to drafts. Pure: the same facts make the same drafts.
//!
//! An executive's statements in one currency are a chain, by period and within it by when their plans were joined: what
//! one carried out, the next one carries in, across plans too. Only issued statements, and drafts of the same run, count.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::CommissionError;
use super::attainment::{Attribution, Book, Known, MarginEvent};
use super::statement::{Carried, Issued, Statement};
use super::terms::Plan;
use crate::kernel::time::Period;
use crate::kernel::{AccountId, Currency, LabId, Money, PlanId, StatementId};

/// Names a rolled-up margin event: what a lab's day brought, between two statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LabDay {
    /// The lab.
    pub lab: LabId,
    /// The day it counts for.
    pub effective_on: NaiveDate,
    /// The day of what it undoes.
    pub corrects_effective_on: Option<NaiveDate>,
    /// When the last of it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// The margin of a lab's day.
pub type Event = MarginEvent<LabDay, LabId>;
/// A stored attribution.
pub type Share = Attribution<LabId, AccountId>;
/// A statement of a stored run.
pub type Stated = Statement<LabId, LabDay>;

/// An executive's days in a plan, `[from, until)` each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// The executive.
    pub executive: AccountId,
    /// The plan.
    pub plan: PlanId,
    /// The days, in order.
    pub days: Vec<(NaiveDate, Option<NaiveDate>)>,
}

impl Seat {
    fn begins(&self) -> NaiveDate {
        self.days.iter().map(|(from, _)| *from).min().unwrap_or(NaiveDate::MAX)
    }

    fn covers(&self, period: Period) -> bool {
        let overlaps = |(from, until): &(NaiveDate, Option<NaiveDate>)| {
            *from <= period.last_day() && until.is_none_or(|until| period.first_day() < until)
        };
        self.days.iter().any(overlaps)
    }

    /// The part of an attribution that falls into the seat's days.
    fn cut(&self, share: &Share) -> Vec<Share> {
        let cut = |(from, until): &(NaiveDate, Option<NaiveDate>)| {
            let from = share.from.max(*from);
            let until = match (share.until, *until) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
            until.is_none_or(|until| from < until).then(|| Share { from, until, ..share.clone() })
        };
        self.days.iter().filter_map(cut).collect()
    }
}

/// An issued statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Its id.
    pub id: StatementId,
    /// Its plan.
    pub plan: PlanId,
    /// Whose it is.
    pub executive: AccountId,
    /// What it stated and knew.
    pub issued: Issued,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
}

/// A draft of this run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drafted {
    /// Its id: that of the draft it replaces, or a new one.
    pub id: StatementId,
    /// Its plan.
    pub plan: PlanId,
    /// Whose it is.
    pub executive: AccountId,
    /// The statement that it carries on from, which must be the last one issued when this one is.
    pub after: Option<StatementId>,
    /// What it states.
    pub statement: Stated,
}

/// What a run came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Drafts {
    /// New drafts, in the order of each executive's chain.
    pub made: Vec<Drafted>,
    /// How many statements of the period stand issued already.
    pub issued: usize,
    /// How many were left out because a later period was issued before.
    pub overtaken: usize,
}

/// Why a run drafts nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftingError {
    /// Margin in another currency than the plan's.
    #[error("margin of {lab} is in {margin}, {plan} counts in {currency}: rates between currencies are not kept yet")]
    Foreign {
        /// The lab.
        lab: LabId,
        /// What its margin is in.
        margin: Currency,
        /// The plan that credits it.
        plan: PlanId,
        /// What the plan is in.
        currency: Currency,
    },
    /// An issued statement knows what was recorded later than this run would: what was stated as known stays known.
    #[error("{0} is issued and knows what was recorded later")]
    Backwards(StatementId),
    /// The figures could not be computed.
    #[error(transparent)]
    Commission(#[from] CommissionError),
}

/// Everything that a run knows.
#[derive(Debug)]
pub struct Facts<'f> {
    /// Which month, and until when.
    pub known: Known,
    /// Every plan.
    pub plans: &'f BTreeMap<PlanId, Plan>,
    /// Who sat in which plan.
    pub seats: &'f [Seat],
    /// Who has which share of which lab.
    pub shares: &'f [Share],
    /// The margin of the labs, in whatever currency.
    pub events: &'f [Event],
    /// What was issued, of any period.
    pub standing: &'f [Standing],
}

/// Where an executive's statements in one currency have got to.
type Chain = BTreeMap<(AccountId, Currency), (StatementId, Carried)>;

/// Drafts the month's statements; `id_of` names the draft of an executive under a plan.
pub fn draft(
    facts: &Facts<'_>,
    id_of: &mut dyn FnMut(AccountId, PlanId) -> StatementId,
) -> Result<Drafts, DraftingError> {
    let mut seats: Vec<&Seat> = facts.seats.iter().collect();
    seats.sort_by_key(|seat| (seat.executive, seat.begins(), seat.plan));
    let mut chain = chain(facts);
    let mut drafts = Drafts::default();
    for seat in seats {
        let Some(plan) = facts.plans.get(&seat.plan) else { continue };
        let of_seat = || facts.standing.iter().filter(|it| it.executive == seat.executive && it.plan == seat.plan);
        let earlier: Vec<Issued> = of_seat().map(|it| it.issued).collect();
        if earlier.iter().any(|it| it.known.period == facts.known.period) {
            drafts.issued = drafts.issued.saturating_add(1);
            continue;
        }
        if overtaken(facts, seat.executive, plan.currency) {
            drafts.overtaken = drafts.overtaken.saturating_add(1);
            continue;
        }
        if let Some(later) = of_seat().find(|it| it.issued.known.as_of > facts.known.as_of) {
            return Err(DraftingError::Backwards(later.id));
        }
        let before = chain.get(&(seat.executive, plan.currency)).copied();
        let carried = before.map(|(_, carried)| carried);
        let Some(statement) = state(facts, seat, plan, (&earlier, carried))? else { continue };
        let id = id_of(seat.executive, seat.plan);
        let left = Carried { carried_out: statement.carried_out, draw_balance: statement.draw_balance };
        chain.insert((seat.executive, plan.currency), (id, left));
        let after = before.map(|(id, _)| id);
        drafts.made.push(Drafted { id, plan: seat.plan, executive: seat.executive, after, statement });
    }
    Ok(drafts)
}

fn chain(facts: &Facts<'_>) -> Chain {
    let mut standing: Vec<&Standing> = facts.standing.iter().collect();
    standing.sort_by_key(|it| (it.issued.known.period, it.issued_at, it.id));
    let link = |it: &Standing| {
        let left = Carried { carried_out: it.issued.carried_out, draw_balance: it.issued.draw_balance };
        ((it.executive, it.issued.total.currency()), (it.id, left))
    };
    standing.into_iter().map(link).collect()
}

fn overtaken(facts: &Facts<'_>, executive: AccountId, currency: Currency) -> bool {
    let later = |it: &&Standing| it.issued.known.period > facts.known.period;
    facts.standing.iter().filter(later).any(|it| it.executive == executive && it.issued.total.currency() == currency)
}

/// The statement of a seat, if there is anything to state. Whoever sits in the plan during the month gets one as soon as
/// they have an attribution or a draw; whoever has left, only where what is known about their days has changed.
fn state(
    facts: &Facts<'_>,
    seat: &Seat,
    plan: &Plan,
    (earlier, carried): (&[Issued], Option<Carried>),
) -> Result<Option<Stated>, DraftingError> {
    let own = facts.shares.iter().filter(|share| share.executive == seat.executive);
    let shares: Vec<Share> = own.flat_map(|share| seat.cut(share)).collect();
    let sits = seat.covers(facts.known.period);
    if shares.is_empty() && plan.draw.is_none() && earlier.is_empty() {
        return Ok(None);
    }
    let credited =
        |event: &&Event| shares.iter().any(|share| share.lab == event.lab && share.holds_on(event.placed_on()));
    if let Some(foreign) = facts.events.iter().filter(credited).find(|it| currency(it) != plan.currency) {
        let (lab, margin) = (foreign.lab, currency(foreign));
        return Err(DraftingError::Foreign { lab, margin, plan: seat.plan, currency: plan.currency });
    }
    // A draw is advanced for the time in the plan only.
    let without_draw = (!sits).then(|| plan.without_draw());
    let plan = without_draw.as_ref().unwrap_or(plan);
    let statement =
        Book::new(plan, &shares, facts.events, &[]).state_after(&seat.executive, facts.known, earlier, carried)?;
    let changed = !statement.current.is_zero() || !statement.prior_period.is_zero();
    Ok((sits || changed).then_some(statement))
}

fn currency(event: &Event) -> Currency {
    event.margin.revenue.currency()
}

/// What issuing a statement posts: everything it added, whether or not it is paid out this time.
pub fn posted(statement: &Stated) -> Result<Money, CommissionError> {
    Ok(statement.current.checked_add(statement.prior_period)?.checked_add(statement.manual)?)
}
