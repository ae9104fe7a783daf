//! A statement: Σ over windows of round(C(A as known now)) − Σ of earlier statements.
//!
//! Refunds, late costs, caps and true-ups all follow from that one line; nothing issued ever changes. `current` is what
//! the period's own events add to everything else that is known, `prior_period` what is left.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::attainment::{Book, Credit, Known};
use super::lines::{Draft, Line};
use super::pricing::price;
use super::settle::settle;
use super::{CommissionError, Key};
use crate::kernel::Money;
use crate::kernel::time::Period;

/// What an issued statement left behind for later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Issued {
    /// Its month and what it knew.
    pub known: Known,
    /// current + prior_period; manual lines are not in it.
    pub total: Money,
    /// What it carried out; never positive.
    pub carried_out: Money,
    /// What of advances was owed after it.
    pub draw_balance: Money,
}

/// What a statement hands on to the executive's next one, of whichever plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// What it carried out; never positive.
    pub carried_out: Money,
    /// What of advances was owed after it; never negative.
    pub draw_balance: Money,
}

/// One executive's statement of one month, every figure in the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement<L, E> {
    /// Its month and what it knew.
    pub known: Known,
    /// Attainment in the window that holds the month's last day, unrounded, over all groups.
    pub attainment: Decimal,
    /// Everything ever earned under the plan, over all windows.
    pub earned_to_date: Money,
    /// What events effective in the month added.
    pub current: Money,
    /// What changed about earlier months.
    pub prior_period: Money,
    /// Lines by hand.
    pub manual: Money,
    /// What the statement before carried; never positive.
    pub carried_in: Money,
    /// What is paid; never negative.
    pub payable: Money,
    /// What later statements take into account; never positive.
    pub carried_out: Money,
    /// What of advances is still owed; never negative.
    pub draw_balance: Money,
    /// Why: their amounts add up exactly to current + prior_period + manual.
    pub lines: Vec<Line<L, E>>,
}

impl<L, E> Statement<L, E> {
    /// What it leaves behind once issued.
    pub fn issued(&self) -> Result<Issued, CommissionError> {
        let total = self.current.checked_add(self.prior_period)?;
        Ok(Issued { known: self.known, total, carried_out: self.carried_out, draw_balance: self.draw_balance })
    }
}

impl Known {
    fn horizon(self) -> NaiveDate {
        self.period.last_day()
    }
}

impl<'a, L: Key, X: Key, E: Key> Book<'a, L, X, E> {
    /// Drafts an executive's statement, given their own issued ones of earlier months under this plan, in any order, of
    /// which the last one hands on what it carried. Fails on overflow or a foreign currency only.
    pub fn state(&self, executive: &X, known: Known, earlier: &[Issued]) -> Result<Statement<L, E>, CommissionError> {
        let last = earlier.iter().max_by_key(|issued| issued.known.period);
        let carried = last.map(|it| Carried { carried_out: it.carried_out, draw_balance: it.draw_balance });
        self.state_after(executive, known, earlier, carried)
    }

    /// The same where the statement before may be another plan's: what that carried and what is owed go on, what it
    /// stated is not this plan's.
    pub fn state_after(
        &self,
        executive: &X,
        known: Known,
        earlier: &[Issued],
        carried: Option<Carried>,
    ) -> Result<Statement<L, E>, CommissionError> {
        let plan = self.plan;
        let zero = Money::zero(plan.currency);
        let credits = self.credits(executive, known)?;
        let own = |credit: &&Credit<'a, E, L>| Period::of(credit.event.effective_on) == known.period;
        let now = price(plan, credits.iter(), known.horizon())?;
        let without_own = price(plan, credits.iter().filter(|credit| !own(credit)), known.horizon())?;
        let stated = earlier.iter().try_fold(zero, |sum, issued| sum.checked_add(issued.total))?;
        let current = now.rounded.checked_sub(without_own.rounded)?;
        let prior_period = without_own.rounded.checked_sub(stated)?;
        let manual_lines = self.manual_of(executive, known.period)?;
        let manual = manual_lines.iter().try_fold(zero, |sum, line| sum.checked_add(line.amount))?;

        let last = earlier.iter().max_by_key(|issued| issued.known.period);
        let total = current.checked_add(prior_period)?;
        let carried_in = carried.map_or(zero, |before| before.carried_out);
        let owed = carried.map_or(zero, |before| before.draw_balance);
        let settled = settle(total.checked_add(manual)?, carried_in, owed, plan.draw)?;

        let before = last.map(|issued| self.credits(executive, issued.known)).transpose()?.unwrap_or_default();
        let then = price(plan, before.iter(), last.map_or(known, |issued| issued.known).horizon())?;
        let stated_events: BTreeSet<&E> = before.iter().filter(|c| !c.share.is_zero()).map(|c| &c.event.id).collect();
        let mut draft = Draft::new(plan, known.horizon());
        draft.events(&credits, &stated_events, own)?;
        draft.adjustments(total, (&then, &now))?;
        draft.outside(&credits, &manual_lines)?;
        Ok(Statement {
            known,
            attainment: now.attainment,
            earned_to_date: now.rounded,
            current,
            prior_period,
            manual,
            carried_in,
            payable: settled.payable,
            carried_out: settled.carried_out,
            draw_balance: settled.draw_balance,
            lines: draft.lines,
        })
    }
}
