//! Payout methods and tax forms: in clear only what pay needs to be planned, the rest sealed.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

use crate::db::schema::{payout_method, tax_form};
use crate::experts::payout_method::Rail;
use crate::experts::tax_form::{TaxFormKind, TaxStanding};
use crate::kernel::ExpertId;
use crate::trust::Sealed;

/// A payout method.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payout_method)]
#[diesel(treat_none_as_null = true)]
pub struct PayoutMethodRow {
    /// Whose.
    pub expert_id: ExpertId,
    /// The rails it goes by.
    pub method: Rail,
    /// What may be shown of the account.
    pub last_four: String,
    /// Object `payout_method`, version `revision`, under the expert's key.
    pub sealed_details: Sealed,
    /// From 1; moves with every change.
    pub revision: i32,
    /// Since when.
    pub set_at: DateTime<Utc>,
    /// Until when payouts to it wait.
    pub held_until: Option<DateTime<Utc>>,
}

pub(in crate::experts) fn find_payout_method(
    conn: &mut PgConnection,
    id: ExpertId,
) -> QueryResult<Option<PayoutMethodRow>> {
    payout_method::table.find(id).select(PayoutMethodRow::as_select()).first(conn).optional()
}

pub(in crate::experts) fn list_payout_methods(
    conn: &mut PgConnection,
    ids: &[ExpertId],
) -> QueryResult<Vec<PayoutMethodRow>> {
    payout_method::table
        .filter(payout_method::expert_id.eq_any(ids))
        .order(payout_method::expert_id)
        .select(PayoutMethodRow::as_select())
        .load(conn)
}

pub(in crate::experts) fn upsert_payout_method(conn: &mut PgConnection, row: &PayoutMethodRow) -> QueryResult<usize> {
    diesel::insert_into(payout_method::table)
        .values(row)
        .on_conflict(payout_method::expert_id)
        .do_update()
        .set(row)
        .execute(conn)
}

/// A tax form.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = tax_form)]
#[diesel(treat_none_as_null = true)]
pub(in crate::experts) struct TaxFormRow {
    pub expert_id: ExpertId,
    pub form: TaxFormKind,
    pub withholding_rate: Option<Decimal>,
    pub certified: Option<bool>,
    pub performed_in_us: Option<bool>,
    pub valid_until: Option<NaiveDate>,
    pub last_four: Option<String>,
    pub sealed_details: Sealed,
    pub revision: i32,
    pub set_at: DateTime<Utc>,
}

impl TaxFormRow {
    /// The standing in its columns, as the table's CHECK has it.
    pub(in crate::experts) fn standing(&self) -> Option<TaxStanding> {
        match (self.certified, self.performed_in_us, self.valid_until) {
            (Some(certified), None, None) => Some(TaxStanding::W9 { certified }),
            (None, Some(performed_in_us), Some(valid_until)) => {
                Some(TaxStanding::W8ben { performed_in_us, valid_until })
            }
            _ => None,
        }
    }
}

pub(in crate::experts) fn find_tax_form(conn: &mut PgConnection, id: ExpertId) -> QueryResult<Option<TaxFormRow>> {
    tax_form::table.find(id).select(TaxFormRow::as_select()).first(conn).optional()
}

pub(in crate::experts) fn list_tax_forms(conn: &mut PgConnection, ids: &[ExpertId]) -> QueryResult<Vec<TaxFormRow>> {
    tax_form::table.filter(tax_form::expert_id.eq_any(ids)).select(TaxFormRow::as_select()).load(conn)
}

pub(in crate::experts) fn upsert_tax_form(conn: &mut PgConnection, row: &TaxFormRow) -> QueryResult<usize> {
    diesel::insert_into(tax_form::table).values(row).on_conflict(tax_form::expert_id).do_update().set(row).execute(conn)
}
