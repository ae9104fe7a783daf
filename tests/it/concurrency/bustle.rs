//! Money that many want, and a bustle of everything.

use std::time::Duration;

use collegium::assignments::jobs::{auto_accept, expire_reviews};
use collegium::kernel::Role;
use futures_util::future::{join, join_all};
use serde_json::json;

use super::{expire, statuses, with_status};
use crate::harness::{Reply, Someone, World, assert_invariants, usd};

#[actix_web::test]
async fn funds_are_set_aside_once() {
    let world = World::wide().await;
    let lab = world.lab("1000.00").await;
    let one = world.open_project(&lab, json!({})).await;
    let other = world.open_project(&lab, json!({})).await;
    let (first, second) = join(world.post_tasks(&lab, &one, 1..7), world.post_tasks(&lab, &other, 1..7)).await;
    let (made, refused) = if first.status == 201 { (first, second) } else { (second, first) };
    assert_eq!(
        (made.expect(201).json()["created"].as_u64(), refused.expect(402).code().as_str()),
        (Some(6), "insufficient_funds")
    );
    assert_eq!(world.balance(&lab).await, ["400.00", "600.00", "0.00"]);
    let calls = (0..12).map(|n| world.post_tasks(&lab, if n % 2 == 0 { &one } else { &other }, 100 + n..101 + n));
    let replies = join_all(calls).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 402)), (4, 8), "{:?}", statuses(&replies));
    assert_eq!(world.balance(&lab).await, ["0.00", "1000.00", "0.00"]);
    assert_invariants(&world).await;
    world.stop().await;
}

/// What one expert does in the bustle: claims, then hands in, gives back, or forgets.
async fn work(expert: &Someone, reviewer: &Someone, project: &str, turn: usize) -> Vec<Reply> {
    let claimed = expert.claim(project).await;
    if claimed.status != 201 {
        return vec![claimed];
    }
    let claim = claimed.json();
    match turn % 4 {
        0 => vec![claimed],
        1 => vec![expert.post_owned(format!("/v1/assignments/{}/release", claim["id"].as_str().unwrap())).await],
        _ => {
            let submitted = expert.submit(&claim, json!({"answer": "So it is."})).await;
            let revise = json!({"decision": "revise", "reason": "sources",
                "comment": "Please name the page of the second source, and its edition."});
            let decision = if turn % 4 == 2 { json!({"decision": "accept"}) } else { revise };
            let reviewed = reviewer.review(&submitted.id(), decision).await;
            vec![claimed, submitted, reviewed]
        }
    }
}

#[actix_web::test]
async fn a_bustle_of_everything_leaves_the_counters_right() {
    let world = World::wide().await;
    let lab = world.lab("100000.00").await;
    let (crowd, reviewer) = (world.crowd(6).await, world.staff(Role::Reviewer).await);
    let mut projects = Vec::new();
    for overlap in [1, 2, 3] {
        let project = world.open_project(&lab, json!({"overlap": overlap, "bill_rate": usd("37.10")})).await;
        world.post_tasks(&lab, &project, 1..21).await.expect(201);
        projects.push(project);
    }
    let working = join_all((0..40).map(|turn| work(&crowd[turn % 6], &reviewer, &projects[turn % 3], turn)));
    let posting = join_all((0..5).map(|n| world.post_tasks(&lab, &projects[n % 3], 100 + n..103 + n)));
    let cancelling = async {
        let tasks = lab.get(&format!("/v1/projects/{}/tasks?limit=200", projects[1])).await.expect(200).json();
        let paths = tasks["data"].as_array().unwrap().iter().rev().take(4);
        let paths = paths.map(|task| format!("/v1/tasks/{}/cancel", task["id"].as_str().unwrap()));
        join_all(paths.map(|path| lab.post_owned(path))).await
    };
    let expiring = async {
        let db = &world.parts.db;
        for _ in 0..10 {
            expire(&world).await;
            db.write(db.system(), auto_accept).await.unwrap();
            db.write(db.system(), expire_reviews).await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ((worked, posted), (cancelled, ())) = join(join(working, posting), join(cancelling, expiring)).await;
    let worked: Vec<Reply> = worked.into_iter().flatten().collect();
    for replies in [&worked, &posted, &cancelled] {
        assert!(replies.iter().all(|reply| reply.status.as_u16() < 500), "{:?}", statuses(replies));
    }
    assert!(with_status(&worked, 201) > 20, "{:?}", statuses(&worked));
    assert_invariants(&world).await;
    // A day later every lease has run out, a revision's too.
    world.move_clock(2 * 86_400);
    while expire(&world).await > 0 {}
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state IN ('claimed', 'revision_requested')"), 0);
    assert_invariants(&world).await;
    for project in &projects {
        lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    }
    assert_eq!(world.balance(&lab).await[1], "0.00");
    world.stop().await;
}

/// Tasks are cancelled and their project is closed while experts claim, hand in and give back: what was reserved is
/// billed or returned, to the cent.
#[actix_web::test]
async fn a_project_is_closed_while_work_goes_on() {
    let world = World::wide().await;
    let lab = world.lab("10000.00").await;
    let crowd = world.crowd(12).await;
    for round in 0..4u64 {
        let with = json!({"overlap": 3, "bill_rate": usd("9.99"), "review": {"mode": "none"}});
        let project = world.open_project(&lab, with).await;
        let tasks = world.post_tasks(&lab, &project, 1..13).await.expect(201).json();
        let working = join_all(crowd.iter().enumerate().map(|(n, expert)| hand_in_or_back(expert, &project, n)));
        let cancelling = async {
            let tasks = tasks["tasks"].as_array().unwrap().iter().take(6);
            let paths = tasks.map(|task| format!("/v1/tasks/{}/cancel", task.as_str().unwrap()));
            join_all(paths.map(|path| lab.post_owned(path))).await
        };
        let closing = async {
            tokio::time::sleep(Duration::from_millis(20 + 15 * round)).await;
            lab.post_owned(format!("/v1/projects/{project}/close")).await
        };
        let (worked, (cancelled, closed)) = join(working, join(cancelling, closing)).await;
        let worked: Vec<Reply> = worked.into_iter().flatten().collect();
        for replies in [&worked, &cancelled] {
            assert!(replies.iter().all(|reply| reply.status.as_u16() < 500), "{:?}", statuses(replies));
        }
        closed.expect(200);
        assert_invariants(&world).await;
        assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 0);
        let billed = world.count("SELECT count(*) FROM assignment WHERE state = 'accepted'") * 999;
        let cents = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
        assert_eq!(world.balance(&lab).await, [cents(1_000_000 - billed), "0.00".to_owned(), cents(billed)]);
    }
    world.stop().await;
}

async fn hand_in_or_back(expert: &Someone, project: &str, number: usize) -> Vec<Reply> {
    let mut replies = Vec::new();
    for turn in 0..4 {
        let claimed = expert.claim(project).await;
        if claimed.status == 201 {
            let claim = claimed.json();
            replies.push(match (turn + number) % 3 {
                0 => expert.post_owned(format!("/v1/assignments/{}/release", claim["id"].as_str().unwrap())).await,
                _ => expert.submit(&claim, json!({"answer": "So it is."})).await.expect(201),
            });
        }
        replies.push(claimed);
    }
    replies
}
