//! The lines of a statement explain it: which tier each event fell into, and why the rest is as it is.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;

use super::kit::*;
use crate::commissions::figure::midnight;
use crate::commissions::lines::line_total;
use crate::commissions::simulate::{SimulatedLine, SimulatedStatement};
use crate::commissions::{
    Attribution, Book, Clearance, CommissionError, Known, LineKind, ManualLine, Margin, MarginEvent, Plan,
};
use crate::kernel::{Currency, Money};

type Shown<'a> = (&'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a str);

fn shown(statement: &SimulatedStatement) -> Vec<Shown<'_>> {
    statement.lines.iter().map(shown_line).collect()
}

fn shown_line(line: &SimulatedLine) -> Shown<'_> {
    let SimulatedLine { kind, event, credited, tier, rate, amount, .. } = line;
    (kind.as_str(), event.as_deref(), credited.as_deref(), tier.as_deref(), rate.as_deref(), amount)
}

const CROSSING: [(u32, &str); 3] = [(1, "4300000.00"), (3, "600000.00"), (3, "900000.00")];

#[test]
fn an_event_that_crosses_has_a_line_per_tier() {
    let answer = of_ling(plan(), &CROSSING, 3);
    let (base, top) = (Some("0.00"), Some("5000000.00"));
    assert_eq!(
        shown(&answer.statements[2]),
        [
            ("event", Some("e01"), Some("600000.00"), base, Some("0"), "0.00"),
            ("event", Some("e02"), Some("100000.00"), base, Some("0"), "0.00"),
            ("event", Some("e02"), Some("800000.00"), top, Some("0.20"), "160000.00"),
        ]
    );
}

#[test]
fn a_whole_amount_tier_reached_re_rates_what_was_before() {
    let answer = of_ling(plan_with(json!({"mode": "whole_amount"})), &CROSSING, 3);
    assert_eq!(
        shown(&answer.statements[2])[1..],
        [
            ("event", Some("e02"), Some("900000.00"), Some("5000000.00"), Some("0.20"), "180000.00"),
            ("re_rate", None, None, None, None, "980000.00"),
        ]
    );
}

#[test]
fn a_new_version_re_rates_its_window() {
    let versions = json!([{"from": "2026-07-01", "tiers": [{"above": "5000000.00", "rate": "0.25"}]}]);
    let plan = plan_with(json!({"versions": versions, "version_change": "re_rate_window"}));
    let answer = of_ling(plan, &[(2, "5600000.00"), (7, "1000000.00")], 7);
    assert_eq!(
        shown(&answer.statements[6]),
        [
            ("event", Some("e01"), Some("1000000.00"), Some("5000000.00"), Some("0.25"), "250000.00"),
            ("re_rate", None, None, None, None, "30000.00"),
        ]
    );
}

#[test]
fn amounts_are_unrounded_and_a_line_rounds_them() {
    let plan = plan_with(json!({"tiers": [{"above": "0", "rate": "0.125"}]}));
    let answer = of_ling(plan, &[(1, "0.10"), (2, "0.10")], 2);
    assert_eq!(totals(&answer), ["0.01", "0.01"]);
    let top = (Some("0.00"), Some("0.125"));
    let event = |id| ("event", Some(id), Some("0.10"), top.0, top.1, "0.0125");
    assert_eq!(shown(&answer.statements[0]), [event("e00"), ("rounding", None, None, None, None, "-0.0025")]);
    assert_eq!(shown(&answer.statements[1]), [event("e01"), ("rounding", None, None, None, None, "-0.0025")]);
}

#[test]
fn a_changed_attribution_is_a_re_rate() {
    let plan =
        Plan::parse(&serde_json::from_value(plan_with(json!({"tiers": [{"above": "0", "rate": "0.1"}]}))).unwrap());
    let plan = plan.unwrap();
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let known = |period: &str, as_of: &str| Known { period: period.parse().unwrap(), as_of: midnight(day(as_of)) };
    let usd = |text: &str| Money::parse(text, Currency::USD).unwrap();
    let zero = Money::zero(Currency::USD);
    let margin = Margin { revenue: usd("100.00"), expert_cost: zero, direct_cost: zero };
    let (id, lab) = (1, "A");
    let (effective_on, recorded_at) = (day("2026-01-10"), midnight(day("2026-01-10")));
    let events = [MarginEvent { id, lab, effective_on, recorded_at, corrects_effective_on: None, margin }];
    let clearance = Clearance::NotNeeded;
    let whole =
        Attribution { lab, executive: "ling", share: Decimal::ONE, from: day("2026-01-01"), until: None, clearance };
    let mut half = whole.clone();
    half.share = dec("0.5");
    let (whole, half) = ([whole], [half]);
    let first = Book::new(&plan, &whole, &events, &[]).state(&"ling", known("2026-01", "2026-02-01"), &[]).unwrap();
    assert_eq!(first.payable, usd("10.00"));
    let by_hand = [ManualLine { id: 7, executive: "ling", period: "2026-02".parse().unwrap(), amount: usd("1.00") }];
    let book = Book::new(&plan, &half, &events, &by_hand);
    let issued = [first.issued().unwrap()];
    let second = book.state(&"ling", known("2026-02", "2026-03-01"), &issued).unwrap();
    let lines: Vec<_> = second.lines.iter().map(|line| (line.kind, line.event, line.amount.normalize())).collect();
    assert_eq!(lines, [(LineKind::ReRate, None, dec("-5")), (LineKind::Manual, Some(7), dec("1"))]);
    assert_eq!(line_total(&second.lines).unwrap(), dec("-4"));
    assert_eq!((second.manual, second.payable, second.carried_out), (usd("1.00"), zero, usd("-4.00")));
    let yen = [ManualLine { amount: Money::zero("JPY".parse().unwrap()), ..by_hand[0].clone() }];
    let book = Book::new(&plan, &half, &events, &yen);
    let refused = book.state(&"ling", known("2026-02", "2026-03-01"), &issued).unwrap_err();
    assert_eq!(refused, CommissionError::CurrencyMismatch);
}
