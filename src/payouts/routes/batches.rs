//! HTTP of batches: `/v1/payout-batches`.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING};
use actix_web::{HttpResponse, get, patch, post, web};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::experts::payout_method::Rail;
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{AccountId, BatchId, Currency, EntryId, ExpertId, Money, Page, PageQuery, PayoutId};
use crate::payouts::operations;
use crate::payouts::state::{BatchState, ItemState};
use crate::trust::Door;
use crate::words;

words!(
    /// The formats of a file for the bank.
    FileFormat { Nacha = "nacha", Pain001 = "pain001", Csv = "csv" }
);

/// What a batch is made of.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatch {
    pub currency: Currency,
    /// Whoever is paid by these rails.
    pub method: Rail,
    /// The last UTC day whose earnings are paid; today or earlier.
    pub cutoff: NaiveDate,
}

/// Holds an item or releases it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ItemEdit {
    pub held: bool,
    /// Why it is held: one line, required to hold.
    #[serde(default)]
    pub reason: Option<String>,
}

/// How many items there are and what they come to; the sums leave held items out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchTotals {
    pub items: i64,
    pub held: i64,
    pub queued: i64,
    pub sent: i64,
    pub settled: i64,
    pub returned: i64,
    pub failed: i64,
    /// What leaves the payable accounts.
    pub gross: Money,
    pub withheld: Money,
    /// What reaches the payees.
    pub net: Money,
    /// Approved, and neither settled nor back: nothing once the bank has told of every item.
    pub in_transit: Money,
}

impl BatchTotals {
    /// No items.
    pub fn nothing(currency: Currency) -> Self {
        let none = Money::zero(currency);
        let (items, held, queued, sent, settled, returned, failed) = (0, 0, 0, 0, 0, 0, 0);
        let (gross, withheld, net, in_transit) = (none, none, none, none);
        Self { items, held, queued, sent, settled, returned, failed, gross, withheld, net, in_transit }
    }

    /// The count of one state.
    pub fn of(&mut self, state: ItemState) -> &mut i64 {
        match state {
            ItemState::Held => &mut self.held,
            ItemState::Queued => &mut self.queued,
            ItemState::Sent => &mut self.sent,
            ItemState::Settled => &mut self.settled,
            ItemState::Returned => &mut self.returned,
            ItemState::Failed => &mut self.failed,
        }
    }
}

/// The file of an approved batch.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BatchFileView {
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    pub bytes: i64,
}

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayoutBatch)]
pub struct BatchView {
    pub id: BatchId,
    pub currency: Currency,
    pub method: Rail,
    pub cutoff: NaiveDate,
    pub state: BatchState,
    pub created_by: AccountId,
    /// Who held or released items; none of them may approve.
    pub editors: Vec<AccountId>,
    pub submitted_by: Option<AccountId>,
    pub approved_by: Option<AccountId>,
    pub approved_at: Option<DateTime<Utc>>,
    pub sent_at: Option<DateTime<Utc>>,
    /// The journal entry of the approval that stands.
    pub entry_id: Option<EntryId>,
    pub file: Option<BatchFileView>,
    pub totals: BatchTotals,
    /// Experts who are owed something and have no payout method: they are in no batch.
    pub without_method: i32,
    /// Experts who are owed less than the minimum, or less than nothing: it is carried.
    pub carried: i32,
    /// Experts who stood in another live batch when this one was made.
    pub elsewhere: i32,
    /// Queued items that would not be made today as they were; while there are any, approval is refused. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outdated: Option<Vec<PayoutId>>,
    /// The first 200 items. Not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<ItemView>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for BatchView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// An item of a batch: one payee.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Payout)]
pub struct ItemView {
    pub id: PayoutId,
    pub batch_id: BatchId,
    pub expert_id: ExpertId,
    /// What leaves the payable account.
    pub amount: Money,
    /// What of it goes to the tax authority.
    pub withheld: Money,
    /// What reaches the payee.
    pub net: Money,
    /// The reference that travels with the payment.
    pub end_to_end_id: String,
    pub state: ItemState,
    /// The words of the rules that hold it, with commas between them, or what a person wrote.
    pub held_reason: Option<String>,
    /// The day the bank booked it.
    pub settled_on: Option<NaiveDate>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for ItemView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Draft a batch of everybody who is owed enough and is paid by these rails (finance).
#[utoipa::path(tag = "Payouts", request_body = NewBatch, responses((status = 201, description = "Drafted", body = BatchView)))]
#[post("/v1/payout-batches")]
pub async fn draft(call: Call, body: Body<NewBatch>) -> Answer {
    let Body { form, digest } = body;
    call.create(digest, move |conn, ctx| operations::draft(conn, ctx, &form), operations::get_batch).await
}

/// Which batches are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BatchQuery {
    /// In this state alone.
    pub state: Option<BatchState>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Batches.
#[utoipa::path(tag = "Payouts", params(BatchQuery), responses((status = 200, description = "Batches, newest first", body = Page<BatchView>)))]
#[get("/v1/payout-batches")]
pub async fn list_batches(call: Call, query: Query<BatchQuery>) -> Answer {
    let BatchQuery { state, limit, cursor } = query.into_inner();
    let (page, filter) = (PageQuery { limit, cursor }, format!("{state:?}"));
    call.list(&page, &filter, move |conn, ctx, paging| operations::list_batches(conn, ctx, state, paging)).await
}

/// One batch with its totals and first items.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "The batch", body = BatchView)))]
#[get("/v1/payout-batches/{id}")]
pub async fn get_batch(call: Call, id: web::Path<BatchId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_batch(conn, ctx, id)).await
}

/// Which items are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemQuery {
    /// In this state alone.
    pub state: Option<ItemState>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// The items of a batch.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path), ItemQuery), responses((status = 200, description = "Items", body = Page<ItemView>)))]
#[get("/v1/payout-batches/{id}/items")]
pub async fn list_items(call: Call, id: web::Path<BatchId>, query: Query<ItemQuery>) -> Answer {
    let ItemQuery { state, limit, cursor } = query.into_inner();
    let (page, filter, asked) = (PageQuery { limit, cursor }, format!("{state:?}"), (id.into_inner(), state));
    call.list(&page, &filter, move |conn, ctx, paging| operations::list_items(conn, ctx, asked, paging)).await
}

/// One item.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path), ("item" = PayoutId, Path)), responses((status = 200, description = "The item", body = ItemView)))]
#[get("/v1/payout-batches/{id}/items/{item}")]
pub async fn get_item(call: Call, path: web::Path<(BatchId, PayoutId)>) -> Answer {
    let (batch, item) = path.into_inner();
    call.show(move |conn, ctx| operations::get_item(conn, ctx, batch, item)).await
}

/// Hold an item or release it, with the item's ETag as `If-Match`; voids an approval and takes its posting back.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path), ("item" = PayoutId, Path)), request_body = ItemEdit, responses((status = 200, description = "The item", body = ItemView)))]
#[patch("/v1/payout-batches/{id}/items/{item}")]
pub async fn edit_item(call: Call, path: web::Path<(BatchId, PayoutId)>, body: Body<ItemEdit>) -> Answer {
    let ((batch, item), precondition, form) = (path.into_inner(), call.precondition(), body.form);
    let edit = move |conn: &mut _, ctx: &_| operations::edit_item(conn, ctx, (batch, item), &precondition, &form);
    call.act(body.digest, edit, move |conn, ctx, item| operations::get_item(conn, ctx, batch, item)).await
}

/// Ask another person for approval.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Submitted", body = BatchView)))]
#[post("/v1/payout-batches/{id}/submit")]
pub async fn submit(call: Call, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::submit(conn, ctx, id), operations::get_batch).await
}

/// Approve a batch that others made: writes the file once and posts payable → in transit.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Approved", body = BatchView)))]
#[post("/v1/payout-batches/{id}/approve")]
pub async fn approve(call: Call, door: web::Data<Door>, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    let approve = move |conn: &mut _, ctx: &_| operations::approve(conn, ctx, &door, id);
    call.moving_money()?.act(body.digest, approve, operations::get_batch).await
}

/// Decline a batch that others made.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Rejected", body = BatchView)))]
#[post("/v1/payout-batches/{id}/reject")]
pub async fn reject(call: Call, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::reject(conn, ctx, id), operations::get_batch).await
}

/// Give a batch up before it is sent; an approval's posting is taken back.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Cancelled", body = BatchView)))]
#[post("/v1/payout-batches/{id}/cancel")]
pub async fn cancel(call: Call, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    let cancel = move |conn: &mut _, ctx: &_| operations::cancel(conn, ctx, id);
    call.moving_money()?.act(body.digest, cancel, operations::get_batch).await
}

/// Say that the file went to the bank.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Sent", body = BatchView)))]
#[post("/v1/payout-batches/{id}/sent")]
pub async fn send(call: Call, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::send(conn, ctx, id), operations::get_batch).await
}

/// End a batch whose every sent item was settled, came back or failed.
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path)), responses((status = 200, description = "Closed", body = BatchView)))]
#[post("/v1/payout-batches/{id}/close")]
pub async fn close(call: Call, id: web::Path<BatchId>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.act(body.digest, move |conn, ctx| operations::close(conn, ctx, id), operations::get_batch).await
}

/// Which file is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    pub format: FileFormat,
}

/// The file of a batch, opened.
#[derive(Debug, Clone)]
pub struct BatchFile {
    /// What to save it as.
    pub name: String,
    /// Of its bytes.
    pub sha256: Vec<u8>,
    /// The very bytes that the approval wrote.
    pub bytes: Vec<u8>,
}

/// The file for the bank, the same bytes every time; each reading is in the access log (finance).
#[utoipa::path(tag = "Payouts", params(("id" = BatchId, Path), FileQuery), responses((status = 200, description = "The file; its SHA-256 is in `Repr-Digest` (RFC 9530)", body = String, content_type = "text/csv")))]
#[get("/v1/payout-batches/{id}/file")]
pub async fn get_file(call: Call, door: web::Data<Door>, id: web::Path<BatchId>, query: Query<FileQuery>) -> Answer {
    let asked = (id.into_inner(), query.format);
    let open = move |conn: &mut _, ctx: &_| operations::open_file(conn, ctx, &door, asked);
    let BatchFile { name, sha256, bytes } = call.db().write(call.origin().clone(), open).await?;
    Ok(HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(("repr-digest", format!("sha-256=:{}:", STANDARD.encode(sha256))))
        .content_type("text/csv; charset=utf-8")
        .body(bytes))
}
