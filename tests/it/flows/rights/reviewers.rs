//! Reviewers who are experts.

use collegium::kernel::Role;
use serde_json::{Value, json};

use super::*;
use crate::harness::usd;

const ANYBODY: &str = r#"{"accepted_tasks": {"at_least": 0}}"#;

fn reviewed_by_experts(levels: u8) -> Value {
    let anybody: Value = serde_json::from_str(ANYBODY).unwrap();
    json!({"mode": "all", "levels": levels, "requirement": anybody})
}

async fn claim_review(who: &Someone, project: &str) -> Reply {
    who.post("/v1/reviews/claim", json!({"project_id": project})).await
}

#[actix_web::test]
async fn experts_review_each_others_work_and_are_paid_for_it() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let author = world.bare_expert().await;
    let (first, second) = (world.bare_expert().await, world.bare_expert().await);
    let (staff, operations) = (world.staff(Role::Reviewer).await, world.staff(Role::Operations).await);
    let project = world.open_project(&lab, json!({"overlap": 2, "review": reviewed_by_experts(2)})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let rates = operations.get(&format!("/v1/projects/{project}/pay-rate")).await.expect(200).json();
    assert_eq!((&rates["pay_rate"], &rates["review_pay_rate"]), (&usd("60.00"), &usd("15.00")));
    let shown = operations.get(&format!("/v1/projects/{project}")).await.expect(200).json();
    assert_eq!(shown["review"]["pay_rate"], usd("15.00"));
    assert!(!lab.get(&format!("/v1/projects/{project}")).await.expect(200).text().contains("pay_rate\":{"));
    let (claim, submission) = answered(&author, &project, "As the sources say.").await;
    // Neither the author nor, in a project that has reviewers of its own, anybody else's reviewer.
    claim_review(&author, &project).await.expect(204);
    claim_review(&staff, &project).await.expect(204);
    staff.review(&submission, json!({"decision": "accept"})).await.expect(403);
    assert_eq!(author.review(&submission, json!({"decision": "accept"})).await.expect(403).code(), "own_work");
    first.review(&submission, json!({"decision": "accept"})).await.expect(404);
    let taken = claim_review(&first, &project).await.expect(201);
    let work = taken.json();
    assert_eq!(
        (&work["level"], &work["pay_rate"], &work["answer"]["answer"]),
        (&json!(1), &usd("15.00"), &json!("As the sources say."))
    );
    for secret in [author.expert(), author.account_id(), lab.lab(), "Acme".to_owned(), "Nightjar".to_owned()] {
        assert!(!taken.text().contains(&secret), "{secret}: {}", taken.text());
    }
    first.get(&format!("/v1/submissions/{submission}")).await.expect(200);
    second.get(&format!("/v1/submissions/{submission}")).await.expect(404);
    // Whoever has seen an answer to a task does not answer it.
    first.claim(&project).await.expect(204);
    let decided = first.review(&submission, json!({"decision": "accept"})).await.expect(201).json();
    assert_eq!((&decided["paid"], earned(&first).await), (&usd("15.00"), json!("15.00")));
    claim_review(&first, &project).await.expect(204);
    assert_eq!(claim_review(&second, &project).await.expect(201).json()["level"], 2);
    second.review(&submission, reject()).await.expect(201);
    assert_eq!(author.get(&path_of(&claim)).await.expect(200).json()["state"], "rejected");
    assert_eq!(judgements(&world, &first, "level_2", false), 1);
    assert_eq!((judgements(&world, &second, "level_2", false), judgements(&world, &author, "review", false)), (0, 1));
    let told = author.get(&format!("/v1/submissions/{submission}/reviews")).await.expect(200);
    assert!(!told.text().contains(&second.account_id()) && !told.text().contains(&second.expert()));
    let entries = "SELECT count(*) FROM journal_entry WHERE kind = 'review' AND source_type = 'review'";
    assert_eq!(world.count(entries), 2);
    let about = "SELECT count(*) FROM journal_line l JOIN journal_entry e ON e.id = l.entry_id
        WHERE e.kind = 'review' AND l.project_id IS NOT NULL AND l.expert_id IS NOT NULL AND l.assignment_id IS NOT NULL";
    assert_eq!(world.count(about), 2);
    assert_eq!(world.balance(&lab).await, ["800.00", "200.00", "0.00"]);
    assert_proved(&world).await;
    world.stop().await;
}

/// The next level agrees, and the lab says what it thinks: that is about the author, and about whoever accepted it last.
#[actix_web::test]
async fn reviewers_are_judged_by_the_next_level_and_by_the_lab() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let author = world.bare_expert().await;
    let reviewers = [world.bare_expert().await, world.bare_expert().await, world.bare_expert().await];
    let project = world.open_project(&lab, json!({"review": reviewed_by_experts(3)})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let (claim, submission) = answered(&author, &project, "As the sources say.").await;
    for reviewer in &reviewers {
        claim_review(reviewer, &project).await.expect(201);
        reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
    }
    assert_eq!(author.get(&path_of(&claim)).await.expect(200).json()["state"], "accepted");
    let audit = json!({"verdict": "rework", "reason": "incorrect", "comment": WORDS});
    lab.post(&format!("{}/audits", path_of(&claim)), audit).await.expect(201);
    let told = |who: &Someone| {
        let kinds = [("review", true), ("level_2", true), ("level_3", true), ("audit", false)];
        kinds.map(|(kind, good)| judgements(&world, who, kind, good))
    };
    assert_eq!(told(&author), [1, 0, 0, 1]);
    assert_eq!(reviewers.each_ref().map(told), [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]);
    assert_eq!(world.count("SELECT count(*) FROM judgement WHERE as_reviewer"), 3);
    for reviewer in &reviewers {
        assert_eq!(earned(reviewer).await, json!("15.00"));
    }
    assert_proved(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_reviewer_has_five_in_hand_and_the_pay_of_the_claim() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (author, reviewer) = (world.bare_expert().await, world.bare_expert().await);
    let operations = world.staff(Role::Operations).await;
    let project = world.open_project(&lab, json!({"review": reviewed_by_experts(1)})).await;
    world.post_tasks(&lab, &project, 1..8).await.expect(201);
    for _ in 0..7 {
        answered(&author, &project, "So it is.").await;
    }
    let path = format!("/v1/projects/{project}/pay-rate");
    let rate = operations.get(&path).await.expect(200);
    let over = json!({"pay_rate": usd("60.00"), "review_pay_rate": usd("90.01")});
    let over = operations.put(&path, Some(&rate.etag()), over).await.expect(422);
    assert_eq!(over.pointers(), ["/review_pay_rate/amount"]);
    let mut taken = vec![claim_review(&reviewer, &project).await.expect(201).json()];
    let set = json!({"pay_rate": usd("60.00"), "review_pay_rate": usd("10.00")});
    operations.put(&path, Some(&rate.etag()), set).await.expect(200);
    for _ in 0..4 {
        taken.push(claim_review(&reviewer, &project).await.expect(201).json());
    }
    assert_eq!(claim_review(&reviewer, &project).await.expect(409).code(), "too_many_reviews");
    let pays: Vec<&Value> = taken.iter().map(|review| &review["pay_rate"]["amount"]).collect();
    assert_eq!(pays, ["15.00", "10.00", "10.00", "10.00", "10.00"]);
    for review in &taken {
        let submission = review["submission"]["id"].as_str().unwrap();
        reviewer.review(submission, json!({"decision": "accept"})).await.expect(201);
    }
    assert_eq!((earned(&reviewer).await, earned(&author).await), (json!("55.00"), json!("300.00")));
    claim_review(&reviewer, &project).await.expect(201);
    let own = reviewer.get("/v1/reviews").await.expect(200).json();
    assert_eq!((own["data"].as_array().unwrap().len(), &own["data"][1]["paid"]), (6, &usd("10.00")));
    let cost = "SELECT (100 * sum(l.amount))::bigint FROM journal_line l JOIN ledger_account a ON a.id = l.debit_id
        WHERE a.kind = 'cost_of_experts'";
    assert_eq!(world.count(cost), 35_500);
    assert_proved(&world).await;
    world.stop().await;
}

/// The requirement of reviewers is kept like that of the work: changed after opening, it holds at once for others.
#[actix_web::test]
async fn who_may_review_follows_the_requirement() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (author, reviewer, staff) =
        (world.bare_expert().await, world.expert("0511", "doctoral").await, world.staff(Role::Reviewer).await);
    let asks = json!({"mode": "all", "requirement": {"credential": {"field": "051", "level": "doctoral"}}});
    let project = world.open_project(&lab, json!({"review": asks})).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    answered(&author, &project, "So it is.").await;
    claim_review(&world.bare_expert().await, &project).await.expect(204);
    let taken = claim_review(&reviewer, &project).await.expect(201).json();
    let submission = taken["submission"]["id"].as_str().unwrap();
    reviewer.review(submission, json!({"decision": "accept"})).await.expect(201);
    let shown = lab.get(&format!("/v1/projects/{project}")).await.expect(200);
    let patch = json!({"review": {"requirement": null}});
    lab.patch(&format!("/v1/projects/{project}"), &shown.etag(), patch).await.expect(200);
    let db = &world.parts.db;
    while db.write(db.system(), collegium::matching::jobs::refresh_due).await.unwrap() > 0 {}
    answered(&author, &project, "So it is, too.").await;
    claim_review(&reviewer, &project).await.expect(204);
    claim_review(&staff, &project).await.expect(201);
    world.stop().await;
}
