//! Who has which share of which lab, and clearing it where somebody else has to.

use std::collections::BTreeMap;

use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::attainment::{Attribution, Clearance, over_attributed};
use super::super::drafting::Share;
use super::super::figure::DecimalText;
use super::super::routes::{AttributionView, ClearAttribution, NewAttribution};
use super::super::store::{self, AttributionFilter, AttributionRow, NewAttributionRow};
use super::{READS_OWN, judge_executive, judge_text, visible};
use crate::http::Paging;
use crate::kernel::form::Findings;
use crate::kernel::{AttributionId, Code, Ctx, Error, Form, LabId, Page, Result, Role};
use crate::labs::lock_lab;
use crate::record::{self, Change, Event};

/// `NUMERIC(9,8)`.
const SHARE_DECIMALS: usize = 8;

/// Attributes a share of a lab's margin to an executive. The lab's row is locked, so that two at once cannot pass 1.
pub fn create_attribution(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewAttribution>) -> Result<AttributionId> {
    let by = ctx.actor.require(&[Role::Finance])?.account;
    let new = form.open()?;
    let mut findings = Findings::default();
    let known = lock_lab(conn, new.lab_id)?.is_some();
    findings.check(known, "/lab_id", "not_found", "no such object");
    judge_executive(conn, new.account_executive_id, &mut findings)?;
    let share = new.share.number(&mut findings, "/share", SHARE_DECIMALS).unwrap_or(Decimal::ONE);
    let fraction = share > Decimal::ZERO && share <= Decimal::ONE;
    findings.check(fraction, "/share", "out_of_range", "a share is more than 0 and at most 1");
    let lasts = new.until.is_none_or(|until| new.from < until);
    findings.check(lasts, "/until", "out_of_range", "the end lies after the beginning");
    judge_text("/provenance", &new.provenance, 500, &mut findings);
    findings.done()?;
    let row = NewAttributionRow {
        id: AttributionId(ctx.ids.next()),
        lab_id: new.lab_id,
        account_executive_id: new.account_executive_id,
        share,
        from_day: new.from,
        until_day: new.until,
        provenance: new.provenance.trim(),
        needs_clearance: new.clearance.as_ref().is_some_and(|clearance| clearance.required),
        created_by: by,
    };
    let held = store::list_overlapping(conn, row.lab_id, row.from_day, row.until_day)?;
    let mut shares: Vec<Share> = held.iter().map(share_of).collect();
    shares.push(Attribution {
        lab: row.lab_id,
        executive: row.account_executive_id,
        share: row.share,
        from: row.from_day,
        until: row.until_day,
        clearance: Clearance::NotNeeded,
    });
    if over_attributed(&shares.iter().collect::<Vec<_>>()).is_some() {
        return Err(Code::OverAttributed.into());
    }
    store::insert_attribution(conn, &row)?;
    let detail = json!({"attribution_id": row.id, "lab_id": row.lab_id, "account_id": row.account_executive_id,
        "share": share, "needs_clearance": row.needs_clearance});
    record::change(conn, ctx, Change { event: Event::AttributionCreated, object: row.id.0, lab: None, detail })?;
    Ok(row.id)
}

/// A stored attribution as the rules take it.
pub(super) fn share_of(row: &AttributionRow) -> Share {
    let clearance = match (row.needs_clearance, row.cleared_at) {
        (false, _) => Clearance::NotNeeded,
        (true, None) => Clearance::Missing,
        (true, Some(at)) => Clearance::Since(at),
    };
    Attribution {
        lab: row.lab_id,
        executive: row.account_executive_id,
        share: row.share,
        from: row.from_day,
        until: row.until_day,
        clearance,
    }
}

/// An attribution; an executive sees their own.
pub fn get_attribution(conn: &mut PgConnection, ctx: &Ctx, id: AttributionId) -> Result<AttributionView> {
    let signed = ctx.actor.require(&[Role::Finance, Role::Auditor, Role::Admin, Role::AccountExecutive])?;
    let row = store::find_attribution(conn, id)?.ok_or(Error::NotFound)?;
    if signed.role == Role::AccountExecutive && row.account_executive_id != signed.account {
        return Err(Error::NotFound);
    }
    let mut views = views(conn, vec![row])?;
    views.pop().ok_or(Error::NotFound)
}

/// Attributions, newest first; an executive sees their own.
pub fn list_attributions(
    conn: &mut PgConnection,
    ctx: &Ctx,
    filter: AttributionFilter,
    paging: &Paging,
) -> Result<Page<AttributionView>> {
    ctx.actor.require(READS_OWN)?;
    let filter = AttributionFilter { executive: visible(&ctx.actor, filter.executive)?, ..filter };
    let rows = store::list_attributions(conn, filter, paging.before(), paging.fetch())?;
    Ok(paging.page(views(conn, rows)?, |view| view.id.0))
}

fn views(conn: &mut PgConnection, rows: Vec<AttributionRow>) -> Result<Vec<AttributionView>> {
    let labs: Vec<LabId> = rows.iter().map(|row| row.lab_id).collect();
    let names: BTreeMap<LabId, String> = store::code_names(conn, &labs)?.into_iter().collect();
    let view = |row: AttributionRow| AttributionView {
        id: row.id,
        lab_id: row.lab_id,
        code_name: names.get(&row.lab_id).cloned().unwrap_or_default(),
        account_executive_id: row.account_executive_id,
        share: DecimalText(row.share.normalize().to_string()),
        from: row.from_day,
        until: row.until_day,
        provenance: row.provenance,
        needs_clearance: row.needs_clearance,
        cleared_by: row.cleared_by,
        cleared_at: row.cleared_at,
        clearance_note: row.clearance_note,
        created_by: row.created_by,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Clears an attribution: from now on its margin is credited. Not by whoever made it.
pub fn clear_attribution(
    conn: &mut PgConnection,
    ctx: &Ctx,
    id: AttributionId,
    form: &Form<ClearAttribution>,
) -> Result<AttributionId> {
    let by = ctx.actor.require(&[Role::Finance, Role::Admin])?.account;
    let row = store::lock_attribution(conn, id)?.ok_or(Error::NotFound)?;
    if row.created_by == by {
        return Err(Code::OwnApproval.into());
    }
    let note = form.open()?.note.trim();
    let mut findings = Findings::default();
    judge_text("/note", note, 500, &mut findings);
    findings.done()?;
    if !row.needs_clearance || row.cleared_at.is_some() {
        return Err(Code::InvalidState.into());
    }
    store::clear_attribution(conn, id, (by, ctx.now, note))?;
    let detail = json!({"attribution_id": id, "lab_id": row.lab_id, "account_id": row.account_executive_id});
    record::change(conn, ctx, Change { event: Event::AttributionCleared, object: id.0, lab: None, detail })?;
    Ok(id)
}
