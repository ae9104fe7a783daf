//! The lab's own acceptance: what it thinks of work that was accepted and billed.

use diesel::PgConnection;
use serde_json::json;

use super::super::audit::{self, AuditState, AuditVerdict};
use super::super::routes::NewAudit;
use super::super::state::AssignmentState;
use super::super::store::{self, AssignmentRow, AuditRow};
use crate::db::as_service;
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, AssignmentId, AuditId, Code, Ctx, Error, Form, Money, Result, Role};
use crate::projects::words::ProjectState;
use crate::quality::{self, Judged, Judgement};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Object, Owner};

/// A lab's comment at the door.
pub(super) fn audit_comment(id: AuditId) -> Object {
    Object { kind: "audit.comment", id: id.0, version: 1 }
}

/// Audits one answer, once, while its days run and before its batch is signed off. Rework opens a slot at the house's cost;
/// a refund waits for a second person of finance.
pub fn audit(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: AssignmentId,
    form: &Form<NewAudit>,
) -> Result<AuditId> {
    let signed = ctx.actor.require(Role::LAB_WRITERS)?;
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    // As the lab itself: of another one's work it learns nothing.
    store::find_lab_of(conn, id)?.filter(|whose| *whose == lab).ok_or(Error::NotFound)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    audit::judge(new.verdict, new.reason, new.comment.as_deref(), &mut findings);
    findings.done()?;
    as_service(conn, |conn| write(conn, ctx, door, (id, signed.account, new)))
}

/// What follows reaches what a lab may not: slots, judgements, the work as it was paid.
fn write(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (of, by, new): (AssignmentId, AccountId, &NewAudit),
) -> Result<AuditId> {
    let row = store::lock_assignment(conn, of)?.ok_or(Error::NotFound)?;
    let refund = refund(&row, new.verdict)?;
    if store::has_audit(conn, of)? {
        return Err(Code::AuditClosed.into());
    }
    let (project, audit_days) = store::lock_audited_project(conn, row.project_id)?;
    if row.state != AssignmentState::Accepted || !row.counted {
        return Err(Code::InvalidState.into());
    }
    let over = row.decided_at.is_none_or(|accepted| ctx.now >= audit::closes_at(accepted, audit_days));
    if over || store::is_signed_off(conn, row.task_id)? {
        return Err(Code::AuditClosed.into());
    }
    let id = AuditId(ctx.ids.next());
    let sealed_comment = match &new.comment {
        Some(text) => Some(door.seal(conn, ctx, Owner::Lab(row.lab_id), audit_comment(id), text.trim().as_bytes())?),
        None => None,
    };
    let made = AuditRow {
        id,
        lab_id: row.lab_id,
        project_id: row.project_id,
        task_id: row.task_id,
        assignment_id: row.id,
        expert_id: row.expert_id,
        verdict: new.verdict,
        reason: new.reason,
        sealed_comment,
        state: new.verdict.state(),
        currency: row.currency,
        refund: refund.map(Money::amount),
        audited_by: by,
        decided_at: None,
        created_at: ctx.now,
        updated_at: ctx.now,
        version: 1,
    };
    store::insert_audit(conn, &made)?;
    judge_people(conn, ctx, &row, new.verdict == AuditVerdict::Good)?;
    record::change(conn, ctx, audited(Event::AuditRecorded, &made, made.state))?;
    if new.verdict == AuditVerdict::Rework {
        redo(conn, ctx, &row, project)?;
    }
    Ok(id)
}

/// What would come back: all that was billed.
fn refund(row: &AssignmentRow, verdict: AuditVerdict) -> Result<Option<Money>> {
    if verdict != AuditVerdict::Refund {
        return Ok(None);
    }
    let billed = Money::try_new(row.billed.unwrap_or_default(), row.currency)?;
    if billed.is_positive() {
        return Ok(Some(billed));
    }
    Err(Error::field("/verdict", "not_applicable", "nothing was billed for it"))
}

/// What happened to an audit; its lab may read it, so it names no expert.
pub(super) fn audited(event: Event, row: &AuditRow, state: AuditState) -> Change {
    let detail = json!({
        "audit_id": row.id, "assignment_id": row.assignment_id, "project_id": row.project_id, "verdict": row.verdict,
        "state": state,
    });
    Change { event, object: row.id.0, lab: Some(row.lab_id), detail }
}

/// The answer is delivered no more, and a slot of its task is open again for somebody else.
fn redo(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, project: ProjectState) -> Result<()> {
    if project == ProjectState::Closed {
        return Err(Code::ProjectNotOpen.into());
    }
    store::uncount(conn, row.id)?;
    quality::forget_labels(conn, row.id)?;
    if store::reopen_slot(conn, row.task_id)? == 0 {
        return Err(Code::InvalidState.into());
    }
    let detail = json!({"task_id": row.task_id, "project_id": row.project_id});
    let change = Change { event: Event::TaskReopened, object: row.task_id.0, lab: Some(row.lab_id), detail };
    record::change(conn, ctx, change)
}

/// What the lab's verdict says of the author, and of the expert who accepted it, if one did.
fn judge_people(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, good: bool) -> Result<()> {
    let of = |expert, as_reviewer| Judgement {
        expert,
        lab: row.lab_id,
        project: row.project_id,
        assignment: row.id,
        as_reviewer,
        kind: Judged::Audit,
        good,
    };
    let mut judgements = vec![of(row.expert_id, false)];
    if let Some(submission) = store::find_latest_submission(conn, row.id)? {
        let reviewer = store::find_accepting_expert(conn, submission.id)?;
        judgements.extend(reviewer.map(|reviewer| of(reviewer, true)));
    }
    quality::record(conn, ctx, &judgements)
}
