//! Where the demo plays: the database, the door, the clock, and a way to act as somebody.

use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::app::Parts;
use crate::db::{Db, Origin};
use crate::files::range::Conditions;
use crate::files::routes::{FileView, Incoming, OpenFile, store};
use crate::files::{self, Depot, FileRow, Received};
use crate::http::{CursorKey, Paging, Precondition};
use crate::identity::{PasswordHash, Passwords};
use crate::kernel::actor::Signed;
use crate::kernel::page::PageQuery;
use crate::kernel::{AccountId, Actor, Clock, Ctx, Error, ExpertId, Form, LabId, RequestId, Result, Role};
use crate::matching;
use crate::record;
use crate::trust::{BlobSealer, Door, Purpose};

/// Somebody who acts.
#[derive(Debug, Clone)]
pub struct Player {
    pub name: &'static str,
    pub signed: Signed,
}

impl Player {
    /// An account that is signed in.
    pub fn new(name: &'static str, account: AccountId, role: Role) -> Self {
        let signed = Signed { account, role, lab: None, expert: None, session: None, api_key: None, may_write: true };
        Self { name, signed }
    }

    /// The same, of this lab.
    pub fn of_lab(mut self, lab: LabId) -> Self {
        self.signed.lab = Some(lab);
        self
    }

    /// The same, this expert.
    pub fn of_expert(mut self, expert: ExpertId) -> Self {
        self.signed.expert = Some(expert);
        self
    }
}

/// Everything the demo acts through.
pub struct Stage {
    db: Db,
    door: Door,
    passwords: Passwords,
    cursor_key: CursorKey,
    depot: Depot,
    /// Files come as streams.
    runtime: Runtime,
}

impl Stage {
    /// The stage of these parts.
    pub fn new(parts: &Parts) -> Result<Self> {
        Ok(Self {
            db: parts.db.clone(),
            door: parts.door.clone(),
            passwords: parts.passwords.clone(),
            cursor_key: parts.cursor_key.clone(),
            depot: parts.depot.clone(),
            runtime: Builder::new_current_thread().enable_all().build().map_err(Error::internal)?,
        })
    }

    pub fn db(&self) -> &Db {
        &self.db
    }

    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Hashes the password of everybody once: forty argon2id hashes of one password would tell nobody more.
    pub fn password(&self) -> Result<PasswordHash> {
        self.passwords.hash_now(super::PASSWORD)
    }

    /// Moves the clock to this moment, and makes the partitions that it needs.
    pub fn set_clock(&self, to: DateTime<Utc>) -> Result<()> {
        let real = Clock::default().now();
        self.db.clock().set_offset_seconds((to - real).num_seconds());
        self.db.write_now(&self.db.system(), |conn, ctx| record::jobs::make_partitions(conn, ctx, to.date_naive()))?;
        Ok(())
    }

    /// Back to the machine's own time.
    pub fn set_clock_to_now(&self) {
        self.db.clock().set_offset_seconds(0);
    }

    /// Does something as somebody.
    pub fn act<T>(&self, who: &Player, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        self.db.write_now(&self.origin(who), f)
    }

    /// Looks at something as somebody.
    pub fn look<T>(&self, who: &Player, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        self.db.read_now(&self.origin(who), f)
    }

    /// Does something as nobody: signing up.
    pub fn as_public<T>(&self, f: impl Fn(&mut PgConnection, &Ctx) -> Result<T>) -> Result<T> {
        let origin = Origin { actor: Actor::Public, request_id: RequestId(self.db.ids().next()) };
        self.db.write_now(&origin, f)
    }

    /// Takes a file in from somebody; `delivered` by an expert it loses its author.
    pub fn take_file<B, F>(&self, who: &Player, file: (Incoming, bool), steps: (B, F)) -> Result<FileView>
    where
        B: Fn(&mut PgConnection, &Ctx, &Door, &Precondition) -> Result<(LabId, BlobSealer)> + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx, &Door, (&Precondition, &Received)) -> Result<(bool, FileView)>,
        F: Clone + Send + 'static,
    {
        let caller = (&self.db, self.origin(who), Precondition::Absent);
        let stored = self.runtime.block_on(store((&self.door, &self.depot), caller, file, steps));
        stored.map(|(_, view)| view).map_err(|problem| Error::internal(problem.to_string()))
    }

    /// Reads a range of a file as somebody whom `allow` lets have it.
    pub fn read_file<A>(&self, who: &Player, range: &str, allow: A) -> Result<Vec<u8>>
    where
        A: Fn(&mut PgConnection, &Ctx, &Door) -> Result<(FileRow, Purpose)>,
    {
        let asked = Conditions { range: Some(range.to_owned()), if_range: None, if_none_match: None };
        let serving = self.act(who, |conn, ctx| {
            let allowed = allow(conn, ctx, &self.door)?;
            files::operations::serve(conn, ctx, &self.door, allowed, (&asked, false))
        })?;
        self.runtime.block_on(async { OpenFile::open(&self.depot, serving).await?.read().await })
    }

    /// Brings eligibility up to date, as the edge does after a change.
    pub fn settle(&self) -> Result<()> {
        while self.db.write_now(&self.db.system(), matching::jobs::settle)? > 0 {}
        Ok(())
    }

    /// A page of a list.
    pub fn paging(&self, query: &PageQuery) -> Result<Paging> {
        Paging::read(query, &self.cursor_key, "demo".to_owned())
    }

    fn origin(&self, who: &Player) -> Origin {
        Origin { actor: Actor::Account(who.signed.clone()), request_id: RequestId(self.db.ids().next()) }
    }
}

/// A body as a client would send it.
pub fn form<T: DeserializeOwned>(body: Value) -> Result<Form<T>> {
    // By way of text, as over the wire: some fields keep the very bytes.
    serde_json::from_str(&body.to_string()).map(Form::of).map_err(Error::internal)
}

/// A figure of an answer, found by JSON pointer.
pub fn text(value: &Value, pointer: &str) -> Result<String> {
    match value.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) if !other.is_null() => Ok(other.to_string()),
        _ => Err(Error::internal(format!("the demo found no {pointer}"))),
    }
}

/// An answer as a client would read it.
pub fn shown<T: serde::Serialize>(value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}
