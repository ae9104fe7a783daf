//! Files on their way: cut off, broken, tampered with, kept once, swept, and in memory that does not grow.

use std::path::PathBuf;
use std::time::Duration;

use collegium::files::jobs::sweep;
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::files::{post_task, project_of_scans, put};
use crate::harness::{Someone, World};

pub const MIB: usize = 1_048_576;

fn stored(world: &World, folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![world.files.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

pub fn content(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at % 253) as u8).collect()
}

/// Reads what comes: how much, and whether it was all.
async fn read(response: reqwest::Response) -> (usize, bool) {
    let mut body = response.bytes_stream();
    let mut bytes = 0;
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes += piece.len(),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}

async fn with_file(world: &World, bytes: &[u8]) -> (Someone, String, String) {
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(world, &lab, json!({})).await;
    let path = format!("/v1/projects/{project}/files/scan");
    put(&lab, &path, &[], bytes).await.expect(201);
    (lab, project, path)
}

#[actix_web::test]
async fn whoever_may_no_longer_have_a_file_is_cut_off() {
    let world = World::new().await;
    let (size, expert) = (32 * MIB, world.bare_expert().await);
    let (lab, project, path) = with_file(&world, &content(size)).await;
    post_task(&lab, &project, "t1", json!({"scan": "scan"})).await.expect(201);
    let claimed = expert.claim(&project).await.expect(201).id();
    let (mut signed_out, mut gave_back) = (lab.begin(&path).await, expert.begin(&path).await);
    let undisturbed = expert.begin(&path).await;
    assert!(signed_out.chunk().await.unwrap().is_some() && gave_back.chunk().await.unwrap().is_some());
    assert_eq!(read(undisturbed).await, (size, true));
    lab.post("/v1/auth/logout", json!({})).await.expect(204);
    expert.post(&format!("/v1/assignments/{claimed}/release"), json!({})).await.expect(200);
    // Five seconds is the promise; readers that read on are asked for again after two.
    tokio::time::sleep(Duration::from_secs(3)).await;
    for response in [signed_out, gave_back] {
        let (bytes, whole) = read(response).await;
        assert!(!whole && bytes < size, "{bytes} of {size}");
    }
    world.stop().await;
}

#[actix_web::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(&world, &lab, json!({})).await;
    let path = format!("/v1/projects/{project}/files/scan");
    let pieces = (0..40).map(|_| Ok(content(MIB / 2))).chain([Err(std::io::Error::other("the sender went away"))]);
    let broken = lab.stream(&path, reqwest::Body::wrap_stream(stream::iter(pieces))).await;
    assert!(broken.is_err());
    for _ in 0..1_200 {
        if stored(&world, "incoming").is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!((stored(&world, "incoming"), stored(&world, "blobs")), (Vec::new(), Vec::new()));
    assert_eq!(world.count("SELECT count(*) FROM file"), 0);
    put(&lab, &path, &[], b"whole").await.expect(201);
    assert_eq!(lab.get(&path).await.expect(200).bytes, b"whole");
    world.stop().await;
}

#[actix_web::test]
async fn equal_content_is_kept_once_for_each_lab_and_swept_when_nothing_is_made_of_it() {
    let world = World::new().await;
    let (lab, _, path) = with_file(&world, b"the same").await;
    let again = format!("{path}-again");
    let first = lab.get(&path).await.expect(200).etag();
    assert_eq!(put(&lab, &again, &[], b"the same").await.expect(201).etag(), first);
    assert_eq!(stored(&world, "blobs").len(), 1);
    let (other, _, theirs) = with_file(&world, b"the same").await;
    assert_eq!(stored(&world, "blobs").len(), 2, "labs share nothing");
    assert_ne!(other.get(&theirs).await.expect(200).etag(), first);
    std::fs::write(world.files.join("incoming/left#1"), b"half").unwrap();
    let (db, depot) = (&world.parts.db, &world.parts.depot);
    lab.delete(&path).await.expect(204);
    world.move_clock(90_000);
    assert_eq!(sweep(db, depot).await.unwrap(), 1, "what was left half done a day ago");
    assert_eq!(stored(&world, "blobs").len(), 2, "the second name still stands for it");
    world.move_clock(0);
    lab.delete(&again).await.expect(204);
    assert_eq!(sweep(db, depot).await.unwrap(), 0, "it may be stored again any moment");
    world.move_clock(90_000);
    assert_eq!(sweep(db, depot).await.unwrap(), 1);
    world.move_clock(0);
    assert_eq!(stored(&world, "blobs").len(), 1);
    assert_eq!(other.get(&theirs).await.expect(200).bytes, b"the same");
    put(&lab, &path, &[], b"the same").await.expect(201);
    assert_eq!(lab.get(&path).await.expect(200).bytes, b"the same");
    world.stop().await;
}

#[actix_web::test]
async fn nothing_of_a_tampered_chunk_is_served() {
    let world = World::new().await;
    let bytes = content(2 * MIB);
    let (lab, _, path) = with_file(&world, &bytes).await;
    let blobs = stored(&world, "blobs");
    let sound = std::fs::read(&blobs[0]).unwrap();
    let tamper = |at: usize| {
        let mut changed = sound.clone();
        changed[at] ^= 1;
        std::fs::write(&blobs[0], changed).unwrap();
    };
    for at in [0, 20, 60, sound.len() - 1] {
        tamper(at);
        let refused = lab.get(&path).await.expect(500);
        assert_eq!(refused.code(), "internal", "byte {at}");
    }
    std::fs::write(&blobs[0], &sound[..sound.len() - 1]).unwrap();
    lab.get(&path).await.expect(500);
    tamper(20 * 65_552 + 100);
    let (served, whole) = read(lab.begin(&path).await).await;
    assert!(!whole && served <= 20 * 65_536, "{served}");
    let headers = [("range", "bytes=0-99")];
    let part = lab.call(reqwest::Method::GET, &path, &headers, None).await.expect(206);
    assert_eq!(part.bytes, bytes[..100], "other chunks are sound");
    std::fs::remove_file(&blobs[0]).unwrap();
    lab.get(&path).await.expect(500);
    world.stop().await;
}

/// The most memory that this process has had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Run alone: `cargo test --test it memory_does_not_grow -- --ignored --exact`.
#[actix_web::test]
#[ignore = "moves 200 MiB twice and measures the whole process"]
async fn memory_does_not_grow_with_the_file() {
    let world = World::new().await;
    let (lab, _, path) = with_file(&world, &content(MIB)).await;
    let large = format!("{path}-large");
    let before = peak_kib();
    let pieces = (0..200).map(|_| Ok::<_, std::io::Error>(content(MIB)));
    let sent = lab.stream(&large, reqwest::Body::wrap_stream(stream::iter(pieces))).await.unwrap();
    assert_eq!(sent.status(), 201);
    assert_eq!(read(lab.begin(&large).await).await, (200 * MIB, true));
    let grown = (peak_kib() - before) / 1024;
    assert!(grown < 64, "{grown} MiB more for a file of 200 MiB");
    world.stop().await;
}
