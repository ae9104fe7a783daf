//! The steps of a batch beside its approval.

use diesel::PgConnection;

use super::super::routes::{BatchFile, FileFormat};
use super::super::state::{BatchEvent, BatchState, ItemState, may_approve, may_submit};
use super::super::store;
use super::approval::{file_object, post_void};
use super::reading::totals;
use super::{PAYS, lock_batch, record_batch};
use crate::kernel::{BatchId, Code, Ctx, Error, Result};
use crate::record::Event;
use crate::trust::{Door, Held, Owner, Purpose};

/// Asks another person for approval.
pub fn submit(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchId> {
    let by = ctx.actor.require(PAYS)?.account;
    let batch = lock_batch(conn, id)?;
    let state = batch.state.after(BatchEvent::Submit)?;
    may_submit(states(conn, id)?)?;
    store::submit_batch(conn, id, state, by)?;
    record_batch(conn, ctx, Event::BatchSubmitted, id, state)?;
    Ok(id)
}

fn states(conn: &mut PgConnection, id: BatchId) -> Result<Vec<ItemState>> {
    Ok(totals(conn, vec![id])?.into_iter().map(|(_, state, ..)| state).collect())
}

/// Declines a batch that others made; its payees may stand in another one.
pub fn reject(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchId> {
    let by = ctx.actor.require(PAYS)?.account;
    let batch = lock_batch(conn, id)?;
    may_approve(by, &batch.makers())?;
    let state = batch.state.after(BatchEvent::Reject)?;
    end(conn, ctx, id, (Event::BatchRejected, state))
}

/// Gives a batch up before it went to the bank; an approval's posting is taken back.
pub fn cancel(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchId> {
    ctx.actor.require(PAYS)?;
    let batch = lock_batch(conn, id)?;
    let state = batch.state.after(BatchEvent::Cancel)?;
    if let Some(approval) = batch.entry_id {
        post_void(conn, ctx, id, approval)?;
        store::void_approval(conn, id, state)?;
    }
    end(conn, ctx, id, (Event::BatchCancelled, state))
}

/// Says that the file went to the bank.
pub fn send(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchId> {
    ctx.actor.require(PAYS)?;
    let batch = lock_batch(conn, id)?;
    let state = batch.state.after(BatchEvent::Send)?;
    store::send_items(conn, id)?;
    store::send_batch(conn, id, state, ctx.now)?;
    record_batch(conn, ctx, Event::BatchSent, id, state)?;
    Ok(id)
}

/// Ends a batch whose every sent item was settled, came back or failed; held ones are free for another batch.
pub fn close(conn: &mut PgConnection, ctx: &Ctx, id: BatchId) -> Result<BatchId> {
    ctx.actor.require(PAYS)?;
    let batch = lock_batch(conn, id)?;
    if matches!(batch.state, BatchState::Sent | BatchState::PartiallySettled) {
        return Err(Code::ItemsOpen.into());
    }
    let state = batch.state.after(BatchEvent::Close)?;
    end(conn, ctx, id, (Event::BatchClosed, state))
}

fn end(conn: &mut PgConnection, ctx: &Ctx, id: BatchId, (event, state): (Event, BatchState)) -> Result<BatchId> {
    store::set_state(conn, id, state)?;
    store::let_go(conn, id)?;
    record_batch(conn, ctx, event, id, state)?;
    Ok(id)
}

/// Serves the file of an approved batch: the very bytes that were written then, and a row in the access log.
pub fn open_file(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, format): (BatchId, FileFormat),
) -> Result<BatchFile> {
    ctx.actor.require(PAYS)?;
    let batch = store::find_batch(conn, id)?.ok_or(Error::NotFound)?;
    if format != FileFormat::Csv {
        return Err(Error::field("?format", "not_supported_yet", "csv"));
    }
    let sealed = store::find_file(conn, id)?.ok_or(Code::FileNotReady)?;
    let held = Held { owner: Owner::Market, object: file_object(id), sealed: &sealed };
    let bytes = door.open(conn, ctx, held, Purpose::Payout)?;
    let sha256 = batch.file_sha256.ok_or(Code::FileNotReady)?;
    Ok(BatchFile { name: format!("{id}.csv"), sha256, bytes })
}
