//! Cases that the rules settle without a row in the table: windows, scopes, caps, gates, clearance, currencies.

use serde_json::json;

use super::kit::*;

/// 10% of everything, with some members replaced.
fn tenth(members: serde_json::Value) -> serde_json::Value {
    let mut plan = plan_with(json!({"tiers": [{"above": "0", "rate": "0.10"}]}));
    for (name, value) in members.as_object().unwrap() {
        plan[name] = value.clone();
    }
    plan
}

#[test]
fn windows_start_attainment_again() {
    let amounts = [(1, "6000000.00"), (3, "6000000.00"), (4, "6000000.00")];
    let window = |window: &str| paid_of(plan_with(json!({"window": window})), &amounts);
    assert_eq!(window("month"), ["200000.00", "0.00", "200000.00", "200000.00"]);
    assert_eq!(window("quarter"), ["200000.00", "0.00", "1200000.00", "200000.00"]);
    assert_eq!(window("year"), ["200000.00", "0.00", "1200000.00", "1200000.00"]);
    assert_eq!(window("inception"), ["200000.00", "0.00", "1200000.00", "1200000.00"]);
}

fn paid_of(plan: serde_json::Value, amounts: &[(u32, &str)]) -> Vec<String> {
    of_ling(plan, amounts, 4).statements.into_iter().map(|statement| statement.payable).collect()
}

#[test]
fn a_new_year_starts_again_and_a_correction_returns_to_the_old_one() {
    let mut correction = margin("c", "2027-01-20", "-500000.00");
    correction["corrects_effective_on"] = json!("2026-12-10");
    let events = json!([margin("a", "2026-12-10", "6000000.00"), margin("b", "2027-01-10", "1000000.00"), correction]);
    let statements =
        json!([{"period": "2026-12", "as_of": "2027-01-01"}, {"period": "2027-01", "as_of": "2027-02-01"}]);
    let answer = run(plan(), ling(), events, statements);
    assert_eq!(totals(&answer), ["200000.00", "-100000.00"]);
    // The correction took effect in January: it is January's own, though it changes December's window.
    assert_eq!(
        (answer.statements[1].current.as_str(), answer.statements[1].prior_period.as_str()),
        ("-100000.00", "0.00")
    );
    assert_eq!(answer.statements[1].attainment, "1000000.00");
    assert_eq!(answer.statements[1].earned_to_date, "100000.00");
}

#[test]
fn a_correction_takes_the_attribution_of_the_original() {
    let attributions = json!([
        {"lab": "A", "account_executive": "ling", "share": "1", "from": "2026-01-01", "until": "2026-03-01"},
        {"lab": "A", "account_executive": "omar", "share": "1", "from": "2026-03-01"}]);
    let mut correction = margin("c", "2026-03-20", "-1000.00");
    correction["corrects_effective_on"] = json!("2026-02-28");
    let events = json!([margin("a", "2026-02-28", "5000.00"), margin("b", "2026-03-01", "700.00"), correction]);
    let answer = run(tenth(json!({})), attributions, events, json!([{"period": "2026-03", "as_of": "2026-04-01"}]));
    assert_eq!(paid(&answer), ["400.00", "70.00"]);
}

#[test]
fn scope_lab_tiers_each_lab_by_itself() {
    let attributions = json!([
        {"lab": "A", "account_executive": "ling", "share": "1", "from": "2026-01-01"},
        {"lab": "B", "account_executive": "ling", "share": "1", "from": "2026-01-01"}]);
    let mut other = margin("b", "2026-01-20", "4000000.00");
    other["lab"] = json!("B");
    let events = json!([margin("a", "2026-01-10", "6000000.00"), other]);
    let one = |scope: &str| {
        let answer = run(plan_with(json!({"scope": scope})), attributions.clone(), events.clone(), monthly(1));
        answer.statements[0].payable.clone()
    };
    assert_eq!((one("lab").as_str(), one("account_executive").as_str()), ("200000.00", "1000000.00"));
}

#[test]
fn revenue_may_be_the_measure() {
    let event = json!([{"id": "e", "lab": "A", "effective_on": "2026-01-02", "recorded_on": "2026-01-02",
                        "revenue": "100.00", "expert_cost": "60.00"}]);
    let answer = run(tenth(json!({"measure": "revenue"})), ling(), event, monthly(1));
    assert_eq!(paid(&answer), ["10.00"]);
}

#[test]
fn a_cap_stops_a_window_and_a_refund_comes_off_the_top() {
    let plan = tenth(json!({"cap": {"amount": "1000.00", "per": "window"}, "window": "quarter"}));
    let amounts = [(1, "8000.00"), (2, "5000.00"), (3, "-4000.00"), (4, "5000.00")];
    let answer = of_ling(plan, &amounts, 4);
    assert_eq!(totals(&answer), ["800.00", "200.00", "-100.00", "500.00"]);
    let february: Vec<_> = answer.statements[1].lines.iter().map(|line| (line.kind.as_str(), &*line.amount)).collect();
    assert_eq!(february, [("event", "500.00"), ("cap", "-300.00")]);
    let march: Vec<_> = answer.statements[2].lines.iter().map(|line| (line.kind.as_str(), &*line.amount)).collect();
    assert_eq!(march, [("event", "-400.00"), ("cap", "300.00")]);
}

#[test]
fn a_gate_opens_and_then_pays_in_full() {
    let plan = tenth(json!({"gate": {"measure": "revenue", "above": "10000.00"}}));
    let answer = of_ling(plan, &[(1, "8000.00"), (2, "2000.00"), (3, "0.01"), (4, "-0.01")], 4);
    assert_eq!(totals(&answer), ["0.00", "0.00", "1000.00", "-1000.00"]);
    let march: Vec<_> = answer.statements[2].lines.iter().map(|line| (line.kind.as_str(), &*line.amount)).collect();
    assert_eq!(march, [("event", "0.001"), ("gate", "1000.00"), ("rounding", "-0.001")]);
}

#[test]
fn uncleared_margin_is_withheld_and_paid_once_cleared() {
    let mut attributions = ling();
    attributions[0]["clearance"] = json!({});
    let waiting = run(tenth(json!({})), attributions.clone(), months(&[(1, "8000.00")]), monthly(2));
    for statement in &waiting.statements {
        assert_eq!((statement.payable.as_str(), statement.attainment.as_str()), ("0.00", "0.00"));
        let line = &statement.lines[0];
        assert_eq!(
            (line.kind.as_str(), line.credited.as_deref(), &*line.amount),
            ("withheld", Some("8000.00"), "0.00")
        );
    }
    attributions[0]["clearance"] = json!({"cleared_on": "2026-02-10"});
    let answer = run(tenth(json!({})), attributions, months(&[(1, "8000.00"), (2, "1000.00")]), monthly(2));
    assert_eq!(paid(&answer), ["0.00", "900.00"]);
    let february = &answer.statements[1];
    assert_eq!((february.current.as_str(), february.prior_period.as_str()), ("100.00", "800.00"));
    assert_eq!(february.lines.iter().map(|line| &*line.amount).collect::<Vec<_>>(), ["800.00", "100.00"]);
}

#[test]
fn components_convert_one_by_one_half_to_even() {
    // 0.05 × 0.1 = 0.005 → 0.00; 0.15 × 0.1 = 0.015 → 0.02: by components 10.00 − 0.00 − 0.02, not 9.98 of one sum.
    let event = json!([{"id": "e", "lab": "A", "effective_on": "2026-01-02", "recorded_on": "2026-01-02",
        "revenue": "100.00", "expert_cost": "0.05", "direct_cost": "0.15", "currency": "EUR", "fx_rate": "0.1"}]);
    let answer = run(tenth(json!({})), ling(), event, monthly(1));
    assert_eq!(answer.statements[0].attainment, "9.98");
    let yen = json!([{"id": "e", "lab": "A", "effective_on": "2026-01-02", "recorded_on": "2026-01-02",
        "revenue": "12345", "currency": "JPY", "fx_rate": "0.0066660000"}]);
    assert_eq!(run(tenth(json!({})), ling(), yen, monthly(1)).statements[0].attainment, "82.29");
}

#[test]
fn what_is_recorded_on_the_day_is_not_known() {
    let event = |recorded: &str| {
        let mut event = margin("e", "2026-01-31", "1000.00");
        event["recorded_on"] = json!(recorded);
        run(tenth(json!({})), ling(), json!([event]), monthly(1)).statements[0].payable.clone()
    };
    assert_eq!((event("2026-01-31").as_str(), event("2026-02-01").as_str()), ("100.00", "0.00"));
}

#[test]
fn what_takes_effect_later_waits_for_its_period() {
    let mut early = margin("e", "2026-02-10", "1000.00");
    early["recorded_on"] = json!("2026-01-05");
    assert_eq!(paid(&run(tenth(json!({})), ling(), json!([early]), monthly(2))), ["0.00", "100.00"]);
}

#[test]
fn a_closed_window_is_re_rated_by_the_version_of_its_own_last_day() {
    let versions = json!([{"from": "2026-04-01", "tiers": [{"above": "0", "rate": "0.50"}]}]);
    let plan = tenth(json!({"window": "quarter", "version_change": "re_rate_window", "versions": versions}));
    assert_eq!(totals(&of_ling(plan, &[(1, "100.00"), (4, "100.00")], 4)), ["10.00", "0.00", "0.00", "50.00"]);
}

#[test]
fn after_tiers_gives_each_step_by_its_share() {
    let attributions = json!([
        {"lab": "A", "account_executive": "ling", "share": "0.5", "from": "2026-01-01", "until": "2026-03-01"},
        {"lab": "A", "account_executive": "ling", "share": "0.25", "from": "2026-03-01"}]);
    let amounts = [(1, "4000000.00"), (2, "2000000.00"), (3, "1000000.00")];
    let plan = plan_with(json!({"split": "after_tiers"}));
    let answer = run(plan, attributions, months(&amounts), monthly(3));
    assert_eq!(totals(&answer), ["0.00", "100000.00", "50000.00"]);
    assert_eq!(answer.statements[2].attainment, "7000000.00");
}

#[test]
fn nothing_is_written_without_a_sign() {
    let answer = of_ling(tenth(json!({})), &[(1, "0.01"), (2, "-0.01"), (3, "-0.02")], 3);
    assert!(answer.statements.iter().all(|statement| !format!("{statement:?}").contains("\"-0.00\"")));
}
