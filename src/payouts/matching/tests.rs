//! The worked case to the cent, each rung alone, and what holds for any statement.

mod properties;
mod rungs;
mod worked_case;

use super::*;
use crate::kernel::Currency;
use uuid::Uuid;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn id(text: &str) -> EndToEndId {
    EndToEndId::parse(text).unwrap()
}

fn payout(number: u128) -> PayoutId {
    PayoutId(Uuid::from_u128(number))
}

fn batch(number: u128) -> BatchId {
    BatchId(Uuid::from_u128(number))
}

/// Payment `number`, sent on Monday 2 March 2026 in batch 1 with the id `P<number>`.
fn item(number: u128, amount: &str) -> BookItem {
    BookItem {
        payout: payout(number),
        batch: batch(1),
        end_to_end_id: id(&format!("P{number}")),
        amount: usd(amount),
        sent_on: day("2026-03-02"),
        state: ItemState::Sent,
    }
}

/// Line `number`, booked the day after.
fn line(number: u64, amount: &str, end_to_end_id: &str, description: &str) -> StatementLine {
    StatementLine {
        line: number,
        booked_on: day("2026-03-03"),
        amount: usd(amount),
        end_to_end_id: Some(end_to_end_id).filter(|text| !text.is_empty()).map(id),
        servicer_reference: format!("S{number}"),
        description: description.to_owned(),
    }
}

fn book(items: Vec<BookItem>) -> Book {
    Book { items, batches: vec![(batch(1), id("B1")), (batch(7), id("B7"))], known_references: HashSet::new() }
}

/// Each outcome in a word: how it matched or broke, the payments, and the difference.
fn told(lines: &[StatementLine], book: &Book) -> Vec<String> {
    let outcomes = match_lines(lines, book).unwrap();
    let names = |ids: &[PayoutId]| ids.iter().map(|id| format!(" P{}", id.0.as_u128())).collect::<String>();
    outcomes
        .iter()
        .map(|outcome| match &outcome.verdict {
            Verdict::Matched { items, kind } => format!("{kind}{}", names(items)),
            Verdict::Break(one) => {
                let candidates =
                    if one.candidates.is_empty() { String::new() } else { format!(" of{}", names(&one.candidates)) };
                format!("{}{} {}{candidates}", one.kind, names(one.item.as_slice()), one.difference.amount())
            }
            Verdict::AlreadyImported => "already_imported".to_owned(),
        })
        .collect()
}
