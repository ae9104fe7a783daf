//! Files of a project: put, listed, replaced, removed, read by ranges, and by whom.

use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Reply, Someone, World};

/// A project whose tasks name a scan.
pub async fn project_of_scans(world: &World, lab: &Someone, with: Value) -> String {
    let mut terms = json!({"input_schema": {"type": "object", "required": ["scan"], "additionalProperties": false,
        "properties": {"scan": {"type": "string", "format": "collegium-file"},
            "prior": {"type": "array", "items": {"type": "string", "format": "collegium-file"}}}}});
    for (name, value) in with.as_object().unwrap() {
        terms[name] = value.clone();
    }
    world.open_project(lab, terms).await
}

pub async fn put(who: &Someone, path: &str, headers: &[(&str, &str)], bytes: &[u8]) -> Reply {
    who.send(Method::PUT, path, headers, bytes.to_vec()).await
}

pub async fn post_task(lab: &Someone, project: &str, name: &str, input: Value) -> Reply {
    let tasks = json!({"tasks": [{"external_id": name, "input": input}]});
    lab.post(&format!("/v1/projects/{project}/tasks"), tasks).await
}

#[actix_web::test]
async fn a_file_is_put_listed_replaced_and_removed() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let files = format!("/v1/projects/{project}/files");
    let path = format!("{files}/chest%20x-ray.png");
    let png = b"\x89PNG\r\n\x1a\n and more";
    let stored = put(&lab, &path, &[("content-type", "image/png")], png).await.expect(201);
    let view = stored.json();
    assert_eq!((&view["name"], &view["bytes"]), (&json!("chest x-ray.png"), &json!(png.len())));
    assert_eq!((&view["media_type"], view.get("stripped")), (&json!("image/png"), None));
    assert_eq!(view["etag"], stored.etag());
    assert_eq!(view["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(put(&lab, &path, &[], b"x").await.expect(428).code(), "precondition_required");
    assert_eq!(put(&lab, &path, &[("if-match", "\"1\"")], b"x").await.expect(412).code(), "precondition_failed");
    let replaced = put(&lab, &path, &[("if-match", &stored.etag())], b"x").await.expect(200);
    assert_ne!(replaced.etag(), stored.etag());
    assert_eq!(replaced.id(), stored.id());
    assert_eq!(lab.get(&path).await.expect(200).bytes, b"x");
    let listed = lab.get(&files).await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(listed["data"][0]["name"], "chest x-ray.png");
    assert_eq!(world.count("SELECT count(*) FROM access_log WHERE object_kind = 'project.files'"), 1);
    let seen = lab.call(Method::HEAD, &path, &[], None).await.expect(200);
    assert_eq!(seen.header("content-length").as_deref(), Some("1"));
    assert_eq!((seen.etag(), seen.bytes.len()), (replaced.etag(), 0));
    lab.delete(&path).await.expect(204);
    lab.get(&path).await.expect(404);
    lab.delete(&path).await.expect(404);
    world.stop().await;
}

#[actix_web::test]
async fn what_a_file_may_be() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let path = |name: &str| format!("/v1/projects/{project}/files/{name}");
    let png = ("content-type", "image/png");
    assert_eq!(
        put(&lab, &path("a.png"), &[png], b"\xff\xd8\xff\xe0").await.expect(415).code(),
        "unsupported_media_type"
    );
    put(&lab, &path("a.png"), &[("content-type", "png")], b"x").await.expect(415);
    put(&lab, &path("a%0Ab"), &[], b"x").await.expect(422);
    put(&lab, &path(&"x".repeat(201)), &[], b"x").await.expect(422);
    assert_eq!(world.count("SELECT count(*) FROM file"), 0);
    put(&lab, &path(&"x".repeat(200)), &[], b"").await.expect(201);
    let empty = lab.get(&path(&"x".repeat(200))).await.expect(200);
    assert_eq!((empty.bytes.len(), empty.header("content-length").as_deref()), (0, Some("0")));
    world.stop().await;
}

#[actix_web::test]
async fn ranges_are_those_of_the_standard() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let path = format!("/v1/projects/{project}/files/audio.wav");
    // Three chunks and a bit, so that ranges begin, end and lie across them.
    let bytes: Vec<u8> = (0..200_000u32).map(|at| (at % 251) as u8).collect();
    let etag = put(&lab, &path, &[("content-type", "application/x-sound")], &bytes).await.expect(201).etag();
    let get = async |headers: &[(&str, &str)]| lab.call(Method::GET, &path, headers, None).await;
    let whole = get(&[]).await.expect(200);
    assert_eq!(whole.bytes, bytes);
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("content-length", "200000"),
        ("content-type", "application/x-sound"),
        ("content-disposition", "attachment; filename=\"audio.wav\"; filename*=UTF-8''audio.wav"),
    ] {
        assert_eq!(whole.header(name).as_deref(), Some(value), "{name}");
    }
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=0-499", 0, 500),
        ("bytes=65535-65536", 65_535, 65_537),
        ("bytes=65536-131071", 65_536, 131_072),
        ("bytes=199999-", 199_999, 200_000),
        ("bytes=-500", 199_500, 200_000),
        ("bytes=1000-999999", 1000, 200_000),
    ] {
        let part = get(&[("range", range)]).await.expect(206);
        assert_eq!(part.bytes, bytes[from..to], "{range}");
        assert_eq!(part.header("content-range").unwrap(), format!("bytes {from}-{}/200000", to - 1));
        assert_eq!(part.header("content-length").unwrap(), (to - from).to_string());
    }
    assert_eq!(get(&[("range", "bytes=0-1,5-6")]).await.expect(200).bytes, bytes, "several: the whole");
    let beyond = get(&[("range", "bytes=200000-")]).await.expect(416);
    assert_eq!(beyond.header("content-range").as_deref(), Some("bytes */200000"));
    assert_eq!((beyond.code().as_str(), beyond.json()["request_id"].is_string()), ("range_not_satisfiable", true));
    get(&[("range", "bytes=0-1"), ("if-range", &etag)]).await.expect(206);
    get(&[("range", "bytes=0-1"), ("if-range", "\"another\"")]).await.expect(200);
    assert_eq!(get(&[("if-none-match", &etag)]).await.expect(304).bytes.len(), 0);
    let served = "SELECT sum(bytes) FROM access_log WHERE object_kind = 'file' AND purpose = 'own_lab'";
    let parts = 1 + 500 + 2 + 65_536 + 1 + 500 + 199_000 + 2;
    assert_eq!(world.count(served), 3 * 200_000 + parts, "what was served stands in the access log");
    world.stop().await;
}

#[actix_web::test]
async fn only_those_who_work_with_a_file_are_served_it() {
    let world = World::new().await;
    let (lab, other) = (world.lab("1000.00").await, world.lab("1000.00").await);
    let expert = world.bare_expert().await;
    let review = json!({"mode": "all", "levels": 1});
    let project = project_of_scans(&world, &lab, json!({"review": review})).await;
    let path = |name: &str| format!("/v1/projects/{project}/files/{name}");
    for name in ["one", "two"] {
        put(&lab, &path(name), &[], name.as_bytes()).await.expect(201);
    }
    post_task(&lab, &project, "t1", json!({"scan": "one"})).await.expect(201);
    let (idle, reviewer) = (world.bare_expert().await, world.staff(Role::Reviewer).await);
    expert.get(&path("one")).await.expect(404);
    let claimed = expert.claim(&project).await.expect(201).json();
    assert_eq!(expert.get(&path("one")).await.expect(200).bytes, b"one");
    assert_eq!(expert.call(Method::HEAD, &path("one"), &[], None).await.expect(200).bytes.len(), 0);
    expert.get(&path("two")).await.expect(404);
    for someone in [&idle, &reviewer, &other] {
        someone.get(&path("one")).await.expect(404);
        let refused = put(someone, &path("one"), &[("if-match", "*")], b"x").await;
        assert!([403, 404].contains(&refused.status.as_u16()), "{}", refused.text());
    }
    other.get(&format!("/v1/projects/{project}/files")).await.expect(404);
    other.delete(&path("one")).await.expect(404);
    let viewer = world.member(&lab, Role::LabViewer).await;
    viewer.get(&path("one")).await.expect(200);
    viewer.delete(&path("one")).await.expect(403);
    world.staff(Role::Operations).await.get(&path("one")).await.expect(403);
    expert.submit(&claimed, json!({"answer": "clear"})).await.expect(201);
    let review = reviewer.post("/v1/reviews/claim", json!({"project_id": project})).await.expect(201).json();
    assert_eq!(reviewer.get(&path("one")).await.expect(200).bytes, b"one");
    reviewer.get(&path("two")).await.expect(404);
    let submission = review["submission_id"].as_str().unwrap();
    reviewer.review(submission, json!({"decision": "accept"})).await.expect(201);
    reviewer.get(&path("one")).await.expect(404);
    expert.get(&path("one")).await.expect(404);
    let purposes = "SELECT count(DISTINCT purpose) FROM access_log WHERE object_kind = 'file'";
    assert_eq!(world.count(purposes), 3, "own_lab, claim, review");
    world.stop().await;
}

#[actix_web::test]
async fn a_claim_that_ended_serves_nothing() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("1000.00").await, world.bare_expert().await);
    let project = project_of_scans(&world, &lab, json!({})).await;
    let path = format!("/v1/projects/{project}/files/one");
    put(&lab, &path, &[], b"one").await.expect(201);
    post_task(&lab, &project, "t1", json!({"scan": "one"})).await.expect(201);
    let claimed = expert.claim(&project).await.expect(201).id();
    expert.get(&path).await.expect(200);
    expert.post(&format!("/v1/assignments/{claimed}/release"), json!({})).await.expect(200);
    expert.get(&path).await.expect(404);
    expert.claim(&project).await.expect(201);
    expert.get(&path).await.expect(200);
    world.move_clock(7_200);
    expert.get(&path).await.expect(404);
    world.move_clock(0);
    world.stop().await;
}

#[actix_web::test]
async fn inputs_name_files_that_are_there() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let path = |name: &str| format!("/v1/projects/{project}/files/{name}");
    put(&lab, &path("one"), &[], b"one").await.expect(201);
    let missing = post_task(&lab, &project, "t1", json!({"scan": "one", "prior": ["one", "old"]})).await.expect(422);
    assert_eq!(missing.pointers(), ["/tasks/0/input/prior/1"]);
    assert_eq!(missing.json()["errors"][0]["code"], "not_found");
    let lines = concat!(
        r#"{"external_id": "a", "input": {"scan": "one"}}"#,
        "\n",
        r#"{"external_id": "b", "input": {"scan": "x"}}"#,
        "\n",
    );
    let import = format!("/v1/projects/{project}/tasks/import");
    let headers = [("content-type", "application/x-ndjson")];
    let told = lab.send(Method::POST, &import, &headers, lines.as_bytes().to_vec()).await.expect(200).json();
    assert_eq!((&told["created"], &told["rejected"]), (&json!(1), &json!(1)), "{told}");
    assert_eq!(
        (&told["errors"][0]["pointer"], &told["errors"][0]["code"]),
        (&json!("/input/scan"), &json!("not_found"))
    );
    assert_eq!(world.count("SELECT count(*) FROM task_file"), 1);
    assert_eq!(put(&lab, &path("one"), &[("if-match", "*")], b"else").await.expect(409).code(), "file_in_use");
    assert_eq!(lab.delete(&path("one")).await.expect(409).code(), "file_in_use");
    world.stop().await;
}

#[actix_web::test]
async fn neither_names_nor_digests_stand_in_clear() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let view = put(&lab, &format!("/v1/projects/{project}/files/jane-roe.dcm"), &[], b"a canary of a scan").await;
    let sha256 = view.expect(201).json()["sha256"].as_str().unwrap().to_owned();
    let row = "SELECT count(*) FROM file f WHERE to_jsonb(f)::text ~ 'jane-roe|canary'";
    assert_eq!(world.count(row), 0);
    assert_eq!(world.count(&format!("SELECT count(*) FROM file f WHERE to_jsonb(f)::text LIKE '%{sha256}%'")), 0);
    let events = "SELECT count(*) FROM outbox o WHERE to_jsonb(o)::text ~ 'jane-roe|canary'";
    assert_eq!(world.count(events), 0);
    world.stop().await;
}
