//! The plan of the house, enforced: the order of the rooms, who may mention what, the size of files, and the one door to
//! confidential content.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms whose files are routes, operations, store, jobs, or pure rules.
const ROOMS: &[&str] =
    &["files", "labs", "experts", "ledger", "projects", "quality", "matching", "assignments", "commissions", "payouts"];
const MAX_LINES: usize = 400;

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut folders = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root).unwrap().to_owned(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

/// The lines that are code: no comments, nothing below the tests of the file.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| !line.starts_with("#[cfg(test)]"))
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(number, line)| (number + 1, line))
}

/// Which kind of file it is within its room.
fn role(path: &Path) -> &'static str {
    let parts: Vec<&str> = path.iter().skip(2).filter_map(|part| part.to_str()).collect();
    let first = parts.first().map_or("", |part| part.trim_end_matches(".rs"));
    match first {
        "routes" => "routes",
        "operations" => "operations",
        "store" => "store",
        "jobs" => "jobs",
        "mod" => "mod",
        _ if parts.iter().any(|part| part.starts_with("tests")) => "tests",
        _ => "pure",
    }
}

fn area(path: &Path) -> String {
    let part = path.iter().nth(1).unwrap().to_str().unwrap();
    part.trim_end_matches(".rs").to_owned()
}

fn fail(findings: Vec<String>) {
    assert!(findings.is_empty(), "\n{}", findings.join("\n"));
}

#[test]
fn rooms_use_only_rooms_above_them() {
    let list = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let order: BTreeMap<&str, usize> = list
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')))
        .enumerate()
        .map(|(place, name)| (name, place))
        .collect();
    assert!(order.len() > 12);
    let mut findings = Vec::new();
    for (path, text) in sources("src") {
        let own = area(&path);
        let Some(place) = order.get(own.as_str()) else { continue };
        for (number, line) in code(&text) {
            for used in line.split("crate::").skip(1) {
                let name: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if order.get(name.as_str()).is_some_and(|other| other > place) {
                    findings.push(format!("{}:{number} uses {name}, which stands below {own}", path.display()));
                }
            }
        }
    }
    fail(findings);
}

#[test]
fn every_file_keeps_to_its_role() {
    let mut findings = Vec::new();
    for (path, text) in sources("src").into_iter().filter(|(path, _)| ROOMS.contains(&area(path).as_str())) {
        let forbidden: &[&str] = match role(&path) {
            "routes" => &["diesel::prelude", "schema::", "record::", "ledger::post"],
            "operations" | "jobs" => &["actix_web", "utoipa", "diesel::prelude", "db::schema"],
            "store" => &["actix_web", "utoipa", "record::", "Findings", "Error::Forbidden"],
            "pure" => &["actix_web", "PgConnection", "RunQueryDsl", "db::schema", "Utc::now", "rand::", "std::env"],
            _ => &[],
        };
        for (number, line) in code(&text) {
            for word in forbidden.iter().filter(|word| line.contains(**word)) {
                findings.push(format!("{}:{number} mentions {word}", path.display()));
            }
        }
    }
    fail(findings);
}

#[test]
fn content_has_one_door() {
    let mut findings = Vec::new();
    for (path, text) in sources("src") {
        let own = area(&path);
        for (number, line) in code(&text) {
            if line.contains(".unseal(") && own != "vault" && own != "trust" {
                findings.push(format!("{}:{number} opens content beside the door", path.display()));
            }
            if line.contains("crate::vault") && !["vault", "trust", "app", "cli", "demo"].contains(&own.as_str()) {
                findings.push(format!("{}:{number} goes to the vault without the door", path.display()));
            }
        }
    }
    fail(findings);
}

#[test]
fn no_confidential_column_is_stored_in_clear() {
    // Whatever a column of these names holds is content; it is bytea, written by the door, and called so.
    let content = [
        "instructions",
        "input",
        "answer",
        "comment",
        "evidence_note",
        "grounds",
        "account_number",
        "iban",
        "tin",
        "draft",
    ];
    let schema = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/schema.rs")).unwrap();
    let mut findings = Vec::new();
    for line in schema.lines().map(str::trim).filter(|line| line.contains(" -> ")) {
        let (name, kind) = line.split_once(" -> ").unwrap();
        if content.contains(&name) || (name.starts_with("sealed_") && !kind.contains("Bytea")) {
            findings.push(format!("column {name} -> {kind}"));
        }
    }
    fail(findings);
}

#[test]
fn files_are_small_and_say_what_they_are() {
    let mut findings = Vec::new();
    for folder in ["src", "tests", "benches"] {
        for (path, text) in sources(folder) {
            if !text.starts_with("//!") && !path.ends_with("schema.rs") {
                findings.push(format!("{} does not say what it is for", path.display()));
            }
            let lines = text.lines().count();
            if lines > MAX_LINES && !path.ends_with("schema.rs") {
                findings.push(format!("{} has {lines} lines", path.display()));
            }
            for (number, line) in code(&text) {
                if ["todo!(", "unimplemented!(", "dbg!("].iter().any(|word| line.contains(word))
                    && !path.ends_with("tidy.rs")
                {
                    findings.push(format!("{}:{number} is unfinished", path.display()));
                }
            }
        }
    }
    fail(findings);
}

#[test]
fn the_readme_shows_the_walk_that_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let walk = fs::read_to_string(root.join("examples/walk.sh")).unwrap();
    let shown = walk.split_once("set -eu\n").unwrap().1.trim_end();
    assert!(
        fs::read_to_string(root.join("README.md")).unwrap().contains(shown),
        "copy examples/walk.sh into README.md"
    );
}
