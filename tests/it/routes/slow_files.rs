//! Fifty slow uploads and fifty slow downloads of files beside normal traffic: whoever is slow keeps nobody waiting.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::file_streams::{MIB, content};
use super::files::put;
use crate::harness::{Someone, World, begin, chunk, ended, status_alone, task, usd};

const SLOW: usize = 50;
/// More than the sockets of a thin line hold.
const LARGE: usize = 2 * MIB;
/// How often the traffic goes round beside the slow ones.
const TURNS: usize = 12;

/// A file of which the most has been sent: of half of the uploads so much that the store has a part of it.
async fn most_of_an_upload(lab: &Someone, path: &str, number: usize) -> TcpStream {
    let mut stream = begin(lab, &format!("PUT {path}-{number}")).await;
    let rest = "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(rest.as_bytes()).await.unwrap();
    let sent = if number.is_multiple_of(2) { 100 } else { 300_000 };
    chunk(&mut stream, &content(sent)).await;
    stream
}

/// What everybody else does meanwhile, all of it answered as ever: whoever waited for a slow one would wait until it ends,
/// which is after this, and be told 503 before. Far less time than a slow one is given before it is cut off.
async fn traffic(lab: &Someone, expert: &Someone, project: &str) {
    let began = Instant::now();
    for number in 0..TURNS {
        lab.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": [task(number)]})).await.expect(201);
        let claim = expert.claim(project).await.expect(201).json();
        expert.submit(&claim, json!("So it is.")).await.expect(201);
        let path = format!("/v1/projects/{project}/files/quick-{number}");
        put(lab, &path, &[], b"a small file").await.expect(201);
        assert_eq!(lab.get(&path).await.expect(200).bytes, b"a small file");
    }
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[actix_web::test]
async fn slow_files_keep_nobody_waiting() {
    let world = World::new().await;
    let (lab, expert) = (world.lab("1000000.00").await, world.crowd(1).await.remove(0));
    let terms =
        json!({"review": {"mode": "none"}, "bill_rate": usd("1.00"), "input_schema": null, "output_schema": {}});
    let project = world.open_project(&lab, terms).await;
    let path = format!("/v1/projects/{project}/files/large");
    put(&lab, &path, &[], &content(LARGE)).await.expect(201);
    let mut uploads = join_all((0..SLOW).map(|number| most_of_an_upload(&lab, &path, number))).await;
    let mut downloads = join_all((0..SLOW).map(|_| status_alone(&lab, &path))).await;
    traffic(&lab, &expert, &project).await;
    assert!(world.has_its_whole_pool().await, "a slow client holds a connection of the database");
    for (number, stream) in uploads.iter_mut().enumerate() {
        let told = ended(stream).await;
        assert!(told.starts_with("HTTP/1.1 201 Created"), "{number}: {told}");
    }
    for stream in downloads.iter_mut().take(5) {
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await.unwrap();
        assert!(rest.ends_with(&content(LARGE)), "{} bytes", rest.len());
    }
    drop(downloads);
    assert_eq!(world.count("SELECT count(*) FROM file"), (1 + SLOW + TURNS) as i64);
    world.stop().await;
}
