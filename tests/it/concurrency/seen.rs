//! An expert asks for a task and for a review of an answer to that same task in the same instant: they get one of the two.

use std::time::Duration;

use collegium::kernel::Role;
use futures_util::future::join;
use serde_json::json;

use crate::harness::{Reply, Someone, World, assert_invariants};

/// Rounds of one task that is answered once and open once more: how often the claim was had, and how often the review.
async fn race(world: &World, lab: &Someone, (claimer, reviewer): (&Someone, &Someone), with: &str) -> (usize, usize) {
    let author = world.bare_expert().await;
    let (mut claims, mut reviews) = (0, 0);
    for round in 0..24u64 {
        let mut terms = json!({"overlap": 2, "review": {"mode": "all"}});
        if with == "experts" {
            terms["review"]["requirement"] = json!({"accepted_tasks": {"at_least": 0}});
        }
        let project = world.open_project(lab, terms).await;
        world.post_tasks(lab, &project, 1..2).await.expect(201);
        let claim = author.claim(&project).await.expect(201).json();
        let submission = author.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
        let claiming = async {
            tokio::time::sleep(Duration::from_micros(round % 8 * 250)).await;
            claimer.claim(&project).await
        };
        let reviewing = async {
            tokio::time::sleep(Duration::from_micros((round / 8) * 500)).await;
            reviewer.post("/v1/reviews/claim", json!({"project_id": project})).await
        };
        let (claimed, taken) = join(claiming, reviewing).await;
        let told = (claimed.status.as_u16(), taken.status.as_u16());
        assert!(matches!(told, (201, 204) | (204, 201)), "round {round}, {with}: {told:?}");
        if claimed.status == 201 {
            release(claimer, &claimed).await;
            claims += 1;
        } else {
            reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
            claimer.claim(&project).await.expect(204);
            reviews += 1;
        }
    }
    (claims, reviews)
}

async fn release(claimer: &Someone, claimed: &Reply) {
    claimer.post(&format!("/v1/assignments/{}/release", claimed.id()), json!({})).await.expect(200);
}

#[actix_web::test]
async fn nobody_answers_a_task_whose_answer_they_are_shown_in_that_moment() {
    let world = World::wide().await;
    let lab = world.lab("100000.00").await;
    let expert = world.bare_expert().await;
    let (claims, reviews) = race(&world, &lab, (&expert, &expert), "experts").await;
    assert!(claims > 0 && reviews > 0, "{claims} claims, {reviews} reviews");
    // Nor do they as two accounts.
    let staff = world.staff_who_is(Role::Reviewer, &expert).await;
    let (claims, reviews) = race(&world, &lab, (&expert, &staff), "staff").await;
    assert!(claims > 0 && reviews > 0, "{claims} claims, {reviews} reviews");
    assert_invariants(&world).await;
    world.stop().await;
}

/// The same where the reviewer decides without having claimed.
#[actix_web::test]
async fn nobody_decides_about_a_task_that_they_claim_in_that_moment() {
    let world = World::wide().await;
    let lab = world.lab("100000.00").await;
    let (author, expert) = (world.bare_expert().await, world.bare_expert().await);
    let staff = world.staff_who_is(Role::Reviewer, &expert).await;
    let (mut claims, mut decisions) = (0, 0);
    for round in 0..24u64 {
        let project = world.open_project(&lab, json!({"overlap": 2})).await;
        world.post_tasks(&lab, &project, 1..2).await.expect(201);
        let claim = author.claim(&project).await.expect(201).json();
        let submission = author.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
        let claiming = async {
            tokio::time::sleep(Duration::from_micros(round % 12 * 400)).await;
            expert.claim(&project).await
        };
        let (claimed, decided) = join(claiming, staff.review(&submission, json!({"decision": "accept"}))).await;
        match (claimed.status.as_u16(), decided.status.as_u16()) {
            (201, 403) => {
                assert_eq!(decided.code(), "took_part");
                release(&expert, &claimed).await;
                claims += 1;
            }
            (204, 201) => decisions += 1,
            told => panic!("round {round}: {told:?}"),
        }
    }
    assert!(claims + decisions == 24 && decisions > 0, "{claims} claims, {decisions} decisions");
    assert_invariants(&world).await;
    world.stop().await;
}
