//! Questions about a project, by code names on both sides.

use collegium::kernel::Role;
use serde_json::json;

use super::uuid;
use crate::harness::{Someone, World};

/// What a claim leaves behind.
fn engage(world: &World, expert: &Someone, project: &str) {
    world.alter(&format!(
        "INSERT INTO engagement (expert_id, project_id, lab_id, brief_version)
         SELECT '{}', id, lab_id, 1 FROM project WHERE id = '{}' ON CONFLICT DO NOTHING",
        uuid(&expert.expert()),
        uuid(project)
    ));
}

#[actix_web::test]
async fn experts_ask_and_the_lab_answers_and_neither_learns_who() {
    let world = World::new().await;
    let (lab, rival) = (world.lab("100.00").await, world.lab("100.00").await);
    let [asker, other, stranger] = <[Someone; 3]>::try_from(world.crowd(3).await).unwrap();
    let project = world.open_project(&lab, json!({})).await;
    engage(&world, &asker, &project);
    engage(&world, &other, &project);
    let path = format!("/v1/projects/{project}/questions");
    let question = json!({"question": "Does a preprint count as a source?"});
    stranger.post(&path, question.clone()).await.expect(404);
    lab.post(&path, question.clone()).await.expect(403);
    assert_eq!(asker.post(&path, json!({"question": " "})).await.expect(422).pointers(), ["/question"]);
    let asked = asker.post(&path, question).await.expect(201);
    let one = format!("/v1/questions/{}", asked.id());
    assert_eq!((&asked.json()["own"], &asked.json()["answer"]), (&json!(true), &json!(null)));

    let seen = lab.get(&path).await.expect(200);
    let row = &seen.json()["data"][0];
    assert_eq!(row["question"], "Does a preprint count as a source?");
    assert!(row["asked_by"].as_str().unwrap().starts_with("xpn_") && row.get("own").is_none());
    for secret in [asker.expert(), "exp_".to_owned(), "Jo Doe".to_owned()] {
        assert!(!seen.text().contains(&secret), "{}", seen.text());
    }
    for who in [&rival, &stranger] {
        who.get(&path).await.expect(404);
        who.get(&one).await.expect(404);
    }
    world.staff(Role::Operations).await.get(&path).await.expect(403);
    let answer = format!("{one}/answer");
    asker.post(&answer, json!({"answer": "I think so."})).await.expect(403);
    rival.post(&answer, json!({"answer": "Yes."})).await.expect(404);
    let viewer = world.member(&lab, Role::LabViewer).await;
    viewer.post(&answer, json!({"answer": "Yes."})).await.expect(403);
    lab.post(&answer, json!({"answer": "Only with a DOI."})).await.expect(200);
    assert_eq!(lab.post(&answer, json!({"answer": "Or not."})).await.expect(409).code(), "invalid_state");

    let told = other.get(&path).await.expect(200);
    let row = &told.json()["data"][0];
    assert_eq!((&row["own"], &row["answer"], row.get("asked_by")), (&json!(false), &json!("Only with a DOI."), None));
    for secret in [lab.lab(), "lab_".to_owned(), "Acme".to_owned(), "acc_".to_owned(), asker.expert()] {
        assert!(!told.text().contains(&secret), "{}", told.text());
    }
    assert_eq!(asker.get(&one).await.expect(200).json()["own"], true);
    let events = "SELECT count(*) FROM outbox WHERE kind LIKE 'question.%' AND body::text NOT LIKE '%exp_%'";
    assert_eq!(world.count(events), 2);
    assert_eq!(
        world.count("SELECT count(*) FROM question WHERE encode(sealed_question, 'escape') LIKE '%preprint%'"),
        0
    );
    assert!(world.count("SELECT count(*) FROM access_log WHERE object_kind LIKE 'question.%'") >= 6);

    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    assert_eq!(asker.post(&path, json!({"question": "And now?"})).await.expect(409).code(), "invalid_state");
    world.stop().await;
}
