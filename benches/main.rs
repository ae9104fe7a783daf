//! Speed as a ratio to the machine's own limit: `cargo run --release --bin bench -- claim`. Every case starts its own
//! database and service, measures the raw limit with `pgbench` or `COPY` right before and after, and prints both and their ratio.

mod accept;
mod answers;
mod bulk;
mod claim;
mod claimants;
mod expiry;
mod export;
mod ingest;
mod load;
mod market;
mod raw;
mod seed;

use std::process::ExitCode;

use clap::Parser;

/// What to measure.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    /// claim, expiry, accept, ingest, export
    case: String,
    /// Seconds of load.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Open tasks; answers to accept; lines to import or export.
    #[arg(long, default_value_t = 1_000_000)]
    tasks: u64,
    /// Projects that they are of.
    #[arg(long, default_value_t = 100)]
    projects: u64,
    /// Clients at a time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// End with one line of JSON.
    #[arg(long)]
    json: bool,
}

#[expect(clippy::print_stderr, reason = "a program for the terminal")]
fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.case.as_str() {
        "claim" => claim::run(&arguments),
        "expiry" => expiry::run(&arguments),
        "accept" => accept::run(&arguments),
        "ingest" => ingest::run(&arguments),
        "export" => export::run(&arguments),
        other => Err(format!("there is no case {other}; there are: claim, expiry, accept, ingest, export").into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(3),
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}
