//! Bank files as finance and auditors see them.

use std::collections::BTreeMap;

use diesel::PgConnection;
use uuid::Uuid;

use super::super::routes::{LineView, SettlementView};
use super::super::store::{self, LineRow, SettlementRow};
use super::SEES;
use super::approval::hex;
use crate::http::Paging;
use crate::kernel::{Ctx, Error, Money, Page, PayoutId, Result, SettlementId};
use crate::trust::{Door, Held, Object, Owner, Purpose};

/// A bank file. `imported` is told to whoever has just sent it: whether it was new.
pub fn get_settlement(
    conn: &mut PgConnection,
    ctx: &Ctx,
    id: SettlementId,
    imported: Option<bool>,
) -> Result<SettlementView> {
    ctx.actor.require(SEES)?;
    Ok(view(store::find_settlement(conn, id)?.ok_or(Error::NotFound)?, imported))
}

/// Bank files, newest first.
pub fn list_settlements(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<SettlementView>> {
    ctx.actor.require(SEES)?;
    let rows = store::list_settlements(conn, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(|row| view(row, None)).collect(), |view: &SettlementView| view.id.0))
}

/// The lines of a file in its order, without what the bank wrote: that is served with a break.
pub fn list_lines(
    conn: &mut PgConnection,
    ctx: &Ctx,
    settlement: SettlementId,
    paging: &Paging,
) -> Result<Page<LineView>> {
    ctx.actor.require(SEES)?;
    store::find_settlement(conn, settlement)?.ok_or(Error::NotFound)?;
    let rows = store::list_lines(conn, settlement, paging.above(), paging.fetch())?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let mut matches: BTreeMap<Uuid, Vec<PayoutId>> = BTreeMap::new();
    for (line, payout) in store::list_matches(conn, &ids)? {
        matches.entry(line).or_default().push(payout);
    }
    let views = rows
        .into_iter()
        .map(|row| {
            let payouts = matches.remove(&row.id).unwrap_or_default();
            view_line(row, payouts)
        })
        .collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &LineView| view.id))
}

/// What the bank wrote on a line, at the door.
pub(super) fn description_of(line: Uuid) -> Object {
    Object { kind: "settlement_line.description", id: line, version: 1 }
}

/// A line with what the bank wrote; leaves a row in the access log.
pub(super) fn open_line(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: Uuid) -> Result<LineView> {
    let row = store::find_line(conn, id)?.ok_or(Error::NotFound)?;
    let payouts = store::list_matches(conn, &[id])?.into_iter().map(|(_, payout)| payout).collect();
    let description = match &row.sealed_description {
        None => String::new(),
        Some(sealed) => {
            let held = Held { owner: Owner::Market, object: description_of(id), sealed };
            String::from_utf8(door.open(conn, ctx, held, Purpose::Payout)?).map_err(Error::internal)?
        }
    };
    Ok(LineView { description: Some(description), ..view_line(row, payouts)? })
}

fn view_line(row: LineRow, payouts: Vec<PayoutId>) -> Result<LineView> {
    Ok(LineView {
        id: row.id,
        settlement_id: row.settlement_id,
        line: row.line,
        booked_on: row.booked_on,
        amount: Money::try_new(row.amount, row.currency)?,
        end_to_end_id: row.end_to_end_id,
        servicer_reference: row.servicer_reference,
        outcome: row.outcome,
        payouts,
        entry_id: row.entry_id,
        deposit_id: row.deposit_id,
        description: None,
    })
}

fn view(row: SettlementRow, imported: Option<bool>) -> SettlementView {
    SettlementView {
        id: row.id,
        format: row.format,
        sha256: hex(&row.sha256),
        bytes: row.bytes,
        lines: row.lines,
        matched: row.matched,
        breaks: row.breaks,
        known: row.known,
        already_imported: imported.map(|new| !new),
        created_by: row.created_by,
        created_at: row.created_at,
    }
}
