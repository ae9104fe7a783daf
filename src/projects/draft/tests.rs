//! What a draft refuses, and where it says so.

use serde_json::{Value, json};

use super::*;
use crate::kernel::FieldError;

fn body() -> Value {
    json!({
        "name": "Rubric 7", "task_type": "grading", "instructions": "Grade it.", "output_schema": {"type": "object"},
        "requirement": {"credential": {"field": "0511", "level": "doctoral"}},
        "bill_rate": {"amount": "100.00", "currency": "USD"}, "budget": {"amount": "1000.00", "currency": "USD"},
    })
}

fn with(changes: Value) -> Result<Draft> {
    let mut body = body();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    let new = serde_json::from_str(&body.to_string()).unwrap();
    judge(new, Currency::USD, |named| Ok(named.clone()))
}

fn findings(changes: Value) -> Vec<(String, String)> {
    let Err(Error::Invalid(found)) = with(changes) else { return Vec::new() };
    found.into_iter().map(|FieldError { pointer, code, .. }| (pointer, code)).collect()
}

#[test]
fn what_is_left_out_has_a_default() {
    let draft = with(json!({})).unwrap();
    assert_eq!((draft.max_seconds, draft.overlap, draft.lease_seconds), (3_600, 1, 3_600));
    assert_eq!((draft.pricing, draft.review.mode, draft.review.levels), (Pricing::PerTask, ReviewMode::All, 1));
    assert_eq!(draft.slot_price, draft.bill_rate);
    assert_eq!(draft.title, "Grading: Biology");
    assert_eq!(with(json!({"requirement": {"country": {"in": ["US"]}}})).unwrap().title, "Grading");
    assert_eq!(with(json!({"title": " Cells "})).unwrap().title, "Cells");
    assert_eq!(with(json!({"lease_seconds": 604_800})).unwrap().max_seconds, 86_400);
}

#[test]
fn hourly_work_reserves_its_longest_answer() {
    let draft =
        with(json!({"pricing": "per_hour", "max_seconds": 420, "bill_rate": {"amount": "55.00", "currency": "USD"}}));
    assert_eq!(draft.unwrap().slot_price.to_string(), "6.42 USD");
    let nothing = json!({"pricing": "per_hour", "max_seconds": 60, "bill_rate": {"amount": "0.01", "currency": "USD"}});
    assert_eq!(findings(nothing), [("/bill_rate/amount".to_owned(), "too_small".to_owned())]);
}

#[test]
fn everything_wrong_is_told_at_once() {
    let found = findings(json!({
        "name": " ", "output_schema": {"type": "nonsense"}, "input_schema": {"properties": {"a": {"minimum": "x"}}},
        "requirement": {"all": [{"credential": {"field": "9"}}, {"country": {"in": []}}]},
        "bill_rate": {"amount": "1.00", "currency": "EUR"}, "overlap": 51, "lease_seconds": 5,
        "review": {"levels": 4, "rubric": [{"criterion": "a", "description": "", "weight": 0}]},
        "label_pointer": "/a", "labels": [],
    }));
    let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
    for wanted in [
        "/name",
        "/output_schema/type",
        "/input_schema/properties/a/minimum",
        "/requirement/all/0/credential/field",
        "/requirement/all/1/country/in",
        "/bill_rate/currency",
        "/overlap",
        "/lease_seconds",
        "/review/levels",
        "/review/rubric/0/weight",
        "/labels",
    ] {
        assert!(pointers.contains(&wanted), "{wanted} not in {pointers:?}");
    }
}

#[test]
fn labs_name_experts_by_their_own_pseudonyms_alone() {
    let exp = "exp_01h455vb4pex5vsknk084sn02q";
    let xpn = "xpn_01h455vb4pex5vsknk084sn02q";
    let found = findings(json!({"requirement": {"not": {"expert": {"in": [exp, xpn]}}}}));
    let at = |index: usize, code: &str| (format!("/requirement/not/expert/in/{index}"), code.to_owned());
    assert_eq!(found, [at(0, "staff_only"), at(1, "not_found")]);
}

#[test]
fn pointers_are_those_of_rfc_6901() {
    assert!(["", "/", "/a~1b/0", "/m~0n"].into_iter().all(is_pointer));
    assert!(!["a", "/a~", "/a~2"].into_iter().any(is_pointer));
}
