//! The worked case of the design: nine payments, eight bookings, every kind of disagreement, proved to the cent.

use super::*;
use crate::payouts::ageing::missing;
use crate::payouts::matching::proof::Proof;
use std::collections::BTreeSet;

fn case() -> (Vec<StatementLine>, Book) {
    let of_b7 = |number, amount| BookItem { batch: batch(7), ..item(number, amount) };
    let items = vec![
        BookItem { end_to_end_id: id("EXP-0001"), ..item(1, "100.00") },
        item(2, "250.00"),
        item(3, "250.00"),
        of_b7(4, "3333.34"),
        of_b7(5, "3333.33"),
        of_b7(6, "3333.33"),
        item(7, "500.00"),
        item(9, "75.00"),
        item(10, "42.00"),
    ];
    let lines = vec![
        line(2, "-100.00", "EXP-0001", ""),
        line(3, "-250.00", "", "PAYMENT"),
        line(4, "-10000.00", "", "PAYROLL B7"),
        line(5, "-501.50", "P7", ""),
        line(6, "-100.00", "EXP-0001", ""),
        line(7, "-75.00", "P9", ""),
        line(8, "75.00", "P9", "R03 NO ACCOUNT"),
        line(9, "-33.00", "", "ACCOUNT MAINTENANCE"),
    ];
    (lines, book(items))
}

#[test]
fn every_line_is_what_it_is() {
    let (lines, book) = case();
    assert_eq!(
        told(&lines, &book),
        [
            "end_to_end_id P1",
            "ambiguous -250.00 of P2 P3",
            "batch_sum P4 P5 P6",
            "fee P7 -1.50",
            "duplicate P1 -100.00",
            "end_to_end_id P9",
            "returned P9 0.00",
            "unexpected -33.00",
        ]
    );
}

#[test]
fn what_was_not_seen_is_missing_after_three_business_days() {
    let (lines, book) = case();
    let outcomes = match_lines(&lines, &book).unwrap();
    let settled: BTreeSet<PayoutId> = outcomes.iter().flat_map(Outcome::settled).copied().collect();
    let contested = outcomes
        .iter()
        .filter_map(|outcome| match &outcome.verdict {
            Verdict::Break(one) => Some(one.candidates.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let open: Vec<BookItem> = book.items.into_iter().filter(|item| !settled.contains(&item.payout)).collect();
    assert!(missing(&open, &contested, day("2026-03-05")).is_empty());
    assert_eq!(missing(&open, &contested, day("2026-03-06")), [payout(10)]);
}

#[test]
fn the_book_and_the_bank_agree_to_the_cent() {
    let (lines, book) = case();
    let outcomes = match_lines(&lines, &book).unwrap();
    let opening = usd("20000.00");
    let ours = book.items.iter().fold(opening, |sum, item| sum.checked_sub(item.amount).unwrap());
    let bank = lines.iter().fold(opening, |sum, line| sum.checked_add(line.amount).unwrap());
    let proof = Proof::of(Currency::USD, &book.items, &outcomes).unwrap();
    assert_eq!((ours, bank), (usd("8783.00"), usd("9015.50")));
    assert_eq!((proof.outstanding, proof.returned), (usd("292.00"), usd("75.00")));
    let differences = [
        (BreakKind::Unexpected, usd("-33.00")),
        (BreakKind::Duplicate, usd("-100.00")),
        (BreakKind::Fee, usd("-1.50")),
    ];
    assert_eq!(proof.differences, BTreeMap::from(differences));
    assert_eq!(proof.bank(ours), Ok(bank));
}

#[test]
fn the_same_file_again_changes_nothing() {
    let (lines, mut book) = case();
    book.known_references = lines.iter().map(|line| line.servicer_reference.clone()).collect();
    assert_eq!(told(&lines, &book), ["already_imported"; 8]);
}
