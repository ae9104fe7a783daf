//! Projects before and after work is posted: what a price is, stays.

use serde_json::{Value, json};

use crate::harness::World;

fn draft() -> Value {
    json!({"name": "Secret", "task_type": "grading", "instructions": "Grade.", "output_schema": {},
        "requirement": {"accepted_tasks": {"at_least": 0}}, "bill_rate": {"amount": "0.50", "currency": "USD"},
        "overlap": 2, "budget": {"amount": "100.00", "currency": "USD"}})
}

#[actix_web::test]
async fn nothing_that_prices_a_slot_changes_once_tasks_are_posted() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let made = lab.post("/v1/projects", draft()).await.expect(201);
    let path = format!("/v1/projects/{}", made.id());
    let rate = |amount: &str| json!({"bill_rate": {"amount": amount, "currency": "USD"}});
    lab.patch(&path, "\"99\"", rate("0.60")).await.expect(412);
    let patched = lab.patch(&path, &made.etag(), rate("0.60")).await.expect(200);
    assert_eq!(patched.json()["bill_rate"]["amount"], "0.60", "a draft without tasks may change");
    let tasks = json!({"tasks": [{"external_id": "a", "input": 1}]});
    lab.post(&format!("{path}/tasks"), tasks).await.expect(201);
    let etag = lab.get(&path).await.expect(200).etag();
    for (field, value) in [
        ("bill_rate", json!({"amount": "90.00", "currency": "USD"})),
        ("pricing", json!("per_hour")),
        ("max_seconds", json!(80_000)),
        ("overlap", json!(1)),
    ] {
        let refused = lab.patch(&path, &etag, json!({field: value})).await.expect(422);
        assert!(refused.pointers().contains(&format!("/{field}")), "{}", refused.text());
    }
    let balance = lab.get(&format!("/v1/labs/{}/balance", lab.lab())).await.expect(200).json();
    assert_eq!(balance["reserved"]["amount"], "1.20");
    world.stop().await;
}

#[actix_web::test]
async fn a_cost_names_a_project_of_its_lab() {
    let world = World::new().await;
    let (lab, other) = (world.lab("10.00").await, world.lab("10.00").await);
    let finance = world.staff(collegium::kernel::Role::Finance).await;
    let project = lab.post("/v1/projects", draft()).await.expect(201).id();
    let cost = |lab: &str, project: &str| {
        json!({"lab_id": lab, "project_id": project, "amount": {"amount": "5.00", "currency": "USD"},
            "effective_on": "2026-01-05", "reason": "tooling"})
    };
    finance.post("/v1/ledger/costs", cost(&lab.lab(), &project)).await.expect(201);
    let foreign = finance.post("/v1/ledger/costs", cost(&other.lab(), &project)).await.expect(422);
    assert_eq!(foreign.pointers(), ["/project_id"]);
    world.stop().await;
}
