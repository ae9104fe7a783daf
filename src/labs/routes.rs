//! HTTP of labs: `/v1/labs`.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::operations;
use super::store::{LabRow, LabState};
use crate::http::{Answer, Body, Call, Nothing, Public, Query, Tagged};
use crate::identity::Passwords;
use crate::identity::routes::hash_new;
use crate::kernel::jurisdiction::CountryCode;
use crate::kernel::{Currency, LabId, Page, PageQuery};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config.service(sign_up).service(activate).service(get_lab).service(list_labs);
}

/// What signing a lab up takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLab {
    pub name: String,
    /// The owner signs in with it.
    pub email: String,
    #[schema(format = "password")]
    pub password: String,
    /// Deposits, rates and budgets are in it.
    pub billing_currency: Currency,
    pub country: CountryCode,
}

/// A lab.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lab)]
pub struct LabView {
    pub id: LabId,
    /// What experts see of it.
    pub code_name: String,
    pub name: String,
    pub country: String,
    pub billing_currency: Currency,
    pub state: LabState,
    pub activated_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for LabView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<LabRow> for LabView {
    fn from(row: LabRow) -> Self {
        let LabRow {
            id,
            code_name,
            name,
            country,
            billing_currency,
            state,
            activated_at,
            created_at,
            updated_at,
            version,
        } = row;
        Self { id, code_name, name, country, billing_currency, state, activated_at, created_at, updated_at, version }
    }
}

/// Sign a lab up with its owner; it is pending until staff activate it.
#[utoipa::path(tag = "Labs", request_body = NewLab, responses((status = 201, description = "Signed up", body = LabView)))]
#[post("/v1/labs")]
pub async fn sign_up(public: Public, passwords: web::Data<Passwords>, body: Body<NewLab>) -> Answer {
    let Body { form, digest } = body;
    let hash = hash_new(&passwords, &form, |new| (&new.password, &new.email)).await?;
    let make = move |conn: &mut _, ctx: &_| operations::sign_up(conn, ctx, &form, hash.as_ref());
    public.0.create(digest, make, |conn, _, id| operations::view_new(conn, id)).await
}

/// Let a lab post work (operations).
#[utoipa::path(tag = "Labs", params(("id" = LabId, Path)), responses((status = 200, description = "Active", body = LabView)))]
#[post("/v1/labs/{id}/activate")]
pub async fn activate(call: Call, id: web::Path<LabId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::activate(conn, ctx, id), operations::get).await
}

/// One lab.
#[utoipa::path(tag = "Labs", params(("id" = LabId, Path)), responses((status = 200, description = "The lab", body = LabView)))]
#[get("/v1/labs/{id}")]
pub async fn get_lab(call: Call, id: web::Path<LabId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get(conn, ctx, id)).await
}

/// Every lab (staff).
#[utoipa::path(tag = "Labs", params(PageQuery), responses((status = 200, description = "Labs, newest first", body = Page<LabView>)))]
#[get("/v1/labs")]
pub async fn list_labs(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list).await
}
