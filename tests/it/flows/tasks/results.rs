//! Results: what is new since, whatever commits late; and what a task came to.

use collegium::assignments::operations::submit;
use collegium::db::Origin;
use collegium::kernel::actor::Signed;
use collegium::kernel::{Actor, AdjudicationId, Form, LabId, ProjectId, RequestId, Role};
use collegium::projects::brief::adjudication_object;
use collegium::trust::Owner;
use diesel::RunQueryDsl;
use diesel::sql_types::{Binary, Uuid};
use serde_json::{Value, json};

use super::posting::in_batch;
use super::{names, uuid};
use crate::harness::{Someone, World, usd};

impl World {
    /// How this expert's calls begin.
    fn origin_of(&self, expert: &Someone) -> Origin {
        let signed = Signed {
            account: expert.account_id().parse().unwrap(),
            role: Role::Expert,
            lab: None,
            expert: Some(expert.expert().parse().unwrap()),
            session: None,
            api_key: None,
            may_write: true,
        };
        Origin { actor: Actor::Account(signed), request_id: RequestId(self.parts.db.ids().next()) }
    }
}

#[actix_web::test]
async fn an_export_goes_on_where_the_last_began_and_loses_no_late_commit() {
    let world = World::new().await;
    let (lab, crowd) = (world.lab("1000.00").await, world.crowd(3).await);
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}, "bill_rate": usd("10.00")})).await;
    world.post_tasks(&lab, &project, 1..4).await.expect(201);
    let mut claims = Vec::new();
    for expert in &crowd {
        claims.push(expert.claim(&project).await.expect(201).json());
    }
    crowd[0].submit(&claims[0], json!({"answer": "First."})).await.expect(201);
    let (lines, end) = lab.results(&project, "").await;
    assert_eq!(names(&lines), ["t1"]);
    let end = until_nothing_is_new(&lab, &project, (end, "")).await;

    // The second answer is accepted in a transaction that stays open while the third is accepted and exported.
    let (began, held) = (std::sync::mpsc::channel::<()>(), std::sync::mpsc::channel::<()>());
    let (say, go) = (began.0, std::sync::Mutex::new(held.1));
    let (db, door, origin) = (world.parts.db.clone(), world.parts.door.clone(), world.origin_of(&crowd[1]));
    let body =
        json!({"lease_token": claims[1]["lease"]["token"], "answer": {"answer": "Late."}, "time_spent_seconds": 60});
    let form = Form::of(serde_json::from_value(body).unwrap());
    let id = claims[1]["id"].as_str().unwrap().parse().unwrap();
    let late = std::thread::spawn(move || {
        db.write_now(&origin, |conn, ctx| {
            submit(conn, ctx, &door, id, &form)??;
            say.send(()).unwrap();
            go.lock().unwrap().recv().unwrap();
            Ok(())
        })
    });
    began.1.recv().unwrap();
    crowd[2].submit(&claims[2], json!({"answer": "Third."})).await.expect(201);
    let (lines, meanwhile) = lab.results(&project, &since(&end, "")).await;
    assert_eq!(names(&lines), ["t3"]);
    held.0.send(()).unwrap();
    late.join().unwrap().unwrap();
    let (lines, last) = lab.results(&project, &since(&meanwhile, "")).await;
    assert_eq!(names(&lines), ["t2", "t3"], "the late one, and once more what was delivered after it began");
    let last = until_nothing_is_new(&lab, &project, (last, "")).await;
    assert_eq!(names(&lab.results(&project, "").await.0), ["t1", "t2", "t3"]);

    // The token is this lab's and for this project alone.
    let other = world.open_project(&lab, json!({})).await;
    let rival = world.lab("1.00").await;
    let token = since(&last, "");
    let altered = token.replace("?after=", "?after=A");
    for (who, path) in [
        (&lab, format!("/v1/projects/{other}/results{token}")),
        (&rival, format!("/v1/projects/{project}/results{token}")),
        (&lab, format!("/v1/projects/{project}/results{altered}")),
    ] {
        assert_eq!(who.get(&path).await.expect(400).code(), "invalid_cursor");
    }
    // One row for each export that began, one manifest for each that ended.
    let rows = world.count("SELECT count(*) FROM access_log WHERE object_kind = 'project.results'");
    let ended = world.count("SELECT count(*) FROM outbox WHERE kind = 'project.results_exported'");
    assert!(rows >= 6 && rows == ended, "{rows} began, {ended} ended");
    world.stop().await;
}

/// Where an export of these results goes on: `?after=`, and `&batch_id=` where it is of a batch.
fn since(end: &Value, batch: &str) -> String {
    format!("?after={}{batch}", end["next_after"].as_str().unwrap())
}

/// Goes on exporting until nothing is told. What was delivered beside a transaction that is still running comes twice, and
/// transactions are counted through all databases of the cluster, those of other tests among them.
async fn until_nothing_is_new(lab: &Someone, project: &str, (mut end, batch): (Value, &str)) -> Value {
    for _ in 0..600 {
        let (lines, next) = lab.results(project, &since(&end, batch)).await;
        if lines.is_empty() {
            return next;
        }
        end = next;
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the same answers are told for half a minute");
}

/// Answers of very different size, so that one stretch of an export is several pages, another less than one, and the last has
/// no end: none is left out, none told twice, and their order is that of their delivery.
#[actix_web::test]
async fn an_export_is_whole_however_its_answers_are_cut() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("1000.00").await, world.crowd(1).await.remove(0));
    let terms = json!({"review": {"mode": "none"}, "bill_rate": usd("10.00"), "output_schema": {}});
    let project = world.open_project(&lab, terms).await;
    world.post_tasks(&lab, &project, 1..17).await.expect(201);
    let mut order = Vec::new();
    for number in 1..17 {
        let length = if (9..14).contains(&number) { 500_000 } else { 10 };
        let claim = expert.claim(&project).await.expect(201).json();
        expert.submit(&claim, json!("x".repeat(length))).await.expect(201);
        order.push(claim["id"].clone());
    }
    let (lines, end) = lab.results(&project, "").await;
    let told: Vec<_> = lines.iter().map(|line| line["assignment_id"].clone()).collect();
    assert_eq!(told, order);
    let lengths: Vec<_> = lines.iter().map(|line| line["answer"].as_str().unwrap().len()).collect();
    assert_eq!((lengths[7], lengths[8], lengths[12], lengths[13]), (10, 500_000, 500_000, 10));
    until_nothing_is_new(&lab, &project, (end, "")).await;
    world.stop().await;
}

/// Labels as they would be written with the acceptance.
fn label(world: &World, claim: &Value, expert: &Someone, code: i32) {
    world.alter(&format!(
        "INSERT INTO answer_label (assignment_id, label, lab_id, project_id, task_id, expert_id, code)
         SELECT id, 0, lab_id, project_id, task_id, '{}', {code} FROM assignment WHERE id = '{}'
         ON CONFLICT (assignment_id, label) DO UPDATE SET code = excluded.code",
        uuid(&expert.expert()),
        uuid(claim["id"].as_str().unwrap())
    ));
}

/// An adjudication as it would be written by whoever decides between the experts.
fn adjudicate(world: &World, lab: &Someone, task: &str, answer: &[u8]) {
    let (id, door, db) = (AdjudicationId(world.parts.db.ids().next()), &world.parts.door, &world.parts.db);
    let owner: LabId = lab.lab().parse().unwrap();
    let sealed = db
        .write_now(&db.system(), |conn, ctx| door.seal(conn, ctx, Owner::Lab(owner), adjudication_object(id), answer));
    diesel::sql_query(
        "INSERT INTO adjudication (id, lab_id, project_id, task_id, adjudicator_id, sealed_answer)
         SELECT $1, lab_id, project_id, id, id, $2 FROM task WHERE id = $3",
    )
    .bind::<Uuid, _>(id.0)
    .bind::<Binary, _>(&sealed.unwrap())
    .bind::<Uuid, _>(uuid(task).parse::<uuid::Uuid>().unwrap())
    .execute(&mut world.db.owner())
    .unwrap();
}

#[actix_web::test]
async fn a_completed_task_has_a_final_answer_unless_its_experts_disagree() {
    let world = World::new().await;
    let (lab, crowd) = (world.lab("1000.00").await, world.crowd(3).await);
    let terms = json!({"overlap": 3, "review": {"mode": "none"}, "bill_rate": usd("1.00"), "label_pointer": "/answer"});
    let project = world.open_project(&lab, terms).await;
    world.post_tasks(&lab, &project, 1..3).await.expect(201);
    for task in ["t1", "t2"] {
        for (number, expert) in crowd.iter().enumerate() {
            let claim = expert.claim(&project).await.expect(201).json();
            if task == "t2" && number == 2 {
                // A completed task alone has one.
                let (lines, _) = lab.results(&project, "").await;
                assert!(lines.iter().all(|line| line["final"].is_null() == (line["external_id"] == "t2")), "{lines:?}");
            }
            expert.submit(&claim, json!({"answer": format!("{task} {number}")})).await.expect(201);
            // Of the first, two agree; of the second, nobody does.
            label(&world, &claim, expert, if task == "t1" { [7, 8, 8][number] } else { 10 + number as i32 });
        }
    }
    let (lines, _) = lab.results(&project, "").await;
    let finals = |lines: &[Value], task: &str| -> Vec<Value> {
        lines.iter().filter(|line| line["external_id"] == task).map(|line| line["final"].clone()).collect()
    };
    let agreed = json!({"answer": {"answer": "t1 1"}, "by": "consensus"});
    assert_eq!(finals(&lines, "t1"), [agreed.clone(), agreed.clone(), agreed]);
    assert_eq!(finals(&lines, "t2"), [Value::Null, Value::Null, Value::Null]);
    let task = lines.iter().find(|line| line["external_id"] == "t2").unwrap()["task_id"].as_str().unwrap();
    adjudicate(&world, &lab, task, br#"{"answer":"neither"}"#);
    let (lines, _) = lab.results(&project, "").await;
    let decided = json!({"answer": {"answer": "neither"}, "by": "adjudication"});
    assert_eq!(finals(&lines, "t2"), [decided.clone(), decided.clone(), decided]);

    let alone = world.open_project(&lab, json!({"review": {"mode": "none"}, "bill_rate": usd("1.00")})).await;
    world.post_tasks(&lab, &alone, 1..2).await.expect(201);
    let claim = crowd[0].claim(&alone).await.expect(201).json();
    crowd[0].submit(&claim, json!({"answer": "Mine."})).await.expect(201);
    let (lines, _) = lab.results(&alone, "").await;
    assert_eq!(finals(&lines, "t1"), [json!({"answer": {"answer": "Mine."}, "by": "single"})]);
    world.stop().await;
}

#[actix_web::test]
async fn answers_come_again_when_the_final_one_changes() {
    let world = World::new().await;
    let (lab, crowd) = (world.lab("1000.00").await, world.crowd(2).await);
    let terms = json!({"overlap": 2, "review": {"mode": "none"}, "bill_rate": usd("1.00"), "label_pointer": "/answer"});
    let project = world.open_project(&lab, terms).await;
    let posted: Vec<Value> = (1..3).map(|number| in_batch(number, "b")).collect();
    lab.import(&project, &posted).await.expect(200);
    // The first task is half done when it is exported; a batch's export goes its own way.
    let first = crowd[0].claim(&project).await.expect(201).json();
    crowd[0].submit(&first, json!({"answer": "mine"})).await.expect(201);
    let (lines, whole) = lab.results(&project, "").await;
    let (_, batch) = lab.results(&project, "?batch_id=b").await;
    assert_eq!((names(&lines), &lines[0]["final"]), (vec!["t1"], &Value::Null));
    let whole = until_nothing_is_new(&lab, &project, (whole, "")).await;
    let batch = until_nothing_is_new(&lab, &project, (batch, "&batch_id=b")).await;
    // Another answer completes it: what was exported is told again, with what the task came to.
    let second = crowd[1].claim(&project).await.expect(201).json();
    crowd[1].submit(&second, json!({"answer": "mine"})).await.expect(201);
    for (path, end) in [("", &whole), ("&batch_id=b", &batch)] {
        let (lines, _) = lab.results(&project, &since(end, path)).await;
        assert_eq!(names(&lines), ["t1", "t1"], "{path}");
        assert!(lines.iter().all(|line| line["final"]["by"] == "consensus"), "{lines:?}");
        assert_ne!(lines[0]["assignment_id"], lines[1]["assignment_id"]);
    }
    let whole = until_nothing_is_new(&lab, &project, (whole, "")).await;
    let batch = until_nothing_is_new(&lab, &project, (batch, "&batch_id=b")).await;
    // Nothing new is delivered, but somebody decides otherwise.
    adjudicate(&world, &lab, lines[0]["task_id"].as_str().unwrap(), br#"{"answer":"theirs"}"#);
    for (path, end) in [("", &whole), ("&batch_id=b", &batch)] {
        let (lines, _) = lab.results(&project, &since(end, path)).await;
        let decided = json!({"answer": {"answer": "theirs"}, "by": "adjudication"});
        assert_eq!(names(&lines), ["t1", "t1"], "{path}");
        assert!(lines.iter().all(|line| line["final"] == decided), "{lines:?}");
    }
    // A task of which the first answer is also the last needs no second telling, nor does a claim.
    let alone = world.open_project(&lab, json!({"review": {"mode": "none"}, "bill_rate": usd("1.00")})).await;
    world.post_tasks(&lab, &alone, 1..2).await.expect(201);
    let claim = crowd[0].claim(&alone).await.expect(201).json();
    crowd[0].submit(&claim, json!({"answer": "Mine."})).await.expect(201);
    let project = alone.parse::<ProjectId>().unwrap().0;
    assert_eq!(world.count(&format!("SELECT count(*) FROM final_change WHERE project_id = '{project}'")), 0);
    world.stop().await;
}
