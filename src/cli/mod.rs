//! The command line: `serve`, `demo`, `migrate`, `account create`, `openapi`, `config check`. Results go to standard
//! output, messages to standard error.

mod account;
mod logging;
mod place;
mod serve;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Settings;
use crate::kernel::{Error, ExpertId, Role};

/// A backend for an expert data-labeling marketplace: credentials, claims, reviews, a ledger, commissions, payouts.
#[derive(Debug, Parser)]
#[command(name = "collegium", version, about, after_help = EXIT_CODES)]
struct Arguments {
    /// Settings as TOML; `COLLEGIUM_*` in the environment is stronger.
    #[arg(long, global = true, env = "COLLEGIUM_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str =
    "Exit codes: 0 done; 1 failed, the reason on standard error; 2 the command line is not understood.

Without COLLEGIUM_DATABASE_URL everything runs on a private PostgreSQL cluster in ./.collegium/, reached over a unix
socket alone. `collegium config check` lists every setting.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until Ctrl-C or SIGTERM.
    Serve,
    /// Build a believable marketplace, print what stands, and serve it until Ctrl-C.
    Demo {
        /// End after the summary instead of serving.
        #[arg(long)]
        exit: bool,
    },
    /// Bring the database's schema up to date.
    Migrate,
    /// Accounts of the marketplace's own people.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Print the OpenAPI 3.1 document.
    Openapi,
    /// Settings.
    #[command(subcommand)]
    Config(ConfigCommand),
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Make an account; its password is read from standard input.
    Create {
        /// reviewer, operations, finance, account_executive, auditor or admin.
        #[arg(long)]
        role: Role,
        /// Where to write to; signs in with it.
        #[arg(long)]
        email: String,
        /// What to call the person; the e-mail address unless told.
        #[arg(long)]
        name: Option<String>,
        /// The expert whom the person is beside it (`exp_…`): they decide about nothing that they did or saw as one.
        #[arg(long)]
        expert: Option<ExpertId>,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Read the settings, say what is wrong, and print what holds with every secret hidden.
    Check,
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let settings = match Settings::read(arguments.config.as_deref()) {
        Ok(settings) => settings,
        Err(error) => {
            return failed(&format!(
                "settings: {error} (a key is COLLEGIUM_ and its name in capitals; an address is like 127.0.0.1:8080)"
            ));
        }
    };
    logging::begin(&settings);
    let done = match arguments.command {
        Command::Serve => serve::serve(&settings),
        Command::Demo { exit } => crate::demo::run(&settings, exit),
        Command::Migrate => place::migrate(&settings),
        Command::Account(AccountCommand::Create { role, email, name, expert }) => {
            account::create(&settings, (role, expert), &email, name)
        }
        Command::Openapi => print_openapi(),
        Command::Config(ConfigCommand::Check) => place::check(&settings),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&said(&error)),
    }
}

#[expect(clippy::print_stderr, reason = "the command line speaks to a person")]
fn failed(why: &str) -> ExitCode {
    eprintln!("collegium: {why}");
    ExitCode::FAILURE
}

/// An error as a person at a terminal wants it.
fn said(error: &Error) -> String {
    match error {
        Error::Internal(source) => {
            let mut text = source.to_string();
            let mut cause = source.source();
            while let Some(error) = cause {
                text = format!("{text}: {error}");
                cause = error.source();
            }
            text
        }
        Error::Invalid(errors) => {
            let lines: Vec<String> = errors
                .iter()
                .map(|error| format!("{}: {}", error.pointer.trim_start_matches('/'), error.detail))
                .collect();
            lines.join("; ")
        }
        Error::Refused(code) => code.title().to_owned(),
        other => other.to_string(),
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_openapi() -> crate::kernel::Result<()> {
    println!("{}", crate::app::openapi().to_pretty_json().map_err(Error::internal)?);
    Ok(())
}
