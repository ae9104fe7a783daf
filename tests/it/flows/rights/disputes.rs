//! Disputes.

use collegium::assignments::jobs::overturn_unresolved;
use collegium::kernel::Role;
use serde_json::{Value, json};

use super::*;
use crate::harness::usd;

#[actix_web::test]
async fn an_overturned_rejection_takes_its_free_slot_back() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (expert, other) = (world.bare_expert().await, world.bare_expert().await);
    let (reviewer, judge) = (world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let operations = world.staff(Role::Operations).await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let assignment = rejected(&expert, &reviewer, &project).await;
    assert_eq!(judgements(&world, &expert, "review", false), 1);
    let short = expert.post(&format!("{assignment}/disputes"), json!({"grounds": "No."})).await.expect(422);
    assert_eq!(short.pointers(), ["/grounds"]);
    assert_eq!(dispute(&other, &assignment).await.expect(404).code(), "not_found");
    let opened = dispute(&expert, &assignment).await.expect(201);
    assert_eq!((&opened.json()["state"], &opened.json()["grounds"]), (&json!("open"), &json!(WORDS)));
    assert_eq!(dispute(&expert, &assignment).await.expect(409).code(), "dispute_closed");
    assert_eq!(expert.get(&assignment).await.expect(200).json()["state"], "disputed");
    let id = opened.id();
    who_sees_what(&expert, &other, (&reviewer, &judge, &operations), &id).await;
    let keyless = judge.post_with(&format!("/v1/disputes/{id}/resolve"), &[], json!({})).await.expect(400);
    assert_eq!(keyless.code(), "idempotency_key_required");
    let note = judge.post(&format!("/v1/disputes/{id}/resolve"), json!({"outcome": "upheld", "note": " "})).await;
    assert_eq!(note.expect(422).pointers(), ["/note"]);
    let resolved = resolve(&judge, &id, "overturned").await.expect(200).json();
    assert_eq!((&resolved["state"], &resolved["input"]), (&json!("overturned"), &Value::Null));
    assert_eq!(world.count("SELECT sum(accepted) * 10 + sum(rejected) FROM engagement"), 10, "counted once");
    assert_eq!(resolve(&judge, &id, "upheld").await.expect(409).code(), "invalid_state");
    let after = expert.get(&assignment).await.expect(200).json();
    assert_eq!((&after["state"], &after["paid"]), (&json!("accepted"), &usd("60.00")));
    let told = expert.get(&format!("/v1/disputes/{id}")).await.expect(200).json();
    assert_eq!((&told["note"], &told["resolved_by"]), (&json!("Seen again."), &Value::Null));
    assert_eq!(world.balance(&lab).await, ["900.00", "0.00", "100.00"]);
    assert_eq!((results(&lab, &project).await.len(), earned(&expert).await), (1, json!("60.00")));
    assert_eq!(judgements(&world, &expert, "dispute", true), 1);
    assert_proved(&world).await;
    world.stop().await;
}

/// The author sees their own words; staff see where it stands; content opens to whoever takes it in hand, and to nobody who
/// took part.
async fn who_sees_what(
    expert: &Someone,
    other: &Someone,
    (reviewer, judge, operations): (&Someone, &Someone, &Someone),
    id: &str,
) {
    let path = format!("/v1/disputes/{id}");
    other.get(&path).await.expect(404);
    assert_eq!(other.get("/v1/disputes").await.expect(200).json()["data"], json!([]));
    assert_eq!(expert.get("/v1/disputes").await.expect(200).json()["data"][0]["id"], *id);
    let listed = operations.get("/v1/disputes").await.expect(200);
    assert_eq!(listed.json()["data"][0]["state"], "open");
    for shown in [listed.text(), operations.get(&path).await.expect(200).text()] {
        assert!(!shown.contains(WORDS) && !shown.contains("What of case"), "{shown}");
    }
    let part = reviewer.post(&format!("{path}/claim"), json!({})).await.expect(403);
    assert_eq!(part.code(), "took_part");
    assert_eq!(resolve(reviewer, id, "upheld").await.expect(403).code(), "took_part");
    let claimed = judge.post(&format!("{path}/claim"), json!({})).await.expect(200);
    let work = claimed.json();
    assert_eq!(work["input"]["question"], "What of case 1?");
    assert_eq!((&work["answer"]["answer"], &work["grounds"]), (&json!("As the sources say."), &json!(WORDS)));
    assert_eq!((&work["reviews"][0]["reason"], &work["reviews"][0]["comment"]), (&json!("sources"), &json!(WORDS)));
    for name in [expert.expert(), reviewer.account_id()] {
        assert!(!claimed.text().contains(&name), "{}", claimed.text());
    }
    assert_eq!(operations.post(&format!("{path}/claim"), json!({})).await.expect(409).code(), "in_hand");
    assert_eq!(resolve(operations, id, "overturned").await.expect(409).code(), "in_hand");
}

#[actix_web::test]
async fn a_slot_given_away_is_not_billed_twice() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (first, second) = (world.bare_expert().await, world.bare_expert().await);
    let (reviewer, operations) = (world.staff(Role::Reviewer).await, world.staff(Role::Operations).await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let assignment = rejected(&first, &reviewer, &project).await;
    let id = dispute(&first, &assignment).await.expect(201).id();
    let (_, submission) = answered(&second, &project, "Otherwise.").await;
    reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
    resolve(&operations, &id, "overturned").await.expect(200);
    let paid = first.get(&assignment).await.expect(200).json();
    assert_eq!((&paid["state"], &paid["paid"]), (&json!("accepted"), &usd("60.00")));
    assert_eq!(world.balance(&lab).await, ["900.00", "0.00", "100.00"]);
    let delivered = results(&lab, &project).await;
    assert_eq!((delivered.len(), &delivered[0]["answer"]), (1, &json!({"answer": "Otherwise."})));
    assert_eq!((earned(&first).await, earned(&second).await), (json!("60.00"), json!("60.00")));
    let progress = lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200).json();
    assert_eq!((&progress["accepted"], &progress["billed"]), (&json!(1), &usd("100.00")));
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE counted"), 1);
    assert_proved(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_dispute_has_its_days() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let (reviewer, operations) = (world.staff(Role::Reviewer).await, world.staff(Role::Operations).await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..5).await.expect(201);
    let upheld = rejected(&expert, &reviewer, &project).await;
    let late = rejected(&expert, &reviewer, &project).await;
    let forgotten = rejected(&expert, &reviewer, &project).await;
    let closed = rejected(&expert, &reviewer, &project).await;
    let id = dispute(&expert, &upheld).await.expect(201).id();
    resolve(&operations, &id, "upheld").await.expect(200);
    assert_eq!(expert.get(&upheld).await.expect(200).json()["state"], "rejected");
    assert_eq!(dispute(&expert, &upheld).await.expect(409).code(), "dispute_closed");
    let forgotten_id = dispute(&expert, &forgotten).await.expect(201).id();
    let last = dispute(&expert, &closed).await.expect(201).id();
    // Open ones first, whatever is newest, page by page.
    let first = operations.get("/v1/disputes?limit=2").await.expect(200).json();
    let ids =
        |page: &Value| -> Vec<Value> { page["data"].as_array().unwrap().iter().map(|row| row["id"].clone()).collect() };
    assert_eq!(ids(&first), [json!(last), json!(forgotten_id)]);
    let next = format!("/v1/disputes?limit=2&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(ids(&operations.get(&next).await.expect(200).json()), [json!(id)]);
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["1000.00", "0.00", "0.00"]);
    let db = &world.parts.db;
    world.move_clock(7 * 86_400 + 60);
    assert_eq!(dispute(&expert, &late).await.expect(409).code(), "dispute_closed");
    assert_eq!(db.write(db.system(), overturn_unresolved).await.unwrap(), 0);
    world.move_clock(9 * 86_400 + 60);
    assert_eq!(db.write(db.system(), overturn_unresolved).await.unwrap(), 2);
    assert_eq!(db.write(db.system(), overturn_unresolved).await.unwrap(), 0);
    for assignment in [&forgotten, &closed] {
        let paid = expert.get(assignment).await.expect(200).json();
        assert_eq!((&paid["state"], &paid["paid"]), (&json!("accepted"), &usd("60.00")));
    }
    // The project was closed: what it costs is the house's.
    assert_eq!(world.balance(&lab).await, ["1000.00", "0.00", "0.00"]);
    assert_eq!(earned(&expert).await, json!("120.00"));
    assert_eq!(resolve(&operations, &last, "upheld").await.expect(409).code(), "invalid_state");
    assert_proved(&world).await;
    world.stop().await;
}
