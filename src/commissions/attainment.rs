//! Attainment: which margin events count for whom, with what share, and in what order.
//!
//! An event is placed at the day it corrects, or at its own; attribution, version and window are those of that day.
//! Uncleared attributions credit nothing: their margin is kept aside as withheld.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use super::figure::{add, times};
use super::plan::{Measure, ShareSplit};
use super::terms::Plan;
use super::{CommissionError, Key};
use crate::kernel::time::Period;
use crate::kernel::{Currency, Money};

/// An executive's share of a lab's margin over `[from, until)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution<L, X> {
    /// The lab.
    pub lab: L,
    /// The executive.
    pub executive: X,
    /// More than 0, at most 1, at most 8 decimals.
    pub share: Decimal,
    /// The first day it holds.
    pub from: NaiveDate,
    /// The first day it no longer holds.
    pub until: Option<NaiveDate>,
    /// Whether somebody had to clear it, and when they did.
    pub clearance: Clearance,
}

/// Whether an attribution may credit anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clearance {
    /// The executive is under no duty to an earlier employer.
    NotNeeded,
    /// Under a duty, and nobody has cleared it.
    Missing,
    /// Cleared by somebody else at this moment; statements as of a later one know it.
    Since(DateTime<Utc>),
}

impl<L: Key, X: Key> Attribution<L, X> {
    pub(super) fn holds_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }

    fn cleared(&self, known: Known) -> bool {
        match self.clearance {
            Clearance::NotNeeded => true,
            Clearance::Missing => false,
            Clearance::Since(moment) => moment < known.as_of,
        }
    }
}

/// The first day on which a lab's shares exceed 1; they can only rise on a day when an attribution begins.
pub fn over_attributed<L: Key, X: Key>(held: &[&Attribution<L, X>]) -> Option<NaiveDate> {
    let days: BTreeSet<_> = held.iter().map(|attribution| attribution.from).collect();
    days.into_iter().find(|day| {
        let mut on_day = held.iter().filter(|attribution| attribution.holds_on(*day));
        let shares = on_day.try_fold(Decimal::ZERO, |sum, attribution| add(sum, attribution.share));
        !shares.is_ok_and(|shares| shares <= Decimal::ONE)
    })
}

/// The components of a margin event in the plan's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Margin {
    /// What the lab was billed; refunds are negative.
    pub revenue: Money,
    /// What experts cost.
    pub expert_cost: Money,
    /// What else it cost.
    pub direct_cost: Money,
}

impl Margin {
    /// The components at an exchange rate, each rounded half to even by itself.
    pub fn converted(self, rate: Decimal, currency: Currency) -> Result<Self, CommissionError> {
        let one = |money: Money| -> Result<Money, CommissionError> {
            Ok(Money::rounded(times(money.amount(), rate)?, currency)?)
        };
        Ok(Self {
            revenue: one(self.revenue)?,
            expert_cost: one(self.expert_cost)?,
            direct_cost: one(self.direct_cost)?,
        })
    }

    /// What a measure makes of it, in the plan's currency.
    fn measured(self, measure: Measure, currency: Currency) -> Result<Decimal, CommissionError> {
        let money = match measure {
            Measure::Revenue => self.revenue,
            Measure::GrossMargin => self.revenue.checked_sub(self.expert_cost)?.checked_sub(self.direct_cost)?,
        };
        if money.currency() == currency { Ok(money.amount()) } else { Err(CommissionError::CurrencyMismatch) }
    }
}

/// Something that changed a lab's margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarginEvent<E, L> {
    /// Its id, unique; the last tie of the order.
    pub id: E,
    /// The lab.
    pub lab: L,
    /// When it took effect: which period it belongs to.
    pub effective_on: NaiveDate,
    /// When it was written down: which statements know it.
    pub recorded_at: DateTime<Utc>,
    /// The effective day of the event it corrects.
    pub corrects_effective_on: Option<NaiveDate>,
    /// What it is worth.
    pub margin: Margin,
}

impl<E: Key, L: Key> MarginEvent<E, L> {
    /// The day whose attribution, version and window it takes.
    pub fn placed_on(&self) -> NaiveDate {
        self.corrects_effective_on.unwrap_or(self.effective_on)
    }

    /// The order in which events are taken.
    fn order(&self) -> (NaiveDate, NaiveDate, DateTime<Utc>, &E) {
        (self.placed_on(), self.effective_on, self.recorded_at, &self.id)
    }
}

/// A line by hand: outside attainment, inside the statement of its period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManualLine<E, X> {
    /// Its id.
    pub id: E,
    /// Whom it concerns.
    pub executive: X,
    /// The statement it stands on.
    pub period: Period,
    /// What it adds; negative takes away.
    pub amount: Money,
}

/// What a statement is for and what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The month it states; events effective later are not in it.
    pub period: Period,
    /// Events recorded before this moment are known.
    pub as_of: DateTime<Utc>,
}

impl Known {
    fn knows<E: Key, L: Key>(self, event: &MarginEvent<E, L>) -> bool {
        event.recorded_at < self.as_of && event.effective_on <= self.period.last_day()
    }
}

/// An executive's attributions by their labs.
type ByLab<'a, L, X> = BTreeMap<&'a L, Vec<&'a Attribution<L, X>>>;

/// A plan and everything that happened under it, indexed for statements.
#[derive(Debug)]
pub struct Book<'a, L, X, E> {
    /// The plan.
    pub plan: &'a Plan,
    events: BTreeMap<&'a L, Vec<&'a MarginEvent<E, L>>>,
    attributions: BTreeMap<&'a X, ByLab<'a, L, X>>,
    manual: &'a [ManualLine<E, X>],
}

/// An event as one executive is credited with it.
#[derive(Debug, Clone)]
pub(super) struct Credit<'a, E, L> {
    pub(super) event: &'a MarginEvent<E, L>,
    pub(super) placed_on: NaiveDate,
    /// The cleared share, and the one that waits for clearance.
    pub(super) share: Decimal,
    pub(super) withheld_share: Decimal,
    /// The event's measure before any share.
    pub(super) amount: Decimal,
    /// By how much it moves attainment, and the gate's measure.
    pub(super) step: Decimal,
    pub(super) gate_step: Decimal,
    /// What part of the step's commission is the executive's: 1 unless shares cut after tiers.
    pub(super) factor: Decimal,
}

impl<'a, L: Key, X: Key, E: Key> Book<'a, L, X, E> {
    /// Opens a book. Attributions are expected to be cut to the days on which the executive takes part in the plan.
    pub fn new(
        plan: &'a Plan,
        attributions: &'a [Attribution<L, X>],
        events: &'a [MarginEvent<E, L>],
        manual: &'a [ManualLine<E, X>],
    ) -> Self {
        let mut by_lab: BTreeMap<&L, Vec<&MarginEvent<E, L>>> = BTreeMap::new();
        for event in events {
            by_lab.entry(&event.lab).or_default().push(event);
        }
        let mut by_executive: BTreeMap<&X, ByLab<'_, L, X>> = BTreeMap::new();
        for attribution in attributions {
            let labs = by_executive.entry(&attribution.executive).or_default();
            labs.entry(&attribution.lab).or_default().push(attribution);
        }
        Self { plan, events: by_lab, attributions: by_executive, manual }
    }

    /// Everybody with an attribution, in order.
    pub fn executives(&self) -> impl Iterator<Item = &'a X> {
        self.attributions.keys().copied()
    }

    /// What is known to concern an executive, in the order in which events are taken; withheld events included.
    pub(super) fn credits(&self, executive: &X, known: Known) -> Result<Vec<Credit<'a, E, L>>, CommissionError> {
        let mut credits = Vec::new();
        for (lab, attributions) in self.attributions.get(executive).into_iter().flatten() {
            for event in self.events.get(lab).into_iter().flatten().filter(|event| known.knows(event)) {
                credits.extend(self.credit(event, attributions, known)?);
            }
        }
        credits.sort_by(|a, b| a.event.order().cmp(&b.event.order()));
        Ok(credits)
    }

    /// One event under the attributions of its lab; `None` where none holds on its day.
    fn credit(
        &self,
        event: &'a MarginEvent<E, L>,
        attributions: &[&Attribution<L, X>],
        known: Known,
    ) -> Result<Option<Credit<'a, E, L>>, CommissionError> {
        let placed_on = event.placed_on();
        let mut share = Decimal::ZERO;
        let mut withheld_share = Decimal::ZERO;
        for attribution in attributions.iter().filter(|attribution| attribution.holds_on(placed_on)) {
            let part = if attribution.cleared(known) { &mut share } else { &mut withheld_share };
            *part = add(*part, attribution.share)?;
        }
        if share.is_zero() && withheld_share.is_zero() {
            return Ok(None);
        }
        let plan = self.plan;
        let amount = event.margin.measured(plan.measure, plan.currency)?;
        let gate = plan.gate.map(|gate| event.margin.measured(gate.measure, plan.currency));
        let gate = gate.transpose()?.unwrap_or_default();
        // After tiers, attainment runs on the clients' full margin, of those events in which there is a share.
        let (counted, factor) = match plan.split {
            ShareSplit::BeforeTiers => (share, Decimal::ONE),
            ShareSplit::AfterTiers if share.is_zero() => (share, share),
            ShareSplit::AfterTiers => (Decimal::ONE, share),
        };
        let (step, gate_step) = (times(amount, counted)?, times(gate, counted)?);
        Ok(Some(Credit { event, placed_on, share, withheld_share, amount, step, gate_step, factor }))
    }

    /// The executive's manual lines of a period.
    pub(super) fn manual_of(
        &self,
        executive: &X,
        period: Period,
    ) -> Result<Vec<&'a ManualLine<E, X>>, CommissionError> {
        let chosen = self.manual.iter().filter(|line| line.executive == *executive && line.period == period);
        let lines: Vec<_> = chosen.collect();
        let foreign = lines.iter().any(|line| line.amount.currency() != self.plan.currency);
        if foreign { Err(CommissionError::CurrencyMismatch) } else { Ok(lines) }
    }
}
