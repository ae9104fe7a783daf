//! Overlap that grows until the answers agree, and what becomes of the money.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::kit::verdicts;
use crate::harness::{Someone, World, usd};

/// A project that asks five at most, two at first, until it is nine tenths sure; one task, which reserves 500.00.
async fn growing(world: &World, lab: &Someone, with: Value) -> String {
    let mut terms = json!({"overlap": 5, "stop_at_confidence": 0.9, "review": {"mode": "none"}});
    for (name, value) in with.as_object().unwrap() {
        terms[name] = value.clone();
    }
    let project = world.open_project(lab, verdicts(terms)).await;
    world.post_tasks(lab, &project, 1..2).await.expect(201);
    let split = "UPDATE task_slots SET later = free + later - 2, free = 2";
    diesel::RunQueryDsl::execute(diesel::sql_query(split), &mut world.db.owner()).unwrap();
    project
}

/// free, held, filled and later slots of the one task.
fn slots(world: &World) -> i64 {
    world.count("SELECT free * 1000 + held * 100 + filled * 10 + later FROM task_slots")
}

async fn answer(expert: &Someone, project: &str, verdict: &str) -> Value {
    let claim = expert.claim(project).await.expect(201).json();
    expert.submit(&claim, json!({"verdict": verdict})).await.expect(201).json()
}

async fn finish(world: World, lab: &Someone, project: &str, money: ([&str; 3], &str)) {
    assert_eq!(world.balance(lab).await, money.0);
    let shown = lab.get(&format!("/v1/projects/{project}")).await.expect(200).json();
    assert_eq!(shown["committed"], usd(money.1));
    let tasks = lab.get(&format!("/v1/projects/{project}/tasks")).await.expect(200).json();
    assert_eq!(tasks["data"][0]["state"], "completed");
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'task.completed'"), 1);
    let progress = lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200).json();
    assert_eq!((&progress["tasks"]["completed"], &progress["reserved"]), (&json!(1), &usd("0.00")));
    world.books_are_equal().await;
    world.stop().await;
}

#[actix_web::test]
async fn two_who_agree_are_enough() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(3).await;
    let project = growing(&world, &lab, json!({})).await;
    for expert in &crowd {
        world.measure(expert, &project, (9, 9));
    }
    world.settle().await;
    answer(&crowd[0], &project, "OK").await;
    assert_eq!(slots(&world), 1_013, "one answer is sure at 0.95, but two were asked for");
    answer(&crowd[1], &project, "OK").await;
    crowd[2].claim(&project).await.expect(204);
    // What is not asked for is the lab's again at once.
    finish(world, &lab, &project, (["800.00", "0.00", "200.00"], "200.00")).await;
}

#[actix_web::test]
async fn doubt_opens_one_slot_at_a_time_and_certainty_returns_the_rest() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(5).await;
    let project = growing(&world, &lab, json!({"overlap": 7})).await;
    world.settle().await;
    // Nobody has met gold: each counts by a reputation of 0.8, over two values.
    answer(&crowd[0], &project, "OK").await;
    assert_eq!(slots(&world), 2_014, "0.8 opens one more");
    answer(&crowd[1], &project, "BAD").await;
    assert_eq!(slots(&world), 2_023, "a half opens another one");
    let held = crowd[2].claim(&project).await.expect(201).json();
    let kept = crowd[4].claim(&project).await.expect(201).json();
    assert_eq!(world.balance(&lab).await, ["300.00", "500.00", "200.00"]);
    world.measure(&crowd[2], &project, (19, 19));
    crowd[2].submit(&held, json!({"verdict": "OK"})).await.expect(201);
    assert_eq!(slots(&world), 130, "sure: nothing is open or to be opened, and one is still held");
    assert_eq!(world.balance(&lab).await, ["600.00", "100.00", "300.00"]);
    crowd[3].claim(&project).await.expect(204);
    let tasks = lab.get(&format!("/v1/projects/{project}/tasks")).await.expect(200).json();
    assert_eq!(tasks["data"][0]["state"], "in_progress");
    // Held slots finish and bill, whatever they say.
    crowd[4].submit(&kept, json!({"verdict": "BAD"})).await.expect(201);
    assert_eq!(slots(&world), 40);
    finish(world, &lab, &project, (["600.00", "0.00", "400.00"], "400.00")).await;
}

#[actix_web::test]
async fn a_slot_that_is_given_back_after_the_answers_agree_is_gone() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(3).await;
    let project = growing(&world, &lab, json!({})).await;
    world.measure(&crowd[1], &project, (9, 9));
    world.settle().await;
    answer(&crowd[0], &project, "OK").await;
    let held = crowd[2].claim(&project).await.expect(201).json();
    answer(&crowd[1], &project, "OK").await;
    assert_eq!(slots(&world), 120);
    assert_eq!(world.balance(&lab).await, ["700.00", "100.00", "200.00"]);
    let release = format!("/v1/assignments/{}/release", held["id"].as_str().unwrap());
    crowd[2].post(&release, json!({})).await.expect(200);
    assert_eq!(slots(&world), 20);
    crowd[2].claim(&project).await.expect(204);
    finish(world, &lab, &project, (["800.00", "0.00", "200.00"], "200.00")).await;
}

#[actix_web::test]
async fn those_who_never_agree_are_asked_to_the_last() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(6).await;
    let project = growing(&world, &lab, json!({})).await;
    world.settle().await;
    for (place, expert) in crowd.iter().enumerate().take(5) {
        answer(expert, &project, ["A", "B", "C", "D", "E"][place]).await;
    }
    crowd[5].claim(&project).await.expect(204);
    finish(world, &lab, &project, (["500.00", "0.00", "500.00"], "500.00")).await;
}

/// Many hand the same new value in at once, and others another one: a value has one code, and no two the same.
#[actix_web::test]
async fn a_new_value_gets_one_code_however_many_bring_it() {
    let world = World::wide().await;
    let lab = world.lab("5000.00").await;
    let crowd = world.crowd(12).await;
    let with = json!({"overlap": 12, "review": {"mode": "none"}});
    let project = world.open_project(&lab, verdicts(with)).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    world.settle().await;
    let mut claims = Vec::new();
    for expert in &crowd {
        claims.push(expert.claim(&project).await.expect(201).json());
    }
    let answers = crowd.iter().zip(&claims).enumerate().map(|(place, (expert, claim))| {
        expert.submit(claim, json!({"verdict": (["OK", "BAD", "ODD"][place % 3]), "score": 4.5}))
    });
    for reply in join_all(answers).await {
        reply.expect(201);
    }
    assert_eq!(world.count("SELECT count(*) FROM label_code"), 3);
    assert_eq!(world.count("SELECT count(*) FROM answer_label WHERE label = 0 AND code IS NOT NULL"), 12);
    assert_eq!(world.count("SELECT count(DISTINCT code) FROM answer_label WHERE label = 0"), 3);
    assert_eq!(world.count("SELECT count(*) FROM answer_label WHERE label = 1 AND number = 4.5"), 12);
    assert_eq!(world.count("SELECT count(*) FROM label_code WHERE position('OK'::bytea in sealed_value) > 0"), 0);
    world.stop().await;
}
