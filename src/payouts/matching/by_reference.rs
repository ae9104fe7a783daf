//! The second rung: lines whose description names payments, and lines that bear a batch's reference.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use super::names::Named;
use super::{BreakKind, Desk, MatchKind, negated};
use crate::kernel::money::MoneyError;
use crate::kernel::{BatchId, Currency, Money};
use crate::payouts::state::ItemState;

/// Descriptions are weaker than ids: they match only to the cent, and otherwise a person decides.
pub(super) fn named_in_text(desk: &mut Desk<'_>) -> Result<(), MoneyError> {
    for (place, line, named) in desk.open(true) {
        let Named::InText(items) = named else { continue };
        let all_sent = items.iter().all(|item| desk.is_sent(*item));
        let sum = sum(desk, &items, line.amount.currency())?;
        let same = sum == Some(negated(line.amount)?);
        match items.as_slice() {
            _ if all_sent && same => desk.settle(place, &items, MatchKind::Reference),
            [item] if same && is_done(desk, *item) => {
                let payout = desk.payouts(&[*item]).first().copied();
                desk.unexplained(place, line, BreakKind::Duplicate, payout);
            }
            _ => desk.ambiguous(place, line, &items),
        }
    }
    Ok(())
}

/// What of a batch is open.
struct Open {
    items: Vec<usize>,
    sum: Money,
}

/// Lines that bear a batch's reference and take the sum of what is open in it. A batch with nothing open was paid
/// before: the line is a duplicate. Other sums are left to the subset sum.
pub(super) fn batch_sums(desk: &mut Desk<'_>) -> Result<(), MoneyError> {
    let mut batches = open_batches(desk)?;
    for (place, line, named) in desk.open(true) {
        let Named::Batch(batch) = named else { continue };
        let Some(open) = batches.get_mut(&batch).filter(|open| !open.items.is_empty()) else {
            desk.unexplained(place, line, BreakKind::Duplicate, None);
            continue;
        };
        if open.sum.currency() != line.amount.currency() {
            desk.unexplained(place, line, BreakKind::Currency, None);
        } else if open.sum == negated(line.amount)? {
            desk.settle(place, &std::mem::take(&mut open.items), MatchKind::BatchSum);
        }
    }
    Ok(())
}

/// A batch has one currency; an item in another would be a fault of the book, and is refused as one.
fn open_batches(desk: &Desk<'_>) -> Result<HashMap<BatchId, Open>, MoneyError> {
    let mut batches: HashMap<BatchId, Open> = HashMap::new();
    for (place, item) in desk.items.iter().enumerate().filter(|(place, _)| desk.is_sent(*place)) {
        let none = || Open { items: Vec::new(), sum: Money::zero(item.amount.currency()) };
        let open = batches.entry(item.batch).or_insert_with(none);
        open.items.push(place);
        open.sum = open.sum.checked_add(item.amount)?;
    }
    Ok(batches)
}

/// `None` where the items are of another currency.
fn sum(desk: &Desk<'_>, items: &[usize], currency: Currency) -> Result<Option<Money>, MoneyError> {
    let mut sum = Money::zero(currency);
    for (item, _) in items.iter().filter_map(|item| desk.item(*item)) {
        if item.amount.currency() != currency {
            return Ok(None);
        }
        sum = sum.checked_add(item.amount)?;
    }
    Ok(Some(sum))
}

fn is_done(desk: &Desk<'_>, item: usize) -> bool {
    matches!(desk.item(item), Some((_, ItemState::Settled | ItemState::Returned)))
}
