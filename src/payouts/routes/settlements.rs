//! HTTP of bank files: `/v1/settlements`.

use actix_web::http::StatusCode;
use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::{Answer, Call, Done, Query, Streamed, Tagged, mark_replayed, object};
use crate::kernel::{
    AccountId, Ctx, DepositId, EntryId, Error, Money, Page, PageQuery, PayoutId, Result, Role, SettlementId,
};
use crate::payouts::operations::{self, Statement};
use crate::payouts::store::{Format, LineOutcome};
use crate::trust::Door;

/// A larger file is sent in parts.
const MAX_BYTES: usize = 64 << 20;

/// A bank file that was read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settlement)]
pub struct SettlementView {
    pub id: SettlementId,
    pub format: Format,
    /// Of its bytes, in hexadecimal: the same bytes are the same file.
    pub sha256: String,
    pub bytes: i64,
    pub lines: i32,
    /// Lines that agree with our book.
    pub matched: i32,
    /// Lines that opened a break; some of them settle or return an item all the same.
    pub breaks: i32,
    /// Lines that an earlier file had, by the bank's own reference: they are ignored.
    pub known: i32,
    /// Told to whoever sent it: whether this very file had been imported before, which changed nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub already_imported: Option<bool>,
    pub created_by: AccountId,
    pub created_at: DateTime<Utc>,
}

impl Tagged for SettlementView {
    fn version(&self) -> i64 {
        1
    }
}

/// A line of a bank file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettlementLine)]
pub struct LineView {
    pub id: Uuid,
    pub settlement_id: SettlementId,
    /// Its number in the file.
    pub line: i32,
    pub booked_on: NaiveDate,
    /// From the account's point of view: money out is negative.
    pub amount: Money,
    pub end_to_end_id: Option<String>,
    /// The bank's own name of it.
    pub servicer_reference: String,
    pub outcome: LineOutcome,
    /// The payouts that it settles or returns.
    pub payouts: Vec<PayoutId>,
    /// The journal entry that it is in.
    pub entry_id: Option<EntryId>,
    /// The lab's deposit that it is.
    pub deposit_id: Option<DepositId>,
    /// What the bank wrote; served with a break, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// How the file is written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    pub format: Format,
}

/// Read what the bank did: the body is its file, at most 64 MiB. All of it counts or nothing (finance).
#[utoipa::path(tag = "Payouts", params(ImportQuery), request_body(content = String, content_type = "text/csv"), responses((status = 201, description = "Imported", body = SettlementView), (status = 200, description = "This very file was imported before", body = SettlementView)))]
#[post("/v1/settlements")]
pub async fn import(call: Call, door: web::Data<Door>, query: Query<ImportQuery>, body: Streamed) -> Answer {
    // Before a byte is kept for somebody who may not send any.
    call.origin().actor.require(&[Role::Finance])?;
    let call = call.moving_money()?;
    let (format, bytes) = (query.format, body.at_most(MAX_BYTES).whole().await?);
    let sha256: [u8; 32] = Sha256::digest(&bytes).into();
    let once = call.once(sha256);
    let run = move |conn: &mut PgConnection, ctx: &Ctx| -> Result<_> {
        if let Some(done) = once.as_ref().map(|once| once.earlier(conn)).transpose()?.flatten() {
            let id = done.target.parse().map_err(|_| Error::internal("an idempotency row holds no id"))?;
            let new = done.status == StatusCode::CREATED.as_u16();
            return Ok((new, operations::get_settlement(conn, ctx, id, Some(new))?, true));
        }
        let (id, new) = operations::import(conn, ctx, &door, &Statement { format, bytes: &bytes, sha256 })?;
        if let Some(once) = &once {
            once.remember(conn, &Done { status: status(new).as_u16(), target: id.to_string() })?;
        }
        Ok((new, operations::get_settlement(conn, ctx, id, Some(new))?, false))
    };
    let (new, shown, replayed) = call.db().write(call.origin().clone(), run).await?;
    let mut answer = object(status(new), &shown)?;
    if replayed {
        mark_replayed(&mut answer);
    }
    Ok(answer)
}

fn status(new: bool) -> StatusCode {
    if new { StatusCode::CREATED } else { StatusCode::OK }
}

/// Bank files.
#[utoipa::path(tag = "Payouts", params(PageQuery), responses((status = 200, description = "Files, newest first", body = Page<SettlementView>)))]
#[get("/v1/settlements")]
pub async fn list_settlements(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_settlements).await
}

/// One bank file.
#[utoipa::path(tag = "Payouts", params(("id" = SettlementId, Path)), responses((status = 200, description = "The file's figures", body = SettlementView)))]
#[get("/v1/settlements/{id}")]
pub async fn get_settlement(call: Call, id: web::Path<SettlementId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_settlement(conn, ctx, id, None)).await
}

/// The lines of a bank file, those that an earlier file had left out.
#[utoipa::path(tag = "Payouts", params(("id" = SettlementId, Path), PageQuery), responses((status = 200, description = "Lines in the file's order", body = Page<LineView>)))]
#[get("/v1/settlements/{id}/lines")]
pub async fn list_lines(call: Call, id: web::Path<SettlementId>, query: Query<PageQuery>) -> Answer {
    let id = id.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_lines(conn, ctx, id, paging)).await
}
