//! What a lab asks for to be sure of the answers: overlap that grows as they disagree, gold among the claims, a
//! qualification before them, a limit for each expert, reviewers of its own choice, days to audit what was accepted.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::draft::NewProject;
use super::rate::Rate;
use super::words::LabelLevel;
use crate::kernel::form::Findings;
use crate::kernel::{Currency, Money};

/// How many answers a task begins with where its overlap grows.
const MIN_OVERLAP: i16 = 2;
/// The largest share of a slot's price that an expert may be paid for an answer that nobody is billed for.
const MAX_PAY_SHARE: Decimal = Decimal::from_parts(90, 0, 0, false, 2);

/// Tasks whose right answer is known, shown among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GoldRules)]
pub struct GoldRules {
    /// The share of claims that are gold while there is some that the expert has not seen: 0 to 1.
    pub rate: Rate,
}

impl Default for GoldRules {
    fn default() -> Self {
        Self { rate: Rate::NOTHING }
    }
}

/// The stage before the work: a project's gold in the order of its posting, explained and paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Qualification {
    /// Gold tasks of one attempt: 1 to 200.
    pub tasks: i16,
    /// The share of them that must be right: more than 0, at most 1.
    pub pass_at: Rate,
    /// How often it may be tried: 1 to 10.
    pub attempts: i16,
    /// What the expert earns for each of them, right or wrong; in the lab's billing currency.
    pub pay: Money,
}

/// How many slots of a task are open from the start.
pub fn min_overlap(new: &NewProject) -> i16 {
    match (new.min_overlap, new.stop_at_confidence) {
        (Some(given), _) => given,
        (None, Some(_)) => new.overlap.min(MIN_OVERLAP),
        (None, None) => new.overlap,
    }
}

/// Everything that is wrong with them; `slot_price` where it could be told.
pub fn judge(new: &NewProject, currency: Currency, slot_price: Option<Money>, findings: &mut Findings) {
    judge_overlap(new, findings);
    let limit = new.max_tasks_per_expert.is_none_or(|tasks| tasks >= 1);
    findings.check(limit, "/max_tasks_per_expert", "out_of_range", "at least 1");
    findings.check((0..=90).contains(&new.audit_days), "/audit_days", "out_of_range", "0 to 90");
    if let Some(stage) = &new.qualification {
        judge_qualification(stage, currency, slot_price, findings);
    }
}

fn judge_overlap(new: &NewProject, findings: &mut Findings) {
    if let Some(least) = new.min_overlap {
        let grows = new.stop_at_confidence.is_some() || least == new.overlap;
        findings.check(grows, "/min_overlap", "not_applicable", "only with stop_at_confidence");
        findings.check((1..=new.overlap.max(1)).contains(&least), "/min_overlap", "out_of_range", "1 to the overlap");
    }
    if let Some(confidence) = new.stop_at_confidence {
        let share = confidence.share();
        let fits = share > Decimal::ZERO && share < Decimal::ONE;
        findings.check(fits, "/stop_at_confidence", "out_of_range", "more than 0 and less than 1");
        let nominal = new.label_pointer.is_some()
            || new.labels.iter().flatten().next().is_some_and(|label| label.level == LabelLevel::Nominal);
        findings.check(nominal, "/stop_at_confidence", "not_applicable", "the first label must be nominal");
    }
}

fn judge_qualification(stage: &Qualification, currency: Currency, slot_price: Option<Money>, findings: &mut Findings) {
    let at = |member: &str| format!("/qualification/{member}");
    findings.check((1..=200).contains(&stage.tasks), &at("tasks"), "out_of_range", "1 to 200");
    findings.check((1..=10).contains(&stage.attempts), &at("attempts"), "out_of_range", "1 to 10");
    let passable = stage.pass_at.share() > Decimal::ZERO;
    findings.check(passable, &at("pass_at"), "out_of_range", "more than 0 and at most 1");
    let fits = stage.pay.currency() == currency;
    findings.check(fits, &at("pay/currency"), "wrong_currency", &format!("the lab is billed in {currency}"));
    findings.check(stage.pay.amount() >= Decimal::ZERO, &at("pay/amount"), "out_of_range", "not less than nothing");
    let most = slot_price.and_then(|price| price.amount().checked_mul(MAX_PAY_SHARE));
    let affordable = most.is_none_or(|most| stage.pay.amount() <= most);
    findings.check(affordable, &at("pay/amount"), "too_much", "at most nine tenths of a slot's price");
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kernel::Error;

    fn project(changes: Value) -> NewProject {
        let mut body = json!({
            "name": "n", "task_type": "custom", "instructions": "i", "output_schema": {},
            "requirement": {"country": {"in": ["US"]}}, "bill_rate": {"amount": "10.00", "currency": "USD"},
            "overlap": 5, "label_pointer": "/l", "budget": {"amount": "10.00", "currency": "USD"},
        });
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        serde_json::from_value(body).unwrap()
    }

    fn pointers(changes: Value) -> Vec<String> {
        let new = project(changes);
        let mut findings = Findings::default();
        judge(&new, Currency::USD, Some(new.bill_rate), &mut findings);
        match findings.done() {
            Ok(()) => Vec::new(),
            Err(Error::Invalid(found)) => found.into_iter().map(|finding| finding.pointer).collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn overlap_grows_from_two_or_from_what_is_asked_for() {
        assert_eq!(min_overlap(&project(json!({}))), 5);
        assert_eq!(min_overlap(&project(json!({"stop_at_confidence": 0.9}))), 2);
        assert_eq!(min_overlap(&project(json!({"stop_at_confidence": 0.9, "min_overlap": 3}))), 3);
        assert!(pointers(json!({"stop_at_confidence": 0.9, "min_overlap": 3})).is_empty());
        assert_eq!(pointers(json!({"min_overlap": 3})), ["/min_overlap"]);
        assert_eq!(pointers(json!({"stop_at_confidence": 1})), ["/stop_at_confidence"]);
        assert_eq!(pointers(json!({"stop_at_confidence": 0.9, "label_pointer": null})), ["/stop_at_confidence"]);
    }

    #[test]
    fn a_qualification_is_bounded_and_paid_in_the_labs_currency() {
        let stage = |change: (&str, Value)| {
            let mut stage =
                json!({"tasks": 5, "pass_at": 0.8, "attempts": 2, "pay": {"amount": "9.00", "currency": "USD"}});
            stage[change.0] = change.1;
            pointers(json!({"qualification": stage}))
        };
        assert!(stage(("tasks", json!(5))).is_empty());
        assert_eq!(stage(("tasks", json!(0))), ["/qualification/tasks"]);
        assert_eq!(stage(("pass_at", json!(0))), ["/qualification/pass_at"]);
        assert_eq!(stage(("pay", json!({"amount": "9.01", "currency": "USD"}))), ["/qualification/pay/amount"]);
        assert_eq!(stage(("pay", json!({"amount": "1.00", "currency": "EUR"}))), ["/qualification/pay/currency"]);
    }
}
