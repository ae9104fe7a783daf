//! Finding things again: projects and experts by words, credentials by state, tasks by what is known of them.

use collegium::kernel::Role;
use serde_json::{Value, json};

use super::names;
use crate::harness::{Someone, World, task};

async fn found(who: &Someone, path: &str, member: &str) -> Vec<String> {
    let list = who.get(path).await.expect(200).json();
    let mut found: Vec<String> =
        list["data"].as_array().unwrap().iter().map(|row| row[member].as_str().unwrap().to_owned()).collect();
    found.sort();
    found
}

#[actix_web::test]
async fn projects_experts_and_credentials_are_found_by_words_and_by_state() {
    let world = World::new().await;
    let (lab, rival) = (world.lab("1000.00").await, world.lab("1000.00").await);
    let operations = world.staff(Role::Operations).await;
    for title in ["Grading of essays in chemistry", "Comparing legal essays"] {
        world.open_project(&lab, json!({"title": title})).await;
    }
    world.open_project(&rival, json!({"title": "Essays on ribosomes"})).await;
    assert_eq!(found(&lab, "/v1/projects?q=essay", "title").await.len(), 2, "stemmed, and the lab's own alone");
    assert_eq!(found(&operations, "/v1/projects?q=essay", "title").await.len(), 3);
    assert_eq!(
        found(&operations, "/v1/projects?q=essay+-legal+-ribosome", "title").await,
        ["Grading of essays in chemistry"]
    );
    assert!(found(&lab, "/v1/projects?q=%22essays+chemistry+grading%22", "title").await.is_empty());
    assert!(found(&lab, "/v1/projects?q=%27+%21+%28", "title").await.is_empty(), "no syntax to get wrong");

    let expert = world.bare_expert().await;
    let (waiting, verified) =
        (world.state_degree(&expert, "0511", "doctoral").await, world.state_degree(&expert, "0512", "master").await);
    world.verify(&verified).await;
    let (ada, jo) = (world.plain_expert().await.expert(), expert.expert());
    for (query, expected) in [
        ("q=hopkins", &jo),
        ("q=jo+doe", &jo),
        ("q=ada", &ada),
        ("q=degree&field=051&level=bachelor&country=US&language=en&state=active", &jo),
    ] {
        assert_eq!(
            found(&operations, &format!("/v1/experts?{query}"), "id").await,
            std::slice::from_ref(expected),
            "{query}"
        );
    }
    assert!(found(&operations, "/v1/experts?q=hopkins&level=doctoral", "id").await.is_empty(), "not verified");
    assert_eq!(found(&operations, "/v1/credentials?state=pending", "id").await, [waiting]);
    assert_eq!(found(&operations, "/v1/credentials?state=verified", "id").await, [verified]);
    assert_eq!(found(&operations, "/v1/credentials", "id").await.len(), 2);
    lab.get("/v1/experts?q=ada").await.expect(403);
    world.stop().await;
}

#[actix_web::test]
async fn tasks_are_narrowed_by_each_filter_and_by_several() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("10000.00").await, world.crowd(1).await.remove(0));
    let project = world.open_project(&lab, json!({"review": {"mode": "none"}})).await;
    let mut tasks: Vec<Value> = (1..7).map(task).collect();
    tasks[0]["priority"] = json!(90);
    tasks[1]["priority"] = json!(90);
    for place in [1, 2, 3] {
        tasks[place]["batch_id"] = json!("b");
    }
    tasks[5]["gold"] = json!({"answer": {"answer": "Yes."}, "explanation": "It is."});
    lab.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": tasks})).await.expect(201);
    let done = expert.claim(&project).await.expect(201).json();
    expert.submit(&done, json!({"answer": "Done."})).await.expect(201);
    expert.claim(&project).await.expect(201);
    let path = format!("/v1/projects/{project}/tasks");
    let gone = lab.get(&format!("{path}?external_id=t5")).await.expect(200).json()["data"][0]["id"].clone();
    lab.post(&format!("/v1/tasks/{}/cancel", gone.as_str().unwrap()), json!({})).await.expect(200);
    for (query, expected) in [
        ("state=open", vec!["t3", "t4"]),
        ("state=in_progress", vec!["t2"]),
        ("state=completed", vec!["t1"]),
        ("state=cancelled", vec!["t5"]),
        ("state=open&gold=true", vec!["t6"]),
        ("gold=true", vec!["t6"]),
        ("gold=false&priority=50", vec!["t3", "t4", "t5"]),
        ("priority=90", vec!["t1", "t2"]),
        ("priority=90&batch_id=b", vec!["t2"]),
        ("batch_id=b", vec!["t2", "t3", "t4"]),
        ("external_id=t4&batch_id=b&state=open", vec!["t4"]),
        ("external_id=nothing", vec![]),
    ] {
        let list = lab.get(&format!("{path}?{query}")).await.expect(200).json();
        assert_eq!(names(list["data"].as_array().unwrap()), expected, "{query}");
    }
    // A cursor holds for its filter alone.
    let page = lab.get(&format!("{path}?batch_id=b&limit=2")).await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    lab.get(&format!("{path}?limit=2&cursor={cursor}")).await.expect(400);
    let rest = lab.get(&format!("{path}?batch_id=b&limit=2&cursor={cursor}")).await.expect(200).json();
    assert_eq!(names(rest["data"].as_array().unwrap()), ["t2"]);
    world.stop().await;
}
