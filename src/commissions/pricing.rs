//! Pricing: what an ordered list of credits has earned, window by window.
//!
//! Per group (the executive, or the executive and a lab) attainment climbs event by event; each step earns C(after) −
//! C(before) under the version that prices it. A window's groups are summed, gated, capped and rounded once.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::attainment::Credit;
use super::figure::{add, sub, times};
use super::plan::{PlanScope, VersionChange};
use super::terms::{Plan, Span};
use super::tiers::{Slice, Tiers};
use super::{CommissionError, Key};
use crate::kernel::Money;

/// Attainment so far, by window, group and, under `reset`, version.
#[derive(Debug)]
pub(super) struct Climb<'a, L> {
    plan: &'a Plan,
    /// The last day of the statement's period.
    horizon: NaiveDate,
    attained: BTreeMap<(Span, Option<&'a L>, usize), Decimal>,
}

/// One event's step of attainment.
#[derive(Debug)]
pub(super) struct Step<'a, L> {
    pub(super) window: Span,
    pub(super) group: Option<&'a L>,
    pub(super) from: Decimal,
    pub(super) to: Decimal,
    tiers: Option<&'a Tiers>,
    factor: Decimal,
}

impl<'a, L: Key> Climb<'a, L> {
    pub(super) fn new(plan: &'a Plan, horizon: NaiveDate) -> Self {
        Self { plan, horizon, attained: BTreeMap::new() }
    }

    /// Takes the next event.
    pub(super) fn step<E: Key>(&mut self, credit: &Credit<'a, E, L>) -> Result<Step<'a, L>, CommissionError> {
        let window = self.plan.window.span(credit.placed_on);
        let group = (self.plan.scope == PlanScope::Lab).then_some(&credit.event.lab);
        let (version, tiers) = self.plan.pricing_version(credit.placed_on, self.horizon);
        let run = if self.plan.version_change == VersionChange::Reset { version } else { 0 };
        let attained = self.attained.entry((window, group, run)).or_default();
        let from = *attained;
        *attained = add(from, credit.step)?;
        Ok(Step { window, group, from, to: *attained, tiers, factor: credit.factor })
    }

    /// Attainment in the window of the horizon, over all groups; under `reset` since the version in force began.
    pub(super) fn attainment(&self) -> Result<Decimal, CommissionError> {
        let window = self.plan.window.span(self.horizon);
        let reset = self.plan.version_change == VersionChange::Reset;
        let run = if reset { self.plan.version_on(self.horizon).0 } else { 0 };
        let current = self.attained.iter().filter(|((span, _, version), _)| *span == window && *version == run);
        current.map(|(_, attained)| *attained).try_fold(Decimal::ZERO, add)
    }
}

impl<L: Key> Step<'_, L> {
    /// What the step earns the executive, unrounded.
    pub(super) fn earned(&self) -> Result<Decimal, CommissionError> {
        let Some(tiers) = self.tiers else { return Ok(Decimal::ZERO) };
        times(sub(tiers.earned(self.to)?, tiers.earned(self.from)?)?, self.factor)
    }

    /// The step by tier, cut by the executive's factor.
    pub(super) fn slices(&self) -> Result<Vec<Slice>, CommissionError> {
        let Some(tiers) = self.tiers else { return Ok(Vec::new()) };
        let cut = |slice: Slice| {
            let (moved, amount) = (times(slice.moved, self.factor)?, times(slice.amount, self.factor)?);
            Ok(Slice { moved, amount, ..slice })
        };
        tiers.slices(self.from, self.to)?.into_iter().map(cut).collect()
    }
}

/// What credits have earned over all windows, and how it came about: `raw + gate + cap + rounding = rounded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earned {
    /// C over all groups and windows, unrounded.
    pub(super) raw: Decimal,
    /// What closed gates hold back, 0 or negative unless C is.
    pub(super) gate: Decimal,
    /// What caps cut, 0 or negative.
    pub(super) cap: Decimal,
    /// What rounding once per window changed.
    pub(super) rounding: Decimal,
    /// The figure to post.
    pub(super) rounded: Money,
    /// Attainment in the window of the statement.
    pub(super) attainment: Decimal,
}

/// What a group of a window came to.
#[derive(Default)]
struct Group {
    raw: Decimal,
    gate_measure: Decimal,
}

/// Prices credits, which must stand in the order in which events are taken.
pub(super) fn price<'c, 'a: 'c, E: Key + 'a, L: Key + 'a>(
    plan: &'a Plan,
    credits: impl Iterator<Item = &'c Credit<'a, E, L>>,
    horizon: NaiveDate,
) -> Result<Earned, CommissionError> {
    let mut climb = Climb::new(plan, horizon);
    let mut windows: BTreeMap<Span, BTreeMap<Option<&L>, Group>> = BTreeMap::new();
    for credit in credits {
        let step = climb.step(credit)?;
        let group = windows.entry(step.window).or_default().entry(step.group).or_default();
        group.raw = add(group.raw, step.earned()?)?;
        group.gate_measure = add(group.gate_measure, credit.gate_step)?;
    }
    let none = Decimal::ZERO;
    let rounded = Money::zero(plan.currency);
    let mut earned =
        Earned { raw: none, gate: none, cap: none, rounding: none, rounded, attainment: climb.attainment()? };
    for groups in windows.into_values() {
        earned.close_window(plan, groups.into_values())?;
    }
    Ok(earned)
}

impl Earned {
    /// Adds a window: its groups gated, their sum capped, and that rounded once.
    fn close_window(&mut self, plan: &Plan, groups: impl Iterator<Item = Group>) -> Result<(), CommissionError> {
        let mut due = Decimal::ZERO;
        for group in groups {
            self.raw = add(self.raw, group.raw)?;
            if plan.gate.is_some_and(|gate| group.gate_measure <= gate.above.amount()) {
                self.gate = sub(self.gate, group.raw)?;
            } else {
                due = add(due, group.raw)?;
            }
        }
        if let Some(cap) = plan.cap.map(Money::amount).filter(|cap| due > *cap) {
            self.cap = add(self.cap, sub(cap, due)?)?;
            due = cap;
        }
        let posted = Money::rounded(due, plan.currency)?;
        self.rounding = add(self.rounding, sub(posted.amount(), due)?)?;
        self.rounded = self.rounded.checked_add(posted)?;
        Ok(())
    }
}
