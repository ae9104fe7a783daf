//! Gold and batches, posted and imported.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::names;
use crate::harness::{Someone, World, task, usd};

pub(super) fn in_batch(number: usize, batch: &str) -> Value {
    let mut line = task(number);
    line["batch_id"] = json!(batch);
    line
}

fn gold(name: &str, explanation: &str) -> Value {
    json!({"external_id": name, "input": {"question": "What is known?"}, "batch_id": "week 1",
        "gold": {"answer": {"answer": "It is."}, "explanation": explanation}})
}

async fn figures(lab: &Someone, project: &str) -> Value {
    lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200).json()
}

#[actix_web::test]
async fn gold_and_batches_are_imported_and_a_batch_is_signed_off() {
    let world = World::new().await;
    let (lab, crowd) = (world.lab("1000.00").await, world.crowd(2).await);
    let with = json!({"overlap": 2, "bill_rate": usd("10.00"), "review": {"mode": "none"}});
    let project = world.open_project(&lab, with).await;
    let mut wrong = gold("g2", "As every book says.");
    wrong["gold"]["answer"] = json!({"answer": ""});
    let lines = [
        in_batch(1, "week 1"),
        in_batch(2, "week 1"),
        gold("g1", "As every book says."),
        in_batch(3, "week 2"),
        wrong,
        gold("g1", "As every book says."),
        gold("g1", "For another reason."),
    ];
    let told = lab.import(&project, &lines).await.expect(200).json();
    let counts = ["lines", "created", "duplicates", "rejected"].map(|name| told[name].as_u64().unwrap());
    assert_eq!(counts, [7, 4, 1, 2]);
    assert_eq!(told["errors"][0]["pointer"], "/gold/answer/answer");
    assert_eq!((&told["errors"][1]["line"], &told["errors"][1]["code"]), (&json!(7), &json!("external_id_conflict")));
    let sent: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let sum: String = Sha256::digest(&sent).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&told["bytes"], &told["sha256"]), (&json!(sent.len()), &json!(sum)));
    // Gold costs nothing and counts nowhere.
    assert_eq!(world.balance(&lab).await, ["940.00", "60.00", "0.00"]);
    let progress = figures(&lab, &project).await;
    assert_eq!((&progress["tasks"]["open"], &progress["reserved"]), (&json!(3), &usd("60.00")));
    assert_eq!(lab.get(&format!("/v1/projects/{project}")).await.expect(200).json()["tasks"], 3);
    known_to_the_lab_alone(&world, &lab, &project).await;
    signed_off_when_done(&world, (&lab, &crowd), &project).await;
    world.stop().await;
}

/// Chunks of a file that are believed to be new and are not: what stands is told as ever, nothing of such a chunk comes twice
/// or is paid twice, and a file whose lines all stand is whole though no funds are left.
#[actix_web::test]
async fn a_file_goes_on_where_some_of_it_stands() {
    let world = World::new().await;
    let lab = world.lab("89.98").await;
    let with = json!({"bill_rate": usd("0.01"), "review": {"mode": "none"}});
    let project = world.open_project(&lab, with).await;
    let lines: Vec<_> = (0..9_000).map(task).collect();
    let mut changed = task(6_700);
    changed["input"] = json!({"question": "What else?"});
    for posted in [task(5_500), task(8_999), changed] {
        lab.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": [posted]})).await.expect(201);
    }
    let counted =
        |told: &Value| ["lines", "created", "duplicates", "rejected"].map(|name| told[name].as_u64().unwrap());
    // Three stand, so that 8,997 are left to be made and the funds cover 8,995 of them.
    let stopped = lab.import(&project, &lines).await.expect(402).json();
    assert_eq!(counted(&stopped), [8_997, 8_995, 1, 1]);
    assert_eq!((&stopped["resume_at_line"], &stopped["because"]), (&json!(8_998), &json!("insufficient_funds")));
    assert_eq!(
        (&stopped["errors"][0]["line"], &stopped["errors"][0]["code"]),
        (&json!(6_701), &json!("external_id_conflict"))
    );
    assert_eq!(world.balance(&lab).await, ["0.00", "89.98", "0.00"]);
    let again = lab.import(&project, &lines[..8_997]).await.expect(200).json();
    assert_eq!(counted(&again), [8_997, 0, 8_996, 1]);
    let once = "SELECT count(*) FROM task JOIN task_slots ON task_slots.task_id = task.id AND free = 1";
    assert_eq!(world.count(once), 8_998);
    world.stop().await;
}

async fn known_to_the_lab_alone(world: &World, lab: &Someone, project: &str) {
    let listed = lab.get(&format!("/v1/projects/{project}/tasks?gold=true")).await.expect(200).json();
    let listed = listed["data"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["gold"], listed[0].get("known")), (1, &json!(true), None));
    let path = format!("/v1/tasks/{}", listed[0]["id"].as_str().unwrap());
    let shown = lab.get(&path).await.expect(200).json();
    let known = json!({"answer": {"answer": "It is."}, "explanation": "As every book says.", "training": false});
    assert_eq!((&shown["known"], &shown["slots"]["free"]), (&known, &json!(0)));
    let operations = world.staff(collegium::kernel::Role::Operations).await;
    assert_eq!(operations.get(&path).await.expect(200).json().get("known"), None);
    assert_eq!(world.count("SELECT count(*) FROM access_log WHERE object_kind = 'task.gold'"), 1);
    // A draft's schema stays once gold was checked against it.
    let gold = json!({"tasks": [gold("g", "So it is.")]});
    let body = json!({"name": "Draft", "task_type": "custom", "instructions": "Do.", "output_schema": {},
        "requirement": {"accepted_tasks": {"at_least": 0}}, "bill_rate": usd("1.00"), "budget": usd("1.00")});
    let draft = lab.post("/v1/projects", body).await.expect(201);
    let path = format!("/v1/projects/{}", draft.id());
    let posted = lab.post(&format!("{path}/tasks"), gold.clone()).await.expect(201).json();
    assert_eq!(posted["created"], 1);
    let etag = lab.get(&path).await.expect(200).etag();
    let refused = lab.patch(&path, &etag, json!({"output_schema": {"type": "string"}})).await.expect(422);
    assert_eq!(refused.pointers(), ["/output_schema"]);
}

async fn signed_off_when_done(world: &World, (lab, crowd): (&Someone, &[Someone]), project: &str) {
    let batches = format!("/v1/projects/{project}/batches");
    let listed = lab.get(&batches).await.expect(200).json();
    let listed: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|b| b["batch_id"].as_str().unwrap()).collect();
    assert_eq!(listed, ["week 2", "week 1"]);
    let first = format!("{batches}/week%201");
    let sign_off = format!("{first}/sign-off");
    assert_eq!(lab.post(&sign_off, json!({})).await.expect(409).code(), "batch_unfinished");
    for expert in crowd {
        let claimed = expert.claim(project).await.expect(201).json();
        expert.submit(&claimed, json!({"answer": "So it is."})).await.expect(201);
    }
    let tasks = lab.get(&format!("/v1/projects/{project}/tasks?external_id=t2")).await.expect(200).json();
    let second = tasks["data"][0]["id"].as_str().unwrap().to_owned();
    let shown = lab.get(&first).await.expect(200).json();
    assert_eq!(shown["tasks"], json!({"open": 1, "in_progress": 0, "completed": 1, "cancelled": 0}));
    lab.post(&format!("/v1/tasks/{second}/cancel"), json!({})).await.expect(200);
    let signed = lab.post(&sign_off, json!({})).await.expect(200).json();
    assert_eq!((&signed["accepted"], signed["signed_off_at"].is_string()), (&json!(2), true));
    assert_eq!(lab.post(&sign_off, json!({})).await.expect(409).code(), "batch_signed_off");
    assert_eq!(world.count("SELECT count(*) FROM outbox WHERE kind = 'batch.signed_off'"), 1);
    // What stands is a duplicate still; nothing new goes in.
    let tasks = format!("/v1/projects/{project}/tasks");
    lab.post(&tasks, json!({"tasks": [in_batch(1, "week 1")]})).await.expect(201);
    let late = lab.post(&tasks, json!({"tasks": [in_batch(9, "week 1")]})).await.expect(409);
    assert_eq!(late.code(), "batch_signed_off");
    let told = lab.import(project, &[in_batch(8, "week 1"), in_batch(7, "week 2")]).await.expect(200).json();
    assert_eq!((&told["created"], &told["errors"][0]["code"]), (&json!(1), &json!("batch_signed_off")));
    let (lines, _) = lab.results(project, "?batch_id=week%201").await;
    assert_eq!((names(&lines), &lines[0]["batch_id"]), (vec!["t1", "t1"], &json!("week 1")));
    assert_eq!(lab.results(project, "?batch_id=week%202").await.0.len(), 0);
    lab.get(&format!("/v1/projects/{project}/results?batch_id=week%203")).await.expect(404);
}

#[actix_web::test]
async fn slots_that_open_later_are_reserved_and_returned() {
    let world = World::new().await;
    let lab = world.lab("100.00").await;
    let with = json!({"overlap": 5, "bill_rate": usd("1.00"), "label_pointer": "/answer", "stop_at_confidence": 0.9});
    let project = world.open_project(&lab, with).await;
    let posted = world.post_tasks(&lab, &project, 1..4).await.expect(201).json();
    assert_eq!(world.balance(&lab).await, ["85.00", "15.00", "0.00"]);
    let first = format!("/v1/tasks/{}", posted["tasks"][0].as_str().unwrap());
    let slots = json!({"free": 2, "later": 3, "offered": 0, "held": 0, "filled": 0});
    assert_eq!(lab.get(&first).await.expect(200).json()["slots"], slots);
    let second = posted["tasks"][1].as_str().unwrap();
    // Both first answers are there: it is neither completed nor without a slot to come.
    let task = super::uuid(second);
    world.alter(&format!("UPDATE task_slots SET free = 0, filled = 2, open = false WHERE task_id = '{task}'"));
    let shown = lab.get(&format!("/v1/tasks/{second}")).await.expect(200).json();
    assert_eq!(shown["state"], "in_progress");
    let progress = figures(&lab, &project).await;
    assert_eq!(progress["tasks"], json!({"open": 2, "in_progress": 1, "completed": 0, "cancelled": 0}));
    let running = lab.get(&format!("/v1/projects/{project}/tasks?state=in_progress")).await.expect(200).json();
    assert_eq!(running["data"][0]["id"], *second);
    lab.post(&format!("{first}/cancel"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["90.00", "10.00", "0.00"]);
    // Of the second, the three that would open; of the third all five. The two that were filled by hand stay reserved.
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["98.00", "2.00", "0.00"]);
    assert_eq!(world.count("SELECT sum(free + later + house) FROM task_slots"), 0);
    world.stop().await;
}
