//! Work that two sides decide about at once: leases and reviews.

use std::time::Duration;

use collegium::assignments::jobs::auto_accept;
use collegium::kernel::Role;
use futures_util::future::join;
use serde_json::json;

use super::expire;
use crate::harness::{World, assert_invariants};

/// The clock passes the end of the lease while the answer is on its way. Whoever gets the row first wins, and the other
/// one does nothing.
#[actix_web::test]
async fn a_lease_runs_out_while_its_answer_is_handed_in() {
    let world = World::wide().await;
    let lab = world.lab("2000.00").await;
    let expert = world.bare_expert().await;
    let with = json!({"lease_seconds": 60, "max_seconds": 60, "review": {"mode": "none"}});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..21).await.expect(201);
    let (mut in_time, mut late) = (0, 0);
    for round in 0..20u64 {
        let before = i64::try_from(round).unwrap() * 70;
        world.move_clock(before);
        let claim = expert.claim(&project).await.expect(201).json();
        let answer = json!({"answer": format!("Round {round}.")});
        let at_the_edge = async {
            // The first one has no chance, the last one every chance; between them the clock decides.
            tokio::time::sleep(Duration::from_micros(round * 400)).await;
            world.move_clock(before + 60);
            expire(&world).await
        };
        let (submitted, expired) = match round {
            0 => {
                let expired = at_the_edge.await;
                (expert.submit(&claim, answer.clone()).await, expired)
            }
            19 => (expert.submit(&claim, answer.clone()).await, at_the_edge.await),
            _ => join(expert.submit(&claim, answer.clone()), at_the_edge).await,
        };
        let path = format!("/v1/assignments/{}", claim["id"].as_str().unwrap());
        if submitted.status == 201 {
            assert_eq!((expired, expire(&world).await), (0, 0));
            assert_eq!(expert.get(&path).await.expect(200).json()["state"], "accepted");
            in_time += 1;
        } else {
            assert_eq!(submitted.expect(409).code(), "lease_expired");
            assert_eq!(expired + expire(&world).await, 1);
            let gone = expert.get(&path).await.expect(200).json();
            assert_eq!((&gone["state"], &gone["draft"]), (&json!("expired"), &answer));
            assert_eq!(expert.submit(&claim, answer.clone()).await.expect(409).code(), "lease_expired");
            let again = expert.claim(&project).await.expect(201).json();
            assert_eq!((&again["task"]["id"], &again["draft"]), (&claim["task"]["id"], &answer));
            expert.submit(&again, answer).await.expect(201);
            late += 1;
        }
        assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 0);
        assert_eq!(world.count("SELECT sum(filled) FROM task_slots"), i64::try_from(round + 1).unwrap());
        assert_eq!(world.count("SELECT open_claims FROM seat"), 0);
    }
    assert!(in_time >= 1 && late >= 1 && in_time + late == 20, "{in_time} in time, {late} late");
    assert_eq!(world.balance(&lab).await, ["0.00", "0.00", "2000.00"]);
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state = 'expired'"), late);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn of_two_reviewers_one_decides() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let (expert, one, other) =
        (world.bare_expert().await, world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..11).await.expect(201);
    let reject = json!({"decision": "reject", "reason": "incorrect",
        "comment": "The second step does not follow from the first one at all."});
    for _ in 0..10 {
        let claim = expert.claim(&project).await.expect(201).json();
        let submission = expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
        let accepts = one.review(&submission, json!({"decision": "accept"}));
        let (first, second) = join(accepts, other.review(&submission, reject.clone())).await;
        let accepted = first.status == 201;
        let (made, refused) = if accepted { (first, second) } else { (second, first) };
        assert_eq!((made.expect(201).status.as_u16(), refused.expect(409).code().as_str()), (201, "already_reviewed"));
        let state = expert.get(&format!("/v1/assignments/{}", claim["id"].as_str().unwrap())).await.json();
        assert_eq!(state["state"], if accepted { "accepted" } else { "rejected" });
    }
    assert_eq!(world.count("SELECT count(*) FROM review"), 10);
    assert_invariants(&world).await;
    world.stop().await;
}

/// Both slots are held when the project closes. One is filled, the other one comes back and is gone: the task never gets
/// its two answers, and says so.
#[actix_web::test]
async fn a_task_that_was_held_at_the_close_ends_cancelled() {
    let world = World::wide().await;
    let lab = world.lab("200.00").await;
    let crowd = world.crowd(2).await;
    let project = world.open_project(&lab, json!({"overlap": 2})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let [one, other] = [crowd[0].claim(&project).await, crowd[1].claim(&project).await];
    lab.post_owned(format!("/v1/projects/{project}/close")).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["0.00", "200.00", "0.00"]);
    let submitted = crowd[0].submit(&one.json(), json!({"answer": "Yes."})).await.expect(201).id();
    world.staff(Role::Reviewer).await.review(&submitted, json!({"decision": "accept"})).await.expect(201);
    crowd[1].post_owned(format!("/v1/assignments/{}/release", other.expect(201).id())).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["100.00", "0.00", "100.00"]);
    let task = lab.get(&format!("/v1/projects/{project}/tasks")).await.expect(200).json()["data"][0].clone();
    assert_eq!(
        (&task["state"], &task["slots"]),
        (&json!("cancelled"), &json!({"free": 0, "later": 0, "offered": 0, "held": 0, "filled": 1}))
    );
    let progress = lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200).json();
    assert_eq!((&progress["tasks"]["completed"], &progress["tasks"]["cancelled"]), (&json!(0), &json!(1)));
    assert_invariants(&world).await;
    world.stop().await;
}

/// A reviewer rejects in the moment in which the answer would be accepted by itself: one of the two happens, once.
#[actix_web::test]
async fn a_review_meets_the_acceptance_by_itself() {
    let world = World::wide().await;
    let lab = world.lab("1200.00").await;
    let (expert, reviewer) = (world.bare_expert().await, world.staff(Role::Reviewer).await);
    let with = json!({"lease_seconds": 604_800, "review": {"mode": "all", "auto_accept_after_seconds": 60}});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..13).await.expect(201);
    let reject = json!({"decision": "reject", "reason": "incorrect",
        "comment": "The second step does not follow from the first one at all."});
    let mut by_itself = 0;
    for round in 0..12u64 {
        let before = i64::try_from(round).unwrap() * 70;
        world.move_clock(before);
        let claim = expert.claim(&project).await.expect(201).json();
        let submission = expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
        let by_the_clock = async {
            tokio::time::sleep(Duration::from_micros(round * 60)).await;
            world.move_clock(before + 60);
            let db = &world.parts.db;
            db.write(db.system(), auto_accept).await.unwrap()
        };
        let (reviewed, accepted) = match round {
            0 => {
                let accepted = by_the_clock.await;
                (reviewer.review(&submission, reject.clone()).await, accepted)
            }
            _ => join(reviewer.review(&submission, reject.clone()), by_the_clock).await,
        };
        let state = expert.get(&format!("/v1/assignments/{}", claim["id"].as_str().unwrap())).await.expect(200).json();
        if accepted == 1 {
            assert_eq!(reviewed.expect(409).code(), "already_reviewed");
            assert_eq!(state["state"], "accepted");
        } else {
            reviewed.expect(201);
            assert_eq!((accepted, &state["state"]), (0, &json!("rejected")));
        }
        by_itself += accepted;
    }
    assert!(by_itself >= 1);
    let [reserved, spent] = [12 - by_itself, by_itself].map(|tasks| format!("{}.00", tasks * 100));
    assert_eq!(world.balance(&lab).await, ["0.00".to_owned(), reserved, spent]);
    assert_invariants(&world).await;
    world.stop().await;
}
