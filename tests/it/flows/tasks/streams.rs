//! Fifty slow imports and fifty slow exports beside normal traffic: whoever is slow keeps nobody waiting.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Someone, World, begin, chunk, ended, status_alone, task, usd};

const UPLOADS: usize = 50;
const EXPORTS: usize = 50;

/// An import of which a line and a half have arrived.
async fn half_an_import(lab: &Someone, project: &str, number: usize) -> TcpStream {
    let mut stream = begin(lab, &format!("POST /v1/projects/{project}/tasks/import")).await;
    let rest = "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(rest.as_bytes()).await.unwrap();
    let next = task(2 * number + 1).to_string();
    chunk(&mut stream, format!("{}\n{}", task(2 * number), &next[..20]).as_bytes()).await;
    stream
}

async fn other_half(stream: &mut TcpStream, number: usize) -> String {
    let next = task(2 * number + 1).to_string();
    chunk(stream, format!("{}\n", &next[20..]).as_bytes()).await;
    ended(stream).await
}

/// What everybody else does meanwhile, all of it answered as ever: whoever waited for a slow one would wait until it ends,
/// which is after this, and be told 503 before. Far less time than a slow one is given before it is cut off.
async fn traffic(lab: &Someone, crowd: &[Someone], project: &str, first: usize) {
    let began = Instant::now();
    for (number, expert) in crowd.iter().enumerate() {
        let tasks = json!({"tasks": [task(first + number)]});
        lab.post(&format!("/v1/projects/{project}/tasks"), tasks).await.expect(201);
        let claim = expert.claim(project).await.expect(201).json();
        expert.submit(&claim, json!("So it is.")).await.expect(201);
        lab.get(&format!("/v1/projects/{project}")).await.expect(200);
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
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
    let exported = format!("/v1/projects/{large}/results");
    let mut exports = join_all((0..EXPORTS).map(|_| status_alone(&lab, &exported))).await;
    // A hundred streams are open and none of them moves: everything else goes on with a pool of eight connections.
    traffic(&lab, &crowd, &project, 1_000).await;
    assert!(world.has_its_whole_pool().await, "a slow client holds a connection of the database");
    let held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    assert_eq!(world.count(held), 0, "a slow client holds a transaction");
    assert_eq!(
        world.count("SELECT count(*) FROM outbox WHERE kind = 'project.results_exported'"),
        0,
        "none was taken whole"
    );
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
    assert_eq!(world.count("SELECT count(*) FROM task WHERE external_id LIKE 't%'"), (8 + 8 + 2 * UPLOADS) as i64);
    world.stop().await;
}
