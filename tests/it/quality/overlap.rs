//! Overlap that grows until the answers agree, and what becomes of the money.

use collegium::kernel::Role;
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
    split_slots(world);
    project
}

/// Of every task that nobody has touched, two slots are open.
fn split_slots(world: &World) {
    let split = "UPDATE task_slots SET later = free + later - 2, free = 2 WHERE held + filled = 0";
    diesel::RunQueryDsl::execute(diesel::sql_query(split), &mut world.db.owner()).unwrap();
}

/// free, held, filled and later slots of the one task.
fn slots(world: &World) -> i64 {
    world.count("SELECT free * 1000 + held * 100 + filled * 10 + later FROM task_slots")
}

async fn answer(expert: &Someone, project: &str, verdict: &str) -> Value {
    let claim = expert.claim(project).await.expect(201).json();
    expert.submit(&claim, json!({"verdict": verdict})).await.expect(201).json()
}

fn completions(world: &World) -> i64 {
    world.count("SELECT count(*) FROM outbox WHERE kind = 'task.completed'")
}

async fn finish(world: World, lab: &Someone, project: &str, money: ([&str; 3], &str)) {
    assert_eq!(world.balance(lab).await, money.0);
    let shown = lab.get(&format!("/v1/projects/{project}")).await.expect(200).json();
    assert_eq!(shown["committed"], usd(money.1));
    let tasks = lab.get(&format!("/v1/projects/{project}/tasks")).await.expect(200).json();
    assert_eq!(tasks["data"][0]["state"], "completed");
    assert_eq!(completions(&world), 1);
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

/// The answers agree while a slot is set aside by an offer: when the offer ends, however it does, the task is completed.
#[actix_web::test]
async fn a_slot_offered_after_the_answers_agree_is_gone_with_the_offer() {
    for word in ["decline", "withdraw", "expire"] {
        let world = World::new().await;
        let lab = world.lab("1000.00").await;
        let crowd = world.crowd(3).await;
        let operations = world.staff(Role::Operations).await;
        let project = growing(&world, &lab, json!({})).await;
        open_three(&world);
        for expert in &crowd {
            world.measure(expert, &project, (9, 9));
        }
        world.settle().await;
        let wish = json!({"expert_id": crowd[2].account["expert_id"], "slots": 1});
        let offer = operations.post(&format!("/v1/projects/{project}/offers"), wish).await.expect(201).id();
        for expert in &crowd[..2] {
            answer(expert, &project, "OK").await;
        }
        assert_eq!((slots(&world), completions(&world)), (20, 0));
        assert_eq!(world.balance(&lab).await, ["700.00", "100.00", "200.00"]);
        let path = format!("/v1/offers/{offer}/{word}");
        match word {
            "decline" => crowd[2].post(&path, json!({})).await.expect(200).status,
            "withdraw" => operations.post(&path, json!({})).await.expect(200).status,
            _ => {
                world.move_clock(86_401);
                let db = &world.parts.db;
                let ended = db.write(db.system(), collegium::matching::jobs::expire_offers).await.unwrap();
                assert_eq!(ended, 1);
                lab.get(&format!("/v1/projects/{project}")).await.expect(200).status
            }
        };
        finish(world, &lab, &project, (["800.00", "0.00", "200.00"], "200.00")).await;
    }
}

/// Of the one task three slots are open, two come later.
fn open_three(world: &World) {
    let open = "UPDATE task_slots SET free = 3, later = 2";
    diesel::RunQueryDsl::execute(diesel::sql_query(open), &mut world.db.owner()).unwrap();
}

const WORDS: &str = "The second source does not say what the answer claims of it.";

async fn rework(lab: &Someone, assignment: &str) {
    let body = json!({"verdict": "rework", "reason": "incorrect", "comment": WORDS});
    lab.post(&format!("/v1/assignments/{assignment}/audits"), body).await.expect(201);
}

/// The answers agreed, and one of them is to be done again: one slot opens, no money moves, and however the new answer
/// reads, nothing is asked for that has gone back to the lab.
#[actix_web::test]
async fn rework_of_a_settled_task_asks_for_one_answer() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(5).await;
    let project = growing(&world, &lab, json!({})).await;
    for expert in &crowd[..3] {
        world.measure(expert, &project, (9, 9));
    }
    world.settle().await;
    let first = answer(&crowd[0], &project, "OK").await;
    answer(&crowd[1], &project, "OK").await;
    assert_eq!((slots(&world), completions(&world)), (20, 1));
    rework(&lab, first["assignment_id"].as_str().unwrap()).await;
    assert_eq!(slots(&world), 1_010);
    crowd[0].claim(&project).await.expect(204);
    let again = answer(&crowd[2], &project, "OK").await;
    assert_eq!((slots(&world), completions(&world)), (20, 2));
    // Now one who is not known to be right says otherwise.
    rework(&lab, again["assignment_id"].as_str().unwrap()).await;
    answer(&crowd[3], &project, "BAD").await;
    assert_eq!((slots(&world), completions(&world)), (20, 3));
    crowd[4].claim(&project).await.expect(204);
    assert_eq!(world.balance(&lab).await, ["800.00", "0.00", "200.00"]);
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE counted"), 2);
    world.books_are_equal().await;
    world.stop().await;
}

/// While the overlap still grows an answer is to be done again. Its slot is the house's: it stays when the others agree, and
/// filled by a rejection that is overturned it completes the task.
#[actix_web::test]
async fn rework_outlives_the_agreement_of_the_others() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let crowd = world.crowd(4).await;
    let (reviewer, operations) = (world.staff(Role::Reviewer).await, world.staff(Role::Operations).await);
    let project = growing(&world, &lab, json!({"review": {"mode": "all"}})).await;
    open_three(&world);
    for expert in &crowd {
        world.measure(expert, &project, (9, 9));
    }
    world.settle().await;
    let mut claims = Vec::new();
    for expert in &crowd[..3] {
        claims.push(expert.claim(&project).await.expect(201).json());
    }
    let accept = json!({"decision": "accept"});
    let verdict = json!({"verdict": "OK"});
    let first = crowd[0].submit(&claims[0], verdict.clone()).await.expect(201).json();
    reviewer.review(first["id"].as_str().unwrap(), accept.clone()).await.expect(201);
    rework(&lab, first["assignment_id"].as_str().unwrap()).await;
    let anew = answer(&crowd[3], &project, "OK").await;
    let rejection = json!({"decision": "reject", "reason": "incorrect", "comment": WORDS});
    reviewer.review(anew["id"].as_str().unwrap(), rejection).await.expect(201);
    for (expert, claim) in crowd.iter().zip(&claims).skip(1) {
        let submission = expert.submit(claim, verdict.clone()).await.expect(201).id();
        reviewer.review(&submission, accept.clone()).await.expect(201);
    }
    assert_eq!((slots(&world), completions(&world)), (1_020, 0), "the others agree, the rework is open");
    let disputes = format!("/v1/assignments/{}/disputes", anew["assignment_id"].as_str().unwrap());
    let dispute = crowd[3].post(&disputes, json!({"grounds": WORDS})).await.expect(201).id();
    let outcome = json!({"outcome": "overturned", "note": "Seen again."});
    operations.post(&format!("/v1/disputes/{dispute}/resolve"), outcome).await.expect(200);
    assert_eq!(slots(&world), 30);
    finish(world, &lab, &project, (["700.00", "0.00", "300.00"], "300.00")).await;
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

/// Everybody answers at once, by chance alike or not: slots, money and budget tell one story at the end.
#[actix_web::test]
async fn many_answers_at_once_leave_the_money_right() {
    let world = World::wide().await;
    let lab = world.lab("4000.00").await;
    let crowd = world.crowd(10).await;
    let project = growing(&world, &lab, json!({})).await;
    world.post_tasks(&lab, &project, 2..9).await.expect(201);
    split_slots(&world);
    for (place, expert) in crowd.iter().enumerate() {
        let place = i32::try_from(place).unwrap();
        world.measure(expert, &project, (place, 10));
    }
    world.settle().await;
    let work = crowd.iter().enumerate().map(|(place, expert)| {
        let project = &project;
        async move {
            let mut done = 0;
            loop {
                let claim = expert.claim(project).await;
                if claim.status == 204 {
                    return done;
                }
                let claim = claim.expect(201).json();
                let verdict = ["OK", "OK", "BAD"][(place + done) % 3];
                expert.submit(&claim, json!({"verdict": verdict})).await.expect(201);
                done += 1;
            }
        }
    });
    let done: usize = join_all(work).await.into_iter().sum();
    assert!(done >= 16, "{done}");
    let wrong = "SELECT count(*) FROM task_slots JOIN task ON task.id = task_slots.task_id
        WHERE free + held + filled + later > overlap OR NOT stopped AND free + held + filled + later <> overlap
            OR stopped AND free + later <> 0 OR open <> (free > 0)";
    assert_eq!(world.count(wrong), 0);
    let spent = i64::try_from(done).unwrap() * 100;
    let reserved = world.count("SELECT sum(free + held + later) * 100 FROM task_slots");
    let money = |amount: i64| format!("{amount}.00");
    let balance = [money(4000 - spent - reserved), money(reserved), money(spent)];
    assert_eq!(world.balance(&lab).await, balance);
    let shown = lab.get(&format!("/v1/projects/{project}")).await.expect(200).json();
    assert_eq!(shown["committed"], usd(&money(spent + reserved)));
    assert_eq!(world.count("SELECT count(*) FROM answer_label WHERE label = 0"), i64::try_from(done).unwrap());
    let completed = world.count("SELECT count(*) FROM task_slots WHERE free + held + later = 0");
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'task.completed'"), completed);
    world.books_are_equal().await;
    world.stop().await;
}
