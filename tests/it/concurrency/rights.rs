//! Rights that meet other people's work: a dispute and a new claim, two who resolve, an audit and the sign-off.

use std::time::Duration;

use collegium::kernel::Role;
use diesel::RunQueryDsl;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{statuses, with_status};
use crate::harness::{Someone, World, assert_invariants};

const WORDS: &str = "The second step does not follow from the first one at all.";

/// Answers, is rejected and disputes it: the assignment and its dispute.
async fn disputed(expert: &Someone, reviewer: &Someone, project: &str) -> (String, String) {
    let claim = expert.claim(project).await.expect(201).json();
    let submission = expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
    let reject = json!({"decision": "reject", "reason": "incorrect", "comment": WORDS});
    reviewer.review(&submission, reject).await.expect(201);
    let path = format!("/v1/assignments/{}", claim["id"].as_str().unwrap());
    let dispute = expert.post(&format!("{path}/disputes"), json!({"grounds": WORDS})).await.expect(201).id();
    (path, dispute)
}

fn outcome(word: &str) -> Value {
    json!({"outcome": word, "note": "Seen again."})
}

/// The freed slot is claimed in the moment in which the rejection is overturned: one of the two gets it, and the lab is
/// billed for one answer.
#[actix_web::test]
async fn an_overturned_rejection_meets_a_claim_of_its_slot() {
    let world = World::wide().await;
    let lab = world.lab("2000.00").await;
    let (first, second) = (world.bare_expert().await, world.bare_expert().await);
    let (reviewer, operations) = (world.staff(Role::Reviewer).await, world.staff(Role::Operations).await);
    let project = world.open_project(&lab, json!({})).await;
    let (mut taken_back, mut given_away) = (0, 0);
    for round in 0..14u64 {
        let number = usize::try_from(round).unwrap() + 1;
        world.post_tasks(&lab, &project, number..number + 1).await.expect(201);
        let (assignment, dispute) = disputed(&first, &reviewer, &project).await;
        let path = format!("/v1/disputes/{dispute}/resolve");
        let resolving = async {
            tokio::time::sleep(Duration::from_micros(round % 7 * 300)).await;
            operations.post(&path, outcome("overturned")).await
        };
        // One after the other, the other way round, and then at once.
        let (resolved, claimed) = match round {
            0 => {
                let resolved = resolving.await;
                (resolved, second.claim(&project).await)
            }
            1 => {
                let claimed = second.claim(&project).await;
                (resolving.await, claimed)
            }
            _ => join(resolving, second.claim(&project)).await,
        };
        resolved.expect(200);
        if claimed.status == 201 {
            let submission = second.submit(&claimed.json(), json!({"answer": "No."})).await.expect(201).id();
            reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
            given_away += 1;
        } else {
            taken_back += 1;
        }
        assert_eq!(first.get(&assignment).await.expect(200).json()["state"], "accepted");
        let billed = format!("{}.00", (round + 1) * 100);
        assert_eq!(world.balance(&lab).await[1..], ["0.00".to_owned(), billed]);
    }
    assert!(taken_back >= 1 && given_away >= 1, "{taken_back} taken back, {given_away} given away");
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE counted"), 14);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn of_two_who_resolve_one_does() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let (expert, reviewer) = (world.bare_expert().await, world.staff(Role::Reviewer).await);
    let (one, other) = (world.staff(Role::Operations).await, world.staff(Role::Reviewer).await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..9).await.expect(201);
    for _ in 0..8 {
        let (assignment, dispute) = disputed(&expert, &reviewer, &project).await;
        let path = format!("/v1/disputes/{dispute}/resolve");
        let (first, second) = join(one.post(&path, outcome("overturned")), other.post(&path, outcome("upheld"))).await;
        let overturned = first.status == 200;
        let mut told = [first.status.as_u16(), second.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [200, 409], "{:?}", statuses(&[first, second]));
        let state = expert.get(&assignment).await.expect(200).json();
        assert_eq!(state["state"], if overturned { "accepted" } else { "rejected" });
    }
    assert_invariants(&world).await;
    world.stop().await;
}

/// The batch is being signed off when the audit comes: it waits for that, and is too late.
#[actix_web::test]
async fn an_audit_waits_for_the_sign_off() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let claim = expert.claim(&project).await.expect(201).json();
    expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201);
    let mut owner = world.db.owner();
    let mut run = |sql: &str| diesel::sql_query(sql).execute(&mut owner).unwrap();
    run("UPDATE task SET batch_id = 'b'");
    run(
        "INSERT INTO batch (id, project_id, batch_id, lab_id) SELECT gen_random_uuid(), project_id, 'b', lab_id FROM task",
    );
    run("BEGIN");
    run("UPDATE batch SET signed_off_at = now(), signed_off_by = gen_random_uuid()");
    let path = format!("/v1/assignments/{}/audits", claim["id"].as_str().unwrap());
    let rework = json!({"verdict": "rework", "reason": "incorrect", "comment": WORDS});
    let signing = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        run("COMMIT");
    };
    let (audited, ()) = join(lab.post(&path, rework), signing).await;
    assert_eq!(audited.expect(409).code(), "audit_closed");
    assert_eq!(world.count("SELECT count(*) FROM audit"), 0);
    assert_invariants(&world).await;
    world.stop().await;
}

/// Two people of the lab audit one answer at once: one slot opens again, not two.
#[actix_web::test]
async fn of_two_audits_one_stands() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let (member, expert) = (world.member(&lab, Role::LabMember).await, world.bare_expert().await);
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}})).await;
    world.post_tasks(&lab, &project, 1..7).await.expect(201);
    for _ in 0..6 {
        let claim = expert.claim(&project).await.expect(201).json();
        expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201);
        let path = format!("/v1/assignments/{}/audits", claim["id"].as_str().unwrap());
        let rework = json!({"verdict": "rework", "reason": "incorrect", "comment": WORDS});
        let (one, other) = join(lab.post(&path, rework.clone()), member.post(&path, rework)).await;
        let mut told = [one.status.as_u16(), other.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [201, 409], "{:?}", statuses(&[one, other]));
    }
    assert_eq!(world.count("SELECT sum(house) FROM task_slots"), 6);
    assert_invariants(&world).await;
    world.stop().await;
}

/// An expert asks for eight reviews at once and is given five; another one asks as well, and none is given to both.
#[actix_web::test]
async fn reviews_are_given_out_once_and_five_at_a_time() {
    let world = World::wide().await;
    let lab = world.lab("2000.00").await;
    let author = world.bare_expert().await;
    let reviewers = [world.bare_expert().await, world.bare_expert().await];
    let review = json!({"mode": "all", "requirement": {"accepted_tasks": {"at_least": 0}}});
    let project = world.open_project(&lab, json!({"review": review})).await;
    world.post_tasks(&lab, &project, 1..13).await.expect(201);
    for _ in 0..12 {
        let claim = author.claim(&project).await.expect(201).json();
        author.submit(&claim, json!({"answer": "Yes."})).await.expect(201);
    }
    let wish = json!({"project_id": project});
    let calls = (0..16).map(|n| reviewers[n % 2].post("/v1/reviews/claim", wish.clone()));
    let replies = join_all(calls).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 409)), (10, 6), "{:?}", statuses(&replies));
    let taken = "SELECT count(DISTINCT submission_id) FROM review WHERE decision IS NULL";
    assert_eq!(world.count(taken), 10);
    assert_eq!(world.count("SELECT max(n) FROM (SELECT count(*) AS n FROM review GROUP BY expert_id) AS each"), 5);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn of_two_adjudications_one_stands() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let experts = [world.bare_expert().await, world.bare_expert().await];
    let judges = [world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await];
    let project = world.open_project(&lab, json!({"overlap": 2, "review": {"mode": "none"}})).await;
    let tasks = world.post_tasks(&lab, &project, 1..5).await.expect(201).json()["tasks"].clone();
    for _ in 0..4 {
        for expert in &experts {
            let claim = expert.claim(&project).await.expect(201).json();
            expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201);
        }
    }
    for task in tasks.as_array().unwrap() {
        let path = format!("/v1/tasks/{}/adjudication", task.as_str().unwrap());
        let body = json!({"answer": {"answer": "No."}});
        let (one, other) = join(judges[0].post(&path, body.clone()), judges[1].post(&path, body)).await;
        let mut told = [one.status.as_u16(), other.status.as_u16()];
        told.sort_unstable();
        assert_eq!(told, [201, 409], "{:?}", statuses(&[one, other]));
    }
    assert_eq!(world.count("SELECT count(*) FROM adjudication"), 4);
    world.stop().await;
}
