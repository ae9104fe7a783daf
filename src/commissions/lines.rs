//! The lines of a statement: every cent of current + prior_period + manual, and what is withheld.
//!
//! Events that no earlier statement knew are priced on top of those that it did, late ones first and then the month's
//! own, each group in the order in which events are taken; so a late cost shows what it took away, not what moved
//! because of it. What known events are worth more or less than when they were stated (another version's rates, a
//! whole-amount tier reached, a changed attribution) is one `re_rate` line. `rounding`, `cap` and `gate` are changes
//! since the statement before.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::attainment::{Credit, ManualLine};
use super::figure::{add, sub, times};
use super::pricing::{Climb, Earned};
use super::terms::Plan;
use super::{CommissionError, Key};
use crate::kernel::Money;
use crate::words;

words!(
    /// What a line of a statement is about.
    LineKind {
        Event = "event",
        ReRate = "re_rate",
        Gate = "gate",
        Cap = "cap",
        Rounding = "rounding",
        Manual = "manual",
        Withheld = "withheld",
    }
);

/// A line of a statement. All figures are unrounded and in the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<L, E> {
    /// What it is about.
    pub kind: LineKind,
    /// The event, or the manual line.
    pub event: Option<E>,
    /// The event's lab.
    pub lab: Option<L>,
    /// The executive's share of it.
    pub share: Option<Decimal>,
    /// What of the executive's credit the line prices, or what is withheld.
    pub credited: Option<Decimal>,
    /// The threshold of the tier it fell into; 0 below the first.
    pub tier: Option<Decimal>,
    /// That tier's rate.
    pub rate: Option<Decimal>,
    /// What it adds to the statement; 0 for what is withheld.
    pub amount: Decimal,
}

impl<L, E> Line<L, E> {
    fn plain(kind: LineKind, amount: Decimal) -> Self {
        Self { kind, event: None, lab: None, share: None, credited: None, tier: None, rate: None, amount }
    }
}

/// Lines in the making.
pub(super) struct Draft<'a, L, E> {
    climb: Climb<'a, L>,
    pub(super) lines: Vec<Line<L, E>>,
}

impl<'a, L: Key, E: Key> Draft<'a, L, E> {
    pub(super) fn new(plan: &'a Plan, horizon: NaiveDate) -> Self {
        Self { climb: Climb::new(plan, horizon), lines: Vec::new() }
    }

    /// One line per tier slice of each event that no earlier statement counted.
    pub(super) fn events(
        &mut self,
        credits: &[Credit<'a, E, L>],
        stated: &BTreeSet<&E>,
        own: impl Fn(&&Credit<'a, E, L>) -> bool,
    ) -> Result<(), CommissionError> {
        let counted = credits.iter().filter(|credit| !credit.share.is_zero());
        let (known, new): (Vec<_>, Vec<_>) = counted.partition(|credit| stated.contains(&credit.event.id));
        for credit in known {
            self.climb.step(credit)?;
        }
        let (own, late): (Vec<_>, Vec<_>) = new.into_iter().partition(own);
        for credit in late.into_iter().chain(own) {
            for slice in self.climb.step(credit)?.slices()? {
                self.lines.push(Line {
                    kind: LineKind::Event,
                    event: Some(credit.event.id.clone()),
                    lab: Some(credit.event.lab.clone()),
                    share: Some(credit.share),
                    credited: Some(slice.moved),
                    tier: Some(slice.tier),
                    rate: Some(slice.rate),
                    amount: slice.amount,
                });
            }
        }
        Ok(())
    }

    /// What lies between the events' lines and the statement's total, by its reason.
    pub(super) fn adjustments(&mut self, total: Money, (then, now): (&Earned, &Earned)) -> Result<(), CommissionError> {
        let gate = sub(now.gate, then.gate)?;
        let cap = sub(now.cap, then.cap)?;
        let rounding = sub(now.rounding, then.rounding)?;
        let mut re_rate = total.amount();
        for amount in self.lines.iter().map(|line| line.amount).chain([gate, cap, rounding]) {
            re_rate = sub(re_rate, amount)?;
        }
        let reasons =
            [(LineKind::ReRate, re_rate), (LineKind::Gate, gate), (LineKind::Cap, cap), (LineKind::Rounding, rounding)];
        self.lines.extend(reasons.into_iter().filter(|(_, it)| !it.is_zero()).map(|(kind, it)| Line::plain(kind, it)));
        Ok(())
    }

    /// What stands outside attainment: lines by hand, and margin that waits for clearance.
    pub(super) fn outside<X>(
        &mut self,
        credits: &[Credit<'a, E, L>],
        manual: &[&ManualLine<E, X>],
    ) -> Result<(), CommissionError> {
        for line in manual {
            let event = Some(line.id.clone());
            self.lines.push(Line { event, ..Line::plain(LineKind::Manual, line.amount.amount()) });
        }
        for credit in credits.iter().filter(|credit| !credit.withheld_share.is_zero()) {
            self.lines.push(Line {
                event: Some(credit.event.id.clone()),
                lab: Some(credit.event.lab.clone()),
                share: Some(credit.withheld_share),
                credited: Some(times(credit.amount, credit.withheld_share)?),
                ..Line::plain(LineKind::Withheld, Decimal::ZERO)
            });
        }
        Ok(())
    }
}

/// The sum of lines, which is the statement's current + prior_period + manual.
pub fn line_total<L, E>(lines: &[Line<L, E>]) -> Result<Decimal, CommissionError> {
    lines.iter().try_fold(Decimal::ZERO, |sum, line| add(sum, line.amount))
}
