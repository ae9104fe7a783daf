//! Who has seen an answer to a task takes no other part in it, whatever became of their claim.

use collegium::assignments::jobs::{auto_accept, expire_reviews};
use collegium::kernel::Role;
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::*;

async fn claim_review(who: &Someone, project: &str) -> Reply {
    who.post("/v1/reviews/claim", json!({"project_id": project})).await
}

/// What the answers say, as it is measured: each its own.
fn label_answers(world: &World) {
    let insert = "INSERT INTO answer_label (assignment_id, label, lab_id, project_id, task_id, expert_id, code)
        SELECT id, 0, lab_id, project_id, task_id, expert_id, row_number() OVER () FROM assignment WHERE counted
        ON CONFLICT DO NOTHING";
    diesel::sql_query(insert).execute(&mut world.db.owner()).unwrap();
}

async fn refused(reply: Reply) {
    assert_eq!(reply.expect(403).code(), "took_part");
}

#[actix_web::test]
async fn a_review_that_ran_out_was_still_seen() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (author, seer, other) = (world.bare_expert().await, world.bare_expert().await, world.bare_expert().await);
    let operations = world.staff(Role::Operations).await;
    let review = json!({"mode": "all", "requirement": {"accepted_tasks": {"at_least": 0}}});
    let project = world.open_project(&lab, json!({"overlap": 3, "review": review})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    answered(&author, &project, "As the sources say.").await;
    claim_review(&seer, &project).await.expect(201);
    world.move_clock(3_601);
    let db = &world.parts.db;
    assert_eq!(db.write(db.system(), expire_reviews).await.unwrap(), 1);
    assert_eq!(world.count("SELECT count(*) FROM review"), 0);
    seer.claim(&project).await.expect(204);
    // Claimed with whoever else asks, and by an offer, it is the same.
    seer.post("/v1/assignments", json!({})).await.expect(204);
    let offers = format!("/v1/projects/{project}/offers");
    let none = operations.post(&offers, json!({"expert_id": seer.expert(), "slots": 1})).await.expect(409);
    assert_eq!(none.code(), "no_open_slots");
    // A slot that was set aside for them before does not help.
    operations.post(&offers, json!({"expert_id": other.expert(), "slots": 1})).await.expect(201);
    claim_review(&other, &project).await.expect(201);
    other.claim(&project).await.expect(204);
    // They may take up the review again: nothing was decided.
    world.move_clock(7_300);
    assert_eq!(db.write(db.system(), expire_reviews).await.unwrap(), 1);
    claim_review(&seer, &project).await.expect(201);
    let rows = "SELECT count(*) FROM sight WHERE purpose = 'review'";
    assert_eq!(world.count(rows), 4, "each under their account and as the expert, once");
    world.stop().await;
}

#[actix_web::test]
async fn a_reviewer_whose_claim_ended_judges_the_task_no_more() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let experts = [world.bare_expert().await, world.bare_expert().await];
    let (seer, reviewer) = (world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let project = world.open_project(&lab, json!({"overlap": 2, "label_pointer": "/answer"})).await;
    let tasks = world.post_tasks(&lab, &project, 1..3).await.expect(201).json()["tasks"].clone();
    for expert in &experts {
        answered(expert, &project, "Yes.").await;
    }
    // Accepted by itself while somebody looks at it.
    world.move_clock(604_700);
    claim_review(&seer, &project).await.expect(201);
    world.move_clock(604_860);
    let db = &world.parts.db;
    assert_eq!(db.write(db.system(), auto_accept).await.unwrap(), 2);
    assert_eq!(world.count("SELECT count(*) FROM review"), 0);
    label_answers(&world);
    let adjudication = format!("/v1/tasks/{}/adjudication", tasks[0].as_str().unwrap());
    let neither = json!({"answer": {"answer": "Neither."}});
    refused(seer.post(&adjudication, neither.clone()).await).await;
    refused(seer.post("/v1/adjudications/claim", json!({"task_id": tasks[0]})).await).await;
    // Run out, and then rejected by another one.
    let (claim, submission) = answered(&experts[0], &project, "No.").await;
    claim_review(&seer, &project).await.expect(201);
    world.move_clock(604_860 + 3_700);
    assert_eq!(db.write(db.system(), expire_reviews).await.unwrap(), 1);
    reviewer.review(&submission, reject()).await.expect(201);
    let disputed = dispute(&experts[0], &path_of(&claim)).await.expect(201).id();
    refused(seer.post(&format!("/v1/disputes/{disputed}/claim"), json!({})).await).await;
    refused(resolve(&seer, &disputed, "upheld").await).await;
    reviewer.post(&adjudication, neither).await.expect(201);
    world.stop().await;
}

/// One of the marketplace's own people is an expert beside it: neither decides about what the other did or saw.
#[actix_web::test]
async fn staff_who_are_experts_are_one_person() {
    let world = World::new().await;
    let lab = world.lab("5000.00").await;
    let (own, author) = (world.bare_expert().await, world.bare_expert().await);
    let (third, fourth) = (world.bare_expert().await, world.bare_expert().await);
    let judged = world.bare_expert().await;
    let linked = world.staff_who_is(Role::Reviewer, &own).await;
    let operations = world.staff_who_is(Role::Operations, &judged).await;
    let reviewer = world.staff(Role::Reviewer).await;
    let project = world.open_project(&lab, json!({"overlap": 3, "label_pointer": "/answer"})).await;
    let tasks = world.post_tasks(&lab, &project, 1..4).await.expect(201).json()["tasks"].clone();
    let (_, mine) = answered(&own, &project, "Yes.").await;
    let (_, another) = answered(&author, &project, "No.").await;
    let (claim, rejected) = answered(&third, &project, "Perhaps.").await;
    claim_review(&linked, &project).await.expect(204);
    assert_eq!(linked.review(&mine, json!({"decision": "accept"})).await.expect(403).code(), "own_work");
    refused(linked.review(&another, json!({"decision": "accept"})).await).await;
    for submission in [&mine, &another] {
        reviewer.review(submission, json!({"decision": "accept"})).await.expect(201);
    }
    reviewer.review(&rejected, reject()).await.expect(201);
    let id = dispute(&third, &path_of(&claim)).await.expect(201).id();
    refused(linked.post(&format!("/v1/disputes/{id}/claim"), json!({})).await).await;
    refused(resolve(&linked, &id, "upheld").await).await;
    // Whoever has the dispute in hand has seen the answer; it does not keep them from resolving it.
    operations.post(&format!("/v1/disputes/{id}/claim"), json!({})).await.expect(200);
    assert_eq!(judged.claim(&project).await.expect(201).json()["task"]["id"], tasks[1]);
    resolve(&operations, &id, "upheld").await.expect(200);
    let (last, submission) = answered(&fourth, &project, "Never.").await;
    assert_eq!(last["task"]["id"], tasks[0]);
    reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
    label_answers(&world);
    let neither = json!({"answer": {"answer": "Neither."}});
    refused(linked.post(&format!("/v1/tasks/{}/adjudication", tasks[0].as_str().unwrap()), neither).await).await;
    // Seen as a reviewer, with a claim or without one, and not answered as an expert.
    answered(&author, &project, "No.").await;
    claim_review(&linked, &project).await.expect(201);
    let left = own.claim(&project).await.expect(201).json();
    assert_eq!(left["task"]["id"], tasks[2]);
    own.post(&format!("{}/release", path_of(&left)), json!({})).await.expect(200);
    let (_, direct) = answered(&author, &project, "No.").await;
    linked.review(&direct, json!({"decision": "accept"})).await.expect(201);
    own.claim(&project).await.expect(204);
    // As staff they see what staff see.
    let listed = operations.get("/v1/assignments?limit=200").await.expect(200).json();
    let listed = listed["data"].as_array().unwrap();
    assert!(listed.len() > 5 && listed.iter().all(|row| row["expert_id"] != Value::Null), "{listed:?}");
    operations.get(&format!("/v1/submissions/{another}/reviews")).await.expect(200);
    assert_proved(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn nobody_verifies_their_own_credential_or_offers_themselves_work() {
    let world = World::new().await;
    let expert = world.bare_expert().await;
    let operations = world.staff_who_is(Role::Operations, &expert).await;
    let credential = world.state_degree(&expert, "0511", "doctoral").await;
    for (word, body) in [
        ("verify", json!({"evidence_note": "Confirmed with the registrar by telephone."})),
        ("reject", json!({"reason": WORDS})),
        ("revoke", json!({"reason": WORDS})),
    ] {
        let own = operations.post(&format!("/v1/credentials/{credential}/{word}"), body).await.expect(403);
        assert_eq!(own.code(), "own_approval", "{word}");
    }
    world.verify(&credential).await;
    let lab = world.lab("1000.00").await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let offer = json!({"expert_id": expert.expert(), "slots": 1});
    let own = operations.post(&format!("/v1/projects/{project}/offers"), offer).await.expect(403);
    assert_eq!(own.code(), "own_approval");
    world.stop().await;
}
