//! The matching of a statement's lines to the payments we sent: the strongest evidence first, and never a guess.
//!
//! 1. **End-to-end id**: the same amount settles; up to 25.00 more taken is a `fee`, every other difference an
//!    `amount`, and the item settles for its own amount. Another booking with that id is a `duplicate`.
//! 2. **Reference and amount**: a description that names items whose sum is the line's; then a line that bears a
//!    batch's reference and takes the sum of what is open in it.
//! 3. **Amount and date**, for lines that name nothing, within five business days and only if unique both ways.
//! 4. **Subset sum**, bounded, only if there is one solution and no other line wants any of it.
//!
//! Money that comes back with the id of a settled item is a `returned`. Whatever is left is `unexpected`.
//!
//! Each item settles at most once and each line has one outcome. The order of lines decides nothing: they are taken by
//! day and servicer reference. A line with a foreign end-to-end id is never matched by its amount: it says that it is
//! somebody else's.
#![deny(clippy::arithmetic_side_effects)]

mod by_amount;
mod by_id;
mod by_reference;
mod names;
pub mod proof;
mod subset_sum;

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use self::names::{Named, Names};
use super::end_to_end_id::EndToEndId;
use super::state::ItemState;
use crate::kernel::money::MoneyError;
use crate::kernel::{BatchId, Money, PayoutId};
use crate::words;

words!(
    /// What kind of disagreement a break is.
    BreakKind {
        Missing = "missing",
        Unexpected = "unexpected",
        Duplicate = "duplicate",
        Amount = "amount",
        Fee = "fee",
        Fx = "fx",
        Currency = "currency",
        Timing = "timing",
        Returned = "returned",
        Ambiguous = "ambiguous",
    }
);

words!(
    /// By what evidence a line was matched.
    MatchKind {
        EndToEndId = "end_to_end_id",
        Reference = "reference",
        BatchSum = "batch_sum",
        AmountAndDate = "amount_and_date",
        SubsetSum = "subset_sum",
    }
);

/// A line of the bank's or processor's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementLine {
    /// Its number in the file, for people.
    pub line: u64,
    /// The day it was booked.
    pub booked_on: NaiveDate,
    /// From the account's point of view: money out is negative.
    pub amount: Money,
    /// The reference that we, or somebody, gave the payment.
    pub end_to_end_id: Option<EndToEndId>,
    /// The bank's own name of the booking: the same name is the same booking.
    pub servicer_reference: String,
    /// Whatever the bank wrote.
    pub description: String,
}

/// A payment as our book has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BookItem {
    /// The payout.
    pub payout: PayoutId,
    /// Its batch.
    pub batch: BatchId,
    /// The reference it was sent with.
    pub end_to_end_id: EndToEndId,
    /// The net amount sent, more than nothing.
    pub amount: Money,
    /// The day its file went to the bank.
    pub sent_on: NaiveDate,
    /// Only `sent` items can settle; the others explain duplicates and returns.
    pub state: ItemState,
}

/// What a statement is compared with.
#[derive(Debug, Clone, Default)]
pub struct Book {
    /// Everything that is `sent`, and whatever else bears an id that the statement names.
    pub items: Vec<BookItem>,
    /// The references of their batches.
    pub batches: Vec<(BatchId, EndToEndId)>,
    /// Those of the statement's servicer references that were imported before.
    pub known_references: HashSet<String>,
}

/// What became of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The line's number in the file.
    pub line: u64,
    /// The line's amount.
    pub amount: Money,
    /// What it was found to be.
    pub verdict: Verdict,
}

/// What a line was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It settles these items, to the cent.
    Matched {
        /// One, or those of a batch.
        items: Vec<PayoutId>,
        /// By what evidence.
        kind: MatchKind,
    },
    /// It disagrees with our book.
    Break(Break),
    /// Its servicer reference was imported before.
    AlreadyImported,
}

/// A disagreement about a line. Line = −(what settles) + (what is returned) + difference, always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// Of what kind.
    pub kind: BreakKind,
    /// The item it is about, where there is one.
    pub item: Option<PayoutId>,
    /// What it does to that item.
    pub effect: Effect,
    /// What the item does not explain, from the account's point of view: 1.50 taken too much is −1.50.
    pub difference: Money,
    /// For an ambiguous line, the items it may be; ten at most.
    pub candidates: Vec<PayoutId>,
}

/// What a break does to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    None,
    /// It settles, for its own amount.
    Settles,
    /// It came back: its amount is owed again.
    Returns,
}

/// Why a statement was not matched at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MatchError {
    /// One servicer reference on two different lines: which of them is true, nobody can know.
    #[error("lines {0} and {1} bear one servicer reference and differ")]
    ReferenceConflict(u64, u64),
    /// Two items of the book bear one end-to-end id.
    #[error("two payouts bear the end-to-end id {0}")]
    IdTwice(EndToEndId),
    /// Amounts out of range.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// More than this taken in excess is no fee; in the units of the item's currency.
pub const FEE_LIMIT: Decimal = Decimal::from_parts(25, 0, 0, false, 0);
/// A payment is booked on the day it was sent or within this many business days after it.
pub const WINDOW_BUSINESS_DAYS: i32 = 5;
/// More candidates than this help nobody.
const MAX_CANDIDATES: usize = 10;

/// One outcome for each line, in the order of the lines. The same lines in another order get the same verdicts.
pub fn match_lines(lines: &[StatementLine], book: &Book) -> Result<Vec<Outcome>, MatchError> {
    let names = Names::of(book)?;
    let mut desk = Desk {
        lines,
        items: &book.items,
        states: book.items.iter().map(|item| item.state).collect(),
        verdicts: vec![None; lines.len()],
        named: lines.iter().map(|line| names.named_by(line)).collect(),
        order: Vec::new(),
    };
    desk.set_known_aside(&book.known_references)?;
    by_id::exact(&mut desk)?;
    by_id::differing(&mut desk)?;
    by_reference::named_in_text(&mut desk)?;
    by_reference::batch_sums(&mut desk)?;
    let contested = by_amount::amount_and_date(&mut desk);
    by_amount::subset_sums(&mut desk, &contested)?;
    by_id::incoming(&mut desk)?;
    Ok(desk.outcomes())
}

/// The state of one matching. Lines and items are named by their place.
struct Desk<'a> {
    lines: &'a [StatementLine],
    items: &'a [BookItem],
    /// As of now: matching settles and returns.
    states: Vec<ItemState>,
    verdicts: Vec<Option<Verdict>>,
    named: Vec<Named>,
    /// Lines by day and servicer reference.
    order: Vec<usize>,
}

impl<'a> Desk<'a> {
    /// Orders the lines and gives their verdict to those that were imported before, or stand twice in this file.
    fn set_known_aside(&mut self, known: &HashSet<String>) -> Result<(), MatchError> {
        let mut first: BTreeMap<(NaiveDate, &str), usize> = BTreeMap::new();
        let mut by_reference: BTreeMap<&str, &StatementLine> = BTreeMap::new();
        for (place, line) in self.lines.iter().enumerate() {
            let reference = line.servicer_reference.as_str();
            let seen = by_reference.insert(reference, line);
            if let Some(earlier) = seen.filter(|_| !known.contains(reference)) {
                let same = StatementLine { line: line.line, ..earlier.clone() } == *line;
                if !same {
                    return Err(MatchError::ReferenceConflict(earlier.line, line.line));
                }
            }
            if seen.is_some() || known.contains(reference) {
                self.decide(place, Verdict::AlreadyImported);
            } else {
                first.insert((line.booked_on, reference), place);
            }
        }
        self.order = first.into_values().collect();
        Ok(())
    }

    /// Undecided lines that take money out (or bring it in), with what they name.
    fn open(&self, outgoing: bool) -> Vec<(usize, &'a StatementLine, Named)> {
        let undecided = |place: &&usize| self.verdicts.get(**place).is_some_and(Option::is_none);
        self.order
            .iter()
            .filter(undecided)
            .filter_map(|place| Some((*place, self.lines.get(*place)?, self.named.get(*place)?.clone())))
            .filter(|(_, line, _)| (line.amount.amount() < Decimal::ZERO) == outgoing)
            .collect()
    }

    fn item(&self, place: usize) -> Option<(&'a BookItem, ItemState)> {
        self.items.get(place).zip(self.states.get(place).copied())
    }

    fn is_sent(&self, place: usize) -> bool {
        self.states.get(place) == Some(&ItemState::Sent)
    }

    fn set_state(&mut self, place: usize, state: ItemState) {
        if let Some(slot) = self.states.get_mut(place) {
            *slot = state;
        }
    }

    fn decide(&mut self, line: usize, verdict: Verdict) {
        if let Some(slot) = self.verdicts.get_mut(line) {
            *slot = Some(verdict);
        }
    }

    fn settle(&mut self, line: usize, places: &[usize], kind: MatchKind) {
        let items = self.payouts(places);
        places.iter().for_each(|place| self.set_state(*place, ItemState::Settled));
        self.decide(line, Verdict::Matched { items, kind });
    }

    /// A break that touches no item and leaves the whole line unexplained.
    fn unexplained(&mut self, place: usize, line: &StatementLine, kind: BreakKind, item: Option<PayoutId>) {
        let (difference, candidates) = (line.amount, Vec::new());
        self.decide(place, Verdict::Break(Break { kind, item, effect: Effect::None, difference, candidates }));
    }

    fn ambiguous(&mut self, place: usize, line: &StatementLine, candidates: &[usize]) {
        let candidates = self.payouts(candidates.get(..MAX_CANDIDATES).unwrap_or(candidates));
        let (kind, effect) = (BreakKind::Ambiguous, Effect::None);
        self.decide(place, Verdict::Break(Break { kind, item: None, effect, difference: line.amount, candidates }));
    }

    fn payouts(&self, places: &[usize]) -> Vec<PayoutId> {
        places.iter().filter_map(|place| self.items.get(*place)).map(|item| item.payout).collect()
    }

    fn outcomes(self) -> Vec<Outcome> {
        let unexpected = |line: &StatementLine| {
            let (kind, effect, difference) = (BreakKind::Unexpected, Effect::None, line.amount);
            Verdict::Break(Break { kind, item: None, effect, difference, candidates: Vec::new() })
        };
        let verdicts = self.lines.iter().zip(self.verdicts);
        verdicts
            .map(|(line, verdict)| Outcome {
                line: line.line,
                amount: line.amount,
                verdict: verdict.unwrap_or_else(|| unexpected(line)),
            })
            .collect()
    }
}

/// The same money with the other sign.
fn negated(money: Money) -> Result<Money, MoneyError> {
    Money::zero(money.currency()).checked_sub(money)
}

#[cfg(test)]
mod tests;
