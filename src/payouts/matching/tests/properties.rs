//! What holds for any statement against any book.

use super::*;
use crate::payouts::matching::proof::Proof;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn days_later(days: i64) -> NaiveDate {
    day("2026-03-02").checked_add_signed(chrono::TimeDelta::days(days)).unwrap()
}

/// Few amounts, days and batches, so that everything collides with everything.
fn items() -> impl Strategy<Value = Vec<BookItem>> {
    let one = (prop::sample::select(vec![1000i64, 2000, 2500, 3000, 5500]), 0i64..4, 0u128..3, 0u8..6);
    prop::collection::vec(one, 0..14).prop_map(|rows| {
        let made = (0u128..).zip(rows).map(|(number, (cents, days, of, state))| BookItem {
            amount: Money::try_new(Decimal::new(cents, 2), Currency::USD).unwrap(),
            sent_on: days_later(days),
            batch: batch(of),
            state: if state == 0 { ItemState::Settled } else { ItemState::Sent },
            ..item(number, "1.00")
        });
        made.collect()
    })
}

/// Lines that name an item, a batch, a stranger or nothing, in an id or in words, of amounts that nearly fit.
fn lines() -> impl Strategy<Value = Vec<StatementLine>> {
    let amount = prop::sample::select(vec![1000i64, 1001, 2000, 2500, 3000, 5500, 7500, 8000, 30]);
    let name = prop_oneof![
        2 => Just(String::new()),
        4 => (0..14u8).prop_map(|number| format!("P{number}")),
        1 => (0..3u8).prop_map(|number| format!("B{number}")),
        1 => Just("X1".to_owned())
    ];
    let one = (amount, any::<bool>(), name, any::<bool>(), 0i64..9);
    prop::collection::vec(one, 0..14).prop_map(|rows| {
        let made = (1u64..).zip(rows).map(|(number, (cents, out, name, in_text, days))| {
            let cents = if out || number % 3 > 0 { 0i64.saturating_sub(cents) } else { cents };
            let (in_id, described) = if in_text { ("", name.as_str()) } else { (name.as_str(), "") };
            StatementLine {
                amount: Money::try_new(Decimal::new(cents, 2), Currency::USD).unwrap(),
                booked_on: days_later(days),
                ..line(number, "-1.00", in_id, described)
            }
        });
        made.collect()
    })
}

fn books() -> impl Strategy<Value = Book> {
    let batches: Vec<(BatchId, EndToEndId)> = (0..3).map(|of| (batch(of), id(&format!("B{of}")))).collect();
    items().prop_map(move |items| Book { items, batches: batches.clone(), known_references: HashSet::new() })
}

fn zero() -> Money {
    Money::zero(Currency::USD)
}

fn sum(amounts: impl IntoIterator<Item = Money>) -> Money {
    amounts.into_iter().fold(zero(), |sum, amount| sum.checked_add(amount).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn each_side_is_used_at_most_once(lines in lines(), book in books()) {
        let outcomes = match_lines(&lines, &book).unwrap();
        let numbers: Vec<u64> = outcomes.iter().map(|outcome| outcome.line).collect();
        prop_assert_eq!(numbers, lines.iter().map(|line| line.line).collect::<Vec<_>>());
        let settled: Vec<PayoutId> = outcomes.iter().flat_map(|outcome| outcome.settled().to_vec()).collect();
        prop_assert_eq!(settled.iter().collect::<BTreeSet<_>>().len(), settled.len());
        let returned: Vec<PayoutId> = outcomes.iter().filter_map(Outcome::returned).collect();
        prop_assert_eq!(returned.iter().collect::<BTreeSet<_>>().len(), returned.len());
        for item in &book.items {
            let was_sent = item.state == ItemState::Sent;
            prop_assert!(was_sent || !settled.contains(&item.payout));
            prop_assert!(!was_sent || settled.contains(&item.payout) || !returned.contains(&item.payout));
        }
    }

    #[test]
    fn the_order_of_lines_decides_nothing(
        (lines, shuffled) in lines().prop_flat_map(|lines| (Just(lines.clone()), Just(lines).prop_shuffle())),
        book in books(),
    ) {
        let mut one = match_lines(&lines, &book).unwrap();
        let mut other = match_lines(&shuffled, &book).unwrap();
        one.sort_by_key(|outcome| outcome.line);
        other.sort_by_key(|outcome| outcome.line);
        prop_assert_eq!(one, other);
    }

    #[test]
    fn the_same_file_twice_matches_nothing_new(lines in lines(), mut book in books()) {
        book.known_references = lines.iter().map(|line| line.servicer_reference.clone()).collect();
        let outcomes = match_lines(&lines, &book).unwrap();
        prop_assert!(outcomes.iter().all(|outcome| outcome.verdict == Verdict::AlreadyImported));
        let twice: Vec<StatementLine> = [lines.clone(), lines].concat();
        book.known_references.clear();
        let doubled = match_lines(&twice, &book).unwrap();
        let again = doubled.iter().filter(|outcome| outcome.verdict == Verdict::AlreadyImported).count();
        prop_assert_eq!(again, twice.len().div_euclid(2));
    }

    #[test]
    fn what_is_explained_and_what_is_not_is_the_statement(lines in lines(), book in books()) {
        let outcomes = match_lines(&lines, &book).unwrap();
        let amount = |payout: &PayoutId| book.items.iter().find(|item| item.payout == *payout).unwrap().amount;
        for outcome in &outcomes {
            let settled = sum(outcome.settled().iter().map(amount));
            let returned = sum(outcome.returned().iter().map(amount));
            let difference = match &outcome.verdict {
                Verdict::Break(one) => one.difference,
                _ => zero(),
            };
            let explained = returned.checked_sub(settled).unwrap().checked_add(difference).unwrap();
            prop_assert_eq!(explained, outcome.amount);
        }
        let told = sum(outcomes.iter().map(|outcome| outcome.amount));
        prop_assert_eq!(told, sum(lines.iter().map(|line| line.amount)));
        // The proof: opening − sent, with what stands between, is opening + lines.
        let sent = sum(book.items.iter().filter(|item| item.state == ItemState::Sent).map(|item| item.amount));
        let proof = Proof::of(Currency::USD, &book.items, &outcomes).unwrap();
        prop_assert_eq!(proof.bank(zero().checked_sub(sent).unwrap()).unwrap(), told);
    }
}
