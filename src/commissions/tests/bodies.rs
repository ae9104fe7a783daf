//! What a simulation refuses: every wrong member is found and named, and overflow is an answer.

use serde_json::json;

use super::kit::*;
use crate::commissions::simulate::Body;

#[test]
fn members_that_do_not_fit_are_refused_by_their_type() {
    let good = json!({"plan": plan(), "attributions": ling(), "events": months(&[(1, "1")]), "statements": monthly(1)});
    assert!(serde_json::from_value::<Body>(good.clone()).is_ok());
    for (pointer, wrong) in [
        ("/events/0/revenue", json!(12.5)),
        ("/events/0/fx_rate", json!(1)),
        ("/events/0/effective_on", json!("2026-02-30")),
        ("/events/0/recorded_on", json!("2026-1-1")),
        ("/attributions/0/share", json!(1)),
        ("/attributions/0/from", json!("01.01.2026")),
        ("/statements/0/period", json!("2026-1")),
        ("/statements/0/as_of", json!(null)),
        ("/plan/currency", json!("XXX")),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = wrong;
        assert!(serde_json::from_value::<Body>(body).is_err(), "{pointer}");
    }
    let mut body = good;
    body["events"][0]["commission"] = json!("1");
    assert!(serde_json::from_value::<Body>(body).is_err());
}

#[test]
fn every_finding_has_its_pointer() {
    let attributions = json!([
        {"lab": "A", "account_executive": " ", "share": "0", "from": "2026-01-01", "until": "2026-01-01"},
        {"lab": "A", "account_executive": "ling", "share": "0.7", "from": "2026-01-01"},
        {"lab": "A", "account_executive": "omar", "share": "0.30000001", "from": "2026-06-01"}]);
    let mut abroad = margin("e1", "2026-01-01", "1.005");
    abroad["currency"] = json!("EUR");
    abroad["fx_rate"] = json!("-1");
    let mut bare = margin("e1", "2026-01-01", "1e2");
    bare["currency"] = json!("EUR");
    bare["fx_rate"] = json!(null);
    let mut same = margin("e2", "2026-01-01", "1.00");
    same["fx_rate"] = json!("1.1");
    let statements =
        json!([{"period": "2026-02", "as_of": "2026-03-01"}, {"period": "2026-02", "as_of": "2026-03-01"}]);
    let found = refused(plan_with(json!({"tiers": []})), attributions, json!([abroad, bare, same]), statements);
    assert_eq!(
        findings(&found),
        [
            ("/plan/tiers", "required"),
            ("/attributions/0/account_executive", "not_a_name"),
            ("/attributions/0/until", "out_of_range"),
            ("/attributions/0/share", "out_of_range"),
            ("/attributions", "over_attributed"),
            ("/events/0/fx_rate", "out_of_range"),
            ("/events/0/revenue", "amount_too_precise"),
            ("/events/1/id", "duplicate"),
            ("/events/1/fx_rate", "required"),
            ("/events/1/revenue", "amount_not_decimal"),
            ("/events/2/fx_rate", "out_of_range"),
            ("/statements/1/period", "statement_order"),
        ]
    );
}

#[test]
fn sizes_have_limits() {
    assert_eq!(findings(&refused(plan(), ling(), json!([]), json!([]))), [("/statements", "required")]);
    let one = &months(&[(1, "1")])[0];
    let many: serde_json::Value = (0..10_001).map(|_| one.clone()).collect();
    assert_eq!(findings(&refused(plan(), ling(), many, monthly(1))), [("/events", "too_many")]);
}

#[test]
fn overflow_is_a_finding() {
    let most = "9999999999999999.99";
    let found = refused(plan(), ling(), months(&[(1, most), (1, most)]), monthly(1));
    assert_eq!(findings(&found), [("/events", "amount_overflow")]);
    let mut abroad = margin("e", "2026-01-01", most);
    abroad["currency"] = json!("EUR");
    abroad["fx_rate"] = json!("9999999999999999.9999999999");
    assert_eq!(findings(&refused(plan(), ling(), json!([abroad]), monthly(1))), [("/events/0", "amount_overflow")]);
}

#[test]
fn nobody_attributed_is_no_statement() {
    assert!(run(plan(), json!([]), months(&[(1, "1")]), monthly(1)).statements.is_empty());
}
