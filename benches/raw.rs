//! The machine's own limit, by `pgbench`: transactions a second as fast as they go, and what a bare commit takes at a rate.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::market::{Failure, Market};

/// Clients of a raw run.
const CLIENTS: &str = "32";
/// Seconds of bare commits.
const COMMIT_SECONDS: &str = "10";

/// Runs `pgbench` on a market's database.
pub struct Raw {
    bin: PathBuf,
    url: String,
    folder: PathBuf,
}

impl Raw {
    pub fn of(market: &Market) -> Self {
        let (bin, folder) = (market.cluster.bin_dir().to_owned(), market.folder.clone());
        Self { bin, url: market.owner_url.clone(), folder }
    }

    /// Transactions of this script a second, prepared, on 32 connections that each do one at a time.
    pub fn rate(&self, script: &str, seconds: u32) -> Result<f64, Failure> {
        let text = self.run(script, &["-M", "prepared", "-c", CLIENTS, "-T", &seconds.to_string()])?;
        let line = text.lines().find(|line| line.starts_with("tps = "));
        let rate = line.and_then(|line| line.split_whitespace().nth(2)).ok_or_else(|| format!("pgbench: {text}"))?;
        Ok(rate.parse()?)
    }

    /// Milliseconds within which half and all but one in a hundred of bare commits are done, each of one row into a table
    /// without an index, coming at this rate. They count from when they were due.
    pub fn commits(&self, rate: u64) -> Result<(f64, f64), Failure> {
        let prefix = self.folder.join("commits");
        let (logs, rate) = (format!("--log-prefix={}", prefix.display()), rate.max(1).to_string());
        let options = ["-M", "prepared", "-c", "8", "-T", COMMIT_SECONDS, "-R", &rate, "-l", &logs];
        self.run("INSERT INTO bench_commit VALUES (1);\n", &options)?;
        let mut took: Vec<u64> = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("commits.")) {
                for line in fs::read_to_string(&path)?.lines() {
                    let micros = line.split_whitespace().nth(2).ok_or("a line of pgbench without a time")?;
                    took.push(micros.parse()?);
                }
                fs::remove_file(path)?;
            }
        }
        took.sort_unstable();
        Ok((percentile(&took, 0.5), percentile(&took, 0.99)))
    }

    fn run(&self, script: &str, options: &[&str]) -> Result<String, Failure> {
        let path = self.folder.join("script.pgbench");
        fs::write(&path, script)?;
        let mut command = Command::new(self.bin.join("pgbench"));
        let out = command.args(["-n", "-j", "2"]).args(options).arg("-f").arg(&path).arg(&self.url).output()?;
        if !out.status.success() {
            return Err(format!("pgbench: {}", String::from_utf8_lossy(&out.stderr)).into());
        }
        Ok(String::from_utf8(out.stdout)?)
    }
}

/// A file of this project, without the lines that are comments.
pub fn without_comments(path: &str) -> Result<String, Failure> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))?;
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("--"));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// Milliseconds within which this share of what took so many microseconds was done; the list is in order.
#[expect(clippy::as_conversions, clippy::float_arithmetic, clippy::cast_precision_loss, reason = "figures for people")]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
pub fn percentile(took: &[u64], share: f64) -> f64 {
    let place = (took.len() as f64 * share) as usize;
    took.get(place.min(took.len().saturating_sub(1))).copied().unwrap_or_default() as f64 / 1e3
}
