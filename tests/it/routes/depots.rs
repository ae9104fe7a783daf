//! Where files stand, a folder and a bucket alike: kept once, read by ranges, swept, and never swept from under a file.

use std::cell::Cell;

use chrono::TimeDelta;
use collegium::files::jobs::{sweep, sweep_unused};
use futures_util::future::{join, join_all};
use reqwest::Method;
use serde_json::json;

use super::file_streams::{MIB, content};
use super::files::{project_of_scans, put};
use crate::harness::{Someone, World};

/// Those who put and take away, and how often each does.
const PEOPLE: usize = 8;
const ROUNDS: usize = 50;
/// Two parts of a bucket, of which the first has 8 MiB.
const LARGE: usize = 9 * MIB;

/// How many blobs of a lab stand in the depot.
async fn blobs(world: &World, lab: &Someone) -> usize {
    let later = world.parts.db.clock().now() + TimeDelta::days(2);
    let own = lab.lab().parse().unwrap();
    world.parts.depot.older(later).await.unwrap().iter().filter(|(lab, _)| *lab == own).count()
}

async fn files_are_kept_served_and_swept(world: &World) {
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(world, &lab, json!({})).await;
    let path = |name: &str| format!("/v1/projects/{project}/files/{name}");
    // Nothing, a chunk and a byte, and what goes to a bucket in two parts.
    for (name, size) in [("empty", 0), ("small", 65_537), ("large", LARGE)] {
        let bytes = content(size);
        put(&lab, &path(name), &[], &bytes).await.expect(201);
        assert!(lab.get(&path(name)).await.expect(200).bytes == bytes, "{name}");
    }
    let large = content(LARGE);
    for (from, to) in [(0, 1), (65_535, 65_537), (8 * MIB - 1, 8 * MIB + 70_000), (LARGE - 3, LARGE)] {
        let range = format!("bytes={from}-{}", to - 1);
        let part = lab.call(Method::GET, &path("large"), &[("range", &range)], None).await.expect(206);
        assert!(part.bytes == large[from..to], "{range}");
    }
    assert_eq!(blobs(world, &lab).await, 3);
    put(&lab, &path("again"), &[], &large).await.expect(201);
    assert_eq!(blobs(world, &lab).await, 3, "equal content stands once");
    lab.delete(&path("large")).await.expect(204);
    lab.delete(&path("small")).await.expect(204);
    // What is begun and never finished stands in its own place, and is swept as well.
    let mut left = world.parts.depot.begin().await.unwrap();
    left.push(content(100)).await.unwrap();
    left.finish().await.unwrap();
    assert_eq!(sweep(&world.parts.db, &world.parts.depot).await.unwrap(), 0, "all of it is young");
    world.move_clock(90_000);
    assert!(sweep(&world.parts.db, &world.parts.depot).await.unwrap() >= 2);
    assert_eq!(sweep(&world.parts.db, &world.parts.depot).await.unwrap(), 0);
    world.move_clock(0);
    assert_eq!(blobs(world, &lab).await, 2);
    assert!(lab.get(&path("again")).await.expect(200).bytes == large, "the second name still stands for it");
    lab.get(&path("small")).await.expect(404);
    put(&lab, &path("small"), &[], &content(65_537)).await.expect(201);
    assert!(lab.get(&path("small")).await.expect(200).bytes == content(65_537), "stored anew");
}

/// Puts a file, reads it and takes it away, again and again; two people have the same content. How often it was stored.
async fn put_and_take_away(lab: &Someone, project: &str, number: usize, rounds: usize) -> usize {
    let path = format!("/v1/projects/{project}/files/file-{number}");
    let bytes = content(100 + number / 2);
    let mut stored = 0;
    for round in 0..rounds {
        let answer = put(lab, &path, &[], &bytes).await;
        if answer.status == 503 {
            assert_eq!(answer.code(), "unavailable");
            continue;
        }
        answer.expect(201);
        stored += 1;
        assert_eq!(lab.get(&path).await.expect(200).bytes, bytes, "round {round} of {number}");
        lab.delete(&path).await.expect(204);
    }
    // A sweeper that believes everything to be old may meet each try, and says so; the next upload begins anew.
    let mut last = put(lab, &path, &[], &bytes).await;
    while last.status == 503 {
        last = put(lab, &path, &[], &bytes).await;
    }
    last.expect(201);
    stored
}

/// Two sweepers that believe everything to be old enough, against uploads of what they are about to remove.
async fn no_file_that_was_answered_for_is_swept(world: &World, rounds: usize) {
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(world, &lab, json!({})).await;
    let (db, depot) = (&world.parts.db, &world.parts.depot);
    let later = db.clock().now() + TimeDelta::days(2);
    let busy = Cell::new(true);
    let sweeper = async || {
        let mut swept = 0;
        while busy.get() {
            swept += sweep_unused(db, depot, later).await.unwrap();
        }
        swept
    };
    let people = async {
        let stored = join_all((0..PEOPLE).map(|number| put_and_take_away(&lab, &project, number, rounds))).await;
        busy.set(false);
        stored.into_iter().sum::<usize>()
    };
    let (stored, swept) = join(people, join(sweeper(), sweeper())).await;
    let swept = swept.0 + swept.1;
    assert!(stored >= PEOPLE * rounds / 2, "{stored} stored: the sweepers keep everybody out");
    assert!(swept >= rounds / 2, "{swept} swept: nobody met anybody");
    sweep_unused(db, depot, later).await.unwrap();
    for number in 0..PEOPLE {
        let path = format!("/v1/projects/{project}/files/file-{number}");
        assert_eq!(lab.get(&path).await.expect(200).bytes, content(100 + number / 2));
    }
    assert_eq!(blobs(world, &lab).await, PEOPLE / 2);
}

/// What a person's file holds in a round, long enough to tell a mixture.
fn written_by(person: usize, round: usize) -> Vec<u8> {
    format!("round {round} of {person}, ").repeat(5_000).into_bytes()
}

/// Everybody replaces the version that they have seen: one of them does, the others are told. A sweeper meanwhile removes what
/// was replaced and what came too late, and nothing else.
async fn one_of_those_who_replace_a_file_does(world: &World, rounds: usize) {
    let lab = world.lab("1000.00").await;
    let project = project_of_scans(world, &lab, json!({})).await;
    let path = format!("/v1/projects/{project}/files/shared");
    let mut stands = (put(&lab, &path, &[], b"the first").await.expect(201).etag(), b"the first".to_vec());
    let (db, depot) = (&world.parts.db, &world.parts.depot);
    let later = db.clock().now() + TimeDelta::days(2);
    for round in 0..rounds {
        let replacing = join_all((0..PEOPLE).map(async |person| {
            let answer = put(&lab, &path, &[("if-match", &stands.0)], &written_by(person, round)).await;
            (answer.status == 200).then(|| (answer.etag(), written_by(person, round))).ok_or(answer)
        }));
        let (replaced, swept) = join(replacing, sweep_unused(db, depot, later)).await;
        swept.unwrap();
        let (done, refused): (Vec<_>, Vec<_>) = replaced.into_iter().partition(Result::is_ok);
        let codes: Vec<String> = refused.iter().map(|refused| refused.as_ref().unwrap_err().code()).collect();
        assert!(codes.iter().all(|code| code == "precondition_failed"), "{codes:?}");
        let [Ok(winner)] = <[_; 1]>::try_from(done).unwrap() else { panic!("one replaces it") };
        stands = winner;
        let read = lab.get(&path).await.expect(200);
        assert!((read.etag(), read.bytes) == stands, "round {round}");
    }
    // Whoever does not care which version they replace does so one after another.
    let any = join_all((0..PEOPLE).map(|person| {
        let (lab, path) = (&lab, &path);
        async move { put(lab, path, &[("if-match", "*")], &written_by(person, rounds)).await.expect(200) }
    }));
    join(any, sweep_unused(db, depot, later)).await.1.unwrap();
    let read = lab.get(&path).await.expect(200).bytes;
    assert!((0..PEOPLE).any(|person| read == written_by(person, rounds)), "a mixture");
    sweep_unused(db, depot, later).await.unwrap();
    assert_eq!(blobs(world, &lab).await, 1);
    assert!(lab.get(&path).await.expect(200).bytes == read);
    assert_eq!(world.count("SELECT max(version) FROM file"), (1 + rounds + PEOPLE) as i64);
}

#[actix_web::test]
async fn a_folder_keeps_serves_and_sweeps() {
    let world = World::wide().await;
    files_are_kept_served_and_swept(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_sweeper_races_uploads_of_the_same_content() {
    let world = World::wide().await;
    no_file_that_was_answered_for_is_swept(&world, ROUNDS).await;
    world.stop().await;
}

#[actix_web::test]
async fn a_file_is_replaced_by_one_at_a_time() {
    let world = World::wide().await;
    one_of_those_who_replace_a_file_does(&world, ROUNDS / 5).await;
    world.stop().await;
}

/// Run where there is a server that speaks S3, with `AWS_*` as for the service: `COLLEGIUM_TEST_S3=s3://bucket/prefix
/// cargo test --features s3 --test it depots -- --ignored`.
#[cfg(feature = "s3")]
#[actix_web::test]
#[ignore = "needs a bucket: COLLEGIUM_TEST_S3"]
#[expect(clippy::disallowed_methods, reason = "where the test finds its bucket")]
async fn a_bucket_does_as_a_folder_does() {
    let setting = std::env::var("COLLEGIUM_TEST_S3").expect("COLLEGIUM_TEST_S3=s3://bucket/prefix");
    let world = World::with_files(&setting).await;
    files_are_kept_served_and_swept(&world).await;
    no_file_that_was_answered_for_is_swept(&world, ROUNDS / 5).await;
    one_of_those_who_replace_a_file_does(&world, 3).await;
    world.stop().await;
}
