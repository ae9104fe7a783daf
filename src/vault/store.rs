//! Wrapped data keys.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

use super::Owner;
use crate::db::schema::data_key;

#[derive(Queryable, Selectable)]
#[diesel(table_name = data_key)]
pub(super) struct DataKeyRow {
    pub id: Uuid,
    pub kek_id: String,
    pub wrapped: Vec<u8>,
    pub created_at: DateTime<Utc>,
}

pub(super) fn find_data_key(conn: &mut PgConnection, owner: Owner) -> QueryResult<Option<DataKeyRow>> {
    data_key::table
        .filter(data_key::owner_kind.eq(owner.kind()).and(data_key::owner_id.eq(owner.id())))
        .select(DataKeyRow::as_select())
        .first(conn)
        .optional()
}

pub(super) fn insert_data_key(
    conn: &mut PgConnection,
    id: Uuid,
    owner: Owner,
    kek_id: &str,
    wrapped: &[u8],
) -> QueryResult<usize> {
    diesel::insert_into(data_key::table)
        .values((
            data_key::id.eq(id),
            data_key::owner_kind.eq(owner.kind()),
            data_key::owner_id.eq(owner.id()),
            data_key::kek_id.eq(kek_id),
            data_key::wrapped.eq(wrapped),
        ))
        .on_conflict((data_key::owner_kind, data_key::owner_id))
        .do_nothing()
        .execute(conn)
}
