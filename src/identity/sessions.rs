//! From a bearer token to an actor: sessions and keys are looked up, and remembered for so short a time that a
//! revocation holds within five seconds on every instance.

use std::time::Duration;

use crate::db::Db;
use crate::kernel::{Actor, Result, SessionId};

use super::token::Tokens;
use super::{api_key, store};

/// How long a look-up is believed.
const BELIEVED: Duration = Duration::from_secs(3);

/// Tells who sends a request.
pub struct Identity {
    db: Db,
    tokens: Tokens,
    sessions: moka::sync::Cache<SessionId, Option<Actor>>,
    keys: moka::sync::Cache<Vec<u8>, Option<Actor>>,
}

impl Identity {
    /// Looks sessions and keys up in this database.
    pub fn new(db: Db, tokens: Tokens) -> Self {
        let cache = || moka::sync::Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build();
        let keys = moka::sync::Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build();
        Self { db, tokens, sessions: cache(), keys }
    }

    /// The signer of tokens.
    pub fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Whom a bearer token stands for; `None` where it stands for nobody any more.
    pub async fn actor(&self, bearer: &str) -> Result<Option<Actor>> {
        if bearer.starts_with("clg_") {
            return self.key_actor(bearer).await;
        }
        let Some((account, session)) = self.tokens.read(bearer) else { return Ok(None) };
        if let Some(known) = self.sessions.get(&session) {
            return Ok(known);
        }
        // Most requests of people who work alone come here: one round trip, no transaction around it.
        let found = move |conn: &mut _, _: &_| Ok(store::find_session_actor(conn, account, session)?);
        let actor = self.db.single(self.db.system(), found).await?;
        self.sessions.insert(session, actor.clone());
        Ok(actor)
    }

    async fn key_actor(&self, key: &str) -> Result<Option<Actor>> {
        if !api_key::is_key(key) {
            return Ok(None);
        }
        let digest = api_key::digest(key);
        if let Some(known) = self.keys.get(&digest) {
            return Ok(known);
        }
        let wanted = digest.clone();
        let found = self.db.write(self.db.system(), move |conn, ctx| {
            let actor = store::find_key_actor(conn, &wanted, ctx.now)?;
            if actor.is_some() {
                store::touch_key(conn, &wanted, ctx.now)?;
            }
            Ok(actor)
        });
        let actor = found.await?;
        self.keys.insert(digest, actor.clone());
        Ok(actor)
    }

    /// Whether somebody who was let in still would be: asked of the database, for what goes on longer than a call.
    pub async fn still_stands(&self, actor: &Actor) -> Result<bool> {
        let Actor::Account(signed) = actor.clone() else { return Ok(false) };
        let found = self.db.read(self.db.system(), move |conn, ctx| match (signed.session, signed.api_key) {
            (Some(session), _) => Ok(store::find_session_actor(conn, signed.account, session)?.is_some()),
            (None, Some(key)) => Ok(store::is_key_good(conn, key, ctx.now)?),
            (None, None) => Ok(false),
        });
        found.await
    }

    /// Forgets a session at once on this instance; the others follow within three seconds.
    pub fn forget(&self, session: SessionId) {
        self.sessions.invalidate(&session);
    }

    /// Forgets every key and session of this instance, where it is not known which ones ended.
    pub fn forget_all(&self) {
        self.sessions.invalidate_all();
        self.keys.invalidate_all();
    }
}
