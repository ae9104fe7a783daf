//! Instructions that change while work goes on.

use collegium::kernel::Role;
use serde_json::json;

use super::uuid;
use crate::harness::{World, usd};

#[actix_web::test]
async fn work_is_shown_what_it_was_claimed_under_and_acknowledges_what_is_new() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("1000.00").await, world.crowd(1).await.remove(0));
    let project = world.open_project(&lab, json!({"instructions": "As at first."})).await;
    world.post_tasks(&lab, &project, 1..4).await.expect(201);
    let path = format!("/v1/projects/{project}");
    let first = expert.claim(&project).await.expect(201).json();
    assert_eq!(first["project"]["instructions_version"], 1);
    for text in ["As thought better of.", "As it is now."] {
        let etag = lab.get(&path).await.expect(200).etag();
        lab.patch(&path, &etag, json!({"instructions": text})).await.expect(200);
    }
    let etag = lab.get(&path).await.expect(200).etag();
    let more =
        json!({"budget": usd("200000000.00"), "deadline": "2099-01-01T00:00:00Z", "review": {"max_revisions": 3}});
    lab.patch(&path, &etag, more).await.expect(200);
    let etag = lab.get(&path).await.expect(200).etag();
    for fixed in [json!({"overlap": 2}), json!({"output_schema": {}}), json!({"bill_rate": usd("1.00")})] {
        lab.patch(&path, &etag, fixed).await.expect(422);
    }
    let shown = expert.get(&format!("/v1/assignments/{}", first["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!(
        (&shown["project"]["instructions"], &shown["project"]["instructions_version"]),
        (&json!("As at first."), &json!(1))
    );
    let submitted = expert.submit(&first, json!({"answer": "By the first."})).await.expect(201).id();
    let reviewer = world.staff(Role::Reviewer).await;
    let taken = reviewer.post("/v1/reviews/claim", json!({"project_id": project})).await.expect(201).json();
    assert_eq!((&taken["submission_id"], &taken["instructions"]), (&json!(submitted), &json!("As at first.")));

    let second = expert.claim(&project).await.expect(201).json();
    assert_eq!(second["project"]["instructions"], "As it is now.");
    let id = second["id"].as_str().unwrap();
    world.alter(&format!("UPDATE assignment SET brief_changed = true WHERE id = '{}'", uuid(id)));
    let shown = expert.get(&format!("/v1/assignments/{id}")).await.expect(200).json();
    let told = (&shown["project"]["instructions_version"], &shown["project"]["instructions_changed"]);
    assert_eq!(told, (&json!(3), &json!(true)));
    let hand_in = async |acknowledged: Option<i32>| {
        let mut body =
            json!({"lease_token": second["lease"]["token"], "answer": {"answer": "Now."}, "time_spent_seconds": 0});
        if let Some(version) = acknowledged {
            body["acknowledged_version"] = json!(version);
        }
        expert.post(&format!("/v1/assignments/{id}/submissions"), body).await
    };
    for (acknowledged, code) in [(None, "required"), (Some(2), "not_current")] {
        let refused = hand_in(acknowledged).await.expect(422);
        assert_eq!(refused.pointers(), ["/acknowledged_version"]);
        assert_eq!(refused.json()["errors"][0]["code"], code);
    }
    hand_in(Some(3)).await.expect(201);
    world.stop().await;
}

/// The lab asks for other scores while an answer waits: it is judged by what its reviewer is shown.
#[actix_web::test]
async fn scores_go_by_the_rubric_that_is_shown() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("1000.00").await, world.crowd(1).await.remove(0));
    let reviewer = world.staff(Role::Reviewer).await;
    let rubric = |name: &str| json!([{"criterion": name, "description": "How much of it there is.", "weight": 1}]);
    let with = json!({"review": {"mode": "all", "levels": 1, "rubric": rubric("clarity")}});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let claim = expert.claim(&project).await.expect(201).json();
    expert.submit(&claim, json!({"answer": "Clearly."})).await.expect(201);
    let path = format!("/v1/projects/{project}");
    let etag = lab.get(&path).await.expect(200).etag();
    lab.patch(&path, &etag, json!({"review": {"rubric": rubric("depth")}})).await.expect(200);
    let taken = reviewer.post("/v1/reviews/claim", json!({"project_id": project})).await.expect(201).json();
    assert_eq!(taken["rubric"][0]["criterion"], "clarity");
    let submission = taken["submission_id"].as_str().unwrap();
    let other = reviewer.review(submission, json!({"decision": "accept", "scores": {"depth": 4}})).await.expect(422);
    assert_eq!(other.pointers(), ["/scores/depth"]);
    let made = reviewer.review(submission, json!({"decision": "accept", "scores": {"clarity": 4}})).await.expect(201);
    assert_eq!(made.json()["scores"], json!({"clarity": 4}));
    world.stop().await;
}
