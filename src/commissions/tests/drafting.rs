//! Who gets a statement, and what it carries on from.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use uuid::Uuid;

use super::kit::*;
use crate::commissions::drafting::{
    Drafted, DraftingError, Drafts, Event, Facts, LabDay, Seat, Share, Standing, draft,
};
use crate::commissions::figure::midnight;
use crate::commissions::{Attribution, Clearance, Known, Margin, MarginEvent, Plan};
use crate::kernel::{AccountId, Currency, LabId, Money, PlanId, StatementId};

const LING: AccountId = AccountId(Uuid::from_u128(1));
const LAB: LabId = LabId(Uuid::from_u128(2));
const FIRST: PlanId = PlanId(Uuid::from_u128(10));
const SECOND: PlanId = PlanId(Uuid::from_u128(11));

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn plans(first: Value) -> BTreeMap<PlanId, Plan> {
    let read = |members| Plan::parse(&serde_json::from_value(plan_with(members)).unwrap()).unwrap();
    let tenth = json!({"tiers": [{"above": "0", "rate": "0.1"}]});
    BTreeMap::from([(FIRST, read(first)), (SECOND, read(tenth))])
}

fn tenth() -> BTreeMap<PlanId, Plan> {
    plans(json!({"tiers": [{"above": "0", "rate": "0.1"}]}))
}

fn seat(plan: PlanId, from: &str, until: Option<&str>) -> Seat {
    Seat { executive: LING, plan, days: vec![(day(from), until.map(day))] }
}

fn share() -> Share {
    let clearance = Clearance::NotNeeded;
    Attribution { lab: LAB, executive: LING, share: Decimal::ONE, from: day("2026-01-01"), until: None, clearance }
}

fn event(on: &str, recorded: &str, amount: Money) -> Event {
    let (effective_on, recorded_at, zero) = (day(on), midnight(day(recorded)), Money::zero(amount.currency()));
    let id = LabDay { lab: LAB, effective_on, corrects_effective_on: None, recorded_at };
    let margin = Margin { revenue: amount, expert_cost: zero, direct_cost: zero };
    MarginEvent { id, lab: LAB, effective_on, recorded_at, corrects_effective_on: None, margin }
}

/// The drafts of a month as of the first day after it, and the id each would get: 100 plus its place.
fn run(month: &str, seats: &[Seat], events: &[Event], standing: &[Standing]) -> Result<Drafts, DraftingError> {
    run_under(&tenth(), month, seats, (events, standing))
}

fn run_under(
    plans: &BTreeMap<PlanId, Plan>,
    month: &str,
    seats: &[Seat],
    (events, standing): (&[Event], &[Standing]),
) -> Result<Drafts, DraftingError> {
    let period: crate::kernel::time::Period = month.parse().unwrap();
    let known = Known { period, as_of: midnight(period.next().first_day()) };
    let shares = [share()];
    let mut next = 100 + u128::try_from(standing.len()).unwrap();
    let mut id_of = |_, _| {
        next += 1;
        StatementId(Uuid::from_u128(next))
    };
    draft(&Facts { known, plans, seats, shares: &shares, events, standing }, &mut id_of)
}

fn issue(drafted: &Drafted) -> Standing {
    let Drafted { id, plan, executive, statement, .. } = drafted;
    let issued = statement.issued().unwrap();
    Standing { id: *id, plan: *plan, executive: *executive, issued, issued_at: issued.known.as_of }
}

#[test]
fn who_moves_to_another_plan_takes_what_was_carried_along() {
    let seats = [seat(FIRST, "2026-01-01", Some("2026-02-15")), seat(SECOND, "2026-02-15", None)];
    let sold = event("2026-01-10", "2026-01-10", usd("100.00"));
    let january = run("2026-01", &seats, std::slice::from_ref(&sold), &[]).unwrap();
    assert_eq!(january.made.len(), 1);
    let standing = [issue(&january.made[0])];
    let refund = event("2026-02-01", "2026-02-01", usd("-300.00"));
    let again = event("2026-02-20", "2026-02-20", usd("500.00"));
    let events = [sold, refund, again];
    let february = run("2026-02", &seats, &events, &standing).unwrap();
    let [old, new] = &february.made[..] else { panic!("two statements") };
    assert_eq!((old.plan, old.after, old.statement.carried_out), (FIRST, Some(standing[0].id), usd("-10.00")));
    assert_eq!((new.plan, new.after, new.statement.carried_in), (SECOND, Some(old.id), usd("-10.00")));
    assert_eq!(new.statement.payable, usd("40.00"));
}

#[test]
fn who_has_left_is_stated_only_where_something_changed_and_draws_nothing() {
    let plans = plans(json!({"tiers": [{"above": "0", "rate": "0.1"}], "draw": {"amount": "50", "recoverable": true}}));
    let seats = [seat(FIRST, "2026-01-01", Some("2026-02-01"))];
    let sold = event("2026-01-10", "2026-01-10", usd("100.00"));
    let january = run_under(&plans, "2026-01", &seats, (std::slice::from_ref(&sold), &[])).unwrap();
    assert_eq!(january.made[0].statement.payable, usd("50.00"));
    let standing = [issue(&january.made[0])];
    let nothing = run_under(&plans, "2026-02", &seats, (std::slice::from_ref(&sold), &standing)).unwrap();
    assert_eq!(nothing, Drafts::default());
    let late = [sold, event("2026-01-20", "2026-02-03", usd("900.00"))];
    let late = run_under(&plans, "2026-02", &seats, (&late, &standing)).unwrap();
    let stated = &late.made[0].statement;
    assert_eq!((stated.prior_period, stated.payable), (usd("90.00"), usd("50.00")));
}

#[test]
fn issued_and_overtaken_months_are_left_alone() {
    let seats = [seat(FIRST, "2026-01-01", None)];
    let sold = [event("2026-01-10", "2026-01-10", usd("100.00"))];
    let february = run("2026-02", &seats, &sold, &[]).unwrap();
    let standing = [issue(&february.made[0])];
    let count = |month| {
        let drafts = run(month, &seats, &sold, &standing).unwrap();
        (drafts.made.len(), drafts.issued, drafts.overtaken)
    };
    assert_eq!((count("2026-01"), count("2026-02"), count("2026-03")), ((0, 0, 1), (0, 1, 0), (1, 0, 0)));
}

#[test]
fn a_run_never_knows_less_nor_counts_another_currency() {
    let seats = [seat(FIRST, "2026-01-01", None)];
    let sold = [event("2026-01-10", "2026-01-10", usd("100.00"))];
    let mut late = issue(&run("2026-01", &seats, &sold, &[]).unwrap().made[0]);
    late.issued.known.as_of = midnight(day("2026-06-01"));
    assert_eq!(run("2026-02", &seats, &sold, &[late]).unwrap_err(), DraftingError::Backwards(late.id));
    let yen = [event("2026-01-10", "2026-01-10", Money::parse("100", "JPY".parse().unwrap()).unwrap())];
    assert!(matches!(run("2026-01", &seats, &yen, &[]).unwrap_err(), DraftingError::Foreign { lab: LAB, .. }));
    // Margin from before the seat is nobody's business.
    let seats = [seat(FIRST, "2026-02-01", None)];
    assert_eq!(run("2026-02", &seats, &yen, &[]).unwrap().made[0].statement.payable, usd("0.00"));
}
