//! Short words for building simulations in tests.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::commissions::simulate::{Answer, Body, SimulatedStatement, simulate};
use crate::kernel::FieldError;

/// 20% above 5,000,000 in a calendar year.
pub(super) fn plan() -> Value {
    json!({"currency": "USD", "tiers": [{"above": "5000000.00", "rate": "0.20"}]})
}

/// That plan with some of its members replaced.
pub(super) fn plan_with(members: Value) -> Value {
    let mut plan = plan();
    for (name, value) in members.as_object().unwrap() {
        plan[name] = value.clone();
    }
    plan
}

/// Ling has all of lab A.
pub(super) fn ling() -> Value {
    json!([{"lab": "A", "account_executive": "ling", "share": "1", "from": "2026-01-01"}])
}

/// Margin of lab A that took effect and was recorded on a day.
pub(super) fn margin(id: &str, day: &str, revenue: &str) -> Value {
    json!({"id": id, "lab": "A", "effective_on": day, "recorded_on": day, "revenue": revenue,
           "expert_cost": "0", "direct_cost": "0", "currency": "USD", "fx_rate": "1"})
}

/// Margin on the 15th of months of 2026: `(month, amount)`.
pub(super) fn months(amounts: &[(u32, &str)]) -> Value {
    let event = |(place, (month, amount)): (usize, &(u32, &str))| {
        margin(&format!("e{place:02}"), &format!("2026-{month:02}-15"), amount)
    };
    amounts.iter().enumerate().map(event).collect()
}

/// Statements for months of 2026, each as of the first day after.
pub(super) fn monthly(count: u32) -> Value {
    let next = |month: u32| if month == 12 { "2027-01-01".to_owned() } else { format!("2026-{:02}-01", month + 1) };
    (1..=count).map(|month| json!({"period": format!("2026-{month:02}"), "as_of": next(month)})).collect()
}

pub(super) fn body(plan: Value, attributions: Value, events: Value, statements: Value) -> Body {
    let body = json!({"plan": plan, "attributions": attributions, "events": events, "statements": statements});
    serde_json::from_value(body).unwrap()
}

/// Simulates and checks what holds for any answer: lines add up, and what is paid or carried has its sign.
pub(super) fn run(plan: Value, attributions: Value, events: Value, statements: Value) -> Answer {
    let answer = simulate(&body(plan, attributions, events, statements)).unwrap();
    for statement in &answer.statements {
        let lines: Decimal = statement.lines.iter().map(|line| dec(&line.amount)).sum();
        assert_eq!(lines, total(statement), "{statement:#?}");
        assert!(dec(&statement.payable) >= Decimal::ZERO && dec(&statement.carried_out) <= Decimal::ZERO);
    }
    answer
}

/// Ling's statements of the first months of 2026 for margin of lab A.
pub(super) fn of_ling(plan: Value, amounts: &[(u32, &str)], count: u32) -> Answer {
    run(plan, ling(), months(amounts), monthly(count))
}

pub(super) fn refused(plan: Value, attributions: Value, events: Value, statements: Value) -> Vec<FieldError> {
    simulate(&body(plan, attributions, events, statements)).unwrap_err()
}

/// Pointer and code of each finding.
pub(super) fn findings(found: &[FieldError]) -> Vec<(&str, &str)> {
    found.iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect()
}

pub(super) fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// current + prior_period.
pub(super) fn total(statement: &SimulatedStatement) -> Decimal {
    dec(&statement.current) + dec(&statement.prior_period)
}

/// What each statement came to.
pub(super) fn totals(answer: &Answer) -> Vec<String> {
    answer.statements.iter().map(|statement| total(statement).to_string()).collect()
}

/// What each statement pays.
pub(super) fn paid(answer: &Answer) -> Vec<&str> {
    answer.statements.iter().map(|statement| statement.payable.as_str()).collect()
}
