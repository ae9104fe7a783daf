//! One use of the folder's server: starting or joining it, and leaving it.

use std::path::{Path, PathBuf};
use std::process::Child;

use super::layout::Layout;
use super::locate::locate;
use super::locks::Lock;
use super::{EmbeddedError, Options, initdb, locks, server};

/// A running cluster. Dropping it leaves, and the last to leave stops the server.
#[derive(Debug)]
pub struct Cluster {
    layout: Layout,
    bin: PathBuf,
    /// Where we started the server.
    child: Option<Child>,
    /// The lock that counts us among the users; `None` once we have left.
    user: Option<Lock>,
    /// The lock of the folder's one service.
    service: Option<Lock>,
}

impl Cluster {
    /// For the service: starts the server, or takes over one that a passing command has up. A second service on
    /// the folder is refused.
    pub fn start(options: &Options) -> Result<Self, EmbeddedError> {
        Self::begin(options, true)
    }

    /// For a command that may run beside the service: joins the running server, or starts one.
    pub fn start_or_join(options: &Options) -> Result<Self, EmbeddedError> {
        Self::begin(options, false)
    }

    /// A libpq URL for this database and role, through the socket; the names need no escaping.
    pub fn url(&self, database: &str, user: &str) -> String {
        self.layout.url(database, user)
    }

    /// The folder of the socket.
    pub fn socket_dir(&self) -> &Path {
        &self.layout.sockets
    }

    /// The folder of the programs, for `pgbench` and `pg_dump`.
    pub fn bin_dir(&self) -> &Path {
        &self.bin
    }

    /// Leaves, and stops the server unless others use it. Connections should be closed before: theirs are cut.
    pub fn stop(mut self) -> Result<(), EmbeddedError> {
        self.leave()
    }

    fn begin(options: &Options, serves: bool) -> Result<Self, EmbeddedError> {
        check_settings(&options.settings)?;
        let mut layout = Layout::open(&options.folder, options.path_var.as_ref())?;
        let bin = locate(options, &layout)?;
        layout.runner.check_reach(&layout.folder, &bin)?;
        let service = if serves { Some(locks::claim_service(&layout)?) } else { None };
        let turn = locks::take_turn(&layout)?;
        layout.settle_sockets()?;
        layout.runner.check_reach(&layout.sockets, &bin)?;
        let shared = locks::has_users(&layout)?;
        let user = Some(locks::become_user(&layout)?);
        let child = bring_up(&layout, &bin, options, shared)?;
        drop(turn);
        Ok(Self { layout, bin, child, user, service })
    }

    fn leave(&mut self) -> Result<(), EmbeddedError> {
        let Some(user) = self.user.take() else { return Ok(()) };
        let turn = locks::take_turn(&self.layout)?;
        drop(user);
        if locks::has_users(&self.layout)? {
            tracing::info!("others use PostgreSQL: left running");
        } else {
            if let Some(pid) = server::running(&self.layout) {
                server::stop(&self.layout, pid, self.child.as_mut())?;
            }
            self.layout.forget_temporary_sockets();
            tracing::info!("PostgreSQL stopped");
        }
        // Collects our own child where it had ended before.
        let _ = self.child.as_mut().map(Child::try_wait);
        self.service = None;
        drop(turn);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.leave() {
            tracing::error!(%error, "PostgreSQL may still be running");
        }
    }
}

/// Joins the server if there are users of it, else starts one. Only to be called in turn.
fn bring_up(layout: &Layout, bin: &Path, options: &Options, shared: bool) -> Result<Option<Child>, EmbeddedError> {
    match server::running(layout) {
        Some(pid) if shared => {
            tracing::info!(pid, "joining the running PostgreSQL");
            return server::await_joined(layout).map(|()| None);
        }
        Some(pid) => {
            tracing::warn!(pid, "a killed process left its PostgreSQL running: stopping it");
            server::stop(layout, pid, None)?;
        }
        None => {}
    }
    if layout.major()?.is_none() {
        initdb::create(layout, bin)?;
    }
    let child = server::launch(layout, bin, &options.settings)?;
    tracing::info!(pid = child.id(), socket = %layout.sockets.display(), "PostgreSQL answers");
    Ok(Some(child))
}

fn check_settings(settings: &[(String, String)]) -> Result<(), EmbeddedError> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    match settings.iter().find(|(name, _)| name.is_empty() || !name.chars().all(plain)) {
        Some((name, _)) => Err(EmbeddedError::Setting { name: name.clone() }),
        None => Ok(()),
    }
}
