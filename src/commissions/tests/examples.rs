//! The worked examples of money.md of the design, each by its name.

use serde_json::json;

use super::kit::*;

/// Margin of one event with revenue and costs, stated for its month.
fn at(plan: serde_json::Value, revenue: &str) -> String {
    let event = json!([{"id": "e1", "lab": "A", "effective_on": "2026-03-20", "recorded_on": "2026-03-20",
        "revenue": revenue, "expert_cost": "6500000.00", "direct_cost": "500000.00", "currency": "USD", "fx_rate": "1"}]);
    let answer = run(plan, ling(), event, json!([{"period": "2026-03", "as_of": "2026-04-01"}]));
    answer.statements[0].payable.clone()
}

#[test]
fn at_the_threshold() {
    assert_eq!(at(plan(), "12000000.00"), "0.00");
    assert_eq!(at(plan(), "12000000.03"), "0.01");
    assert_eq!(at(plan_with(json!({"boundary": "inclusive"})), "12000000.00"), "0.00");
    let whole = |boundary: &str| plan_with(json!({"mode": "whole_amount", "boundary": boundary}));
    assert_eq!(at(whole("exclusive"), "12000000.00"), "0.00");
    assert_eq!(at(whole("inclusive"), "12000000.00"), "1000000.00");
}

const CROSSING: [(u32, &str); 4] = [(1, "2400000.00"), (2, "1900000.00"), (3, "600000.00"), (3, "900000.00")];

#[test]
fn crossing() {
    let answer = of_ling(plan(), &CROSSING, 3);
    assert_eq!(paid(&answer), ["0.00", "0.00", "160000.00"]);
    assert_eq!(answer.statements[2].attainment, "5800000.00");
    assert_eq!(answer.statements[2].current, "160000.00");
}

#[test]
fn whole_amount_same_data() {
    let answer = of_ling(plan_with(json!({"mode": "whole_amount"})), &CROSSING, 3);
    assert_eq!(paid(&answer), ["0.00", "0.00", "1160000.00"]);
}

#[test]
fn refund_below_it() {
    let mut amounts = CROSSING.to_vec();
    amounts.extend([(4, "-1000000.00"), (5, "700000.00"), (6, "1000000.00")]);
    let answer = of_ling(plan(), &amounts, 6);
    assert_eq!(totals(&answer), ["0.00", "0.00", "160000.00", "-160000.00", "100000.00", "200000.00"]);
    assert_eq!(paid(&answer), ["0.00", "0.00", "160000.00", "0.00", "0.00", "140000.00"]);
    let carried: Vec<_> = answer.statements.iter().map(|statement| statement.carried_out.as_str()).collect();
    assert_eq!(carried, ["0.00", "0.00", "0.00", "-160000.00", "-60000.00", "0.00"]);
    assert_eq!(answer.statements[4].carried_in, "-160000.00");
}

#[test]
fn sixty_forty_split_of_nine_million() {
    let two = json!([
        {"lab": "A", "account_executive": "ling", "share": "0.6", "from": "2026-01-01"},
        {"lab": "A", "account_executive": "omar", "share": "0.4", "from": "2026-01-01"}]);
    let split = |how: &str| {
        let plan = plan_with(json!({"split": how}));
        run(plan, two.clone(), months(&[(1, "9000000.00")]), monthly(1))
    };
    assert_eq!(paid(&split("after_tiers")), ["480000.00", "320000.00"]);
    assert_eq!(paid(&split("before_tiers")), ["80000.00", "0.00"]);
}

#[test]
fn twenty_percent_then_twenty_five() {
    let july = |change: &str| {
        let versions = json!([{"from": "2026-07-01", "tiers": [{"above": "5000000.00", "rate": "0.25"}]}]);
        let plan = plan_with(json!({"versions": versions, "version_change": change}));
        let answer = of_ling(plan, &[(2, "5600000.00"), (7, "1000000.00")], 7);
        assert_eq!(answer.statements[5].earned_to_date, "120000.00");
        let last = answer.statements[6].clone();
        (last.payable, last.current, last.prior_period, last.attainment)
    };
    let figures = |all: [&str; 4]| (all[0].to_owned(), all[1].to_owned(), all[2].to_owned(), all[3].to_owned());
    assert_eq!(july("prospective"), figures(["250000.00", "250000.00", "0.00", "6600000.00"]));
    assert_eq!(july("re_rate_window"), figures(["280000.00", "250000.00", "30000.00", "6600000.00"]));
    assert_eq!(july("reset"), figures(["0.00", "0.00", "0.00", "1000000.00"]));
}

#[test]
fn negative_month() {
    let amounts = [(1, "3000000.00"), (2, "2500000.00"), (3, "-400000.00"), (4, "600000.00")];
    let answer = of_ling(plan(), &amounts, 4);
    assert_eq!(totals(&answer), ["0.00", "100000.00", "-80000.00", "120000.00"]);
}

#[test]
fn late_cost() {
    let mut events = months(&CROSSING);
    let more = [
        json!({"id": "late", "lab": "A", "effective_on": "2026-03-28", "recorded_on": "2026-04-12",
               "direct_cost": "250000.00", "currency": "USD", "fx_rate": "1"}),
        margin("own", "2026-04-20", "300000.00"),
    ];
    events.as_array_mut().unwrap().extend(more);
    let before = of_ling(plan(), &CROSSING, 3);
    let answer = run(plan(), ling(), events, monthly(4));
    assert_eq!(answer.statements[..3], before.statements[..]);
    assert_eq!(
        (answer.statements[2].payable.as_str(), answer.statements[2].attainment.as_str()),
        ("160000.00", "5800000.00")
    );
    let april = &answer.statements[3];
    assert_eq!((april.current.as_str(), april.prior_period.as_str()), ("60000.00", "-50000.00"));
    assert_eq!((april.payable.as_str(), april.earned_to_date.as_str()), ("10000.00", "170000.00"));
    let lines: Vec<_> = april.lines.iter().map(|line| (line.event.as_deref().unwrap(), line.amount.as_str())).collect();
    assert_eq!(lines, [("late", "-50000.00"), ("own", "60000.00")]);
}

/// 10% from the first dollar, so that margin of ten times the figure earns it.
fn drawing(recoverable: bool) -> serde_json::Value {
    plan_with(json!({"tiers": [{"above": "0", "rate": "0.10"}],
                     "draw": {"amount": "10000.00", "recoverable": recoverable}}))
}

const DRAWN: [(u32, &str); 4] = [(1, "40000.00"), (2, "70000.00"), (3, "180000.00"), (4, "250000.00")];

#[test]
fn draw_recoverable() {
    let answer = of_ling(drawing(true), &DRAWN, 4);
    assert_eq!(totals(&answer), ["4000.00", "7000.00", "18000.00", "25000.00"]);
    assert_eq!(paid(&answer), ["10000.00", "10000.00", "10000.00", "24000.00"]);
    let owed: Vec<_> = answer.statements.iter().map(|statement| statement.draw_balance.as_str()).collect();
    assert_eq!(owed, ["6000.00", "9000.00", "1000.00", "0.00"]);
}

#[test]
fn draw_not_recoverable() {
    let answer = of_ling(drawing(false), &DRAWN, 4);
    assert_eq!(paid(&answer), ["10000.00", "10000.00", "18000.00", "25000.00"]);
    assert!(answer.statements.iter().all(|statement| statement.draw_balance == "0.00"));
}

#[test]
fn a_draw_advances_over_a_negative_total_and_carries_it() {
    let answer = of_ling(drawing(true), &[(1, "40000.00"), (2, "-70000.00"), (3, "400000.00")], 3);
    assert_eq!(totals(&answer), ["4000.00", "-4000.00", "37000.00"]);
    assert_eq!(paid(&answer), ["10000.00", "10000.00", "17000.00"]);
    let owed: Vec<_> = answer.statements.iter().map(|statement| statement.draw_balance.as_str()).collect();
    assert_eq!(owed, ["6000.00", "16000.00", "0.00"]);
}

#[test]
fn the_documented_request() {
    let text = r#"{"plan":{"currency":"USD","window":"year","tiers":[{"above":"5000000.00","rate":"0.20"}]},
      "attributions":[{"lab":"A","account_executive":"ling","share":"1","from":"2026-01-01"}],
      "events":[{"id":"e1","lab":"A","effective_on":"2026-03-20","recorded_on":"2026-03-20",
        "revenue":"2000000.00","expert_cost":"1000000.00","direct_cost":"100000.00","currency":"USD","fx_rate":"1"}],
      "statements":[{"period":"2026-03","as_of":"2026-04-01"}]}"#;
    let answer = crate::commissions::simulate::simulate(&serde_json::from_str(text).unwrap()).unwrap();
    let expected = json!({"statements": [{"account_executive": "ling", "period": "2026-03", "attainment": "900000.00",
        "earned_to_date": "0.00", "current": "0.00", "prior_period": "0.00", "carried_in": "0.00", "payable": "0.00",
        "carried_out": "0.00", "draw_balance": "0.00", "lines": [{"kind": "event", "event": "e1", "lab": "A",
        "share": "1", "credited": "900000.00", "tier": "0.00", "rate": "0", "amount": "0.00"}]}]});
    assert_eq!(serde_json::to_value(answer).unwrap(), expected);
}
