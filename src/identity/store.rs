//! Accounts, sessions, refresh tokens, keys, invitations.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::collegium_now;
use crate::db::schema::{account, api_key, invitation, refresh_token, session};
use crate::kernel::actor::Signed;
use crate::kernel::{AccountId, Actor, ApiKeyId, ExpertId, InvitationId, LabId, Role, SessionId};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = account)]
pub(super) struct AccountRow {
    pub id: AccountId,
    pub email: String,
    pub password_hash: String,
    pub display_name: String,
    pub role: Role,
    pub lab_id: Option<LabId>,
    pub expert_id: Option<ExpertId>,
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account)]
pub(super) struct AccountFacts {
    pub id: AccountId,
    pub email: String,
    pub display_name: String,
    pub role: Role,
    pub lab_id: Option<LabId>,
    pub expert_id: Option<ExpertId>,
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
}

pub(super) fn insert_account(conn: &mut PgConnection, row: &AccountRow) -> QueryResult<usize> {
    diesel::insert_into(account::table).values(row).execute(conn)
}

pub(super) fn find_account(conn: &mut PgConnection, id: AccountId) -> QueryResult<Option<AccountFacts>> {
    account::table.find(id).select(AccountFacts::as_select()).first(conn).optional()
}

pub(super) fn list_staff(conn: &mut PgConnection, before: Uuid, limit: i64) -> QueryResult<Vec<AccountFacts>> {
    account::table
        .filter(account::role.eq_any(Role::STAFF).and(account::id.lt(AccountId(before))))
        .order(account::id.desc())
        .limit(limit)
        .select(AccountFacts::as_select())
        .load(conn)
}

diesel::define_sql_function! {
    /// E-mail addresses are one in any case.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

/// What signing in needs of an account: id and password hash, where it is active.
pub(super) fn find_login(conn: &mut PgConnection, email: &str) -> QueryResult<Option<(AccountId, String)>> {
    account::table
        .filter(lower(account::email).eq(email.to_lowercase()).and(account::state.eq("active")))
        .select((account::id, account::password_hash))
        .first(conn)
        .optional()
}

pub(super) fn find_password(conn: &mut PgConnection, id: AccountId) -> QueryResult<Option<String>> {
    account::table.find(id).select(account::password_hash).first(conn).optional()
}

pub(super) fn update_password(conn: &mut PgConnection, id: AccountId, hash: &str) -> QueryResult<usize> {
    diesel::update(account::table.find(id)).set(account::password_hash.eq(hash)).execute(conn)
}

type ActorRow = (AccountId, Role, Option<LabId>, Option<ExpertId>);

fn signed((account, role, lab, expert): ActorRow) -> Signed {
    Signed { account, role, lab, expert, session: None, api_key: None, may_write: true }
}

pub(super) fn find_session_actor(
    conn: &mut PgConnection,
    account: AccountId,
    id: SessionId,
) -> QueryResult<Option<Actor>> {
    let row: Option<ActorRow> = session::table
        .inner_join(account::table)
        .filter(session::id.eq(id).and(account::id.eq(account)).and(account::state.eq("active")))
        .filter(session::revoked_at.is_null().and(session::expires_at.gt(collegium_now())))
        .select((account::id, account::role, account::lab_id, account::expert_id))
        .first(conn)
        .optional()?;
    Ok(row.map(|row| Actor::Account(Signed { session: Some(id), ..signed(row) })))
}

pub(super) fn find_key_actor(conn: &mut PgConnection, digest: &[u8], now: DateTime<Utc>) -> QueryResult<Option<Actor>> {
    let row: Option<(ActorRow, ApiKeyId, Vec<Option<String>>)> = api_key::table
        .inner_join(account::table)
        .filter(api_key::digest.eq(digest).and(api_key::revoked_at.is_null()).and(account::state.eq("active")))
        .filter(api_key::expires_at.is_null().or(api_key::expires_at.gt(now)))
        .select(((account::id, account::role, account::lab_id, account::expert_id), api_key::id, api_key::scopes))
        .first(conn)
        .optional()?;
    Ok(row.map(|(row, id, scopes)| {
        let may_write = scopes.iter().flatten().any(|scope| scope == "write");
        Actor::Account(Signed { api_key: Some(id), may_write, ..signed(row) })
    }))
}

/// Whether a key still opens anything.
pub(super) fn is_key_good(conn: &mut PgConnection, id: ApiKeyId, now: DateTime<Utc>) -> QueryResult<bool> {
    let good = api_key::table
        .inner_join(account::table)
        .filter(api_key::id.eq(id).and(api_key::revoked_at.is_null()).and(account::state.eq("active")))
        .filter(api_key::expires_at.is_null().or(api_key::expires_at.gt(now)));
    diesel::select(diesel::dsl::exists(good)).get_result(conn)
}

/// At most one write a minute for a busy key.
pub(super) fn touch_key(conn: &mut PgConnection, digest: &[u8], now: DateTime<Utc>) -> QueryResult<usize> {
    let stale = now.checked_sub_signed(Duration::minutes(1)).unwrap_or(now);
    diesel::update(api_key::table)
        .filter(api_key::digest.eq(digest))
        .filter(api_key::last_used_at.is_null().or(api_key::last_used_at.lt(stale)))
        .set(api_key::last_used_at.eq(now))
        .execute(conn)
}

pub(super) fn insert_session(
    conn: &mut PgConnection,
    id: SessionId,
    account: AccountId,
    expires_at: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::insert_into(session::table)
        .values((session::id.eq(id), session::account_id.eq(account), session::expires_at.eq(expires_at)))
        .execute(conn)
}

pub(super) fn insert_refresh_token(conn: &mut PgConnection, session: SessionId, digest: &[u8]) -> QueryResult<usize> {
    diesel::insert_into(refresh_token::table)
        .values((refresh_token::digest.eq(digest), refresh_token::session_id.eq(session)))
        .execute(conn)
}

/// A refresh token and its session: session, account, whether spent, whether the session still stands.
pub(super) fn lock_refresh_token(
    conn: &mut PgConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<(SessionId, AccountId, bool, bool)>> {
    let row: Option<(SessionId, Option<DateTime<Utc>>)> = refresh_token::table
        .find(digest)
        .select((refresh_token::session_id, refresh_token::spent_at))
        .for_update()
        .first(conn)
        .optional()?;
    let Some((id, spent_at)) = row else { return Ok(None) };
    let (account, revoked_at, expires_at): (AccountId, Option<DateTime<Utc>>, DateTime<Utc>) = session::table
        .find(id)
        .select((session::account_id, session::revoked_at, session::expires_at))
        .for_update()
        .first(conn)?;
    Ok(Some((id, account, spent_at.is_some(), revoked_at.is_none() && expires_at > now)))
}

pub(super) fn spend_refresh_token(conn: &mut PgConnection, digest: &[u8], now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(refresh_token::table.find(digest)).set(refresh_token::spent_at.eq(now)).execute(conn)
}

pub(super) fn touch_session(conn: &mut PgConnection, id: SessionId, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(session::table.find(id)).set(session::last_used_at.eq(now)).execute(conn)
}

/// Ends the sessions of an account: one, or all but one.
pub(super) fn revoke_sessions(
    conn: &mut PgConnection,
    account: AccountId,
    which: Which,
    because: &str,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SessionId>> {
    let mut ending = diesel::update(session::table)
        .filter(session::account_id.eq(account).and(session::revoked_at.is_null()))
        .set((session::revoked_at.eq(now), session::revoked_because.eq(because)))
        .returning(session::id)
        .into_boxed();
    ending = match which {
        Which::One(id) => ending.filter(session::id.eq(id)),
        Which::AllBut(Some(id)) => ending.filter(session::id.ne(id)),
        Which::AllBut(None) => ending,
    };
    ending.get_results(conn)
}

/// Which sessions are meant.
#[derive(Debug, Clone, Copy)]
pub(super) enum Which {
    /// This one.
    One(SessionId),
    /// All, or all but this one.
    AllBut(Option<SessionId>),
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = session)]
pub(super) struct SessionFacts {
    pub id: SessionId,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) fn list_sessions(
    conn: &mut PgConnection,
    account: AccountId,
    now: DateTime<Utc>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<SessionFacts>> {
    session::table
        .filter(session::account_id.eq(account).and(session::revoked_at.is_null()).and(session::expires_at.gt(now)))
        .filter(session::id.lt(SessionId(before)))
        .order(session::id.desc())
        .limit(limit)
        .select(SessionFacts::as_select())
        .load(conn)
}

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = api_key)]
pub(super) struct KeyFacts {
    pub id: ApiKeyId,
    pub name: String,
    pub last_four: String,
    pub scopes: Vec<Option<String>>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Insertable)]
#[diesel(table_name = api_key)]
pub(super) struct NewKeyRow {
    pub id: ApiKeyId,
    pub account_id: AccountId,
    pub lab_id: LabId,
    pub name: String,
    pub digest: Vec<u8>,
    pub last_four: String,
    pub scopes: Vec<String>,
    pub expires_at: Option<DateTime<Utc>>,
}

pub(super) fn insert_key(conn: &mut PgConnection, row: &NewKeyRow) -> QueryResult<usize> {
    diesel::insert_into(api_key::table).values(row).execute(conn)
}

pub(super) fn find_key(conn: &mut PgConnection, lab: LabId, id: ApiKeyId) -> QueryResult<Option<KeyFacts>> {
    api_key::table
        .filter(api_key::id.eq(id).and(api_key::lab_id.eq(lab)))
        .select(KeyFacts::as_select())
        .first(conn)
        .optional()
}

pub(super) fn list_keys(conn: &mut PgConnection, lab: LabId, before: Uuid, limit: i64) -> QueryResult<Vec<KeyFacts>> {
    api_key::table
        .filter(api_key::lab_id.eq(lab).and(api_key::id.lt(ApiKeyId(before))))
        .order(api_key::id.desc())
        .limit(limit)
        .select(KeyFacts::as_select())
        .load(conn)
}

pub(super) fn revoke_key(conn: &mut PgConnection, lab: LabId, id: ApiKeyId, now: DateTime<Utc>) -> QueryResult<usize> {
    diesel::update(api_key::table)
        .filter(api_key::id.eq(id).and(api_key::lab_id.eq(lab)).and(api_key::revoked_at.is_null()))
        .set(api_key::revoked_at.eq(now))
        .execute(conn)
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = invitation)]
pub(super) struct InvitationRow {
    pub id: InvitationId,
    pub lab_id: Option<LabId>,
    pub email: String,
    pub display_name: String,
    pub role: Role,
    pub digest: Vec<u8>,
    pub invited_by: AccountId,
    pub expires_at: DateTime<Utc>,
}

pub(super) fn insert_invitation(conn: &mut PgConnection, row: &InvitationRow) -> QueryResult<usize> {
    diesel::insert_into(invitation::table).values(row).execute(conn)
}

pub(super) fn find_invitation(conn: &mut PgConnection, id: InvitationId) -> QueryResult<Option<InvitationRow>> {
    invitation::table.find(id).select(InvitationRow::as_select()).first(conn).optional()
}

pub(super) fn lock_open_invitation(
    conn: &mut PgConnection,
    digest: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<InvitationRow>> {
    invitation::table
        .filter(
            invitation::digest.eq(digest).and(invitation::accepted_at.is_null()).and(invitation::expires_at.gt(now)),
        )
        .select(InvitationRow::as_select())
        .for_update()
        .first(conn)
        .optional()
}

pub(super) fn accept_invitation(
    conn: &mut PgConnection,
    id: InvitationId,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(invitation::table.find(id))
        .set((invitation::accepted_at.eq(now), invitation::account_id.eq(account)))
        .execute(conn)
}
