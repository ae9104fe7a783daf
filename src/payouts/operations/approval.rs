//! Approval: what the batch was made of still holds, the file is written once, payables go into transit.

use std::collections::{BTreeMap, HashMap};

use diesel::PgConnection;
use serde_json::json;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::super::bank_csv::{self, Payment};
use super::super::bookkeeping::{Payable, approved, voided};
use super::super::end_to_end_id::EndToEndId;
use super::super::selection::{Candidate, MethodStanding};
use super::super::state::{BatchEvent, ItemState, may_approve, may_submit};
use super::super::store::{self, Approval, BatchRow, ItemRow};
use super::drafting::candidates;
use super::{PAYS, lock_batch};
use crate::experts::operations::{list_payout_methods, open_payout_method};
use crate::experts::tax_form::withholding_rate;
use crate::kernel::{BatchId, Code, Ctx, EntryId, Error, ExpertId, Money, PayoutId, Result};
use crate::ledger::operations::payable_by_expert;
use crate::ledger::{Entry, EntryKind, Source, Transfer, post};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Object, Owner};

/// Approves a batch that others made and that does not pay whoever approves: writes the bank's file, once, and posts payable → in transit.
pub fn approve(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: BatchId) -> Result<BatchId> {
    let signed = ctx.actor.require(PAYS)?;
    let by = signed.account;
    let batch = lock_batch(conn, id)?;
    may_approve(by, &batch.makers())?;
    let state = batch.state.after(BatchEvent::Approve)?;
    let items = store::lock_items(conn, id)?;
    if items.iter().any(|item| signed.expert == Some(item.expert_id)) {
        return Err(Code::OwnApproval.into());
    }
    may_submit(items.iter().map(|item| item.state))?;
    let queued: Vec<ItemRow> = items.into_iter().filter(|item| item.state == ItemState::Queued).collect();
    if !outdated(conn, ctx, &batch, &queued)?.is_empty() {
        return Err(Code::BatchOutdated.into());
    }
    let file = write_file(conn, ctx, door, &queued)?;
    let sha256 = Sha256::digest(&file[..]).to_vec();
    let entry_id = post_approval(conn, ctx, id, &queued)?;
    let approval = Approval {
        state,
        approved_by: by,
        approved_at: ctx.now,
        sealed_file: door.seal(conn, ctx, Owner::Market, file_object(id), &file)?,
        file_bytes: i64::try_from(file.len()).map_err(Error::internal)?,
        file_sha256: sha256.clone(),
        entry_id,
    };
    store::approve_batch(conn, id, &approval)?;
    let detail = json!({
        "payout_batch_id": id,
        "state": state,
        "items": queued.len(),
        "entry_id": entry_id,
        "file_sha256": hex(&sha256),
    });
    record::change(conn, ctx, Change { event: Event::BatchApproved, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// The file at the door.
pub(super) fn file_object(id: BatchId) -> Object {
    Object { kind: "payout_batch.file", id: id.0, version: 1 }
}

/// Lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The queued items that would not be made today as they were: less is owed by now, the payout method is gone, goes by
/// other rails or was changed lately, or another rate of tax is withheld.
pub(super) fn outdated(
    conn: &mut PgConnection,
    ctx: &Ctx,
    batch: &BatchRow,
    queued: &[ItemRow],
) -> Result<Vec<PayoutId>> {
    let facts = facts(conn, batch, queued)?;
    let mut found = Vec::new();
    for item in queued {
        let withheld = facts.get(&item.expert_id).map(|fact| withheld_now(ctx, batch, item, fact)).transpose()?;
        if withheld.flatten().is_none_or(|withheld| withheld.amount() != item.withheld) {
            found.push(item.id);
        }
    }
    Ok(found)
}

/// What is known today of the payees of these items.
pub(super) fn facts(
    conn: &mut PgConnection,
    batch: &BatchRow,
    items: &[ItemRow],
) -> Result<BTreeMap<ExpertId, Candidate>> {
    let mut payable = payable_by_expert(conn, batch.currency, batch.cutoff)?;
    let payees: std::collections::BTreeSet<ExpertId> = items.iter().map(|item| item.expert_id).collect();
    payable.retain(|expert, _| payees.contains(expert));
    let (candidates, _) = candidates(conn, batch.method, payable)?;
    Ok(candidates.into_iter().map(|candidate| (candidate.expert, candidate)).collect())
}

/// What of the item would be withheld if it were paid now; `None` if it must not be paid.
pub(super) fn withheld_now(ctx: &Ctx, batch: &BatchRow, item: &ItemRow, payee: &Candidate) -> Result<Option<Money>> {
    let payable =
        |method: MethodStanding| method.rail == batch.method && method.held_until.is_none_or(|until| until <= ctx.now);
    let covered = payee.payable_now.amount() >= item.amount;
    if !covered || !payee.method.is_some_and(payable) {
        return Ok(None);
    }
    let gross = Money::try_new(item.amount, item.currency)?;
    Ok(withholding_rate(payee.tax, ctx.today()).ok().map(|rate| gross.share(rate)).transpose()?)
}

/// The processor's file; opening each payee's bank details leaves a row in the access log.
fn write_file(conn: &mut PgConnection, ctx: &Ctx, door: &Door, queued: &[ItemRow]) -> Result<Zeroizing<Vec<u8>>> {
    let experts: Vec<ExpertId> = queued.iter().map(|item| item.expert_id).collect();
    let rows = list_payout_methods(conn, &experts)?;
    let names: HashMap<ExpertId, String> = store::list_names(conn, &experts)?.into_iter().collect();
    let mut opened = Vec::with_capacity(queued.len());
    for item in queued {
        let row = rows.get(&item.expert_id).ok_or(Code::BatchOutdated)?;
        let reference = EndToEndId::parse(&item.end_to_end_id).map_err(Error::internal)?;
        opened.push((reference, Money::try_new(item.net, item.currency)?, open_payout_method(conn, ctx, door, row)?));
    }
    let name = |item: &ItemRow| names.get(&item.expert_id).map_or("", String::as_str);
    let payments: Vec<Payment<'_>> = queued
        .iter()
        .zip(&opened)
        .map(|(item, (end_to_end_id, amount, method))| Payment {
            end_to_end_id,
            amount: *amount,
            name: name(item),
            method,
        })
        .collect();
    Ok(Zeroizing::new(bank_csv::write(&payments).map_err(Error::internal)?))
}

fn payable(item: &ItemRow) -> Result<Payable> {
    let money = |amount| Money::try_new(amount, item.currency);
    Ok(Payable { expert: item.expert_id, net: money(item.net)?, withheld: money(item.withheld)? })
}

/// One entry for the whole batch. A batch may be approved again after an edit, so that the source is the approval.
fn post_approval(conn: &mut PgConnection, ctx: &Ctx, id: BatchId, queued: &[ItemRow]) -> Result<EntryId> {
    let source = Source { kind: "payout_approval", id: ctx.ids.next() };
    let transfers = moved(queued, approved)?;
    post(conn, ctx, &entry(ctx, id, EntryKind::PayoutApproved, source, transfers))
}

/// Takes the posting of an approval back, for an edit or a cancellation.
pub(super) fn post_void(conn: &mut PgConnection, ctx: &Ctx, id: BatchId, approval: EntryId) -> Result<EntryId> {
    let queued = store::list_queued(conn, id)?;
    let source = Source { kind: "payout_approval", id: approval.0 };
    let entry = entry(ctx, id, EntryKind::PayoutCancelled, source, moved(&queued, voided)?);
    post(conn, ctx, &Entry { reverses: Some(approval), ..entry })
}

fn moved(queued: &[ItemRow], moves: fn(Payable) -> [Transfer; 2]) -> Result<Vec<Transfer>> {
    let mut transfers = Vec::with_capacity(queued.len().saturating_mul(2));
    for item in queued {
        transfers.extend(moves(payable(item)?));
    }
    Ok(transfers)
}

fn entry(ctx: &Ctx, batch: BatchId, kind: EntryKind, source: Source, transfers: Vec<Transfer>) -> Entry {
    let memo = Some(batch.to_string());
    Entry { kind, source, effective_on: ctx.today(), lab: None, memo, reverses: None, transfers }
}
