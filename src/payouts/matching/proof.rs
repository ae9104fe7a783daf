//! The proof of a reconciliation: our book and the bank's balance differ by named figures and by nothing else.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{BookItem, Break, BreakKind, Effect, Outcome, Verdict};
use crate::kernel::money::MoneyError;
use crate::kernel::{Currency, Money, PayoutId};
use crate::payouts::state::ItemState;

/// What stands between the book and the bank, in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Sent and not seen by the bank. An ambiguous line is one of these, we only cannot say which, so it is taken off.
    pub outstanding: Money,
    /// What came back and is owed again.
    pub returned: Money,
    /// The rest by kind, from the account's point of view: a fee of 1.50 is −1.50.
    pub differences: BTreeMap<BreakKind, Money>,
}

impl Proof {
    /// The figures of a statement. `items` are as they were before it; lines imported before are not counted again.
    pub fn of(currency: Currency, items: &[BookItem], outcomes: &[Outcome]) -> Result<Self, MoneyError> {
        let amounts: HashMap<PayoutId, Money> = items.iter().map(|item| (item.payout, item.amount)).collect();
        let settled: HashSet<PayoutId> = outcomes.iter().flat_map(Outcome::settled).copied().collect();
        let zero = Money::zero(currency);
        let mut proof = Self { outstanding: zero, returned: zero, differences: BTreeMap::new() };
        for item in items.iter().filter(|item| item.state == ItemState::Sent && item.amount.currency() == currency) {
            if !settled.contains(&item.payout) {
                proof.outstanding = proof.outstanding.checked_add(item.amount)?;
            }
        }
        for outcome in outcomes.iter().filter(|outcome| outcome.amount.currency() == currency) {
            let Verdict::Break(Break { kind, difference, .. }) = &outcome.verdict else { continue };
            if let Some(amount) = outcome.returned().and_then(|payout| amounts.get(&payout)) {
                proof.returned = proof.returned.checked_add(*amount)?;
            }
            let figure = match kind {
                BreakKind::Ambiguous => &mut proof.outstanding,
                _ => proof.differences.entry(*kind).or_insert(zero),
            };
            *figure = figure.checked_add(*difference)?;
        }
        proof.differences.retain(|_, figure| !figure.is_zero());
        Ok(proof)
    }

    /// The balance that the bank must show where the book shows `book`.
    pub fn bank(&self, book: Money) -> Result<Money, MoneyError> {
        let seen = book.checked_add(self.outstanding)?.checked_add(self.returned)?;
        self.differences.values().try_fold(seen, |sum, figure| sum.checked_add(*figure))
    }
}

impl Outcome {
    /// The items that the line settles.
    pub fn settled(&self) -> &[PayoutId] {
        match &self.verdict {
            Verdict::Matched { items, .. } => items,
            Verdict::Break(Break { item, effect: Effect::Settles, .. }) => item.as_slice(),
            _ => &[],
        }
    }

    /// The item that the line brings back.
    pub fn returned(&self) -> Option<PayoutId> {
        match &self.verdict {
            Verdict::Break(Break { item, effect: Effect::Returns, .. }) => *item,
            _ => None,
        }
    }
}
