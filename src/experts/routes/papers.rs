//! Papers: the payout method and the tax form of the calling expert.

use actix_web::{get, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::experts::operations;
use crate::experts::payout_method::{PayoutMethodBody, Rail};
use crate::experts::store::{PayoutMethodRow, TaxFormRow};
use crate::experts::tax_form::{TaxFormBody, TaxFormKind, TaxHold, withholding_rate};
use crate::http::{Answer, Body, Call, Tagged};
use crate::trust::Door;

/// Where an expert's pay goes, as far as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutMethod)]
pub struct PayoutMethodView {
    pub method: Rail,
    /// The last four characters of the account.
    pub last_four: String,
    pub set_at: DateTime<Utc>,
    /// Until when payouts to it wait, because it replaced another.
    pub held_until: Option<DateTime<Utc>>,
    #[serde(skip)]
    pub revision: i32,
}

impl From<PayoutMethodRow> for PayoutMethodView {
    fn from(row: PayoutMethodRow) -> Self {
        let PayoutMethodRow { method, last_four, set_at, held_until, revision, .. } = row;
        Self { method, last_four, set_at, held_until, revision }
    }
}

impl Tagged for PayoutMethodView {
    fn version(&self) -> i64 {
        i64::from(self.revision)
    }
}

/// A tax form, as far as it is shown.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaxForm)]
pub struct TaxFormView {
    pub form: TaxFormKind,
    /// The last four characters of the tax number, where there is one.
    pub last_four: Option<String>,
    /// The share of pay that is withheld today, a decimal fraction; `null` while pay is held.
    #[schema(value_type = Option<String>)]
    pub withholding_rate: Option<Decimal>,
    /// Why pay is held today.
    pub held_because: Option<TaxHold>,
    /// The last day on which the form counts; `null`: for good.
    pub valid_until: Option<NaiveDate>,
    pub set_at: DateTime<Utc>,
    #[serde(skip)]
    pub revision: i32,
}

impl TaxFormView {
    pub(in crate::experts) fn new(row: TaxFormRow, today: NaiveDate) -> Self {
        let (rate, held_because) = match withholding_rate(row.standing(), today) {
            Ok(rate) => (Some(rate), None),
            Err(hold) => (None, Some(hold)),
        };
        let TaxFormRow { form, last_four, valid_until, set_at, revision, .. } = row;
        Self { form, last_four, withholding_rate: rate, held_because, valid_until, set_at, revision }
    }
}

impl Tagged for TaxFormView {
    fn version(&self) -> i64 {
        i64::from(self.revision)
    }
}

/// Set where one's pay goes. A change names the ETag of what it replaces and holds payouts for 72 hours.
#[utoipa::path(tag = "Experts", request_body = PayoutMethodBody,
    responses((status = 200, description = "Changed", body = PayoutMethodView), (status = 201, description = "Set", body = PayoutMethodView)))]
#[put("/v1/experts/me/payout-method")]
pub async fn put_payout_method(call: Call, door: web::Data<Door>, body: Body<PayoutMethodBody>) -> Answer {
    let (precondition, form) = (call.precondition(), body.form);
    call.put(move |conn, ctx| operations::set_payout_method(conn, ctx, &door, &precondition, &form)).await
}

/// Where one's pay goes.
#[utoipa::path(tag = "Experts", responses((status = 200, description = "The payout method", body = PayoutMethodView)))]
#[get("/v1/experts/me/payout-method")]
pub async fn get_payout_method(call: Call) -> Answer {
    call.show(operations::get_payout_method).await
}

/// File one's tax form. A change names the ETag of what it replaces.
#[utoipa::path(tag = "Experts", request_body = TaxFormBody,
    responses((status = 200, description = "Changed", body = TaxFormView), (status = 201, description = "Filed", body = TaxFormView)))]
#[put("/v1/experts/me/tax-form")]
pub async fn put_tax_form(call: Call, door: web::Data<Door>, body: Body<TaxFormBody>) -> Answer {
    let (precondition, form) = (call.precondition(), body.form);
    call.put(move |conn, ctx| operations::set_tax_form(conn, ctx, &door, &precondition, &form)).await
}

/// The tax form that one filed.
#[utoipa::path(tag = "Experts", responses((status = 200, description = "The tax form", body = TaxFormView)))]
#[get("/v1/experts/me/tax-form")]
pub async fn get_tax_form(call: Call) -> Answer {
    call.show(operations::get_tax_form).await
}
