//! Which plans are accepted, what their defaults are, and C(A) by itself.

use serde_json::{Value, json};

use super::kit::*;
use crate::commissions::plan::{PlanBody, TierBoundary, TierMode};
use crate::commissions::tiers::{Tier, Tiers};
use crate::commissions::{CommissionError, Plan};

fn judge(plan: Value) -> Result<Plan, Vec<crate::kernel::FieldError>> {
    Plan::parse(&serde_json::from_value::<PlanBody>(plan).unwrap())
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let body: PlanBody = serde_json::from_value(plan()).unwrap();
    let told = serde_json::to_value(&body).unwrap();
    let expected = json!({"currency": "USD", "measure": "gross_margin", "window": "year", "scope": "account_executive",
        "mode": "marginal", "tiers": [{"above": "5000000.00", "rate": "0.20"}], "boundary": "exclusive",
        "split": "before_tiers", "versions": [], "version_change": "prospective", "cap": null, "draw": null, "gate": null});
    assert_eq!(told, expected);
    assert_eq!(serde_json::from_value::<PlanBody>(told).unwrap(), body);
}

#[test]
fn json_numbers_and_unknown_members_are_refused() {
    for wrong in [
        json!({"tiers": [{"above": 5_000_000, "rate": "0.20"}]}),
        json!({"tiers": [{"above": "5000000.00", "rate": 0.2}]}),
        json!({"tires": []}),
        json!({"window": "week"}),
        json!({"cap": {"amount": "1", "per": "window", "soft": true}}),
        json!({"versions": [{"from": "2026-7-1", "tiers": []}]}),
    ] {
        assert!(serde_json::from_value::<PlanBody>(plan_with(wrong.clone())).is_err(), "{wrong}");
    }
}

#[test]
fn every_finding_has_its_pointer() {
    let found = judge(plan_with(json!({
        "tiers": [{"above": "1e3", "rate": "0.20"}, {"above": "10.001", "rate": "1.5"}, {"above": "-1", "rate": "0.123456789"}],
        "versions": [{"from": "2026-07-01", "tiers": [{"above": "2", "rate": "0"}, {"above": "2", "rate": "0"}]},
                     {"from": "2026-07-01", "tiers": []}],
        "cap": {"amount": "0"}, "draw": {"amount": "-1", "recoverable": true}}))).unwrap_err();
    assert_eq!(
        findings(&found),
        [
            ("/tiers/0/above", "amount_not_decimal"),
            ("/tiers/1/above", "amount_too_precise"),
            ("/tiers/2/rate", "not_decimal"),
            ("/versions/0/tiers/1/above", "not_ascending"),
            ("/versions/1/from", "not_ascending"),
            ("/versions/1/tiers", "required"),
            ("/cap/amount", "out_of_range"),
            ("/draw/amount", "out_of_range"),
        ]
    );
    let out_of_range = judge(plan_with(json!({"tiers": [{"above": "-1", "rate": "1.00000001"}]}))).unwrap_err();
    assert_eq!(findings(&out_of_range), [("/tiers/0/above", "out_of_range"), ("/tiers/0/rate", "out_of_range")]);
    assert_eq!(findings(&judge(plan_with(json!({"tiers": []}))).unwrap_err()), [("/tiers", "required")]);
    for wrong in ["", ".5", "1.", "+1", "01", " 1", "1,0", "NaN", "0x1", "--1"] {
        assert!(judge(plan_with(json!({"tiers": [{"above": "1", "rate": wrong}]}))).is_err(), "{wrong}");
    }
}

#[test]
fn combinations_without_a_worked_case_are_refused() {
    let cap = json!({"amount": "1.00", "per": "window"});
    let draw = json!({"amount": "1.00", "recoverable": false});
    for (members, pointer) in [
        (json!({"version_change": "reset", "mode": "whole_amount"}), "/version_change"),
        (json!({"version_change": "re_rate_window", "split": "after_tiers"}), "/version_change"),
        (json!({"draw": draw, "gate": {"measure": "revenue", "above": "0"}}), "/gate"),
        (json!({"cap": cap, "version_change": "reset"}), "/cap"),
        (json!({"cap": {"amount": "1.00", "per": "month"}}), "/cap/per"),
    ] {
        assert_eq!(findings(&judge(plan_with(members)).unwrap_err()), [(pointer, "not_supported_yet")]);
    }
    assert!(judge(plan_with(json!({"cap": {"amount": "1.00", "per": "year"}}))).is_ok());
}

#[test]
fn marginal_pays_each_slice_and_whole_amount_the_whole() {
    let steps = [("0", "0.05"), ("100", "0.1"), ("200", "0.2")];
    let steps = steps.map(|(above, rate)| Tier { above: dec(above), rate: dec(rate) }).to_vec();
    let mut tiers = Tiers { mode: TierMode::Marginal, boundary: TierBoundary::Exclusive, steps };
    let earned = |tiers: &Tiers, attained: &str| tiers.earned(dec(attained)).unwrap().normalize().to_string();
    let all = ["-50", "0", "100", "150", "200", "250.5"];
    assert_eq!(all.map(|a| earned(&tiers, a)), ["0", "0", "5", "10", "15", "25.1"]);
    tiers.mode = TierMode::WholeAmount;
    assert_eq!(all.map(|a| earned(&tiers, a)), ["0", "0", "5", "15", "20", "50.1"]);
    tiers.boundary = TierBoundary::Inclusive;
    assert_eq!(all.map(|a| earned(&tiers, a)), ["0", "0", "10", "15", "40", "50.1"]);
    assert_eq!(tiers.earned(rust_decimal::Decimal::MAX), Err(CommissionError::Overflow));
}
