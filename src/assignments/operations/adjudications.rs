//! Adjudication: where the answers to a task disagree, somebody who neither answered nor reviewed it answers.

use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::super::routes::{AdjudicationWish, NewAdjudication};
use super::super::store::{self, AdjudicationClaimRow, AdjudicationRow, Disagreements, TaskFacts};
use super::super::{lease, verdict};
use super::{brief, sight};
use crate::db::savepoint;
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{AdjudicationId, Code, Ctx, Error, Form, LabId, ProjectId, Result, Role, TaskId};
use crate::projects;
use crate::projects::brief::adjudication_object;
use crate::projects::words::TaskState;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Object, Owner, Purpose};

/// How many disagreements are gone through for one that the caller may take.
const MOST_LOOKED_AT: i64 = 50;

/// An adjudicator's comment at the door.
pub(super) fn adjudication_comment(id: AdjudicationId) -> Object {
    Object { kind: "adjudication.comment", id: id.0, version: 1 }
}

fn adjudicated(event: Event, id: AdjudicationId, (task, project, lab): (TaskId, ProjectId, LabId)) -> Change {
    let detail = json!({"adjudication_id": id, "task_id": task, "project_id": project});
    Change { event, object: id.0, lab: Some(lab), detail }
}

/// Refuses who is not named where others are, and who answered the task or was shown an answer in another role.
fn may_adjudicate(conn: &mut PgConnection, signed: &Signed, (task, facts): (TaskId, &TaskFacts)) -> Result<()> {
    if !store::is_named(conn, facts.project_id, signed.account)? {
        return Err(Error::Forbidden);
    }
    sight::took_no_part(conn, signed, task, Purpose::Adjudication)
}

/// Only a task that had several answers and has them all.
fn wants_one(facts: &TaskFacts) -> Result<()> {
    let state = TaskState::of(facts.free, facts.held, facts.filled, facts.cancelled);
    if state == TaskState::Completed && facts.overlap > 1 { Ok(()) } else { Err(Code::InvalidState.into()) }
}

/// Takes a task in hand for an hour: the one that is named, or the first of a project whose answers disagree. `None` where
/// there is none for the caller.
pub fn claim_adjudication(
    conn: &mut PgConnection,
    ctx: &Ctx,
    form: &Form<AdjudicationWish>,
) -> Result<Option<AdjudicationId>> {
    let signed = ctx.actor.require(&[Role::Reviewer])?;
    sight::hold_seat(conn, signed)?;
    match form.open()? {
        AdjudicationWish { task_id: Some(task), project_id: None } => {
            let facts = store::find_task(conn, *task)?.ok_or_else(|| Error::unknown_id("/task_id"))?;
            may_adjudicate(conn, signed, (*task, &facts))?;
            wants_one(&facts)?;
            take(conn, ctx, signed, (*task, &facts)).map(Some)
        }
        AdjudicationWish { task_id: None, project_id: Some(project) } => first_of(conn, ctx, signed, *project),
        _ => Err(Error::field("/task_id", "required", "a task or a project")),
    }
}

fn first_of(conn: &mut PgConnection, ctx: &Ctx, signed: &Signed, project: ProjectId) -> Result<Option<AdjudicationId>> {
    projects::find_project(conn, project)?.ok_or_else(|| Error::unknown_id("/project_id"))?;
    let looked_at = Disagreements { project, after: Uuid::nil(), limit: MOST_LOOKED_AT };
    let found: Vec<(TaskId, Vec<i16>)> = looked_at.load(conn)?;
    for (task, _) in found {
        let facts = store::find_task(conn, task)?.ok_or(Error::NotFound)?;
        // Each by itself: another one's claim in the same moment must not spoil the search.
        let taken = savepoint(conn, |conn| {
            may_adjudicate(conn, signed, (task, &facts))?;
            take(conn, ctx, signed, (task, &facts))
        });
        match taken {
            Err(Error::Refused(Code::TookPart | Code::InHand | Code::DuplicateRequest)) => {}
            taken => return taken.map(Some),
        }
    }
    Ok(None)
}

/// Writes a claim on a task that nobody else has in hand.
fn take(
    conn: &mut PgConnection,
    ctx: &Ctx,
    signed: &Signed,
    (task, facts): (TaskId, &TaskFacts),
) -> Result<AdjudicationId> {
    if store::find_adjudication_of(conn, task)?.is_some() {
        return Err(Code::DuplicateRequest.into());
    }
    if let Some(claim) = store::lock_claim_on(conn, task)? {
        let runs = claim.claim_expires_at > ctx.now;
        if runs && claim.adjudicator_id != signed.account {
            return Err(Code::InHand.into());
        }
        store::delete_adjudication_claim(conn, task)?;
    }
    let claim = AdjudicationClaimRow {
        task_id: task,
        id: AdjudicationId(ctx.ids.next()),
        lab_id: facts.lab_id,
        project_id: facts.project_id,
        adjudicator_id: signed.account,
        claimed_at: ctx.now,
        claim_expires_at: ctx.now.checked_add_signed(lease::REVIEW_CLAIM).unwrap_or(ctx.now),
    };
    on_constraint(store::insert_adjudication_claim(conn, &claim), "adjudication_claim_pkey", Code::InHand)?;
    sight::see(conn, signed, (task, facts.lab_id), Purpose::Adjudication)?;
    let change = adjudicated(Event::AdjudicationClaimed, claim.id, (task, facts.project_id, facts.lab_id));
    // That somebody looks into it is nothing to the lab yet.
    record::change(conn, ctx, Change { lab: None, ..change })?;
    Ok(claim.id)
}

/// Answers a task that the caller has in hand, or that nobody has: once per task.
pub fn adjudicate(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    task: TaskId,
    form: &Form<NewAdjudication>,
) -> Result<AdjudicationId> {
    let signed = ctx.actor.require(&[Role::Reviewer])?;
    sight::hold_seat(conn, signed)?;
    let facts = store::find_task(conn, task)?.ok_or(Error::NotFound)?;
    may_adjudicate(conn, signed, (task, &facts))?;
    let new = form.open()?;
    let project = projects::find_project(conn, facts.project_id)?.ok_or(Error::NotFound)?;
    let content = projects::open_brief(conn, ctx, door, &project)?;
    let mut findings = Findings::default();
    findings.extend("/answer", brief::output_schema(&content)?.validate(new.answer.get().as_bytes()));
    let chars = new.comment.as_ref().map_or(0, |comment| comment.chars().count());
    findings.check(chars <= verdict::MAX_COMMENT_CHARS, "/comment", "too_long", "at most 10,000 characters");
    findings.done()?;
    wants_one(&facts)?;
    let claim = store::lock_claim_on(conn, task)?.filter(|claim| {
        // Somebody else's that has run out is nobody's.
        claim.adjudicator_id == signed.account || claim.claim_expires_at > ctx.now
    });
    if claim.as_ref().is_some_and(|claim| claim.adjudicator_id != signed.account) {
        return Err(Code::InHand.into());
    }
    let id = claim.map_or_else(|| AdjudicationId(ctx.ids.next()), |claim| claim.id);
    let owner = Owner::Lab(facts.lab_id);
    let sealed_answer = door.seal(conn, ctx, owner, adjudication_object(id), new.answer.get().as_bytes())?;
    let sealed_comment = match &new.comment {
        Some(comment) => Some(door.seal(conn, ctx, owner, adjudication_comment(id), comment.as_bytes())?),
        None => None,
    };
    let row = AdjudicationRow {
        id,
        lab_id: facts.lab_id,
        project_id: facts.project_id,
        task_id: task,
        adjudicator_id: signed.account,
        sealed_answer,
        sealed_comment,
        created_at: ctx.now,
    };
    on_constraint(store::insert_adjudication(conn, &row), "adjudication_once", Code::DuplicateRequest)?;
    store::delete_adjudication_claim(conn, task)?;
    sight::see(conn, signed, (task, facts.lab_id), Purpose::Adjudication)?;
    let change = adjudicated(Event::AdjudicationDecided, id, (task, facts.project_id, facts.lab_id));
    record::change(conn, ctx, change)?;
    Ok(id)
}
