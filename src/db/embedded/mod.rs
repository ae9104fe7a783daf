//! A private PostgreSQL cluster in a folder, so that the service runs without a database server to set up.
//!
//! The folder holds `data/` (the cluster), `socket/` (the only way in), `postgres.log` and three lock files. The
//! server listens on a unix socket in a directory closed to everybody else and never on TCP; inside that
//! directory everyone is trusted, which is why the directory's mode is the password. fsync stays on: this is
//! data, not a test fixture.
//!
//! **Who runs it.** PostgreSQL refuses to run as root, so root hands data and socket to the user `postgres`, or
//! else `nobody`, and starts the programs as that user; existing data keep their owner. A folder which that user
//! cannot reach (below a closed `/root`, say) is refused with what to do rather than silently replaced by
//! another one: data that are not where they were asked for get lost in backups.
//!
//! **Who stops it.** Every [`Cluster`] counts as a user of the folder for as long as it lives, and the last one to
//! leave stops the server, whoever started it. So `account create` beside a running `serve` joins its server,
//! and a `serve` started while `account create` has one up does not lose it when that ends. A server that
//! runs without any user is an orphan of a killed process: it is stopped and a fresh one started, so that the
//! dead process's transactions end and today's settings hold.
//!
//! All calls block, for seconds when a cluster is made or recovers.

mod account;
mod cluster;
mod error;
mod initdb;
mod layout;
mod locate;
mod locks;
mod server;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::PathBuf;

pub use cluster::Cluster;
pub use error::EmbeddedError;

/// The oldest major version the marketplace runs on; older ones are out of support.
pub const OLDEST_MAJOR: u32 = 15;

/// The superuser of the cluster.
pub const SUPERUSER: &str = "postgres";

/// Where the cluster lives and how it runs.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The folder that holds everything; created if missing.
    pub folder: PathBuf,
    /// The folder with PostgreSQL's programs (`COLLEGIUM_PG_BIN`); searched for when `None`.
    pub pg_bin: Option<PathBuf>,
    /// The caller's `PATH`, searched last.
    pub path_var: Option<OsString>,
    /// Further server settings, stronger than ours except where the server listens.
    pub settings: Vec<(String, String)>,
}
