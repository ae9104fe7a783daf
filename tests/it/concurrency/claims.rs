//! Many claims at once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{statuses, with_status};
use crate::harness::{Reply, World, assert_invariants};

#[actix_web::test]
async fn two_hundred_clients_and_one_slot() {
    let world = World::wide().await;
    let lab = world.lab("100.00").await;
    let crowd = world.crowd(200).await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let replies = join_all(crowd.iter().map(|expert| expert.claim(&project))).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 204)), (1, 199), "{:?}", statuses(&replies));
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 1);
    assert_eq!(world.count("SELECT count(*) FROM task_slots WHERE free = 0 AND held = 1 AND NOT open"), 1);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn one_expert_holds_twenty_five_and_never_one_task_twice() {
    let world = World::wide().await;
    let lab = world.lab("1000000.00").await;
    let expert = world.bare_expert().await;
    for (overlap, tasks) in [(1, 100), (3, 30)] {
        let project = world.open_project(&lab, json!({"overlap": overlap})).await;
        world.post_tasks(&lab, &project, 1..tasks + 1).await.expect(201);
        let replies = join_all((0..30).map(|_| expert.claim(&project))).await;
        assert_eq!(with_status(&replies, 201), 25, "overlap {overlap}: {:?}", statuses(&replies));
        assert_eq!(with_status(&replies, 409), 5, "overlap {overlap}: {:?}", statuses(&replies));
        let refused = replies.iter().filter(|reply| reply.status == 409);
        assert!(refused.into_iter().all(|reply| reply.code() == "too_many_claims"));
        let claimed: Vec<Value> = replies.iter().filter(|reply| reply.status == 201).map(Reply::json).collect();
        let tasks: BTreeSet<&str> = claimed.iter().map(|claim| claim["task"]["id"].as_str().unwrap()).collect();
        assert_eq!(tasks.len(), 25);
        assert_eq!(world.count("SELECT open_claims FROM seat"), 25);
        assert_invariants(&world).await;
        let release = |claim: &Value| format!("/v1/assignments/{}/release", claim["id"].as_str().unwrap());
        let released = join_all(claimed.iter().map(|claim| expert.post_owned(release(claim)))).await;
        assert_eq!(with_status(&released, 200), 25, "{:?}", statuses(&released));
        assert_eq!(world.count("SELECT open_claims FROM seat"), 0);
    }
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn one_key_fifty_times_claims_once() {
    let world = World::wide().await;
    let lab = world.lab("5000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..51).await.expect(201);
    let body = json!({"project_id": project});
    let calls = (0..50).map(|_| expert.post_with("/v1/assignments", &[("idempotency-key", "same")], body.clone()));
    let replies = join_all(calls).await;
    let made: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
    let ids: BTreeSet<String> = made.iter().map(|reply| reply.id()).collect();
    assert_eq!((made.is_empty(), ids.len()), (false, 1), "{:?}", statuses(&replies));
    let fresh = made.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(fresh, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "idempotency_in_progress"));
    }
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 1);
    assert_eq!(world.count("SELECT open_claims FROM seat"), 1);
    assert_invariants(&world).await;
    world.stop().await;
}

/// The turns have never been read, so that every claim needs them: those who wait for a read that fails are told so
/// together, and do not each wait for the database in their turn.
#[actix_web::test]
async fn a_database_that_goes_away_is_waited_for_once_and_read_when_it_is_back() {
    let world = World::hasty().await;
    let lab = world.lab("100.00").await;
    let crowd = world.crowd(24).await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    // Who they are is believed for three seconds.
    join_all(crowd.iter().map(|expert| expert.get("/v1/assignments"))).await;
    world.db.go_away();
    let asked = Instant::now();
    let replies = join_all(crowd.iter().map(|expert| expert.claim(&project))).await;
    assert_eq!(with_status(&replies, 503), 24, "{:?}", statuses(&replies));
    assert!(asked.elapsed() < Duration::from_secs(6), "{:?}", asked.elapsed());
    world.db.come_back();
    let replies = join_all(crowd.iter().map(|expert| expert.claim(&project))).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 204)), (1, 23), "{:?}", statuses(&replies));
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn two_slots_are_never_three() {
    let world = World::wide().await;
    let lab = world.lab("4000.00").await;
    let crowd = world.crowd(2).await;
    let project = world.open_project(&lab, json!({"overlap": 2})).await;
    for number in 1..11 {
        world.post_tasks(&lab, &project, number..number + 1).await.expect(201);
        let calls = crowd.iter().chain(&crowd).chain(&crowd).map(|expert| expert.claim(&project));
        let replies = join_all(calls).await;
        assert_eq!(
            (with_status(&replies, 201) <= 2, with_status(&replies, 500)),
            (true, 0),
            "{:?}",
            statuses(&replies)
        );
        // Somebody may have gone past a slot that was locked for the other one; it is still there for them.
        for expert in &crowd {
            expert.claim(&project).await;
        }
        assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 2 * i64::try_from(number).unwrap());
        let on_it =
            "SELECT count(DISTINCT expert_id) FROM assignment WHERE task_id = (SELECT max(id::text) FROM task)::uuid";
        assert_eq!(world.count(on_it), 2);
    }
    assert_invariants(&world).await;
    world.stop().await;
}

/// Many give their work back in the moment in which its project has closed: each returns money to the same lab and the same
/// budget, and nobody is told to come again.
#[actix_web::test]
async fn what_many_give_back_at_once_is_returned_at_once() {
    let world = World::wide().await;
    let lab = world.lab("6000.00").await;
    let crowd = world.crowd(30).await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..61).await.expect(201);
    let mut held = Vec::new();
    for expert in crowd.iter().chain(&crowd) {
        held.push((expert, expert.claim(&project).await.expect(201).id()));
    }
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["0.00", "6000.00", "0.00"]);
    let back = held.iter().map(|(expert, id)| expert.post_owned(format!("/v1/assignments/{id}/release")));
    let released = join_all(back).await;
    assert_eq!(with_status(&released, 200), 60, "{:?}", statuses(&released));
    assert_eq!(world.balance(&lab).await, ["6000.00", "0.00", "0.00"]);
    assert_invariants(&world).await;
    world.stop().await;
}
