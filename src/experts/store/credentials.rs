//! Credentials.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use crate::db::schema::credential;
use crate::experts::credential::{CredentialKind, CredentialLevel, CredentialState};
use crate::experts::isced::FieldCode;
use crate::experts::new_credential::CredentialClaim;
use crate::experts::orcid::Orcid;
use crate::experts::ror::RorId;
use crate::kernel::jurisdiction::Jurisdiction;
use crate::kernel::{AccountId, CredentialId, ExpertId};
use crate::trust::Sealed;

/// A credential without what is sealed of it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = credential)]
pub struct CredentialRow {
    /// Its id.
    pub id: CredentialId,
    /// Whose.
    pub expert_id: ExpertId,
    /// What kind of thing it is.
    pub kind: CredentialKind,
    /// Its field.
    pub field: FieldCode,
    /// How far it goes.
    pub level: Option<CredentialLevel>,
    /// Its title.
    pub title: String,
    /// Who awarded it.
    pub institution: String,
    /// The institution's ROR id.
    pub ror_id: Option<RorId>,
    /// Where it holds.
    pub jurisdiction: Option<Jurisdiction>,
    /// The day it was awarded.
    pub awarded_on: NaiveDate,
    /// The last day on which it holds, as it says itself.
    pub expires_on: Option<NaiveDate>,
    /// The holder's ORCID iD.
    pub orcid: Option<Orcid>,
    /// Where it stands.
    pub state: CredentialState,
    /// The last day on which it counts, once verified.
    pub valid_until: Option<NaiveDate>,
    /// When it was last decided on.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it was stated.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

pub(in crate::experts) fn insert_credential(
    conn: &mut PgConnection,
    id: CredentialId,
    expert: ExpertId,
    claim: &CredentialClaim,
) -> QueryResult<usize> {
    diesel::insert_into(credential::table)
        .values((
            credential::id.eq(id),
            credential::expert_id.eq(expert),
            credential::kind.eq(claim.kind),
            credential::field.eq(&claim.field),
            credential::level.eq(claim.level),
            credential::title.eq(&claim.title),
            credential::institution.eq(&claim.institution),
            credential::ror_id.eq(&claim.ror_id),
            credential::jurisdiction.eq(&claim.jurisdiction),
            credential::awarded_on.eq(claim.awarded_on),
            credential::expires_on.eq(claim.expires_on),
            credential::orcid.eq(&claim.orcid),
        ))
        .execute(conn)
}

pub(in crate::experts) fn find_credential(
    conn: &mut PgConnection,
    id: CredentialId,
) -> QueryResult<Option<CredentialRow>> {
    credential::table.find(id).select(CredentialRow::as_select()).first(conn).optional()
}

pub(in crate::experts) fn lock_credential(
    conn: &mut PgConnection,
    id: CredentialId,
) -> QueryResult<Option<CredentialRow>> {
    credential::table.find(id).select(CredentialRow::as_select()).for_update().first(conn).optional()
}

pub(in crate::experts) fn list_credentials(
    conn: &mut PgConnection,
    expert: ExpertId,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<CredentialRow>> {
    credential::table
        .filter(credential::expert_id.eq(expert).and(credential::id.lt(CredentialId(before))))
        .order(credential::id.desc())
        .limit(limit)
        .select(CredentialRow::as_select())
        .load(conn)
}

/// Credentials of everybody, newest first; in this state alone, where one is named.
pub(in crate::experts) fn list_all_credentials(
    conn: &mut PgConnection,
    state: Option<CredentialState>,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<CredentialRow>> {
    let mut query = credential::table.filter(credential::id.lt(CredentialId(before))).into_boxed();
    if let Some(state) = state {
        query = query.filter(credential::state.eq(state));
    }
    query.order(credential::id.desc()).limit(limit).select(CredentialRow::as_select()).load(conn)
}

/// What a decision sets; `None` leaves a column as it is.
#[derive(AsChangeset)]
#[diesel(table_name = credential)]
pub(in crate::experts) struct Decision<'d> {
    pub state: CredentialState,
    pub valid_until: Option<NaiveDate>,
    pub decided_by: Option<AccountId>,
    pub decided_at: DateTime<Utc>,
    pub sealed_note: Option<&'d Sealed>,
    pub sealed_reason: Option<&'d Sealed>,
}

pub(in crate::experts) fn update_decision(
    conn: &mut PgConnection,
    id: CredentialId,
    decision: &Decision<'_>,
) -> QueryResult<usize> {
    diesel::update(credential::table.find(id)).set(decision).execute(conn)
}

/// Moves the version, so that whoever looked at the credential before its evidence changed is told.
pub(in crate::experts) fn touch_credential(
    conn: &mut PgConnection,
    id: CredentialId,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(credential::table.find(id)).set(credential::updated_at.eq(now)).execute(conn)
}

/// What the verifier saw, and why it was rejected or revoked.
pub(in crate::experts) fn find_words(
    conn: &mut PgConnection,
    id: CredentialId,
) -> QueryResult<(Option<Sealed>, Option<Sealed>)> {
    credential::table.find(id).select((credential::sealed_note, credential::sealed_reason)).first(conn)
}

/// Verified credentials whose last day is before `today`, those that another run has not taken.
pub(in crate::experts) fn lock_ended(
    conn: &mut PgConnection,
    today: NaiveDate,
    limit: i64,
) -> QueryResult<Vec<(CredentialId, ExpertId)>> {
    credential::table
        .filter(credential::state.eq(CredentialState::Verified).and(credential::valid_until.lt(today)))
        .order(credential::valid_until)
        .limit(limit)
        .select((credential::id, credential::expert_id))
        .for_update()
        .skip_locked()
        .load(conn)
}

pub(in crate::experts) fn update_state(
    conn: &mut PgConnection,
    ids: &[CredentialId],
    state: CredentialState,
) -> QueryResult<usize> {
    diesel::update(credential::table.filter(credential::id.eq_any(ids))).set(credential::state.eq(state)).execute(conn)
}
