//! `/v1/api-keys`: keys for labs' machines.

use actix_web::{delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::store::KeyFacts;
use super::super::{Identity, operations};
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{ApiKeyId, Page, PageQuery};
use crate::words;

words!(
    /// What a key may do.
    Scope { Read = "read", Write = "write" }
);

/// A key for a lab's machines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    pub name: String,
    pub scopes: Vec<Scope>,
    #[serde(default)]
    pub expires_at: Option<DateTime<Utc>>,
}

/// A key as its lab sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    pub id: ApiKeyId,
    pub name: String,
    /// The key itself; only in the answer that made it.
    pub key: Option<String>,
    pub last_four: String,
    pub scopes: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
}

impl Tagged for ApiKeyView {
    fn version(&self) -> i64 {
        if self.revoked_at.is_some() { 2 } else { 1 }
    }
}

impl From<KeyFacts> for ApiKeyView {
    fn from(row: KeyFacts) -> Self {
        let scopes = row.scopes.into_iter().flatten().collect();
        let KeyFacts { id, name, last_four, created_at, expires_at, last_used_at, revoked_at, .. } = row;
        Self { id, name, key: None, last_four, scopes, created_at, expires_at, last_used_at, revoked_at }
    }
}

/// Make a key; it is shown in this answer alone.
#[utoipa::path(tag = "Identity", request_body = NewApiKey, responses((status = 201, description = "Made", body = ApiKeyView)))]
#[post("/v1/api-keys")]
pub async fn create_key(call: Call, body: Body<NewApiKey>) -> Answer {
    let Body { form, digest } = body;
    let make = move |conn: &mut _, ctx: &_| operations::create_key(conn, ctx, &form);
    call.create_with_secret(digest, make, operations::view_key).await
}

/// The lab's keys.
#[utoipa::path(tag = "Identity", params(PageQuery), responses((status = 200, description = "Keys, newest first", body = Page<ApiKeyView>)))]
#[get("/v1/api-keys")]
pub async fn list_keys(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_keys).await
}

/// One key.
#[utoipa::path(tag = "Identity", params(("id" = ApiKeyId, Path)), responses((status = 200, description = "The key", body = ApiKeyView)))]
#[get("/v1/api-keys/{id}")]
pub async fn get_key(call: Call, id: web::Path<ApiKeyId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::view_key(conn, ctx, id, None)).await
}

/// End a key.
#[utoipa::path(tag = "Identity", params(("id" = ApiKeyId, Path)), responses((status = 204, description = "Ended")))]
#[delete("/v1/api-keys/{id}")]
pub async fn revoke_key(call: Call, identity: web::Data<Identity>, id: web::Path<ApiKeyId>) -> Answer {
    let id = id.into_inner();
    let done = call.remove(move |conn, ctx| operations::revoke_key(conn, ctx, id)).await;
    identity.forget_all();
    done
}
