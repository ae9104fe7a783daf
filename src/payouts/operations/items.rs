//! Holding an item and releasing it; both void an approval.

use diesel::PgConnection;
use serde_json::json;

use super::super::routes::ItemEdit;
use super::super::state::{BatchEvent, ItemEvent};
use super::super::store::{self, BatchRow, ItemRow};
use super::approval::{facts, post_void, withheld_now};
use super::{PAYS, lock_batch};
use crate::http::Precondition;
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, BatchId, Code, Ctx, Error, Form, PayoutId, Result};
use crate::record::{self, Change, Event};

/// Holds an item, or releases it if nothing stops it any more. Whoever does so has edited the batch.
pub fn edit_item(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (batch, item): (BatchId, PayoutId),
    precondition: &Precondition,
    form: &Form<ItemEdit>,
) -> Result<PayoutId> {
    let by = ctx.actor.require(PAYS)?.account;
    let batch = lock_batch(conn, batch)?;
    let item = store::find_item(conn, batch.id, item)?.ok_or(Error::NotFound)?;
    precondition.require(item.version)?;
    let edit = form.open()?;
    let reason = judge(edit)?;
    let state = batch.state.after(BatchEvent::Edit)?;
    item.state.after(if edit.held { ItemEvent::Hold } else { ItemEvent::Release })?;
    // The posting is taken back as it stands, before the item leaves the sum.
    if let Some(approval) = batch.entry_id {
        post_void(conn, ctx, batch.id, approval)?;
        store::void_approval(conn, batch.id, state)?;
    }
    if edit.held {
        store::hold_item(conn, item.id, reason)?;
    } else {
        release(conn, ctx, &batch, &item)?;
    }
    store::set_editors(conn, batch.id, state, &editors(&batch, by))?;
    let detail = json!({
        "payout_batch_id": batch.id,
        "payout_id": item.id,
        "held": edit.held,
        "state": state,
        "approval_voided": batch.entry_id.is_some(),
    });
    record::change(conn, ctx, Change { event: Event::BatchEdited, object: batch.id.0, lab: None, detail })?;
    Ok(item.id)
}

fn judge(edit: &ItemEdit) -> Result<&str> {
    let mut findings = Findings::default();
    let reason = edit.reason.as_deref().map(str::trim).unwrap_or_default();
    findings.check(!edit.held || !reason.is_empty(), "/reason", "required", "say why the item is held");
    let line = reason.chars().count() <= 200 && !reason.chars().any(char::is_control);
    findings.check(line, "/reason", "not_a_line", "at most 200 characters on one line");
    findings.done()?;
    Ok(reason)
}

/// A person may release what a person held, and what a rule held once the rule lets go: tax is computed anew.
fn release(conn: &mut PgConnection, ctx: &Ctx, batch: &BatchRow, item: &ItemRow) -> Result<()> {
    let facts = facts(conn, batch, std::slice::from_ref(item))?;
    let payee = facts.get(&item.expert_id).ok_or(Code::StillHeld)?;
    let withheld = withheld_now(ctx, batch, item, payee)?.ok_or(Code::StillHeld)?.amount();
    let net = item.amount.checked_sub(withheld).ok_or_else(|| Error::internal("a net amount is out of range"))?;
    store::release_item(conn, item.id, (withheld, net))?;
    Ok(())
}

fn editors(batch: &BatchRow, by: AccountId) -> Vec<Option<AccountId>> {
    let mut editors = batch.editors.clone();
    if !editors.contains(&Some(by)) {
        editors.push(Some(by));
    }
    editors
}
