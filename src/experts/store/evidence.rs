//! Evidence of credentials.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::db::schema::evidence;
use crate::kernel::CredentialId;
use crate::trust::Sealed;

/// Evidence without its bytes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = evidence)]
pub(in crate::experts) struct EvidenceRow {
    pub credential_id: CredentialId,
    pub media_type: String,
    pub bytes: i64,
    pub sha256: Vec<u8>,
    pub revision: i32,
    pub uploaded_at: DateTime<Utc>,
}

/// Evidence to be stored.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = evidence)]
pub(in crate::experts) struct NewEvidenceRow<'e> {
    pub credential_id: CredentialId,
    pub media_type: &'e str,
    pub bytes: i64,
    pub sha256: &'e [u8],
    pub sealed_bytes: &'e Sealed,
    pub revision: i32,
    pub uploaded_at: DateTime<Utc>,
}

pub(in crate::experts) fn upsert_evidence(conn: &mut PgConnection, row: &NewEvidenceRow<'_>) -> QueryResult<usize> {
    diesel::insert_into(evidence::table)
        .values(row)
        .on_conflict(evidence::credential_id)
        .do_update()
        .set(row)
        .execute(conn)
}

pub(in crate::experts) fn find_evidence(conn: &mut PgConnection, id: CredentialId) -> QueryResult<Option<EvidenceRow>> {
    evidence::table.find(id).select(EvidenceRow::as_select()).first(conn).optional()
}

pub(in crate::experts) fn list_evidence(
    conn: &mut PgConnection,
    ids: &[CredentialId],
) -> QueryResult<Vec<EvidenceRow>> {
    evidence::table.filter(evidence::credential_id.eq_any(ids)).select(EvidenceRow::as_select()).load(conn)
}

pub(in crate::experts) fn get_sealed_evidence(conn: &mut PgConnection, id: CredentialId) -> QueryResult<Sealed> {
    evidence::table.find(id).select(evidence::sealed_bytes).first(conn)
}
