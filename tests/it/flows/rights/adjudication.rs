//! Adjudication.

use collegium::kernel::Role;
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::*;

/// Labels of the accepted answers, as they are measured: each its own.
fn label_answers(world: &World) {
    let insert = "INSERT INTO answer_label (assignment_id, label, lab_id, project_id, task_id, expert_id, code)
        SELECT id, 0, lab_id, project_id, task_id, expert_id, row_number() OVER () FROM assignment WHERE counted
        ON CONFLICT DO NOTHING";
    diesel::sql_query(insert).execute(&mut world.db.owner()).unwrap();
}

#[actix_web::test]
async fn a_disagreement_is_adjudicated_once_by_somebody_else() {
    let world = World::new().await;
    let (lab, rival) = (world.lab("1000.00").await, world.lab("1000.00").await);
    let experts = [world.bare_expert().await, world.bare_expert().await];
    let (reviewer, judge) = (world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let third = world.staff(Role::Reviewer).await;
    let with = json!({"overlap": 2, "label_pointer": "/answer"});
    let project = world.open_project(&lab, with).await;
    let posted = world.post_tasks(&lab, &project, 1..2).await.expect(201).json();
    let task = posted["tasks"][0].as_str().unwrap();
    let (path, list) = (format!("/v1/tasks/{task}/adjudication"), format!("/v1/projects/{project}/disagreements"));
    let good = json!({"answer": {"answer": "Neither."}, "comment": "Both misread the table."});
    for (expert, answer) in experts.iter().zip(["Yes.", "No."]) {
        let (_, submission) = answered(expert, &project, answer).await;
        assert_eq!(judge.post(&path, good.clone()).await.expect(409).code(), "invalid_state");
        reviewer.review(&submission, json!({"decision": "accept"})).await.expect(201);
    }
    label_answers(&world);
    assert_eq!(judge.get(&list).await.expect(200).json()["data"], json!([{"task_id": task, "labels": [0]}]));
    assert_eq!(reviewer.post(&path, good.clone()).await.expect(403).code(), "took_part");
    let wish = json!({"project_id": project});
    reviewer.post("/v1/adjudications/claim", wish.clone()).await.expect(204);
    let claimed = judge.post("/v1/adjudications/claim", wish.clone()).await.expect(201);
    let mut answers: Vec<Value> =
        claimed.json()["answers"].as_array().unwrap().iter().map(|one| one["answer"]["answer"].clone()).collect();
    answers.sort_by_key(ToString::to_string);
    assert_eq!(
        (answers, &claimed.json()["input"]["question"]),
        (vec![json!("No."), json!("Yes.")], &json!("What of case 1?"))
    );
    assert!(!claimed.text().contains("exp_") && !claimed.text().contains(&reviewer.account_id()));
    third.post("/v1/adjudications/claim", wish).await.expect(204);
    let held = third.post("/v1/adjudications/claim", json!({"task_id": task})).await.expect(409);
    assert_eq!(
        (held.code().as_str(), third.post(&path, good.clone()).await.expect(409).code().as_str()),
        ("in_hand", "in_hand")
    );
    third.get(&format!("/v1/adjudications/{}", claimed.id())).await.expect(404);
    let misfit = judge.post(&path, json!({"answer": {"answer": 7}})).await.expect(422);
    assert_eq!(misfit.pointers(), ["/answer/answer"]);
    let decided = judge.post(&path, good.clone()).await.expect(201);
    assert_eq!((decided.id(), &decided.json()["answer"]), (claimed.id(), &json!({"answer": "Neither."})));
    assert_eq!(decided.json()["answers"], Value::Null);
    assert_eq!(third.post(&path, good).await.expect(409).code(), "duplicate_request");
    let own = judge.get("/v1/adjudications").await.expect(200).json();
    assert_eq!((own["data"].as_array().unwrap().len(), &own["data"][0]["answer"]), (1, &Value::Null));
    let delivered = lab.get(&path).await.expect(200);
    assert_eq!(delivered.json()["answer"], json!({"answer": "Neither."}));
    assert!(!delivered.text().contains(&judge.account_id()));
    rival.get(&path).await.expect(404);
    assert_eq!(judge.get(&list).await.expect(200).json()["data"], json!([]));
    world.stop().await;
}
