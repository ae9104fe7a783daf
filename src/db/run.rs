//! Running operations: the turn, the transaction, its context, and the retry.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::r2d2::{Pool, PooledConnection};
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::{Bool, Text};
use tokio::sync::Semaphore;
use tracing::{Span, warn};

use super::pool::{Conn, Manager, Settings, is_gone};
use crate::kernel::{Actor, Clock, Ctx, Error, Ids, RequestId, Result};

diesel::define_sql_function! {
    /// The one clock of the database, which tests and the demo move.
    fn collegium_now() -> Timestamptz;
}
diesel::define_sql_function! {
    /// A setting of this transaction.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}

diesel::define_sql_function! {
    /// What a setting is now.
    fn current_setting(name: Text) -> Text;
}

/// Who asks and for which request; `Ctx` is made of it once the database has told the time.
#[derive(Debug, Clone)]
pub struct Origin {
    /// Who acts.
    pub actor: Actor,
    /// The request, or the run of a job.
    pub request_id: RequestId,
}

/// The database, shared by every thread of the service.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Pool<Manager>,
    era: Arc<AtomicU64>,
    turn: Semaphore,
    wait: Duration,
    clock: Clock,
    ids: Ids,
}

#[derive(Clone, Copy)]
enum Mode {
    Read,
    Write,
}

/// Runs a part of a transaction that may fail by itself: its changes are undone and the rest goes on.
#[expect(clippy::disallowed_methods, reason = "inside a transaction this is a savepoint")]
pub fn savepoint<T>(conn: &mut PgConnection, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
    conn.transaction(f)
}

/// Runs a part of a lab's transaction as the service itself: what its caller causes and may neither read nor write, such as
/// what is thought of a person, or pay. The caller has made sure by then that the object is the lab's, for nothing in here
/// does. An error ends the transaction, so that the role need not be put back then.
pub fn as_service<T>(conn: &mut PgConnection, f: impl FnOnce(&mut PgConnection) -> Result<T>) -> Result<T> {
    let role: String = diesel::select(current_setting("role")).get_result(conn)?;
    let _: String = diesel::select(set_config("role", "none", true)).get_result(conn)?;
    let done = f(conn)?;
    let _: String = diesel::select(set_config("role", role, true)).get_result(conn)?;
    Ok(done)
}

/// Sets one of PostgreSQL's own parameters for the rest of this transaction.
pub fn set_local(conn: &mut PgConnection, name: &'static str, value: &'static str) -> QueryResult<()> {
    let _: String = diesel::select(set_config(name, value, true)).get_result(conn)?;
    Ok(())
}

/// How often a transaction is run again after a serialization failure or a deadlock.
const MAX_RETRIES: u32 = 3;

impl Db {
    /// A pool on this database; connects lazily, so that a service may start before its database.
    pub fn new(settings: &Settings, clock: Clock, ids: Ids) -> Self {
        let era = Arc::new(AtomicU64::new(0));
        let pool = Pool::builder()
            .max_size(settings.size)
            .min_idle(Some(0))
            .test_on_check_out(false)
            .connection_timeout(settings.wait)
            .error_handler(Box::new(LogConnectionErrors))
            .build_unchecked(Manager { url: settings.url.clone(), era: era.clone() });
        let turns = usize::try_from(settings.size).unwrap_or(1);
        let inner = Inner { pool, era, turn: Semaphore::new(turns), wait: settings.wait, clock, ids };
        Self { inner: Arc::new(inner) }
    }

    /// The clock whose offset every transaction is told.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The source of ids.
    pub fn ids(&self) -> &Ids {
        &self.inner.ids
    }

    /// An origin for what the service does by itself.
    pub fn system(&self) -> Origin {
        Origin { actor: Actor::System, request_id: RequestId(self.inner.ids.next()) }
    }

    /// Runs `f` in a read-only transaction, on a blocking thread.
    pub async fn read<T, F>(&self, origin: Origin, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<T> + Send + 'static,
    {
        self.in_turn(move |db| db.transact(&origin, Mode::Read, &f)).await
    }

    /// Runs `f` in a transaction, on a blocking thread.
    pub async fn write<T, F>(&self, origin: Origin, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<T> + Send + 'static,
    {
        self.in_turn(move |db| db.transact(&origin, Mode::Write, &f)).await
    }

    /// Runs one statement that does everything by itself: no transaction around it, one round trip.
    pub async fn single<T, F>(&self, origin: Origin, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<T> + Send + 'static,
    {
        self.in_turn(move |db| db.single_now(&origin, &f)).await
    }

    /// `read`, for a caller that has a thread to block: the command line, the demo, tests.
    pub fn read_now<T>(&self, origin: &Origin, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        self.transact(origin, Mode::Read, &f)
    }

    /// `write`, for a caller that has a thread to block.
    pub fn write_now<T>(&self, origin: &Origin, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        self.transact(origin, Mode::Write, &f)
    }

    /// `single`, for a caller that has a thread to block. Under a moved clock it needs a transaction after all.
    pub fn single_now<T>(&self, origin: &Origin, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        if self.inner.clock.offset_seconds() != 0 {
            return self.transact(origin, Mode::Write, &f);
        }
        let mut conn = self.connection()?;
        let ctx = self.ctx(origin, self.inner.clock.now());
        self.retrying(&mut conn, |pg| f(pg, &ctx))
    }

    async fn in_turn<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Db) -> Result<T> + Send + 'static,
    {
        // A fair queue as wide as the pool: no more threads are kept busy than there are connections.
        let turn = tokio::time::timeout(self.inner.wait, self.inner.turn.acquire()).await;
        let _turn = turn.map_err(|_| Error::Unavailable("the database is busy"))?.map_err(Error::internal)?;
        let (db, span) = (self.clone(), Span::current());
        let done = actix_web::rt::task::spawn_blocking(move || span.in_scope(|| work(&db))).await;
        done.map_err(Error::internal)?
    }

    /// A connection that is believed to be good. Where one was found dead since it was last used, the others most likely are
    /// dead as well: each is asked first, so that a server that went away and came back is met by one caller's error and not by
    /// one for each connection. The dead ones leave the pool, which makes others.
    fn connection(&self) -> Result<PooledConnection<Manager>> {
        loop {
            let got = self.inner.pool.get();
            let mut conn = got.map_err(|_| Error::Unavailable("the database cannot be reached"))?;
            let era = self.inner.era.load(Ordering::SeqCst);
            if conn.era == era || conn.answers() {
                conn.era = era;
                return Ok(conn);
            }
            conn.broken = true;
        }
    }

    fn retrying<T>(&self, conn: &mut Conn, run: impl FnMut(&mut PgConnection) -> Result<T>) -> Result<T> {
        let done = retrying(conn, run);
        if conn.broken {
            self.inner.era.fetch_max(conn.era.saturating_add(1), Ordering::SeqCst);
        }
        done
    }

    fn ctx(&self, origin: &Origin, now: DateTime<Utc>) -> Ctx {
        Ctx { actor: origin.actor.clone(), now, ids: self.inner.ids.clone(), request_id: origin.request_id }
    }

    fn transact<T>(&self, origin: &Origin, mode: Mode, f: &impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        let mut conn = self.connection()?;
        self.retrying(&mut conn, |pg| {
            let run = |pg: &mut PgConnection| {
                let now = self.enter(pg, &origin.actor)?;
                f(pg, &self.ctx(origin, now))
            };
            match mode {
                Mode::Read => pg.build_transaction().read_only().run(run),
                Mode::Write => pg.build_transaction().run(run),
            }
        })
    }

    /// Tells the transaction whose it is and how far the clock was moved, and reads the time: one statement.
    fn enter(&self, pg: &mut PgConnection, actor: &Actor) -> Result<DateTime<Utc>> {
        let (role, lab) = match actor.lab() {
            Some(lab) => ("collegium_lab", lab.0.to_string()),
            None => ("none", String::new()),
        };
        let (_, _, now, _): (String, String, DateTime<Utc>, String) = diesel::select((
            set_config("collegium.clock_offset_seconds", self.inner.clock.offset_seconds().to_string(), true),
            set_config("collegium.lab", lab, true),
            collegium_now(),
            set_config("role", role, true),
        ))
        .get_result(pg)?;
        Ok(now)
    }
}

fn retrying<T>(conn: &mut Conn, mut run: impl FnMut(&mut PgConnection) -> Result<T>) -> Result<T> {
    let mut tries = 0;
    loop {
        let error = match run(&mut conn.pg) {
            Ok(done) => return Ok(done),
            Err(error) => error,
        };
        conn.judge(&error);
        tries += 1;
        if conn.broken || tries > MAX_RETRIES || !may_pass_by_itself(&error) {
            return Err(as_seen_outside(error));
        }
        warn!(tries, %error, "transaction is run again");
        std::thread::sleep(Duration::from_millis(u64::from(rand::random::<u8>() / 16 + 1) << tries));
    }
}

fn may_pass_by_itself(error: &Error) -> bool {
    match database_error(error) {
        Some(DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _)) => true,
        Some(DieselError::DatabaseError(_, info)) => info.message().contains("deadlock detected"),
        _ => false,
    }
}

/// A database that went away or took too long is 503, not a fault of the request.
fn as_seen_outside(error: Error) -> Error {
    let busy = match database_error(&error) {
        Some(cause) if is_gone(cause) => true,
        Some(DieselError::DatabaseError(_, info)) => {
            info.message().contains("statement timeout") || info.message().contains("lock timeout")
        }
        _ => false,
    };
    if busy {
        warn!(%error, "the database is away or slow");
        return Error::Unavailable("the database is busy");
    }
    error
}

fn database_error(error: &Error) -> Option<&DieselError> {
    match error {
        Error::Internal(source) => source.downcast_ref(),
        _ => None,
    }
}

/// r2d2 tells of every failed attempt to connect; the log is told once a line.
#[derive(Debug)]
struct LogConnectionErrors;

impl diesel::r2d2::HandleError<ConnectionError> for LogConnectionErrors {
    fn handle_error(&self, error: ConnectionError) {
        warn!(%error, "no connection to the database");
    }
}
