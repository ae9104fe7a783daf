//! C(A): what an attainment earns under a list of tiers, and how a step of attainment falls into their slices.
//!
//! Every function here depends on attainment alone, so that any two ways to the same attainment earn the same.
#![deny(clippy::arithmetic_side_effects)]

use rust_decimal::Decimal;

use super::CommissionError;
use super::figure::{add, sub, times};
use super::plan::{TierBoundary, TierMode};

/// A tier: `rate` (a fraction) for attainment above `above` (in the plan's currency).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Where it begins.
    pub above: Decimal,
    /// What it pays, 0 to 1.
    pub rate: Decimal,
}

/// Tiers in rising order. Below the first one nothing is paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    /// Whether slices or the whole are paid at a tier's rate.
    pub mode: TierMode,
    /// Whether a tier is reached on its threshold.
    pub boundary: TierBoundary,
    /// The tiers, `above` strictly rising and not negative.
    pub steps: Vec<Tier>,
}

/// What part of a step of attainment fell into one tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    /// The tier's threshold; 0 below the first tier.
    pub tier: Decimal,
    /// The tier's rate; 0 below the first tier.
    pub rate: Decimal,
    /// How much of the step it is.
    pub moved: Decimal,
    /// What it earns, unrounded.
    pub amount: Decimal,
}

impl Tiers {
    /// C(A), unrounded.
    pub fn earned(&self, attained: Decimal) -> Result<Decimal, CommissionError> {
        match self.mode {
            TierMode::Marginal => self
                .brackets()
                .try_fold(Decimal::ZERO, |sum, bracket| add(sum, times(bracket.part(attained)?, bracket.rate)?)),
            TierMode::WholeAmount => times(attained, self.reached(attained).rate),
        }
    }

    /// The slices of a step from one attainment to another.
    ///
    /// Marginal slices add up to C(to) − C(from). A whole-amount step is one slice at the rate reached; what that
    /// rate changes about attainment before the step is not in it.
    pub fn slices(&self, from: Decimal, to: Decimal) -> Result<Vec<Slice>, CommissionError> {
        if self.mode == TierMode::WholeAmount {
            let Tier { above: tier, rate } = self.reached(to);
            let moved = sub(to, from)?;
            return Ok(vec![Slice { tier, rate, moved, amount: times(moved, rate)? }]);
        }
        let mut slices = Vec::new();
        for bracket in self.brackets() {
            let (before, after) = (bracket.part(from)?, bracket.part(to)?);
            if before != after {
                // Differences of what each part earns, so that slices of many steps cannot drift from C.
                let amount = sub(times(after, bracket.rate)?, times(before, bracket.rate)?)?;
                let tier = bracket.above.unwrap_or_default();
                slices.push(Slice { tier, rate: bracket.rate, moved: sub(after, before)?, amount });
            }
        }
        Ok(slices)
    }

    /// The highest tier that an attainment reaches, or nothing at rate 0.
    fn reached(&self, attained: Decimal) -> Tier {
        let reaches = |tier: &&Tier| match self.boundary {
            TierBoundary::Exclusive => attained > tier.above,
            TierBoundary::Inclusive => attained >= tier.above,
        };
        self.steps.iter().rev().find(reaches).copied().unwrap_or(Tier { above: Decimal::ZERO, rate: Decimal::ZERO })
    }

    /// The half-open stretches of attainment, the unpaid one below the first tier included.
    fn brackets(&self) -> impl Iterator<Item = Bracket> {
        let below = Bracket { above: None, up_to: self.steps.first().map(|tier| tier.above), rate: Decimal::ZERO };
        let ends = self.steps.iter().skip(1).map(|tier| Some(tier.above)).chain([None]);
        let tiers = self.steps.iter().zip(ends);
        let tiers = tiers.map(|(tier, up_to)| Bracket { above: Some(tier.above), up_to, rate: tier.rate });
        std::iter::once(below).chain(tiers)
    }
}

/// A stretch of attainment that earns one rate.
struct Bracket {
    above: Option<Decimal>,
    up_to: Option<Decimal>,
    rate: Decimal,
}

impl Bracket {
    /// How much of an attainment lies in it; negative only in the stretch below the first tier.
    fn part(&self, attained: Decimal) -> Result<Decimal, CommissionError> {
        let top = self.up_to.map_or(attained, |end| attained.min(end));
        match self.above {
            None => Ok(top),
            Some(above) if top <= above => Ok(Decimal::ZERO),
            Some(above) => sub(top, above),
        }
    }
}
