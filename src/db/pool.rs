//! The r2d2 pool: as wide as the database can use, connections checked by what happens on them rather than by a ping.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::ManageConnection;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::kernel::Error;

/// What the pool is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the database is.
    pub url: String,
    /// How many connections: 2–4 per core.
    pub size: u32,
    /// How long a call waits for its turn before it is told 503.
    pub wait: Duration,
}

/// A connection and whether it is still worth keeping.
pub struct Conn {
    /// The connection itself.
    pub pg: PgConnection,
    pub(super) broken: bool,
    /// How often the server had gone away when this connection was last known to be good.
    pub(super) era: u64,
}

impl Conn {
    /// Asks the server whether it is still there.
    pub(super) fn answers(&mut self) -> bool {
        self.pg.batch_execute("SELECT 1").is_ok()
    }

    /// Marks the connection for replacement where the error says that it is gone.
    pub(super) fn judge(&mut self, error: &Error) {
        if let Error::Internal(source) = error
            && let Some(error) = source.downcast_ref::<DieselError>()
        {
            self.broken |= is_gone(error);
        }
    }
}

/// Whether the error means that the server went away: nothing about the statement itself.
pub(super) fn is_gone(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand, _) => {
            true
        }
        DieselError::DatabaseError(_, info) => {
            let message = info.message();
            ["server closed", "terminating connection", "shutting down", "starting up", "no connection to the server"]
                .iter()
                .any(|sign| message.contains(sign))
        }
        DieselError::BrokenTransactionManager => true,
        _ => false,
    }
}

/// Makes connections with the limits that every one of them keeps.
#[derive(Debug)]
pub(super) struct Manager {
    pub(super) url: String,
    /// How often a connection was found dead: whatever was made before is looked at before it is used.
    pub(super) era: Arc<AtomicU64>,
}

/// Limits with their reasons: a statement that takes longer than 5 s is a bug, a lock that is waited for longer than 1 s
/// a queue; a transaction left open for 10 s belongs to nobody. Compiling a plan takes a hundred times longer than running
/// any of ours.
const LIMITS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '1s'; \
    SET idle_in_transaction_session_timeout = '10s'; SET jit = off; SET TimeZone = 'UTC'; SET application_name = 'collegium'";

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Conn, ConnectionError> {
        let era = self.era.load(Ordering::SeqCst);
        let mut pg = PgConnection::establish(&self.url)?;
        pg.batch_execute(LIMITS).map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(Conn { pg, broken: false, era })
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), ConnectionError> {
        conn.pg.batch_execute("SELECT 1").map_err(ConnectionError::CouldntSetupConfiguration)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        use diesel::r2d2::R2D2Connection;
        conn.broken || conn.pg.is_broken()
    }
}
