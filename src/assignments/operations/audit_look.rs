//! Looking at audits: a lab at its own with what it wrote, staff at all without content, but for why a refund is asked for.

use diesel::PgConnection;

use super::super::audit::AuditState;
use super::super::routes::AuditView;
use super::super::store::{self, AuditRow};
use super::audits::audit_comment;
use super::look::text;
use super::sight;
use crate::http::Paging;
use crate::kernel::{AuditId, Code, Ctx, Error, Money, Page, Result, Role};
use crate::trust::{Door, Held, Owner, Purpose};

/// Staff who see audits.
const SEES: &[Role] = &[Role::Operations, Role::Finance, Role::Auditor];

fn bare(ctx: &Ctx, row: &AuditRow) -> Result<AuditView> {
    let staff = ctx.actor.lab().is_none();
    Ok(AuditView {
        id: row.id,
        lab_id: row.lab_id,
        project_id: row.project_id,
        task_id: row.task_id,
        assignment_id: row.assignment_id,
        expert_id: staff.then_some(row.expert_id),
        verdict: row.verdict,
        reason: row.reason,
        comment: None,
        state: row.state,
        refund: row.refund.map(|refund| Money::try_new(refund, row.currency)).transpose()?,
        audited_by: row.audited_by,
        decided_at: row.decided_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

fn require_reader(ctx: &Ctx) -> Result<()> {
    ctx.actor.require(if ctx.actor.lab().is_some() { Role::LAB } else { SEES }).map(|_| ())
}

/// Under which title the caller reads what the lab wrote. Asking for a refund is the lab's approval that those who decide
/// about it read why, as long as it waits. That tells of the answer, so it counts as having seen it, and who took part in the
/// work reads nothing.
fn reads_comment(conn: &mut PgConnection, ctx: &Ctx, row: &AuditRow) -> Result<Option<Purpose>> {
    if ctx.actor.lab().is_some() {
        return Ok(Some(Purpose::OwnLab));
    }
    let signed = ctx.actor.require(SEES)?;
    if signed.role != Role::Finance || row.state != AuditState::RefundPending {
        return Ok(None);
    }
    sight::hold_seat(conn, signed)?;
    match sight::took_no_part(conn, signed, row.task_id, Purpose::Refund) {
        Ok(()) => {
            sight::see(conn, signed, (row.task_id, row.lab_id), Purpose::Refund)?;
            Ok(Some(Purpose::Refund))
        }
        Err(Error::Refused(Code::TookPart)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One audit, with its comment for its lab, and for finance while a refund waits for them.
pub fn get_audit(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: AuditId) -> Result<AuditView> {
    require_reader(ctx)?;
    let row = store::find_audit(conn, id)?.filter(|row| ctx.actor.sees_lab(row.lab_id)).ok_or(Error::NotFound)?;
    let mut view = bare(ctx, &row)?;
    if let Some(sealed) = &row.sealed_comment
        && let Some(purpose) = reads_comment(conn, ctx, &row)?
    {
        let held = Held { owner: Owner::Lab(row.lab_id), object: audit_comment(id), sealed };
        view.comment = Some(text(door.open(conn, ctx, held, purpose)?)?);
    }
    Ok(view)
}

/// Audits, newest first, without content: a lab's own, for staff all of them.
pub fn list_audits(
    conn: &mut PgConnection,
    ctx: &Ctx,
    state: Option<AuditState>,
    paging: &Paging,
) -> Result<Page<AuditView>> {
    require_reader(ctx)?;
    let rows = store::list_audits(conn, (ctx.actor.lab(), state), paging.before(), paging.fetch())?;
    let views = rows.iter().map(|row| bare(ctx, row)).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &AuditView| view.id.0))
}
