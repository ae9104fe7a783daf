//! Leases, offers, gold, revisions and growing overlap, all at the same time.

use collegium::kernel::Role;
use collegium::matching::jobs::expire_offers;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use super::{expire, statuses};
use crate::harness::{Reply, Someone, World, assert_invariants, usd};

const COMMENT: &str = "Neither of the two sources says what the answer claims of it.";

/// Claims, and then hands in, gives back or lets lie, by the turn; every answer must be one that the contract knows.
async fn work(expert: &Someone, project: &str, turn: usize) -> Vec<Reply> {
    let claimed = expert.claim(project).await;
    if claimed.status != 201 {
        return vec![claimed];
    }
    let claim = claimed.json();
    let path = format!("/v1/assignments/{}", claim["id"].as_str().unwrap());
    let done = match turn % 5 {
        0 => expert.post(&format!("{path}/release"), json!({})).await,
        1 => expert.post(&format!("{path}/renew"), json!({})).await,
        other => expert.submit(&claim, json!({"verdict": if other == 2 { "BAD" } else { "OK" }})).await,
    };
    vec![claimed, done]
}

/// Decides about whatever waits, each time in another way.
async fn review(reviewer: &Someone, turn: usize) -> Vec<Reply> {
    let claimed = reviewer.post("/v1/reviews/claim", json!({})).await;
    if claimed.status != 201 {
        return vec![claimed];
    }
    let decision = match turn % 4 {
        0 => json!({"decision": "revise", "reason": "sources", "comment": COMMENT}),
        1 => json!({"decision": "reject", "reason": "incorrect", "comment": COMMENT}),
        _ => json!({"decision": "accept"}),
    };
    let submission = claimed.json()["submission_id"].as_str().unwrap().to_owned();
    let decided = reviewer.review(&submission, decision).await;
    vec![claimed, decided]
}

fn task(number: usize) -> Value {
    let mut task = json!({"external_id": format!("t{number}"), "input": {"question": format!("What of {number}?")}});
    if number.is_multiple_of(4) {
        task["gold"] = json!({"answer": {"verdict": "OK"}, "explanation": "Both sources agree."});
    }
    task
}

#[actix_web::test]
async fn everything_at_once_leaves_the_counters_right() {
    let world = World::wide().await;
    let lab = world.lab("100000.00").await;
    let crowd = world.crowd(10).await;
    let (first, second) = (world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let operations = world.staff(Role::Operations).await;
    let project = world
        .open_project(
            &lab,
            json!({
                "output_schema": {"type": "object", "required": ["verdict"], "properties": {"verdict": {"type": "string"}}},
                "label_pointer": "/verdict", "overlap": 4, "stop_at_confidence": 0.8, "gold": {"rate": 0.3},
                "max_tasks_per_expert": 12, "bill_rate": usd("10.00"), "lease_seconds": 60,
            }),
        )
        .await;
    let tasks: Vec<Value> = (1..25).map(task).collect();
    lab.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": tasks})).await.expect(201);
    for round in 0..6 {
        let offers = crowd.iter().take(3).map(|expert| {
            let wish = json!({"expert_id": expert.account["expert_id"], "slots": 2, "expires_in_seconds": 60});
            let (operations, path) = (&operations, format!("/v1/projects/{project}/offers"));
            async move { vec![operations.post(&path, wish).await] }
        });
        let at_work = crowd.iter().enumerate().map(|(place, expert)| work(expert, &project, place + round));
        let deciding = [review(&first, round), review(&second, round + 1)];
        let (worked, (reviewed, offered)) = join(join_all(at_work), join(join_all(deciding), join_all(offers))).await;
        let replies: Vec<Reply> = [worked, reviewed, offered].into_iter().flatten().flatten().collect();
        let known = [200, 201, 204, 409];
        assert!(replies.iter().all(|reply| known.contains(&reply.status.as_u16())), "{:?}", statuses(&replies));
        // A minute on, the leases and offers that nobody used end while others work.
        world.move_clock(i64::try_from(61 * (round + 1)).unwrap());
        let db = &world.parts.db;
        let (_, _) = join(expire(&world), db.write(db.system(), expire_offers)).await;
        assert_invariants(&world).await;
    }
    assert!(world.count("SELECT count(*) FROM assignment WHERE kind = 'gold'") > 0, "no claim was gold");
    assert!(world.count("SELECT count(*) FROM assignment WHERE state = 'accepted' AND counted") > 0);
    assert_eq!(world.count("SELECT count(*) FROM engagement WHERE tasks > 12"), 0);
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_invariants(&world).await;
    world.stop().await;
}
