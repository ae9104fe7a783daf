//! Experts, their languages and seats, and whose eligibility must be looked at again.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use uuid::Uuid;

use crate::db::schema::{credential, eligibility, eligibility_due, expert, expert_language, seat};
use crate::experts::credential::{CredentialLevel, CredentialState};
use crate::experts::expert::ExpertState;
use crate::experts::isced::FieldCode;
use crate::experts::language::{LanguageCode, LanguageLevel, SpokenLanguage};
use crate::experts::timezone::Timezone;
use crate::kernel::ExpertId;
use crate::kernel::jurisdiction::CountryCode;

/// An expert.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = expert)]
pub struct ExpertRow {
    /// Their id.
    pub id: ExpertId,
    /// What to call them.
    pub display_name: String,
    /// Where they live.
    pub country: CountryCode,
    /// Where their day begins.
    pub timezone: Timezone,
    /// Hours a week that they offer.
    pub weekly_hours: i16,
    /// Whether they may work.
    pub state: ExpertState,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// When the profile last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = expert)]
pub(in crate::experts) struct NewExpertRow<'e> {
    pub id: ExpertId,
    pub display_name: &'e str,
    pub country: &'e CountryCode,
    pub timezone: &'e Timezone,
    pub weekly_hours: i16,
}

pub(in crate::experts) fn insert_expert(conn: &mut PgConnection, row: &NewExpertRow<'_>) -> QueryResult<usize> {
    diesel::insert_into(expert::table).values(row).execute(conn)
}

pub(in crate::experts) fn insert_seat(conn: &mut PgConnection, id: ExpertId) -> QueryResult<usize> {
    diesel::insert_into(seat::table).values(seat::expert_id.eq(id)).execute(conn)
}

/// One expert.
pub fn find_expert(conn: &mut PgConnection, id: ExpertId) -> QueryResult<Option<ExpertRow>> {
    expert::table.find(id).select(ExpertRow::as_select()).first(conn).optional()
}

pub(in crate::experts) fn lock_expert(conn: &mut PgConnection, id: ExpertId) -> QueryResult<Option<ExpertRow>> {
    // Rows that point at the expert may still be written meanwhile.
    expert::table.find(id).select(ExpertRow::as_select()).for_no_key_update().first(conn).optional()
}

/// What a list of experts is narrowed to.
#[derive(Debug, Clone)]
pub(in crate::experts) struct Narrowed {
    /// A credential that counts in this field or one within it.
    pub field: Option<FieldCode>,
    /// A credential that counts of one of these levels.
    pub levels: Option<Vec<CredentialLevel>>,
    pub country: Option<CountryCode>,
    pub language: Option<LanguageCode>,
    pub state: Option<ExpertState>,
    /// The day on which credentials must count.
    pub on: NaiveDate,
}

pub(in crate::experts) fn list_experts(
    conn: &mut PgConnection,
    narrowed: &Narrowed,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<ExpertRow>> {
    let mut query = expert::table
        .filter(expert::id.lt(ExpertId(before)))
        .order(expert::id.desc())
        .limit(limit)
        .select(ExpertRow::as_select())
        .into_boxed();
    if narrowed.field.is_some() || narrowed.levels.is_some() {
        let mut holders = credential::table
            .filter(credential::state.eq(CredentialState::Verified))
            .filter(credential::valid_until.is_null().or(credential::valid_until.ge(narrowed.on)))
            .select(credential::expert_id)
            .into_boxed();
        if let Some(field) = &narrowed.field {
            // A code begins with the code of the field it lies in; it holds digits alone.
            holders = holders.filter(credential::field.like(format!("{field}%")));
        }
        if let Some(levels) = &narrowed.levels {
            holders = holders.filter(credential::level.eq_any(levels));
        }
        query = query.filter(expert::id.eq_any(holders));
    }
    if let Some(country) = &narrowed.country {
        query = query.filter(expert::country.eq(country));
    }
    if let Some(language) = &narrowed.language {
        let speakers =
            expert_language::table.filter(expert_language::code.eq(language)).select(expert_language::expert_id);
        query = query.filter(expert::id.eq_any(speakers));
    }
    if let Some(state) = narrowed.state {
        query = query.filter(expert::state.eq(state));
    }
    query.load(conn)
}

/// The changed columns of a profile; `None` leaves one as it is.
#[derive(AsChangeset)]
#[diesel(table_name = expert)]
pub(in crate::experts) struct ProfileChange<'p> {
    pub display_name: Option<&'p str>,
    pub country: Option<&'p CountryCode>,
    pub timezone: Option<&'p Timezone>,
    pub weekly_hours: Option<i16>,
    /// Always set, so that a change of languages alone moves the version too.
    pub updated_at: DateTime<Utc>,
}

pub(in crate::experts) fn update_expert(
    conn: &mut PgConnection,
    id: ExpertId,
    change: &ProfileChange<'_>,
) -> QueryResult<usize> {
    diesel::update(expert::table.find(id)).set(change).execute(conn)
}

pub(in crate::experts) fn insert_languages(
    conn: &mut PgConnection,
    id: ExpertId,
    languages: &[SpokenLanguage],
) -> QueryResult<usize> {
    let rows: Vec<_> = languages
        .iter()
        .map(|known| {
            (
                expert_language::expert_id.eq(id),
                expert_language::code.eq(&known.code),
                expert_language::level.eq(known.level),
            )
        })
        .collect();
    diesel::insert_into(expert_language::table).values(rows).execute(conn)
}

pub(in crate::experts) fn delete_languages(conn: &mut PgConnection, id: ExpertId) -> QueryResult<usize> {
    diesel::delete(expert_language::table.filter(expert_language::expert_id.eq(id))).execute(conn)
}

/// Who of these speaks what, in the order of the codes.
pub(in crate::experts) fn list_languages(
    conn: &mut PgConnection,
    ids: &[ExpertId],
) -> QueryResult<Vec<(ExpertId, SpokenLanguage)>> {
    let rows: Vec<(ExpertId, LanguageCode, LanguageLevel)> = expert_language::table
        .filter(expert_language::expert_id.eq_any(ids))
        .order((expert_language::expert_id, expert_language::code))
        .select((expert_language::expert_id, expert_language::code, expert_language::level))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, code, level)| (id, SpokenLanguage { code, level })).collect())
}

/// Notes that facts about these experts changed: matching looks at their eligibility again. Each comes with a new id.
pub(in crate::experts) fn insert_due(conn: &mut PgConnection, due: &[(Uuid, ExpertId)]) -> QueryResult<usize> {
    let rows: Vec<_> = due
        .iter()
        .map(|(id, expert)| (eligibility_due::id.eq(id), eligibility_due::expert_id.eq(Some(*expert))))
        .collect();
    diesel::insert_into(eligibility_due::table).values(rows).execute(conn)
}

diesel::define_sql_function! {
    /// Waits for a lock that ends with the transaction; returns nothing.
    fn pg_advisory_xact_lock(key: BigInt) -> Bool;
}

/// The lock of whoever writes eligibility, as the database's advisory locks name it.
pub const ELIGIBILITY_LOCK: i64 = i64::from_be_bytes(*b"eligible");

diesel::define_sql_function! {
    /// Sets a setting of this transaction.
    fn set_config(name: Text, value: Text, is_local: Bool) -> Text;
}
diesel::define_sql_function! {
    /// A setting as it stands.
    fn current_setting(name: Text) -> Text;
}

/// How long somebody waits for the run of matching that is under way, which is one of several that each take a moment:
/// less than a statement may last.
const PATIENCE: &str = "4s";

/// Waits until nobody else writes eligibility; then nobody does until this transaction ends. Whoever waits is served in
/// turn, before the next run begins.
pub fn lock_eligibility(conn: &mut PgConnection) -> QueryResult<()> {
    let usual: String = diesel::select(current_setting("lock_timeout")).get_result(conn)?;
    diesel::select(set_config("lock_timeout", PATIENCE, true)).execute(conn)?;
    diesel::select(pg_advisory_xact_lock(ELIGIBILITY_LOCK)).execute(conn)?;
    diesel::select(set_config("lock_timeout", usual, true)).execute(conn).map(|_| ())
}

/// Takes all eligibility of an expert away until matching has looked again.
pub(in crate::experts) fn delete_eligibility(conn: &mut PgConnection, id: ExpertId) -> QueryResult<usize> {
    diesel::delete(eligibility::table.filter(eligibility::expert_id.eq(id))).execute(conn)
}
