//! Fifty slow uploads and exports beside normal traffic: whoever is slow keeps nobody waiting.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Someone, World, task, usd};

const UPLOADS: usize = 40;
const EXPORTS: usize = 10;

/// A connection of its own, with the head of a request sent.
async fn begin(who: &Someone, request: &str) -> TcpStream {
    let mut stream = TcpStream::connect(who.address()).await.unwrap();
    let token = who.token.as_deref().unwrap();
    let head = format!("{request} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn chunk(stream: &mut TcpStream, text: &str) {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.unwrap();
}

/// An import of which a line and a half have arrived.
async fn half_an_import(lab: &Someone, project: &str, number: usize) -> TcpStream {
    let mut stream = begin(lab, &format!("POST /v1/projects/{project}/tasks/import")).await;
    let rest = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(rest.as_bytes()).await.unwrap();
    let next = task(2 * number + 1).to_string();
    chunk(&mut stream, &format!("{}\n{}", task(2 * number), &next[..20])).await;
    stream
}

async fn other_half(stream: &mut TcpStream, number: usize) -> String {
    let next = task(2 * number + 1).to_string();
    chunk(stream, &format!("{}\n", &next[20..])).await;
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).await.unwrap();
    told
}

/// An export of which only the first line was read.
async fn an_export(lab: &Someone, project: &str) -> TcpStream {
    let mut stream = begin(lab, &format!("GET /v1/projects/{project}/results")).await;
    stream.write_all(b"\r\n").await.unwrap();
    let mut first = [0u8; 15];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200 OK");
    stream
}

#[actix_web::test]
async fn slow_streams_keep_nobody_waiting() {
    let world = World::new().await;
    let (lab, crowd) = (world.lab("1000000.00").await, world.crowd(8).await);
    let terms =
        json!({"review": {"mode": "none"}, "bill_rate": usd("1.00"), "input_schema": null, "output_schema": {}});
    let large = world.open_project(&lab, terms.clone()).await;
    let project = world.open_project(&lab, terms).await;
    world.post_tasks(&lab, &large, 0..8).await.expect(201);
    // Results that no socket holds: eight answers of 400 kilobytes, each told twice.
    for expert in &crowd {
        let claim = expert.claim(&large).await.expect(201).json();
        expert.submit(&claim, json!({"answer": "x".repeat(400_000)})).await.expect(201);
    }
    let mut uploads = join_all((0..UPLOADS).map(|number| half_an_import(&lab, &project, number))).await;
    let mut exports = join_all((0..EXPORTS).map(|_| an_export(&lab, &large))).await;
    // Fifty streams are open and none of them moves: everything else goes on with a pool of eight connections.
    let began = Instant::now();
    for number in 0..8 {
        let tasks = json!({"tasks": [task(1_000 + number)]});
        lab.post(&format!("/v1/projects/{project}/tasks"), tasks).await.expect(201);
        let claim = crowd[number % 8].claim(&project).await.expect(201).json();
        crowd[number % 8].submit(&claim, json!("So it is.")).await.expect(201);
        lab.get(&format!("/v1/projects/{project}")).await.expect(200);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert_eq!(
        world.count("SELECT count(*) FROM outbox WHERE kind = 'project.results_exported'"),
        0,
        "none was taken whole"
    );
    assert_eq!(world.count("SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"), 0);
    for (number, stream) in uploads.iter_mut().enumerate() {
        let told = other_half(stream, number).await;
        assert!(told.starts_with("HTTP/1.1 200 OK") && told.contains("\"created\":2"), "{told}");
    }
    for stream in exports.iter_mut().take(5) {
        let mut told = Vec::new();
        stream.read_to_end(&mut told).await.unwrap();
        let told = String::from_utf8_lossy(&told[told.len() - 400..]).into_owned();
        assert!(told.contains("\"_end\":true") && told.contains("\"count\":8"), "{told}");
    }
    drop(exports);
    assert_eq!(world.count("SELECT count(*) FROM task WHERE external_id LIKE 't%'"), 8 + 8 + 2 * UPLOADS as i64);
    world.stop().await;
}
