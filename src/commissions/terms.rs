//! The terms of a plan once judged: amounts parsed, versions in order, combinations that nobody has defined refused.
#![deny(clippy::arithmetic_side_effects)]

use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;

use super::figure::judged;
use super::plan::{CapSpan, Measure, PlanBody, PlanScope, PlanWindow, ShareSplit, TierBody, TierMode, VersionChange};
use super::tiers::{Tier, Tiers};
use crate::kernel::form::Findings;
use crate::kernel::{Currency, FieldError, Money};

/// More tiers or versions than this are a mistake.
const MAX_TIERS: usize = 50;
/// Decimals of a rate: `NUMERIC(9,8)`.
const RATE_DECIMALS: usize = 8;

/// A plan that can be computed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The currency of every figure.
    pub currency: Currency,
    /// What attainment counts.
    pub measure: Measure,
    /// Over which span it adds up.
    pub window: PlanWindow,
    /// Whose margin is tiered together.
    pub scope: PlanScope,
    /// Where shares cut.
    pub split: ShareSplit,
    /// What a new version does to its window.
    pub version_change: VersionChange,
    /// The tiers by the day they hold from, rising; the first hold from the beginning of time.
    versions: Vec<(NaiveDate, Tiers)>,
    /// The most that a window pays an executive.
    pub cap: Option<Money>,
    /// The least that a statement pays.
    pub draw: Option<Draw>,
    /// What opens a window.
    pub gate: Option<Gate>,
}

/// A draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    /// The least that a statement pays.
    pub amount: Money,
    /// Whether what was advanced is owed.
    pub recoverable: bool,
}

/// A gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gate {
    /// What is measured.
    pub measure: Measure,
    /// What it must exceed.
    pub above: Money,
}

/// The first and last day of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Its first day; the beginning of time since inception.
    pub first: NaiveDate,
    /// Its last day; the end of time since inception.
    pub last: NaiveDate,
}

impl PlanWindow {
    /// The window that holds `day`.
    pub fn span(self, day: NaiveDate) -> Span {
        let (from, to) = match (self, day.month()) {
            (Self::Inception, _) => return Span { first: NaiveDate::MIN, last: NaiveDate::MAX },
            (Self::Year, _) => (1, 12),
            (Self::Month, month) => (month, month),
            (Self::Quarter, 1..=3) => (1, 3),
            (Self::Quarter, 4..=6) => (4, 6),
            (Self::Quarter, 7..=9) => (7, 9),
            (Self::Quarter, _) => (10, 12),
        };
        let first_of = |month| NaiveDate::from_ymd_opt(day.year(), month, 1);
        let last = first_of(to).and_then(|first| first.checked_add_months(chrono::Months::new(1)));
        let last = last.and_then(|next| next.pred_opt());
        Span { first: first_of(from).unwrap_or(NaiveDate::MIN), last: last.unwrap_or(NaiveDate::MAX) }
    }
}

impl Plan {
    /// Judges a plan; every finding with its JSON pointer below the plan.
    pub fn parse(body: &PlanBody) -> Result<Self, Vec<FieldError>> {
        let mut found = Findings::default();
        combinations(body, &mut found);
        let versions = versions(body, &mut found);
        let cap = body.cap.as_ref().and_then(|cap| {
            let amount = cap.amount.money(&mut found, "/cap/amount", body.currency)?;
            found.check(amount.is_positive(), "/cap/amount", "out_of_range", "a cap is more than 0");
            Some(amount)
        });
        let draw = body.draw.as_ref().and_then(|draw| {
            let amount = draw.amount.money(&mut found, "/draw/amount", body.currency)?;
            found.check(amount.is_positive(), "/draw/amount", "out_of_range", "a draw is more than 0");
            Some(Draw { amount, recoverable: draw.recoverable })
        });
        let gate = body.gate.as_ref().and_then(|gate| {
            let above = gate.above.money(&mut found, "/gate/above", body.currency)?;
            found.check(above.amount() >= Decimal::ZERO, "/gate/above", "out_of_range", "a gate is not negative");
            Some(Gate { measure: gate.measure, above })
        });
        let plan = Self {
            currency: body.currency,
            measure: body.measure,
            window: body.window,
            scope: body.scope,
            split: body.split,
            version_change: body.version_change,
            versions,
            cap,
            draw,
            gate,
        };
        judged(found, Some(plan))
    }

    /// The same plan for somebody who is not in it any more: nothing is advanced.
    pub fn without_draw(&self) -> Self {
        Self { draw: None, ..self.clone() }
    }

    /// The version in force on a day, as its place in the plan, and its tiers. 0 is the plan's own tiers.
    pub fn version_on(&self, day: NaiveDate) -> (usize, Option<&Tiers>) {
        let begun = self.versions.iter().enumerate().rev().find(|(_, (from, _))| *from <= day);
        begun.map_or((0, None), |(place, (_, tiers))| (place, Some(tiers)))
    }

    /// The version that prices an event: that of its day, or under `re_rate_window` that of the window's last day or of
    /// the statement's (`horizon`), whichever is earlier.
    pub fn pricing_version(&self, placed_on: NaiveDate, horizon: NaiveDate) -> (usize, Option<&Tiers>) {
        match self.version_change {
            VersionChange::Prospective | VersionChange::Reset => self.version_on(placed_on),
            VersionChange::ReRateWindow => self.version_on(self.window.span(placed_on).last.min(horizon)),
        }
    }
}

/// Refuses what has no worked case in rules.md of the design, and spans of a cap that nobody defined.
fn combinations(body: &PlanBody, found: &mut Findings) {
    let reset = body.version_change == VersionChange::Reset;
    let re_rate = body.version_change == VersionChange::ReRateWindow;
    let refused = [
        (reset && body.mode == TierMode::WholeAmount, "/version_change", "reset with whole_amount"),
        (re_rate && body.split == ShareSplit::AfterTiers, "/version_change", "re_rate_window with after_tiers"),
        (body.draw.is_some() && body.gate.is_some(), "/gate", "a draw with a gate"),
        (body.cap.is_some() && reset, "/cap", "a cap with reset"),
    ];
    for (_, pointer, what) in refused.into_iter().filter(|(holds, ..)| *holds) {
        found.add(pointer, "not_supported_yet", format!("{what} has no defined meaning yet"));
    }
    let spans_window =
        body.cap.as_ref().is_none_or(|cap| cap.per == CapSpan::Window || cap.per.as_str() == body.window.as_str());
    found.check(spans_window, "/cap/per", "not_supported_yet", "a cap is per window of the plan");
}

fn versions(body: &PlanBody, found: &mut Findings) -> Vec<(NaiveDate, Tiers)> {
    let empty = body.tiers.is_empty() && body.versions.is_empty();
    found.check(!empty, "/tiers", "required", "a plan has at least one tier");
    found.check(body.versions.len() <= MAX_TIERS, "/versions", "too_many", "at most 50 versions");
    let mut versions = vec![(NaiveDate::MIN, tiers(body, &body.tiers, "/tiers", found))];
    let mut before = None;
    for (place, version) in body.versions.iter().enumerate().take(MAX_TIERS) {
        let pointer = format!("/versions/{place}");
        let rises = before.is_none_or(|before| before < version.from);
        found.check(rises, &format!("{pointer}/from"), "not_ascending", "versions stand in the order of their days");
        found.check(!version.tiers.is_empty(), &format!("{pointer}/tiers"), "required", "at least one tier");
        versions.push((version.from, tiers(body, &version.tiers, &format!("{pointer}/tiers"), found)));
        before = Some(version.from);
    }
    versions
}

fn tiers(body: &PlanBody, listed: &[TierBody], pointer: &str, found: &mut Findings) -> Tiers {
    found.check(listed.len() <= MAX_TIERS, pointer, "too_many", "at most 50 tiers");
    let mut steps: Vec<Tier> = Vec::new();
    for (place, tier) in listed.iter().enumerate().take(MAX_TIERS) {
        let (at_above, at_rate) = (format!("{pointer}/{place}/above"), format!("{pointer}/{place}/rate"));
        let above = tier.above.money(found, &at_above, body.currency).map(Money::amount);
        let rate = tier.rate.number(found, &at_rate, RATE_DECIMALS);
        let (Some(above), Some(rate)) = (above, rate) else { continue };
        found.check(above >= Decimal::ZERO, &at_above, "out_of_range", "a threshold is not negative");
        let rises = steps.last().is_none_or(|below| below.above < above);
        found.check(rises, &at_above, "not_ascending", "tiers stand in the order of their thresholds");
        let fraction = rate >= Decimal::ZERO && rate <= Decimal::ONE;
        found.check(fraction, &at_rate, "out_of_range", "a rate is a fraction from 0 to 1");
        steps.push(Tier { above, rate });
    }
    Tiers { mode: body.mode, boundary: body.boundary, steps }
}
