//! HTTP of statements: runs, what they made, approval, and the journal entries behind a line.

use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::figure::{day, day_or_null};
use super::super::operations;
use super::super::store::{StatementFilter, StatementState};
use super::super::stored::{Figures, StoredLine};
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::time::Period;
use crate::kernel::{AccountId, EntryId, LabId, Money, Page, PageQuery, PlanId, StatementId};
use crate::ledger::EntryKind;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(run_statements)
        .service(list_statements)
        .service(get_statement)
        .service(list_entries)
        .service(approve_statement);
}

/// Which month to draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunStatements {
    /// A month that has begun.
    #[schema(value_type = String, example = "2026-03")]
    pub period: Period,
    /// Only what was recorded before this day is known; whatever is recorded by now unless told.
    #[serde(default, deserialize_with = "day_or_null")]
    pub as_of: Option<NaiveDate>,
}

/// What stands drafted for a month after a run.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommissionRun)]
pub struct RunView {
    #[schema(value_type = String, example = "2026-03")]
    pub period: Period,
    /// How many drafts there are.
    pub drafted: usize,
    pub statements: Vec<StatementId>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for RunView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Draft a month's statements, or draft them again (finance); issued ones stay as they are.
///
/// 409 `statement_issued` where there is nothing left to draft because all of the month is issued, `statement_order` where
/// a later month was issued before.
#[utoipa::path(tag = "Commissions", request_body = RunStatements, responses((status = 201, description = "Drafted", body = RunView)))]
#[post("/v1/commissions/statements/run")]
pub async fn run_statements(call: Call, body: Body<RunStatements>) -> Answer {
    let Body { form, digest } = body;
    call.create(digest, move |conn, ctx| operations::run(conn, ctx, &form), operations::view_run).await
}

/// A statement, as a list shows it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatementSummary {
    pub id: StatementId,
    pub plan_id: PlanId,
    pub account_executive_id: AccountId,
    /// The month.
    #[schema(value_type = String, example = "2026-03")]
    pub period: String,
    /// It knows what was recorded before.
    pub as_of: DateTime<Utc>,
    pub state: StatementState,
    /// What it adds to what is owed: current + prior_period + manual.
    pub posted: Money,
    /// What is paid.
    pub payable: Money,
    pub run_by: AccountId,
    pub approved_by: Option<AccountId>,
    pub issued_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

/// A statement, down to every cent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementView {
    #[serde(flatten)]
    pub summary: StatementSummary,
    #[serde(flatten)]
    pub figures: Figures,
    pub lines: Vec<StoredLine>,
}

impl Tagged for StatementView {
    fn version(&self) -> i64 {
        self.summary.version
    }
}

/// Which statements are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// Of this executive alone.
    pub account_executive: Option<AccountId>,
    /// Of this month alone, `YYYY-MM`.
    #[param(value_type = Option<String>)]
    pub period: Option<Period>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Statements; an account executive sees their own.
#[utoipa::path(tag = "Commissions", params(StatementQuery), responses((status = 200, description = "Statements, newest first", body = Page<StatementSummary>)))]
#[get("/v1/commissions/statements")]
pub async fn list_statements(call: Call, query: Query<StatementQuery>) -> Answer {
    let StatementQuery { account_executive, period, limit, cursor } = query.into_inner();
    let filter = StatementFilter { executive: account_executive, period };
    let bound_to = format!("{filter:?}");
    let page = PageQuery { limit, cursor };
    call.list(&page, &bound_to, move |conn, ctx, paging| operations::list_statements(conn, ctx, filter, paging)).await
}

/// One statement with its lines.
#[utoipa::path(tag = "Commissions", params(("id" = StatementId, Path)), responses((status = 200, description = "The statement", body = StatementView)))]
#[get("/v1/statements/{id}")]
pub async fn get_statement(call: Call, id: web::Path<StatementId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_statement(conn, ctx, id)).await
}

/// Which lab's day is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DayQuery {
    pub lab_id: LabId,
    /// A line's `effective_on`.
    #[serde(deserialize_with = "day")]
    pub effective_on: NaiveDate,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// A journal entry behind a line, and what it did to the lab's margin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementEntry)]
pub struct EntryBehind {
    pub entry_id: EntryId,
    pub kind: EntryKind,
    pub recorded_at: DateTime<Utc>,
    /// The day of what it undoes.
    pub corrects_effective_on: Option<NaiveDate>,
    /// Less refunds.
    pub revenue: Money,
    pub expert_cost: Money,
    pub direct_cost: Money,
}

/// The journal entries behind a lab's day, as far as the statement knew them (finance, auditors).
#[utoipa::path(tag = "Commissions", params(("id" = StatementId, Path), DayQuery), responses((status = 200, description = "Entries, newest first", body = Page<EntryBehind>)))]
#[get("/v1/statements/{id}/entries")]
pub async fn list_entries(call: Call, id: web::Path<StatementId>, query: Query<DayQuery>) -> Answer {
    let (id, DayQuery { lab_id, effective_on, limit, cursor }) = (id.into_inner(), query.into_inner());
    let page = PageQuery { limit, cursor };
    let of_day = move |conn: &mut _, ctx: &_, paging: &_| {
        operations::list_entries(conn, ctx, id, (lab_id, effective_on), paging)
    };
    call.list(&page, &format!("{lab_id} {effective_on}"), of_day).await
}

/// Issue a statement and post what it added (finance or an admin, neither whoever ran it nor whose it is).
///
/// 409 `statement_order` where an earlier month of the executive is still a draft, or one was issued after this was drafted:
/// run the month again.
#[utoipa::path(tag = "Commissions", params(("id" = StatementId, Path)), responses((status = 200, description = "Issued", body = StatementView)))]
#[post("/v1/statements/{id}/approve")]
pub async fn approve_statement(call: Call, id: web::Path<StatementId>, body: Body<Nothing>) -> Answer {
    let (id, Body { form, digest }) = (id.into_inner(), body);
    let act = move |conn: &mut _, ctx: &_| operations::approve(conn, ctx, id, &form);
    call.moving_money()?.act(digest, act, operations::get_statement).await
}
