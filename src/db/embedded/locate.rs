//! Finds PostgreSQL's programs: where the caller says, else where the usual packages put them, else on the `PATH`.

use std::cmp::Reverse;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::account::Runner;
use super::layout::Layout;
use super::{EmbeddedError, OLDEST_MAJOR, Options};

/// Folders with one subfolder per version: the parent, what stands before the version, and what lies below it.
/// Debian and Ubuntu; the PostgreSQL project's RPMs; Alpine; Homebrew on both processors and on Linux; Postgres.app.
const VERSIONED: [(&str, &str, &str); 7] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/opt/homebrew/opt", "postgresql@", "bin"),
    ("/usr/local/opt", "postgresql@", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The folder of programs that can run the cluster: of the data's major version where there are data, else the
/// first found, which is the newest of the first kind of package.
pub(super) fn locate(options: &Options, layout: &Layout) -> Result<PathBuf, EmbeddedError> {
    let made_by = layout.major()?;
    let candidates = match &options.pg_bin {
        Some(folder) => vec![named(folder)?],
        None => usual(options.path_var.as_ref(), &layout.runner),
    };
    let mut passed_over = Vec::new();
    for bin in candidates {
        match (probe(&bin, &layout.runner), made_by) {
            (Err(why), _) => passed_over.push(format!("{}: {why}", bin.display())),
            (Ok(major), None) if major < OLDEST_MAJOR => {
                passed_over.push(format!("{}: PostgreSQL {major} is too old", bin.display()));
            }
            (Ok(major), Some(wanted)) if major != wanted => {
                passed_over.push(format!("PostgreSQL {major} in {}", bin.display()));
            }
            (Ok(_), _) => return Ok(bin),
        }
    }
    Err(refusal(options, layout, made_by, passed_over))
}

fn refusal(options: &Options, layout: &Layout, made_by: Option<u32>, passed_over: Vec<String>) -> EmbeddedError {
    match (made_by, &options.pg_bin) {
        (Some(made_by), _) if !passed_over.is_empty() => {
            EmbeddedError::WrongMajor { data: layout.data.clone(), made_by, found: passed_over.join(", ") }
        }
        (None, Some(folder)) => EmbeddedError::PgBin { folder: folder.clone(), why: passed_over.join(", ") },
        _ => EmbeddedError::NoPostgres { passed_over },
    }
}

/// What the caller named; absolute, because the programs are started in `/`.
fn named(folder: &Path) -> Result<PathBuf, EmbeddedError> {
    let wrong = |why: &str| EmbeddedError::PgBin { folder: folder.to_owned(), why: why.to_owned() };
    let bin = fs::canonicalize(folder).map_err(|_| wrong("there is no such folder"))?;
    if has_programs(&bin) { Ok(bin) } else { Err(wrong("they are not both there")) }
}

/// Every folder with both programs, in the order of preference, each once.
fn usual(path_var: Option<&OsString>, runner: &Runner) -> Vec<PathBuf> {
    let on_path: Vec<PathBuf> =
        path_var.map(|path| env::split_paths(path).filter(|entry| entry.is_absolute()).collect()).unwrap_or_default();
    let mut packages = VERSIONED.into_iter().map(|(parent, before, below)| versions(Path::new(parent), before, below));
    let mut folders = packages.next().unwrap_or_default();
    folders.extend(bindir(&on_path, runner));
    folders.extend(packages.flatten());
    folders.extend(on_path);
    let mut found = Vec::new();
    for folder in folders {
        if let Ok(folder) = fs::canonicalize(folder)
            && has_programs(&folder)
            && !found.contains(&folder)
        {
            found.push(folder);
        }
    }
    found
}

/// The subfolders of one kind, newest version first.
fn versions(parent: &Path, before: &str, below: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let major = entry.file_name().to_str()?.strip_prefix(before)?.parse().ok()?;
            Some((major, entry.path().join(below)))
        })
        .collect();
    found.sort_by_key(|(major, _)| Reverse(*major));
    found.into_iter().map(|(_, path)| path).collect()
}

/// What the first `pg_config` on the path says.
fn bindir(on_path: &[PathBuf], runner: &Runner) -> Option<PathBuf> {
    let program = on_path.iter().map(|entry| entry.join("pg_config")).find(|program| program.is_file())?;
    let output = runner.command(&program).arg("--bindir").stdout(Stdio::piped()).output().ok()?;
    let line = output.stdout.trim_ascii_end();
    (!line.is_empty()).then(|| PathBuf::from(OsString::from_vec(line.to_vec())))
}

fn has_programs(bin: &Path) -> bool {
    ["postgres", "initdb"].iter().all(|program| bin.join(program).is_file())
}

/// The major version, asked as the user who is to run it: programs below a closed folder do not do.
fn probe(bin: &Path, runner: &Runner) -> Result<u32, String> {
    let program = bin.join(OsStr::new("postgres"));
    let output = runner.command(&program).arg("--version").stdout(Stdio::piped()).output().map_err(|error| {
        let whose = if runner.is_other() { " by the user who is to run it" } else { "" };
        format!("postgres cannot be started{whose} ({error})")
    })?;
    let text = String::from_utf8_lossy(&output.stdout);
    parse_major(&text).ok_or_else(|| format!("postgres --version says {:?}", text.trim()))
}

/// `postgres (PostgreSQL) 15.14 (Debian 15.14-1)`, also `18beta1`.
pub(super) fn parse_major(text: &str) -> Option<u32> {
    let (_, version) = text.split_once("(PostgreSQL) ")?;
    version.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
}
