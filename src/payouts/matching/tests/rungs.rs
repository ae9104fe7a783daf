//! Each rung alone, and the lines that must not be matched by it.

use super::*;

fn one(items: Vec<BookItem>, line: StatementLine) -> String {
    told(&[line], &book(items)).remove(0)
}

#[test]
fn an_id_settles_whatever_the_difference() {
    let fee = |amount: &str| one(vec![item(1, "100.00")], line(1, amount, "P1", ""));
    assert_eq!(fee("-100.00"), "end_to_end_id P1");
    assert_eq!(fee("-100.01"), "fee P1 -0.01");
    assert_eq!(fee("-125.00"), "fee P1 -25.00");
    assert_eq!(fee("-125.01"), "amount P1 -25.01");
    assert_eq!(fee("-99.99"), "amount P1 0.01");
    assert_eq!(
        one(vec![item(1, "100.00")], line(1, "-100.00", "p1", "")),
        "end_to_end_id P1",
        "capitals do not matter"
    );
}

#[test]
fn of_two_bookings_the_exact_one_settles_whichever_comes_first() {
    let lines = [line(1, "-101.00", "P1", ""), line(2, "-100.00", "P1", "")];
    assert_eq!(told(&lines, &book(vec![item(1, "100.00")])), ["duplicate P1 -101.00", "end_to_end_id P1"]);
}

#[test]
fn another_currency_settles_nothing() {
    let euros = Money::parse("-100.00", "EUR".parse().unwrap()).unwrap();
    let foreign = StatementLine { amount: euros, ..line(1, "-1.00", "P1", "") };
    assert_eq!(one(vec![item(1, "100.00")], foreign.clone()), "currency P1 -100.00");
    let of_batch = StatementLine { end_to_end_id: Some(id("B1")), ..foreign.clone() };
    assert_eq!(one(vec![item(1, "100.00")], of_batch), "currency -100.00");
    let nameless = StatementLine { end_to_end_id: None, ..foreign };
    assert_eq!(one(vec![item(1, "100.00")], nameless), "unexpected -100.00");
}

#[test]
fn money_comes_back_only_from_what_settled() {
    let back = |state, amount: &str| one(vec![BookItem { state, ..item(1, "100.00") }], line(1, amount, "P1", "R03"));
    assert_eq!(back(ItemState::Settled, "100.00"), "returned P1 0.00");
    assert_eq!(back(ItemState::Settled, "85.00"), "returned P1 -15.00", "short by a fee");
    assert_eq!(back(ItemState::Settled, "0.01"), "amount P1 0.01", "a cent makes no 100.00 owed again");
    assert_eq!(back(ItemState::Settled, "100.01"), "amount P1 100.01");
    assert_eq!(back(ItemState::Sent, "100.00"), "timing P1 100.00");
    assert_eq!(back(ItemState::Returned, "100.00"), "duplicate P1 100.00");
    assert_eq!(back(ItemState::Failed, "100.00"), "unexpected P1 100.00");
    let small = one(vec![BookItem { state: ItemState::Settled, ..item(1, "5.00") }], line(1, "-1.00", "P1", ""));
    assert_eq!(small, "duplicate P1 -1.00");
    assert_eq!(one(vec![item(1, "100.00")], line(1, "100.00", "", "deposit")), "unexpected 100.00");
}

#[test]
fn a_batch_booked_as_one_sum_may_come_back_in_parts_in_the_same_file() {
    let items = vec![item(1, "60.00"), item(2, "70.00")];
    let lines = [line(1, "70.00", "P2", "R01"), line(2, "-130.00", "B1", "")];
    assert_eq!(told(&lines, &book(items)), ["returned P2 0.00", "batch_sum P1 P2"]);
}

#[test]
fn a_description_matches_to_the_cent_or_not_at_all() {
    let items = || vec![item(1, "100.00"), item(2, "50.00"), BookItem { state: ItemState::Settled, ..item(3, "9.00") }];
    assert_eq!(one(items(), line(1, "-100.00", "", "SEPA/P1/SALARY")), "reference P1");
    assert_eq!(one(items(), line(1, "-100.00", "BANK-77", "ref:p1")), "reference P1");
    assert_eq!(one(items(), line(1, "-100.00", "", &format!("for {}", payout(1)))), "reference P1");
    assert_eq!(one(items(), line(1, "-150.00", "", "P2, P1")), "reference P1 P2");
    assert_eq!(one(items(), line(1, "-101.00", "", "P1")), "ambiguous -101.00 of P1");
    assert_eq!(one(items(), line(1, "-9.00", "", "P3")), "duplicate P3 -9.00");
    assert_eq!(one(items(), line(1, "-100.00", "", "P11")), "amount_and_date P1", "P11 is not P1");
}

#[test]
fn a_batch_takes_the_sum_of_what_is_open_in_it() {
    let items = || vec![item(1, "100.00"), item(2, "50.00"), item(3, "25.00")];
    assert_eq!(one(items(), line(1, "-175.00", "B1", "")), "batch_sum P1 P2 P3");
    let lines = [line(1, "-175.00", "B1", ""), line(2, "-175.00", "B1", "")];
    assert_eq!(told(&lines, &book(items())), ["batch_sum P1 P2 P3", "duplicate -175.00"]);
    let lines = [line(1, "-50.00", "P2", ""), line(2, "-125.00", "B1", "")];
    assert_eq!(told(&lines, &book(items())), ["end_to_end_id P2", "batch_sum P1 P3"]);
    assert_eq!(one(items(), line(1, "-125.00", "B1", "")), "subset_sum P1 P3", "one item is not in it");
    assert_eq!(one(items(), line(1, "-176.00", "B1", "")), "amount -176.00");
    assert_eq!(one(items(), line(1, "-175.00", "B7", "")), "duplicate -175.00", "nothing of that batch is open");
}

#[test]
fn amount_and_date_only_if_unique_both_ways() {
    let items = |n: u128| (1..=n).map(|number| item(number, "250.00")).collect::<Vec<_>>();
    let nameless = |number| line(number, "-250.00", "", "");
    assert_eq!(one(items(1), nameless(1)), "amount_and_date P1");
    assert_eq!(one(items(2), nameless(1)), "ambiguous -250.00 of P1 P2");
    assert_eq!(told(&[nameless(1), nameless(2)], &book(items(1))), ["ambiguous -250.00 of P1"; 2]);
    assert_eq!(told(&[nameless(1), nameless(2)], &book(items(2))), ["ambiguous -250.00 of P1 P2"; 2]);
    assert_eq!(one(items(1), line(1, "-250.00", "NOT-OURS", "")), "unexpected -250.00", "it says it is another's");
    let by_id_first = [nameless(1), line(2, "-250.00", "P2", "")];
    assert_eq!(told(&by_id_first, &book(items(2))), ["amount_and_date P1", "end_to_end_id P2"]);
}

#[test]
fn the_window_is_five_business_days_after_sending() {
    let on =
        |text: &str| one(vec![item(1, "250.00")], StatementLine { booked_on: day(text), ..line(1, "-250.00", "", "") });
    assert_eq!(on("2026-03-01"), "unexpected -250.00");
    assert_eq!(on("2026-03-02"), "amount_and_date P1");
    assert_eq!(on("2026-03-09"), "amount_and_date P1");
    assert_eq!(on("2026-03-10"), "unexpected -250.00");
    let later = BookItem { sent_on: day("2026-03-09"), ..item(2, "250.00") };
    let lines =
        [line(1, "-250.00", "", ""), StatementLine { booked_on: day("2026-03-10"), ..line(2, "-250.00", "", "") }];
    assert_eq!(told(&lines, &book(vec![item(1, "250.00"), later])), ["amount_and_date P1", "amount_and_date P2"]);
}

#[test]
fn a_subset_only_if_there_is_one_and_nobody_else_wants_it() {
    let items = || vec![item(1, "10.00"), item(2, "20.00"), item(3, "30.00"), item(4, "47.00")];
    let nameless = |number, amount: &str| line(number, amount, "", "");
    assert_eq!(one(items(), nameless(1, "-57.00")), "subset_sum P1 P4");
    assert_eq!(one(items(), nameless(1, "-33.00")), "unexpected -33.00");
    assert_eq!(one(items(), nameless(1, "-60.00")), "subset_sum P1 P2 P3");
    let clash = [nameless(1, "-57.00"), nameless(2, "-67.00")];
    assert_eq!(told(&clash, &book(items())), ["ambiguous -57.00 of P1 P4", "ambiguous -67.00 of P2 P4"]);
    let twice = vec![item(1, "10.00"), item(2, "10.00"), item(3, "30.00")];
    assert_eq!(one(twice, nameless(1, "-40.00")), "unexpected -40.00");
    let contested = [nameless(1, "-47.00"), nameless(2, "-47.00"), nameless(3, "-57.00")];
    assert_eq!(told(&contested, &book(items()))[2], "ambiguous -57.00 of P1 P4");
}

#[test]
fn the_same_booking_twice_is_one_and_a_contradiction_is_refused() {
    let first = line(1, "-100.00", "P1", "");
    let again = StatementLine { line: 2, ..first.clone() };
    let told = told(&[first.clone(), again.clone()], &book(vec![item(1, "100.00")]));
    assert_eq!(told, ["end_to_end_id P1", "already_imported"]);
    let other = StatementLine { amount: usd("-1.00"), ..again };
    let refused = match_lines(&[first.clone(), other], &book(Vec::new()));
    assert_eq!(refused, Err(MatchError::ReferenceConflict(1, 2)));
    let twice = book(vec![item(1, "1.00"), BookItem { payout: payout(2), ..item(1, "2.00") }]);
    assert_eq!(match_lines(&[first], &twice), Err(MatchError::IdTwice(id("P1"))));
}
