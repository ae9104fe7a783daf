//! Files that experts deliver: without their author, and for whom.

use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::files::put;
use crate::harness::{Someone, World};

const AUTHOR: &[u8] = b"Jo Doe";

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|part| part == word)
}

/// A project whose answers name a report, and an expert who holds a task of it.
async fn at_work(world: &World, with: Value) -> (Someone, Someone, Value) {
    let (lab, expert) = (world.lab("1000.00").await, world.bare_expert().await);
    let mut terms = json!({"output_schema": {"type": "object", "required": ["report"],
        "properties": {"report": {"type": "string", "format": "collegium-file"}}}});
    for (name, value) in with.as_object().unwrap() {
        terms[name] = value.clone();
    }
    let project = world.open_project(&lab, terms).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let claimed = expert.claim(&project).await.expect(201).json();
    (lab, expert, claimed)
}

fn files_of(claimed: &Value) -> String {
    format!("/v1/assignments/{}/files", claimed["id"].as_str().unwrap())
}

#[actix_web::test]
async fn an_answer_names_a_file_of_its_assignment() {
    let world = World::new().await;
    let review = json!({"review": {"mode": "all", "levels": 1}});
    let (lab, expert, claimed) = at_work(&world, review).await;
    let path = format!("{}/report.txt", files_of(&claimed));
    let early = expert.submit(&claimed, json!({"report": "report.txt"})).await.expect(422);
    assert_eq!(early.pointers(), ["/answer/report"]);
    assert_eq!(early.json()["errors"][0]["code"], "not_found");
    let stored = put(&expert, &path, &[("content-type", "text/plain")], b"No finding.").await.expect(201);
    assert_eq!(stored.json()["stripped"], false, "plain text has no author to take out");
    let (stranger, reviewer) = (world.bare_expert().await, world.staff(Role::Reviewer).await);
    let other = world.lab("10.00").await;
    for someone in [&stranger, &reviewer, &lab, &other] {
        someone.get(&path).await.expect(404);
        someone.get(&files_of(&claimed)).await.expect(404);
    }
    put(&stranger, &path, &[], b"x").await.expect(404);
    expert.submit(&claimed, json!({"report": "report.txt"})).await.expect(201);
    let late = put(&expert, &path, &[("if-match", "*")], b"Another.").await.expect(409);
    assert_eq!(late.code(), "lease_expired");
    let review = reviewer.post("/v1/reviews/claim", json!({})).await.expect(201).json();
    assert_eq!(reviewer.get(&path).await.expect(200).bytes, b"No finding.");
    lab.get(&path).await.expect(404);
    let submission = review["submission_id"].as_str().unwrap();
    reviewer.review(submission, json!({"decision": "accept"})).await.expect(201);
    assert_eq!(lab.get(&path).await.expect(200).bytes, b"No finding.");
    let part = lab.call(Method::GET, &path, &[("range", "bytes=3-9")], None).await.expect(206);
    assert_eq!(part.bytes, b"finding");
    let listed = lab.get(&files_of(&claimed)).await.expect(200).json();
    assert_eq!(listed["data"][0]["name"], "report.txt");
    assert_eq!(expert.get(&path).await.expect(200).bytes, b"No finding.", "their own work");
    for someone in [&stranger, &reviewer, &other] {
        someone.get(&path).await.expect(404);
    }
    world.stop().await;
}

#[actix_web::test]
async fn what_is_delivered_has_no_author() {
    let world = World::new().await;
    let (_, expert, claimed) = at_work(&world, json!({})).await;
    let png = [
        &b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55"[..],
        b"\0\0\0\x0dtEXtAuthor\0Jo Doe\0\0\0\0",
        b"\0\0\0\0IEND\xae\x42\x60\x82",
    ]
    .concat();
    let jpeg = [
        &b"\xff\xd8\xff\xe1\0\x10Exif\0\0Jo Doe\0\0"[..],
        b"\xff\xfe\0\x08Jo Doe",
        b"\xff\xda\0\x02\x11\x22\xff\0\x33\xff\xd9",
    ]
    .concat();
    for (name, declared, bytes) in [
        ("scan.png", "image/png", png.clone()),
        ("photo.jpg", "image/jpeg", jpeg),
        ("unnamed", "application/octet-stream", png),
    ] {
        assert!(holds(&bytes, AUTHOR), "{name}");
        let path = format!("{}/{name}", files_of(&claimed));
        let stored = put(&expert, &path, &[("content-type", declared)], &bytes).await.expect(201).json();
        assert_eq!(stored["stripped"], true, "{name}");
        let served = expert.get(&path).await.expect(200).bytes;
        assert!(!holds(&served, AUTHOR), "{name}");
        assert_eq!(stored["bytes"], served.len(), "{name}");
    }
    let odd = format!("{}/broken.png", files_of(&claimed));
    let broken = b"\x89PNG\r\n\x1a\n\0\0\0\x0dtEXtAuth";
    let stored = put(&expert, &odd, &[("content-type", "image/png")], broken).await.expect(201).json();
    assert_eq!(stored["stripped"], false);
    assert_eq!(expert.get(&odd).await.expect(200).bytes, broken);
    world.stop().await;
}
