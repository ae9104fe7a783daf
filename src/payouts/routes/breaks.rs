//! HTTP of the worklist: `/v1/reconciliation/breaks`.

use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::LineView;
use crate::http::{Answer, Call, Query, Tagged};
use crate::kernel::{AccountId, BreakId, Money, Page, PageQuery, PayoutId};
use crate::payouts::ageing::AgeBucket;
use crate::payouts::matching::BreakKind;
use crate::payouts::operations;
use crate::payouts::store::BreakState;
use crate::trust::Door;

/// A disagreement between the bank and our book.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReconciliationBreak)]
pub struct BreakView {
    pub id: BreakId,
    pub kind: BreakKind,
    pub state: BreakState,
    /// What is not explained, from the account's point of view: 1.50 taken too much is −1.50.
    pub difference: Money,
    pub payout_id: Option<PayoutId>,
    /// The payouts that an ambiguous line may be, ten at most.
    pub candidates: Vec<PayoutId>,
    pub opened_on: NaiveDate,
    /// Calendar days since then, in buckets.
    pub age: AgeBucket,
    pub line_id: Option<Uuid>,
    /// The bank's line with what it wrote. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<LineView>,
    pub note: Option<String>,
    /// Nobody where it resolved by itself.
    pub resolved_by: Option<AccountId>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for BreakView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Which breaks are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BreakQuery {
    /// In this state alone.
    pub state: Option<BreakState>,
    /// Of this kind alone.
    pub kind: Option<BreakKind>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// The worklist, oldest first.
#[utoipa::path(tag = "Payouts", params(BreakQuery), responses((status = 200, description = "Breaks, oldest first", body = Page<BreakView>)))]
#[get("/v1/reconciliation/breaks")]
pub async fn list_breaks(call: Call, query: Query<BreakQuery>) -> Answer {
    let BreakQuery { state, kind, limit, cursor } = query.into_inner();
    let (page, bound_to) = (PageQuery { limit, cursor }, format!("{state:?} {kind:?}"));
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list_breaks(conn, ctx, (state, kind), paging);
    call.list(&page, &bound_to, list).await
}

/// One break with the bank's line; what the bank wrote is content, so that reading it is in the access log.
#[utoipa::path(tag = "Payouts", params(("id" = BreakId, Path)), responses((status = 200, description = "The break", body = BreakView)))]
#[get("/v1/reconciliation/breaks/{id}")]
pub async fn get_break(call: Call, door: web::Data<Door>, id: web::Path<BreakId>) -> Answer {
    let id = id.into_inner();
    call.show_logged(move |conn, ctx| operations::get_break(conn, ctx, &door, id)).await
}
