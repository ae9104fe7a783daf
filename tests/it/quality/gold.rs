//! Gold: paid, never billed, counted nowhere, and like any other work until it is decided with it.

use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::kit::{shown, verdicts};
use crate::harness::{World, usd};

const COMMENT: &str = "Neither of the two sources says what the answer claims of it.";

/// What differs between any two assignments, and would between two that are alike.
fn alike(assignment: &Value) -> Value {
    let mut view = assignment.clone();
    for name in ["id", "task", "lease", "claimed_at", "submitted_at", "auto_accept_at", "decided_at", "updated_at"] {
        let there = !view[name].is_null();
        view[name] = json!(there);
    }
    view
}

#[actix_web::test]
async fn gold_is_like_other_work_and_decided_with_it() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (expert, reviewer) = (world.bare_expert().await, world.staff(Role::Reviewer).await);
    let project = world.open_project(&lab, verdicts(json!({}))).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    let gold = world.plant_gold(&project, 2, false).await;
    let ordinary = expert.claim(&project).await.expect(201).json();
    let hidden = world.hand_out(&expert, gold[0], "gold").await;
    assert_eq!(alike(&shown(&expert, &ordinary).await), alike(&hidden));
    let before = progress(&world, &lab, &project).await;
    let answered = expert.submit(&ordinary, json!({"verdict": "OK", "why": "So."})).await.expect(201);
    let known = expert.submit(&hidden, json!({"verdict": "OK", "score": 4.0, "why": "So."})).await.expect(201);
    assert_eq!(world.count("SELECT open_claims FROM seat WHERE open_claims <> 0 UNION ALL SELECT 0"), 0);
    let mut told = [answered.json(), known.json()];
    for view in &mut told {
        for name in ["id", "assignment_id", "task_id", "created_at", "answer"] {
            view[name] = json!(!view[name].is_null());
        }
    }
    assert_eq!(told[0], told[1]);
    let waiting = [shown(&expert, &ordinary).await, shown(&expert, &hidden).await];
    let mut first = alike(&waiting[0]);
    first["answer"] = waiting[1]["answer"].clone();
    assert_eq!((first, &waiting[1]["state"]), (alike(&waiting[1]), &json!("submitted")));
    // Whoever reviews is never offered it, and cannot decide about it.
    let claimed = reviewer.post("/v1/reviews/claim", json!({})).await.expect(201).json();
    assert_eq!(claimed["submission_id"], answered.json()["id"]);
    reviewer.post("/v1/reviews/claim", json!({})).await.expect(204);
    reviewer.review(&known.id(), json!({"decision": "accept"})).await.expect(404);
    let reputation = expert.get("/v1/experts/me/reputation").await.expect(200).json();
    assert_eq!((&reputation["n"], &reputation["gold"]), (&json!(0), &json!({"n": 0, "accuracy": null})));
    let wrong = json!({"decision": "reject", "reason": "incorrect", "comment": COMMENT});
    reviewer.review(&answered.id(), wrong).await.expect(201);
    let decided = [shown(&expert, &ordinary).await, shown(&expert, &hidden).await];
    assert_eq!((&decided[0]["state"], &decided[1]["state"]), (&json!("rejected"), &json!("accepted")));
    assert_eq!(decided[0]["decided_at"], decided[1]["decided_at"]);
    assert_eq!((&decided[1]["paid"], &decided[1]["known"]), (&usd("60.00"), &Value::Null));
    let reputation = expert.get("/v1/experts/me/reputation").await.expect(200).json();
    assert_eq!(reputation["gold"], json!({"n": 1, "accuracy": 1}));
    let earned = expert.get("/v1/experts/me/earnings").await.expect(200).json();
    assert_eq!(earned[0]["earned"], usd("60.00"));
    // The lab is told of none of it.
    assert_eq!(world.balance(&lab).await, ["800.00", "200.00", "0.00"]);
    let after = progress(&world, &lab, &project).await;
    assert_eq!((&after["accepted"], &after["rejected"], &after["billed"]), (&json!(0), &json!(1), &usd("0.00")));
    assert_eq!(after["reserved"], before["reserved"]);
    let results = lab.get(&format!("/v1/projects/{project}/results")).await.expect(200).text();
    assert!(results.contains("\"count\":0"), "{results}");
    lab.get(&format!("/v1/submissions/{}", known.id())).await.expect(404);
    assert_eq!(
        world.count(
            "SELECT count(*) FROM outbox JOIN assignment ON assignment.id = object_id
        WHERE assignment.kind = 'gold' AND outbox.kind <> 'assignment.claimed' AND outbox.lab_id IS NOT NULL"
        ),
        0
    );
    assert_eq!(world.count("SELECT count(*) FROM journal_entry WHERE kind = 'gold'"), 1);
    assert_eq!(world.count("SELECT gold_seen * 100 + gold_right * 10 + rejected FROM engagement"), 111);
    assert_eq!(world.count("SELECT count(*) FROM answer_label"), 0);
    world.books_are_equal().await;
    world.stop().await;
}

async fn progress(world: &World, lab: &crate::harness::Someone, project: &str) -> Value {
    let _ = world;
    lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200).json()
}

#[actix_web::test]
async fn gold_is_explained_when_the_project_has_closed_and_training_at_once() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, verdicts(json!({}))).await;
    let (gold, training) = (world.plant_gold(&project, 1, false).await, world.plant_gold(&project, 1, true).await);
    let (hidden, lesson) =
        (world.hand_out(&expert, gold[0], "gold").await, world.hand_out(&expert, training[0], "gold").await);
    let told = expert.submit(&hidden, json!({"verdict": "OK", "score": 5})).await.expect(201).json();
    assert_eq!(told["known"], Value::Null);
    assert_eq!(shown(&expert, &hidden).await["known"], Value::Null);
    let explained = json!({"right": true, "explanation": "Both sources agree."});
    let told = expert.submit(&lesson, json!({"verdict": "OK", "score": 4})).await.expect(201).json();
    assert_eq!((&told["known"], &shown(&expert, &lesson).await["known"]), (&explained, &explained));
    // Nobody but the expert is told.
    let operations = world.staff(Role::Operations).await;
    assert_eq!(shown(&operations, &lesson).await["known"], Value::Null);
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    let explained = json!({"right": false, "explanation": "Both sources agree."});
    assert_eq!(shown(&expert, &hidden).await["known"], explained);
    assert_eq!(world.count("SELECT count(*) FROM access_log WHERE object_kind = 'task.gold'"), 3);
    world.stop().await;
}

#[actix_web::test]
async fn gold_is_accepted_at_the_latest_when_other_work_would_be() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let with = json!({"review": {"mode": "all", "auto_accept_after_seconds": 600}, "lease_seconds": 7200});
    let project = world.open_project(&lab, verdicts(with)).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    let gold = world.plant_gold(&project, 3, false).await;
    let alone = world.hand_out(&expert, gold[0], "gold").await;
    expert.submit(&alone, json!({"verdict": "BAD"})).await.expect(201);
    world.move_clock(599);
    assert_eq!(world.accept_overdue().await, 0);
    world.move_clock(601);
    assert_eq!(world.accept_overdue().await, 1);
    let paid = shown(&expert, &alone).await;
    assert_eq!((&paid["state"], &paid["paid"]), (&json!("accepted"), &usd("60.00")), "right or wrong");
    // Both are overdue in one run: the ordinary decision takes the gold along, and nobody is paid twice.
    let (work, second) =
        (expert.claim(&project).await.expect(201).json(), world.hand_out(&expert, gold[1], "gold").await);
    expert.submit(&second, json!({"verdict": "OK", "score": 4})).await.expect(201);
    expert.submit(&work, json!({"verdict": "OK"})).await.expect(201);
    world.move_clock(1300);
    world.accept_overdue().await;
    assert_eq!(world.accept_overdue().await, 0);
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state = 'accepted'"), 3);
    assert_eq!(world.count("SELECT count(*) FROM journal_entry WHERE kind IN ('gold', 'acceptance')"), 3);
    assert_eq!(expert.get("/v1/experts/me/earnings").await.expect(200).json()[0]["earned"], usd("180.00"));
    // What is given back simply ends: no slot, no money, one claim less.
    let last = world.hand_out(&expert, gold[2], "gold").await;
    expert.post(&format!("/v1/assignments/{}/release", last["id"].as_str().unwrap()), json!({})).await.expect(200);
    assert_eq!(
        world.count("SELECT count(*) FROM task_slots WHERE task_id IN (SELECT task_id FROM gold) AND free + held <> 0"),
        0
    );
    assert_eq!(world.count("SELECT sum(open_claims) FROM seat"), 0);
    assert_eq!(world.balance(&lab).await, ["800.00", "100.00", "100.00"]);
    world.books_are_equal().await;
    world.stop().await;
}

#[actix_web::test]
async fn where_nobody_reviews_gold_is_accepted_at_once_too() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, verdicts(json!({"review": {"mode": "none"}}))).await;
    let gold = world.plant_gold(&project, 1, false).await;
    let hidden = world.hand_out(&expert, gold[0], "gold").await;
    expert.submit(&hidden, json!({"verdict": "OK", "score": 4})).await.expect(201);
    let done = shown(&expert, &hidden).await;
    assert_eq!((&done["state"], &done["paid"], &done["known"]), (&json!("accepted"), &usd("60.00"), &Value::Null));
    assert_eq!(world.balance(&lab).await, ["1000.00", "0.00", "0.00"]);
    world.books_are_equal().await;
    world.stop().await;
}

/// A file that is delivered for an answer that only tells how good the others are is nothing to the lab, nor that its expert
/// looks at it.
#[actix_web::test]
async fn files_delivered_for_gold_are_told_to_nobody() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, verdicts(json!({}))).await;
    let gold = world.plant_gold(&project, 1, false).await;
    let supplied = format!("/v1/projects/{project}/files/scan.txt");
    lab.send(Method::PUT, &supplied, &[], b"A scan.".to_vec()).await.expect(201);
    let hidden = world.hand_out(&expert, gold[0], "gold").await;
    let files = format!("/v1/assignments/{}/files", hidden["id"].as_str().unwrap());
    let path = format!("{files}/note.txt");
    expert.send(Method::PUT, &path, &[], b"A note.".to_vec()).await.expect(201);
    assert_eq!(expert.get(&path).await.expect(200).bytes, b"A note.");
    assert_eq!(expert.get(&files).await.expect(200).json()["data"][0]["name"], "note.txt");
    expert.send(Method::PUT, &path, &[("if-match", "*")], b"Another note.".to_vec()).await.expect(200);
    for (table, kinds) in [
        ("outbox", "kind LIKE 'file.%'"),
        ("audit_event", "action LIKE 'file.%'"),
        ("access_log", "object_kind IN ('file', 'assignment.files')"),
    ] {
        let rows =
            |told: &str| world.count(&format!("SELECT count(*) FROM {table} WHERE {kinds} AND lab_id IS {told}"));
        let supplied = i64::from(table != "access_log");
        assert_eq!((rows("NOT NULL"), rows("NULL")), (supplied, 2), "{table}");
    }
    world.stop().await;
}
