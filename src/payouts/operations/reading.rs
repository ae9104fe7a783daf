//! Batches and items as finance and auditors see them.

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use super::super::routes::{BatchFileView, BatchTotals, BatchView, ItemView};
use super::super::state::{BatchState, ItemState};
use super::super::store::{self, BatchRow, ItemRow, TotalRow, Totals};
use super::SEES;
use super::approval::{hex, outdated};
use crate::http::Paging;
use crate::kernel::{BatchId, Ctx, Error, Money, Page, PayoutId, Result};
use uuid::Uuid;

/// Items that a batch shows itself; the others are in their list.
const ITEMS_SHOWN: i64 = 200;

/// A batch with its totals and first items.
pub fn get_batch(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchView> {
    ctx.actor.require(SEES)?;
    let row = store::find_batch(conn, id)?.ok_or(Error::NotFound)?;
    let totals = totals(conn, vec![id])?;
    let items = store::list_items(conn, id, None, Uuid::nil(), ITEMS_SHOWN)?;
    let items = items.into_iter().map(view_item).collect::<Result<_>>()?;
    // Nothing of it can change any more once it is approved, except by an edit that voids the approval.
    let outdated = if matches!(row.state, BatchState::Draft | BatchState::Submitted) {
        let queued = store::list_queued(conn, id)?;
        outdated(conn, ctx, &row, &queued)?
    } else {
        Vec::new()
    };
    view_batch(row, &totals, Some((items, outdated)))
}

/// Batches, newest first.
pub fn list_batches(
    conn: &mut PgConnection,
    ctx: &Ctx,
    state: Option<BatchState>,
    paging: &Paging,
) -> Result<Page<BatchView>> {
    ctx.actor.require(SEES)?;
    let rows = store::list_batches(conn, state, paging.before(), paging.fetch())?;
    let totals = totals(conn, rows.iter().map(|row| row.id).collect())?;
    let views = rows.into_iter().map(|row| view_batch(row, &totals, None)).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &BatchView| view.id.0))
}

/// The items of a batch.
pub fn list_items(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (batch, state): (BatchId, Option<ItemState>),
    paging: &Paging,
) -> Result<Page<ItemView>> {
    ctx.actor.require(SEES)?;
    store::find_batch(conn, batch)?.ok_or(Error::NotFound)?;
    let rows = store::list_items(conn, batch, state, paging.above(), paging.fetch())?;
    let views = rows.into_iter().map(view_item).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &ItemView| view.id.0))
}

/// One item.
pub fn get_item(conn: &mut PgConnection, ctx: &Ctx, batch: BatchId, id: PayoutId) -> Result<ItemView> {
    ctx.actor.require(SEES)?;
    view_item(store::find_item(conn, batch, id)?.ok_or(Error::NotFound)?)
}

pub(super) fn totals(conn: &mut PgConnection, batches: Vec<BatchId>) -> Result<Vec<TotalRow>> {
    Ok(Totals { batches }.load(conn)?)
}

fn view_item(row: ItemRow) -> Result<ItemView> {
    let money = |amount| Money::try_new(amount, row.currency);
    Ok(ItemView {
        id: row.id,
        batch_id: row.batch_id,
        expert_id: row.expert_id,
        amount: money(row.amount)?,
        withheld: money(row.withheld)?,
        net: money(row.net)?,
        end_to_end_id: row.end_to_end_id,
        state: row.state,
        held_reason: row.held_reason,
        settled_on: row.settled_on,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// What of a batch is on its way to the bank: approved or sent, and neither settled nor back.
fn is_in_transit(batch: BatchState, item: ItemState) -> bool {
    batch.is_posted() && matches!(item, ItemState::Queued | ItemState::Sent)
}

fn sum(row: &BatchRow, totals: &[TotalRow]) -> Result<BatchTotals> {
    let mut counts = BatchTotals::nothing(row.currency);
    let money = |amount: Decimal| Money::try_new(amount, row.currency);
    for (_, state, count, gross, withheld, net) in totals.iter().filter(|total| total.0 == row.id) {
        counts.items = counts.items.saturating_add(*count);
        *counts.of(*state) = *count;
        if *state != ItemState::Held {
            counts.gross = counts.gross.checked_add(money(*gross)?)?;
            counts.withheld = counts.withheld.checked_add(money(*withheld)?)?;
            counts.net = counts.net.checked_add(money(*net)?)?;
        }
        if is_in_transit(row.state, *state) {
            counts.in_transit = counts.in_transit.checked_add(money(*net)?)?;
        }
    }
    Ok(counts)
}

fn view_batch(row: BatchRow, totals: &[TotalRow], shown: Option<(Vec<ItemView>, Vec<PayoutId>)>) -> Result<BatchView> {
    let totals = sum(&row, totals)?;
    let (items, outdated) = shown.map_or((None, None), |(items, outdated)| (Some(items), Some(outdated)));
    let file = row.file_sha256.as_deref().zip(row.file_bytes);
    Ok(BatchView {
        id: row.id,
        currency: row.currency,
        method: row.method,
        cutoff: row.cutoff,
        state: row.state,
        created_by: row.created_by,
        editors: row.editors.iter().flatten().copied().collect(),
        submitted_by: row.submitted_by,
        approved_by: row.approved_by,
        approved_at: row.approved_at,
        sent_at: row.sent_at,
        entry_id: row.entry_id,
        file: file.map(|(sha256, bytes)| BatchFileView { sha256: hex(sha256), bytes }),
        totals,
        without_method: row.without_method,
        carried: row.carried,
        elsewhere: row.elsewhere,
        outdated,
        items,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}
