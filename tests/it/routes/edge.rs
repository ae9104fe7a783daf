//! What holds for every route: problems, preconditions, cursors, health, the document.

use collegium::kernel::Role;
use serde_json::json;

use crate::harness::World;

#[actix_web::test]
async fn every_error_is_a_problem_that_names_its_request() {
    let world = World::new().await;
    let owner = world.pending_lab().await;
    let json_type = [("content-type", "application/json")];
    let cases = [
        (world.nobody.get("/v1/nowhere").await, 404, "not_found"),
        (
            world.nobody.send(reqwest::Method::PUT, "/v1/labs", &json_type, b"{}".to_vec()).await,
            405,
            "method_not_allowed",
        ),
        (world.nobody.send(reqwest::Method::POST, "/v1/labs", &json_type, b"{".to_vec()).await, 400, "malformed_json"),
        (
            world
                .nobody
                .send(reqwest::Method::POST, "/v1/labs", &json_type, br#"{"name":"a","name":"b"}"#.to_vec())
                .await,
            400,
            "malformed_json",
        ),
        (
            world.nobody.send(reqwest::Method::POST, "/v1/labs", &[], b"{}".to_vec()).await,
            415,
            "unsupported_media_type",
        ),
        (
            world.nobody.send(reqwest::Method::POST, "/v1/labs", &json_type, vec![b' '; 3_000_000]).await,
            413,
            "payload_too_large",
        ),
        (world.nobody.get("/v1/labs").await, 401, "unauthenticated"),
        (world.nobody.with("wrong", json!(null)).get("/v1/labs").await, 401, "unauthenticated"),
        (owner.get("/v1/labs").await, 403, "forbidden"),
        (owner.get("/v1/labs/lab_nonsense").await, 404, "not_found"),
        (owner.get("/v1/labs/lab_01h455vb4pex5vsknk084sn02q").await, 404, "not_found"),
        (owner.get("/v1/api-keys?cursor=abc").await, 400, "invalid_cursor"),
        (owner.get("/v1/api-keys?limit=0").await, 422, "invalid"),
    ];
    for (reply, status, code) in cases {
        let reply = reply.expect(status);
        assert_eq!(reply.header("content-type").as_deref(), Some("application/problem+json"), "{code}");
        let body = reply.json();
        assert_eq!((body["code"].as_str(), body["status"].as_u64()), (Some(code), Some(u64::from(status))));
        assert_eq!(body["request_id"].as_str(), reply.header("x-request-id").as_deref(), "{code}");
        assert_eq!(body["type"], format!("/problems/{code}"));
        let page = world.nobody.get(body["type"].as_str().unwrap()).await.expect(200);
        assert!(page.text().contains(code));
    }
    world.stop().await;
}

#[actix_web::test]
async fn a_wrong_query_names_its_parameter() {
    let world = World::new().await;
    let (owner, operations) = (world.pending_lab().await, world.staff(Role::Operations).await);
    for (reply, pointer, code) in [
        (owner.get("/v1/projects?stat=open").await, "?stat", "unknown_field"),
        (owner.get("/v1/projects?state=opened").await, "?state", "unknown_word"),
        (owner.get("/v1/projects?limit=many").await, "?limit", "invalid"),
        (operations.get("/v1/experts?q=law&feild=0421").await, "?feild", "unknown_field"),
        (operations.get("/v1/commissions/payroll").await, "?period", "required"),
    ] {
        let reply = reply.expect(422);
        assert_eq!(reply.pointers(), [pointer]);
        assert_eq!(reply.json()["errors"][0]["code"], code);
    }
    world.stop().await;
}

#[actix_web::test]
async fn another_labs_object_is_as_one_that_does_not_exist() {
    let world = World::new().await;
    let (mine, theirs) = (world.pending_lab().await, world.pending_lab().await);
    let foreign = mine.get(&format!("/v1/labs/{}", theirs.lab())).await.expect(404);
    let missing = mine.get("/v1/labs/lab_01h455vb4pex5vsknk084sn02q").await.expect(404);
    let without_id = |reply: crate::harness::Reply| {
        let mut body = reply.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    assert_eq!(without_id(foreign), without_id(missing));
    world.stop().await;
}

#[actix_web::test]
async fn lists_go_page_by_page_and_cursors_belong_to_their_caller() {
    let world = World::new().await;
    let operations = world.staff(Role::Operations).await;
    let finance = world.staff(Role::Finance).await;
    for _ in 0..5 {
        world.pending_lab().await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/labs?limit=2".to_owned();
    loop {
        let page = operations.get(&path).await.expect(200).json();
        seen.extend(page["data"].as_array().unwrap().iter().map(|lab| lab["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        finance.get(&format!("/v1/labs?limit=2&cursor={cursor}")).await.expect(400);
        path = format!("/v1/labs?limit=2&cursor={cursor}");
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!((seen.len(), sorted.len()), (5, 5));
    world.stop().await;
}

#[test]
fn the_document_in_docs_is_the_one_that_is_served() {
    let written = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json")).unwrap();
    let served = collegium::app::openapi().to_pretty_json().unwrap() + "\n";
    assert!(written == served, "run: cargo run -- openapi > docs/openapi.json");
}

#[actix_web::test]
async fn health_metrics_and_the_document_are_served() {
    let world = World::new().await;
    assert_eq!(world.nobody.get("/livez").await.expect(200).text(), "alive\n");
    assert_eq!(world.nobody.get("/readyz").await.expect(200).text(), "ready\n");
    let metrics = reqwest::get(format!("{}/metrics", world.metrics)).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("collegium_http_request_seconds_count"));
    let document = world.nobody.get("/v1/openapi.json").await.expect(200).json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let page = world.nobody.get("/docs/").await.expect(200).text();
    assert!(page.contains("swagger-ui") && !page.contains("https://"), "the viewer loads nothing from elsewhere");
    world.parts.draining.store(true, std::sync::atomic::Ordering::SeqCst);
    let stopping = world.nobody.get("/readyz").await.expect(503);
    assert_eq!(stopping.json()["detail"], "stopping");
    world.stop().await;
}
