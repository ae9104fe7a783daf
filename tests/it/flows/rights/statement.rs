//! An expert's statement.

use collegium::kernel::Role;
use serde_json::{Value, json};

use super::*;
use crate::harness::usd;

#[actix_web::test]
async fn a_statement_says_what_waits_for_whom() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let (reviewer, other) = (world.staff(Role::Reviewer).await, world.bare_expert().await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..7).await.expect(201);
    let (_, accepted) = answered(&expert, &project, "One.").await;
    reviewer.review(&accepted, json!({"decision": "accept"})).await.expect(201);
    let refused = rejected(&expert, &reviewer, &project).await;
    let disputed = rejected(&expert, &reviewer, &project).await;
    dispute(&expert, &disputed).await.expect(201);
    answered(&expert, &project, "Four.").await;
    expert.claim(&project).await.expect(201);
    let statement = expert.get("/v1/experts/me/statement").await.expect(200).json();
    let totals = json!([{"earned": usd("60.00"), "waiting": usd("120.00"), "paid_out": usd("0.00")}]);
    assert_eq!(statement["totals"], totals, "{statement}");
    let lines = statement["data"].as_array().unwrap();
    let told: Vec<[&Value; 3]> =
        lines.iter().map(|line| [&line["state"], &line["waits_for"], &line["pay"]["amount"]]).collect();
    let [you, review, payout, dispute] = ["you", "review", "payout", "dispute"].map(|word| json!(word));
    let (states, sixty) =
        (["claimed", "submitted", "disputed", "rejected", "accepted"].map(|word| json!(word)), json!("60.00"));
    let nothing = Value::Null;
    assert_eq!(
        told,
        [
            [&states[0], &you, &sixty],
            [&states[1], &review, &sixty],
            [&states[2], &dispute, &sixty],
            [&states[3], &nothing, &nothing],
            [&states[4], &payout, &sixty],
        ]
    );
    assert_eq!((&lines[1]["time_spent_seconds"], &lines[4]["earned"]), (&json!(60), &usd("60.00")));
    assert!(lines[1]["waits_until"].is_string() && lines[2]["waits_until"].is_string());
    assert!(lines[3]["may_dispute_until"].is_string() && lines[2]["may_dispute_until"].is_null());
    assert!(refused.ends_with(lines[3]["id"].as_str().unwrap()));
    pages_and_days(&expert, &statement).await;
    assert_eq!(other.get("/v1/experts/me/statement").await.expect(200).json()["data"], json!([]));
    world.stop().await;
}

async fn pages_and_days(expert: &Someone, whole: &Value) {
    let first = expert.get("/v1/experts/me/statement?limit=3").await.expect(200).json();
    let next = format!("/v1/experts/me/statement?limit=3&cursor={}", first["next_cursor"].as_str().unwrap());
    let second = expert.get(&next).await.expect(200).json();
    let both: Vec<&Value> = [&first, &second].iter().flat_map(|page| page["data"].as_array().unwrap()).collect();
    assert_eq!(both, whole["data"].as_array().unwrap().iter().collect::<Vec<_>>());
    assert_eq!((&second["totals"], &second["next_cursor"]), (&whole["totals"], &Value::Null));
    let before = expert.get("/v1/experts/me/statement?from=2020-01-01&until=2020-12-31").await.expect(200).json();
    assert_eq!((&before["data"], &before["totals"]), (&json!([]), &json!([])));
    for days in ["from=2020-01-01&until=2021-01-01", "from=2020-01-02&until=2020-01-01"] {
        let wrong = expert.get(&format!("/v1/experts/me/statement?{days}")).await.expect(422);
        assert_eq!(wrong.pointers(), ["?from"]);
    }
}

/// What an approved payout covers is paid out, and waits for nobody.
#[actix_web::test]
async fn what_a_payout_covers_waits_no_more() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.expert("0511", "doctoral").await;
    let (maker, checker) = (world.staff(Role::Finance).await, world.staff(Role::Finance).await);
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}})).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    answered(&expert, &project, "One.").await;
    let wish = json!({"currency": "USD", "method": "ach", "cutoff": world.parts.db.clock().now().date_naive()});
    let batch = format!("/v1/payout-batches/{}", maker.post("/v1/payout-batches", wish).await.expect(201).id());
    maker.post(&format!("{batch}/submit"), json!({})).await.expect(200);
    checker.post(&format!("{batch}/approve"), json!({})).await.expect(200);
    world.move_clock(86_400);
    answered(&expert, &project, "Two.").await;
    let statement = expert.get("/v1/experts/me/statement").await.expect(200).json();
    let totals = json!([{"earned": usd("120.00"), "waiting": usd("0.00"), "paid_out": usd("60.00")}]);
    assert_eq!(statement["totals"], totals, "{statement}");
    let told: Vec<_> = statement["data"].as_array().unwrap().iter().map(|line| &line["waits_for"]).collect();
    assert_eq!(told, [&json!("payout"), &Value::Null]);
    assert_eq!(statement["data"][1]["paid_out"], true);
    world.stop().await;
}
