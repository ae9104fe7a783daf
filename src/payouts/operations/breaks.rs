//! The worklist of what the bank and our book disagree about.

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::json;

use super::super::ageing::{AgeBucket, missing_if_sent_by};
use super::super::matching::BreakKind;
use super::super::routes::{BreakView, LineView};
use super::super::selection::cutoff_end;
use super::super::store::{self, BreakRow, BreakState, NewBreakRow, Overdue};
use super::SEES;
use super::settlements::open_line;
use crate::http::Paging;
use crate::kernel::{BreakId, Ctx, Currency, Error, Money, Page, PayoutId, Result};
use crate::record::{self, Change, Event};
use crate::trust::Door;

/// Breaks, the oldest first.
pub fn list_breaks(
    conn: &mut PgConnection,
    ctx: &Ctx,
    filter: (Option<BreakState>, Option<BreakKind>),
    paging: &Paging,
) -> Result<Page<BreakView>> {
    ctx.actor.require(SEES)?;
    let rows = store::list_breaks(conn, filter, paging.above(), paging.fetch())?;
    let views = rows.into_iter().map(|row| view(ctx, row, None)).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &BreakView| view.id.0))
}

/// One break, with the bank's line and what the bank wrote on it.
pub fn get_break(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: BreakId) -> Result<BreakView> {
    ctx.actor.require(SEES)?;
    let row = store::find_break(conn, id)?.ok_or(Error::NotFound)?;
    let line = row.line_id.map(|line| open_line(conn, ctx, door, line)).transpose()?;
    view(ctx, row, line)
}

fn view(ctx: &Ctx, row: BreakRow, line: Option<LineView>) -> Result<BreakView> {
    // What is resolved grows no older.
    let until = row.resolved_at.map_or(ctx.today(), |at| at.date_naive());
    Ok(BreakView {
        id: row.id,
        kind: row.kind,
        state: row.state,
        difference: Money::try_new(row.difference, row.currency)?,
        payout_id: row.payout_id,
        candidates: row.candidates.into_iter().flatten().collect(),
        opened_on: row.opened_on,
        age: AgeBucket::of(row.opened_on, until),
        line_id: row.line_id,
        line,
        note: row.note,
        resolved_by: row.resolved_by,
        resolved_at: row.resolved_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Opens a break for every payment that the bank should have shown by now; says how many, at most a thousand a run.
pub fn find_missing(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let before = cutoff_end(missing_if_sent_by(ctx.today()));
    let overdue: Vec<(PayoutId, Currency, Decimal)> = Overdue { before }.load(conn)?;
    let (mut rows, mut changes) = (Vec::with_capacity(overdue.len()), Vec::with_capacity(overdue.len()));
    for (payout, currency, net) in overdue {
        let id = BreakId(ctx.ids.next());
        let detail = json!({"break_id": id, "kind": BreakKind::Missing, "payout_id": payout});
        changes.push(Change { event: Event::BreakOpened, object: id.0, lab: None, detail });
        rows.push(NewBreakRow {
            id,
            kind: BreakKind::Missing,
            line_id: None,
            payout_id: Some(payout),
            currency,
            // The account still holds what our book says has left it.
            difference: net,
            candidates: Vec::new(),
            opened_on: ctx.today(),
        });
    }
    store::insert_breaks(conn, &rows)?;
    record::changes(conn, ctx, changes)?;
    Ok(rows.len())
}
