//! HTTP of the month's commissions for payroll.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION};
use actix_web::{HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::operations;
use super::super::payroll::{self, PayrollRow};
use crate::http::{Answer, Call, Query};
use crate::kernel::Error;
use crate::kernel::time::Period;
use crate::words;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(payroll_of_month);
}

words!(
    /// How payroll takes it.
    PayrollFormat { Json = "json", Csv = "csv" }
);

/// Which month, and how.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PayrollQuery {
    /// The month, `YYYY-MM`.
    #[param(value_type = String)]
    pub period: Period,
    /// `json` unless told.
    pub format: Option<PayrollFormat>,
}

/// What a month's issued statements pay each executive (finance).
#[utoipa::path(tag = "Commissions", params(PayrollQuery), responses((status = 200, description = "One row per executive and currency; as CSV with a header line", content((Vec<PayrollRow> = "application/json"), (String = "text/csv")))))]
#[get("/v1/commissions/payroll")]
pub async fn payroll_of_month(call: Call, query: Query<PayrollQuery>) -> Answer {
    let PayrollQuery { period, format } = query.into_inner();
    if format != Some(PayrollFormat::Csv) {
        return call.report(move |conn, ctx| operations::payroll(conn, ctx, period)).await;
    }
    let origin = call.origin().clone();
    let rows = call.db().read(origin, move |conn, ctx| operations::payroll(conn, ctx, period)).await?;
    let file = payroll::csv(&rows).map_err(Error::internal)?;
    let name = format!("attachment; filename=\"commissions-{period}.csv\"");
    let mut answer = HttpResponse::Ok();
    answer.insert_header((CACHE_CONTROL, "no-store")).insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.content_type("text/csv; charset=utf-8").body(file))
}
