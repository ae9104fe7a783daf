//! The lab's own acceptance.

use collegium::kernel::Role;
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::*;
use crate::harness::usd;

fn audit(verdict: &str) -> Value {
    match verdict {
        "good" => json!({"verdict": verdict}),
        _ => json!({"verdict": verdict, "reason": "incorrect", "comment": WORDS}),
    }
}

/// So many answers, accepted at once: the paths of their assignments.
async fn accepted(expert: &Someone, project: &str, many: usize) -> Vec<String> {
    let mut paths = Vec::new();
    for _ in 0..many {
        paths.push(path_of(&answered(expert, project, "As the sources say.").await.0));
    }
    paths
}

#[actix_web::test]
async fn rework_is_done_by_somebody_else_at_the_houses_cost() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (first, second) = (world.bare_expert().await, world.bare_expert().await);
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}})).await;
    world.post_tasks(&lab, &project, 1..4).await.expect(201);
    let paths = accepted(&first, &project, 3).await;
    assert_eq!(world.balance(&lab).await, ["700.00", "0.00", "300.00"]);
    let audits = format!("{}/audits", paths[0]);
    let silent = lab.post(&audits, json!({"verdict": "rework", "comment": "Bad."})).await.expect(422);
    assert_eq!(silent.pointers(), ["/reason", "/comment"]);
    world.lab("1.00").await.post(&audits, audit("rework")).await.expect(404);
    world.member(&lab, Role::LabViewer).await.post(&audits, audit("good")).await.expect(403);
    let keyless = lab.post_with(&audits, &[], audit("rework")).await.expect(400);
    assert_eq!(keyless.code(), "idempotency_key_required");
    let made = lab.post(&audits, audit("rework")).await.expect(201);
    assert_eq!((&made.json()["state"], &made.json()["comment"]), (&json!("recorded"), &json!(WORDS)));
    assert!(!made.text().contains("exp_"), "{}", made.text());
    world.lab("1.00").await.get(&format!("/v1/audits/{}", made.id())).await.expect(404);
    assert_eq!(lab.post(&audits, audit("good")).await.expect(409).code(), "audit_closed");
    lab.post(&format!("{}/audits", paths[1]), audit("good")).await.expect(201);
    assert_eq!(results(&lab, &project).await.len(), 2);
    assert_eq!(world.balance(&lab).await, ["700.00", "0.00", "300.00"]);
    assert_eq!((judgements(&world, &first, "audit", false), judgements(&world, &first, "audit", true)), (1, 1));
    // Who did it does not do it again; whoever does is paid, and may give it back before.
    first.claim(&project).await.expect(204);
    let back = second.claim(&project).await.expect(201).id();
    second.post(&format!("/v1/assignments/{back}/release"), json!({})).await.expect(200);
    assert_eq!(world.count("SELECT sum(house) FROM task_slots"), 1);
    let (again, _) = answered(&second, &project, "Done anew.").await;
    assert_eq!(second.get(&path_of(&again)).await.expect(200).json()["paid"], usd("60.00"));
    assert_eq!(world.balance(&lab).await, ["700.00", "0.00", "300.00"]);
    let delivered = results(&lab, &project).await;
    let anew: Vec<&Value> = delivered.iter().filter(|line| line["answer"]["answer"] == "Done anew.").collect();
    assert_eq!((delivered.len(), anew.len(), &anew[0]["billed"]), (3, 1, &usd("0.00")));
    assert_eq!((earned(&first).await, earned(&second).await), (json!("180.00"), json!("60.00")));
    let refund = lab.post(&format!("{}/audits", path_of(&again)), audit("refund")).await.expect(422);
    assert_eq!(refund.pointers(), ["/verdict"]);
    // A slot at the house's cost gives no money back when the project ends.
    lab.post(&format!("{}/audits", path_of(&again)), audit("rework")).await.expect(201);
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["700.00", "0.00", "300.00"]);
    let closed = lab.post(&format!("{}/audits", paths[2]), audit("rework")).await.expect(409);
    assert_eq!(closed.code(), "project_not_open");
    assert_proved(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_refund_takes_two() {
    let world = World::new().await;
    let lab = world.lab("300.00").await;
    let (expert, finance) = (world.bare_expert().await, world.staff(Role::Finance).await);
    let with = json!({"review": {"mode": "none"}, "budget": usd("200.00")});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    let paths = accepted(&expert, &project, 2).await;
    let full = world.post_tasks(&lab, &project, 3..4).await.expect(402);
    assert_eq!(full.code(), "budget_exceeded");
    let asked = lab.post(&format!("{}/audits", paths[0]), audit("refund")).await.expect(201);
    assert_eq!((&asked.json()["state"], &asked.json()["refund"]), (&json!("refund_pending"), &usd("100.00")));
    assert_eq!(world.balance(&lab).await, ["100.00", "0.00", "200.00"]);
    let waiting = finance.get("/v1/audits?state=refund_pending").await.expect(200);
    assert_eq!(waiting.json()["data"][0]["id"], asked.id());
    assert!(!waiting.text().contains(WORDS), "{}", waiting.text());
    let path = format!("/v1/audits/{}", asked.id());
    // Why it is asked for is read by who decides, while it waits, and by nobody else of the marketplace's.
    assert_eq!(finance.get(&path).await.expect(200).json()["comment"], WORDS);
    assert_eq!(world.staff(Role::Operations).await.get(&path).await.expect(200).json()["comment"], Value::Null);
    let read = "SELECT count(*) FROM access_log WHERE object_kind = 'audit.comment' AND purpose = 'refund'
        AND actor_role = 'finance' AND lab_id IS NOT NULL";
    assert_eq!(world.count(read), 1);
    let keyless = finance.post_with(&format!("{path}/approve"), &[], json!({})).await.expect(400);
    assert_eq!(keyless.code(), "idempotency_key_required");
    lab.post(&format!("{path}/approve"), json!({})).await.expect(403);
    let approved = finance.post(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!((&approved.json()["state"], &approved.json()["comment"]), (&json!("refunded"), &Value::Null));
    assert_eq!(world.balance(&lab).await, ["200.00", "0.00", "100.00"]);
    for decision in ["approve", "refuse"] {
        let again = finance.post(&format!("{path}/{decision}"), json!({})).await.expect(409);
        assert_eq!(again.code(), "invalid_state");
    }
    let shown = lab.get(&format!("/v1/projects/{project}")).await.expect(200).json();
    assert_eq!(shown["committed"], usd("100.00"));
    // What came back may be spent again; what was delivered stays.
    world.post_tasks(&lab, &project, 3..4).await.expect(201);
    assert_eq!((world.balance(&lab).await[0].as_str(), results(&lab, &project).await.len()), ("100.00", 2));
    let second = lab.post(&format!("{}/audits", paths[1]), audit("refund")).await.expect(201).id();
    let refused = finance.post(&format!("/v1/audits/{second}/refuse"), json!({})).await.expect(200);
    assert_eq!(refused.json()["state"], "refund_refused");
    assert_eq!(world.balance(&lab).await, ["100.00", "100.00", "100.00"]);
    let accounts = finance.get("/v1/ledger/accounts?limit=200").await.expect(200).json();
    let refunds = accounts["data"].as_array().unwrap().iter().find(|account| account["kind"] == "refunds").unwrap();
    assert_eq!(refunds["balance"], usd("100.00"));
    assert_eq!(earned(&expert).await, json!("120.00"));
    assert_proved(&world).await;
    world.stop().await;
}

/// One of finance who is an expert beside it decides about no work of their own, and does not answer a task after what a lab
/// wrote about an answer to it.
#[actix_web::test]
async fn who_decides_about_a_refund_took_no_part_in_the_work() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (author, other) = (world.bare_expert().await, world.bare_expert().await);
    let own = world.staff_who_is(Role::Finance, &author).await;
    let finance = world.staff_who_is(Role::Finance, &other).await;
    let project = world.open_project(&lab, json!({"overlap": 2, "review": {"mode": "none"}})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let answer = accepted(&author, &project, 1).await.remove(0);
    let asked = lab.post(&format!("{answer}/audits"), audit("refund")).await.expect(201).id();
    let path = format!("/v1/audits/{asked}");
    assert_eq!(own.get(&path).await.expect(200).json()["comment"], Value::Null);
    for decision in ["approve", "refuse"] {
        let refused = own.post(&format!("{path}/{decision}"), json!({})).await.expect(403);
        assert_eq!(refused.code(), "took_part");
    }
    let held = other.claim(&project).await.expect(201).id();
    assert_eq!(finance.get(&path).await.expect(200).json()["comment"], Value::Null, "who works on it reads nothing");
    other.post(&format!("/v1/assignments/{held}/release"), json!({})).await.expect(200);
    assert_eq!(finance.get(&path).await.expect(200).json()["comment"], WORDS);
    other.claim(&project).await.expect(204);
    let approved = finance.post(&format!("{path}/approve"), json!({})).await.expect(200);
    assert_eq!(approved.json()["state"], "refunded");
    assert_eq!(world.count("SELECT count(*) FROM sight WHERE purpose = 'refund'"), 2);
    assert_proved(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn an_audit_has_its_days_and_ends_with_the_sign_off() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let with = json!({"review": {"mode": "none"}, "audit_days": 3});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..4).await.expect(201);
    let paths = accepted(&expert, &project, 3).await;
    let sign_off =
        "WITH named AS (UPDATE task SET batch_id = 'b' WHERE external_id = 't1' RETURNING project_id, lab_id)
        INSERT INTO batch (id, project_id, batch_id, lab_id, signed_off_at, signed_off_by)
        SELECT gen_random_uuid(), project_id, 'b', lab_id, now(), gen_random_uuid() FROM named";
    diesel::sql_query(sign_off).execute(&mut world.db.owner()).unwrap();
    let signed = "SELECT count(*) FROM assignment a JOIN task t ON t.id = a.task_id WHERE t.batch_id = 'b'";
    assert_eq!(world.count(signed), 1);
    // Tasks are taken in the order of posting.
    let closed = lab.post(&format!("{}/audits", paths[0]), audit("good")).await.expect(409);
    assert_eq!(closed.code(), "audit_closed");
    lab.post(&format!("{}/audits", paths[1]), audit("good")).await.expect(201);
    world.move_clock(3 * 86_400 + 60);
    let late = lab.post(&format!("{}/audits", paths[2]), audit("good")).await.expect(409);
    assert_eq!(late.code(), "audit_closed");
    assert_eq!(lab.get("/v1/audits").await.expect(200).json()["data"].as_array().unwrap().len(), 1);
    world.stop().await;
}
