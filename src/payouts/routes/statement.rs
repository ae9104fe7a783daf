//! HTTP of experts' statements.

use actix_web::get;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::{Answer, Call, Query};
use crate::kernel::{Money, PageQuery, ProjectId};
use crate::payouts::operations;
use crate::payouts::statement::{Piece, PieceState, WaitsFor};

/// Which days are asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatementQuery {
    /// What was taken up on this day (UTC) or later; 30 days before `until` unless told.
    pub from: Option<NaiveDate>,
    /// What was taken up on this day (UTC) or earlier; today unless told.
    pub until: Option<NaiveDate>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// A piece of work on an expert's statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExpertStatementLine)]
pub struct StatementLineView {
    /// Of an assignment or of a review.
    pub id: String,
    pub what: Piece,
    pub project_id: ProjectId,
    /// The project's.
    pub title: String,
    pub state: PieceState,
    /// Of an assignment: all versions together, or what was approved of them.
    pub time_spent_seconds: Option<i32>,
    /// What it pays or would pay; nothing of what was rejected or given back.
    pub pay: Option<Money>,
    /// Once it is accepted or decided.
    pub earned: Option<Money>,
    /// Whether an approved payout covers it.
    pub paid_out: bool,
    pub waits_for: Option<WaitsFor>,
    /// When that comes to an end by itself: a lease or claim runs out, the answer is accepted, the dispute is overturned.
    pub waits_until: Option<DateTime<Utc>>,
    /// Of a rejection that may still be disputed.
    pub may_dispute_until: Option<DateTime<Utc>>,
    /// What the client said of it after it was accepted: `good`, `rework` or `refund`; it takes no pay away.
    pub audit_verdict: Option<String>,
    /// Why, in the words of a review's reasons.
    pub audit_reason: Option<String>,
    pub claimed_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
}

/// Sums of everything within the days, whatever the page.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExpertStatementTotals)]
pub struct StatementTotals {
    pub earned: Money,
    /// What waits for a review or for a dispute would pay so much.
    pub waiting: Money,
    /// Of what is earned, covered by an approved payout.
    pub paid_out: Money,
}

/// An expert's statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExpertStatement)]
pub struct StatementView {
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// By currency.
    pub totals: Vec<StatementTotals>,
    /// Newest first.
    pub data: Vec<StatementLineView>,
    pub next_cursor: Option<String>,
}

/// What the calling expert took up: time, pay, and what waits for whom until when (expert).
#[utoipa::path(tag = "Rights", params(StatementQuery), responses((status = 200, description = "The statement", body = StatementView)))]
#[get("/v1/experts/me/statement")]
pub async fn statement(call: Call, query: Query<StatementQuery>) -> Answer {
    let StatementQuery { from, until, limit, cursor } = query.into_inner();
    let (page, filter) = (PageQuery { limit, cursor }, format!("{from:?} {until:?}"));
    call.list_with(&page, &filter, move |conn, ctx, paging| operations::statement(conn, ctx, (from, until), paging))
        .await
}
