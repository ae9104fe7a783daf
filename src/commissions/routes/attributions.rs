//! HTTP of attributions: `/v1/attributions`.

use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;

use super::super::figure::{DecimalText, day, day_or_null};
use super::super::operations;
use super::super::store::AttributionFilter;
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{AccountId, AttributionId, LabId, Page, PageQuery};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(create_attribution).service(list_attributions).service(get_attribution).service(clear_attribution);
}

/// A new attribution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAttribution {
    pub lab_id: LabId,
    pub account_executive_id: AccountId,
    /// More than 0 and at most 1, with at most 8 decimals; a lab's shares on one day are at most 1 together.
    pub share: DecimalText,
    /// The first day it holds.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// The first day it no longer holds.
    #[serde(default, deserialize_with = "day_or_null")]
    pub until: Option<NaiveDate>,
    /// How the client came: 1 to 500 characters.
    pub provenance: String,
    /// Given where the executive is under a duty to an earlier employer: nothing is credited until it is cleared.
    #[serde(default)]
    pub clearance: Option<ClearanceNeeded>,
}

/// Whether somebody else has to clear an attribution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearanceNeeded {
    pub required: bool,
}

/// An executive's share of a lab's margin.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attribution)]
pub struct AttributionView {
    pub id: AttributionId,
    pub lab_id: LabId,
    /// What the lab is called here.
    pub code_name: String,
    pub account_executive_id: AccountId,
    pub share: DecimalText,
    pub from: NaiveDate,
    pub until: Option<NaiveDate>,
    pub provenance: String,
    /// Whether somebody has to clear it before anything is credited.
    pub needs_clearance: bool,
    pub cleared_by: Option<AccountId>,
    pub cleared_at: Option<DateTime<Utc>>,
    pub clearance_note: Option<String>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for AttributionView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Attribute a share of a lab's margin to an executive (finance).
#[utoipa::path(tag = "Commissions", request_body = NewAttribution, responses((status = 201, description = "Attributed", body = AttributionView)))]
#[post("/v1/attributions")]
pub async fn create_attribution(call: Call, body: Body<NewAttribution>) -> Answer {
    let Body { form, digest } = body;
    let make = move |conn: &mut _, ctx: &_| operations::create_attribution(conn, ctx, &form);
    call.create(digest, make, operations::get_attribution).await
}

/// Which attributions are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AttributionQuery {
    /// Of this lab alone.
    pub lab_id: Option<LabId>,
    /// Of this executive alone.
    pub account_executive: Option<AccountId>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Attributions; an account executive sees their own.
#[utoipa::path(tag = "Commissions", params(AttributionQuery), responses((status = 200, description = "Attributions, newest first", body = Page<AttributionView>)))]
#[get("/v1/attributions")]
pub async fn list_attributions(call: Call, query: Query<AttributionQuery>) -> Answer {
    let AttributionQuery { lab_id, account_executive, limit, cursor } = query.into_inner();
    let filter = AttributionFilter { lab: lab_id, executive: account_executive };
    let bound_to = format!("{filter:?}");
    let page = PageQuery { limit, cursor };
    call.list(&page, &bound_to, move |conn, ctx, paging| operations::list_attributions(conn, ctx, filter, paging)).await
}

/// One attribution.
#[utoipa::path(tag = "Commissions", params(("id" = AttributionId, Path)), responses((status = 200, description = "The attribution", body = AttributionView)))]
#[get("/v1/attributions/{id}")]
pub async fn get_attribution(call: Call, id: web::Path<AttributionId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_attribution(conn, ctx, id)).await
}

/// Why an attribution is cleared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ClearAttribution {
    /// What was looked at: 1 to 500 characters.
    pub note: String,
}

/// Clear an attribution, so that its margin is credited (finance or an admin, not whoever made it).
#[utoipa::path(tag = "Commissions", params(("id" = AttributionId, Path)), request_body = ClearAttribution, responses((status = 200, description = "Cleared", body = AttributionView)))]
#[post("/v1/attributions/{id}/clear")]
pub async fn clear_attribution(call: Call, id: web::Path<AttributionId>, body: Body<ClearAttribution>) -> Answer {
    let (id, Body { form, digest }) = (id.into_inner(), body);
    let act = move |conn: &mut _, ctx: &_| operations::clear_attribution(conn, ctx, id, &form);
    call.act(digest, act, operations::get_attribution).await
}
