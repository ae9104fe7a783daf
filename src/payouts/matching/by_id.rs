//! The first rung: lines that bear the end-to-end id of a payment, out and back.
#![deny(clippy::arithmetic_side_effects)]

use rust_decimal::Decimal;

use super::names::Named;
use super::{Break, BreakKind, Desk, Effect, FEE_LIMIT, MatchKind, Verdict, negated};
use crate::kernel::Money;
use crate::kernel::money::MoneyError;
use crate::payouts::state::ItemState;

/// Lines that take exactly what was sent. They go before all others, so that of two bookings of one payment the right
/// one settles it.
pub(super) fn exact(desk: &mut Desk<'_>) -> Result<(), MoneyError> {
    for (place, line, named) in desk.open(true) {
        let Named::Item(item) = named else { continue };
        let Some((booked, ItemState::Sent)) = desk.item(item) else { continue };
        if negated(line.amount)? == booked.amount {
            desk.settle(place, &[item], MatchKind::EndToEndId);
        }
    }
    Ok(())
}

/// Lines with an id whose payment is settled already, or was of another amount or currency.
pub(super) fn differing(desk: &mut Desk<'_>) -> Result<(), MoneyError> {
    for (place, line, named) in desk.open(true) {
        let Named::Item(item) = named else { continue };
        let Some((booked, state)) = desk.item(item) else { continue };
        let payout = Some(booked.payout);
        match state {
            _ if line.amount.currency() != booked.amount.currency() => {
                desk.unexplained(place, line, BreakKind::Currency, payout);
            }
            ItemState::Sent => {
                let difference = line.amount.checked_add(booked.amount)?;
                let taken = negated(difference)?.amount();
                let fee = taken > Decimal::ZERO && taken <= FEE_LIMIT;
                let kind = if fee { BreakKind::Fee } else { BreakKind::Amount };
                touch(desk, (place, item), kind, (Effect::Settles, difference));
            }
            ItemState::Settled | ItemState::Returned => desk.unexplained(place, line, BreakKind::Duplicate, payout),
            // We never sent it, or believed that it had failed: the book is wrong, and a person has to see it.
            ItemState::Held | ItemState::Queued | ItemState::Failed => {
                desk.unexplained(place, line, BreakKind::Unexpected, payout);
            }
        }
    }
    Ok(())
}

/// Money that came in: last, because what it returns may have settled in this same file.
///
/// A return may be short by a fee. Any other amount returns nothing: it must not make a whole payment owed again.
pub(super) fn incoming(desk: &mut Desk<'_>) -> Result<(), MoneyError> {
    for (place, line, named) in desk.open(false) {
        let Some(item) = single(&named) else { continue };
        let Some((booked, state)) = desk.item(item) else { continue };
        let payout = Some(booked.payout);
        if line.amount.currency() != booked.amount.currency() {
            desk.unexplained(place, line, BreakKind::Currency, payout);
            continue;
        }
        let difference = line.amount.checked_sub(booked.amount)?;
        let short = negated(difference)?.amount();
        match state {
            ItemState::Settled if (Decimal::ZERO..=FEE_LIMIT).contains(&short) && line.amount.is_positive() => {
                touch(desk, (place, item), BreakKind::Returned, (Effect::Returns, difference));
            }
            ItemState::Settled => desk.unexplained(place, line, BreakKind::Amount, payout),
            ItemState::Returned => desk.unexplained(place, line, BreakKind::Duplicate, payout),
            // It came back before the statement showed it go: the next statement will tell.
            ItemState::Sent => desk.unexplained(place, line, BreakKind::Timing, payout),
            ItemState::Held | ItemState::Queued | ItemState::Failed => {
                desk.unexplained(place, line, BreakKind::Unexpected, payout);
            }
        }
    }
    Ok(())
}

fn single(named: &Named) -> Option<usize> {
    match named {
        Named::Item(item) => Some(*item),
        Named::InText(items) if items.len() == 1 => items.first().copied(),
        _ => None,
    }
}

/// A break that moves its item on.
fn touch(desk: &mut Desk<'_>, (line, item): (usize, usize), kind: BreakKind, (effect, difference): (Effect, Money)) {
    let state = if effect == Effect::Returns { ItemState::Returned } else { ItemState::Settled };
    desk.set_state(item, state);
    let item = desk.payouts(&[item]).first().copied();
    desk.decide(line, Verdict::Break(Break { kind, item, effect, difference, candidates: Vec::new() }));
}
