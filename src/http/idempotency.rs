//! `Idempotency-Key`: stored in the transaction of the effect. The row keeps the digest of the body, the status and the
//! id of what was made, never an answer: a replay renders the object again and so passes every check again.

use actix_web::http::header::HeaderMap;
use chrono::Days;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use sha2::{Digest, Sha256};

use super::Problem;
use crate::db::prepared;
use crate::db::schema::idempotency;
use crate::kernel::{Actor, Code, Ctx, Error, Result};

diesel::define_sql_function! {
    /// Takes a lock until the transaction ends, or says at once that somebody else has it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> Bool;
}

/// A call that may be sent again without happening twice.
#[derive(Debug, Clone)]
pub struct Once {
    scope: [u8; 32],
    body_digest: [u8; 32],
    moves_money: bool,
}

impl Once {
    /// The scope of a key is caller, method, path and the key itself.
    pub fn new(actor: &Actor, route: &str, key: &str, body_digest: [u8; 32], moves_money: bool) -> Self {
        let caller = actor.account().map_or_else(|| "public".to_owned(), |account| account.to_string());
        let mut scope = Sha256::new();
        for part in [caller.as_str(), route, key] {
            scope.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            scope.update(part.as_bytes());
        }
        Self { scope: scope.finalize().into(), body_digest, moves_money }
    }

    /// What the first call made, if there was one. Holds a lock until the transaction ends, so that two calls with one
    /// key never run side by side; a key that is busy is told so at once rather than waited for.
    pub fn earlier(&self, conn: &mut PgConnection) -> Result<Option<Done>> {
        let [a, b, c, d, e, f, g, h, ..] = self.scope;
        let key = i64::from_be_bytes([a, b, c, d, e, f, g, h]);
        if !diesel::select(pg_try_advisory_xact_lock(key)).get_result::<bool>(conn)? {
            return Err(Error::Refused(Code::IdempotencyInProgress));
        }
        let row: Option<(Vec<u8>, i16, String)> = idempotency::table
            .find(&self.scope[..])
            .select((idempotency::body_digest, idempotency::status, idempotency::target))
            .first(conn)
            .optional()?;
        let Some((digest, status, target)) = row else { return Ok(None) };
        if digest != self.body_digest {
            return Err(Error::Refused(Code::IdempotencyKeyReused));
        }
        Ok(Some(Done { status: u16::try_from(status).map_err(Error::internal)?, target }))
    }

    /// Remembers what this call made.
    pub fn remember(&self, conn: &mut PgConnection, done: &Done) -> Result<()> {
        let remembered = diesel::insert_into(idempotency::table).values((
            idempotency::scope.eq(&self.scope[..]),
            idempotency::body_digest.eq(&self.body_digest[..]),
            idempotency::status.eq(i16::try_from(done.status).map_err(Error::internal)?),
            idempotency::target.eq(&done.target),
            idempotency::moves_money.eq(self.moves_money),
        ));
        prepared(remembered).execute(conn)?;
        Ok(())
    }
}

/// Forgets keys of calls that moved no money and are a day old; says how many.
pub fn forget_keys(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let old = ctx.now.checked_sub_days(Days::new(1)).unwrap_or(ctx.now);
    let due: Vec<Vec<u8>> = idempotency::table
        .filter(idempotency::moves_money.eq(false).and(idempotency::created_at.lt(old)))
        .select(idempotency::scope)
        .limit(1_000)
        .load(conn)?;
    Ok(diesel::delete(idempotency::table.filter(idempotency::scope.eq_any(due))).execute(conn)?)
}

/// What a call made: enough to render it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The status of the first answer.
    pub status: u16,
    /// The id of the object.
    pub target: String,
}

/// Reads the header: bare, or a quoted structured-field string (RFC 8941 §3.3.3); at most 255 characters.
pub fn read_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let malformed = || Problem::from(Code::MalformedHeader).detail("Idempotency-Key: 1 to 255 visible characters");
    let text = value.to_str().map_err(|_| malformed())?.trim();
    let key = match text.strip_prefix('"') {
        Some(quoted) => quoted.strip_suffix('"').ok_or_else(malformed)?.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => text.to_owned(),
    };
    if key.is_empty() || key.chars().count() > 255 {
        return Err(malformed());
    }
    Ok(Some(key))
}
