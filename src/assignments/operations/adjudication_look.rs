//! Looking at adjudications and at the disagreements that want one.

use diesel::{PgConnection, RunQueryDsl};

use super::super::routes::{AdjudicationView, AdjudicationWork, AnswerShown, DisagreementView};
use super::super::store::{self, AdjudicationClaimRow, AdjudicationRow, Disagreements};
use super::adjudications::adjudication_comment;
use super::brief;
use super::look::{answer, comment, raw, text};
use super::review_look::sealed_brief;
use crate::http::Paging;
use crate::kernel::{AdjudicationId, Ctx, Error, Page, ProjectId, Result, Role, TaskId};
use crate::projects;
use crate::projects::brief::{adjudication_object, input_object};
use crate::trust::{Door, Held, Owner, Purpose};

/// Who sees adjudications beside the lab: the one who made it, and operations without content.
const SEES: &[Role] = &[Role::Reviewer, Role::Operations];

fn decided(row: &AdjudicationRow) -> AdjudicationView {
    AdjudicationView {
        id: row.id,
        task_id: row.task_id,
        project_id: row.project_id,
        answer: None,
        comment: None,
        claim_expires_at: None,
        decided_at: Some(row.created_at),
        work: None,
    }
}

fn in_hand(row: &AdjudicationClaimRow) -> AdjudicationView {
    AdjudicationView {
        id: row.id,
        task_id: row.task_id,
        project_id: row.project_id,
        answer: None,
        comment: None,
        claim_expires_at: Some(row.claim_expires_at),
        decided_at: None,
        work: None,
    }
}

/// One adjudication: the caller's own, for operations any without content. While the caller has it in hand, with the input
/// and every counted answer.
pub fn get_adjudication(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: AdjudicationId,
) -> Result<AdjudicationView> {
    let signed = ctx.actor.require(SEES)?;
    let staff = signed.role == Role::Operations;
    if let Some(row) = store::find_adjudication(conn, id)? {
        return match staff {
            true => Ok(decided(&row)),
            false if row.adjudicator_id == signed.account => own(conn, ctx, door, &row),
            false => Err(Error::NotFound),
        };
    }
    let claim = store::find_adjudication_claim(conn, id)?.ok_or(Error::NotFound)?;
    let mut view = in_hand(&claim);
    if staff {
        return Ok(view);
    }
    if claim.adjudicator_id != signed.account {
        return Err(Error::NotFound);
    }
    if claim.claim_expires_at > ctx.now {
        view.work = Some(work(conn, ctx, door, &claim)?);
    }
    Ok(view)
}

/// What became of a task's disagreement: for its lab the answer, for whoever made it theirs, for operations that it stands.
pub fn get_adjudication_of(conn: &mut PgConnection, ctx: &Ctx, door: &Door, task: TaskId) -> Result<AdjudicationView> {
    if ctx.actor.lab().is_none() {
        ctx.actor.require(SEES)?;
        let row = store::find_adjudication_of(conn, task)?.ok_or(Error::NotFound)?;
        return get_adjudication(conn, ctx, door, row.id);
    }
    ctx.actor.require(Role::LAB)?;
    let row = store::find_delivered_adjudication(conn, task)?.ok_or(Error::NotFound)?;
    if !ctx.actor.sees_lab(row.lab_id) {
        return Err(Error::NotFound);
    }
    let sealed = &row.sealed_answer;
    let held = Held { owner: Owner::Lab(row.lab_id), object: adjudication_object(row.id), sealed };
    Ok(AdjudicationView {
        id: row.id,
        task_id: row.task_id,
        project_id: row.project_id,
        answer: Some(raw(door.open(conn, ctx, held, Purpose::OwnLab)?)?),
        comment: None,
        claim_expires_at: None,
        decided_at: Some(row.created_at),
        work: None,
    })
}

fn own(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &AdjudicationRow) -> Result<AdjudicationView> {
    let mut view = decided(row);
    let owner = Owner::Lab(row.lab_id);
    let held = Held { owner, object: adjudication_object(row.id), sealed: &row.sealed_answer };
    view.answer = Some(raw(door.open(conn, ctx, held, Purpose::OwnPapers)?)?);
    if let Some(sealed) = &row.sealed_comment {
        let held = Held { owner, object: adjudication_comment(row.id), sealed };
        view.comment = Some(text(door.open(conn, ctx, held, Purpose::OwnPapers)?)?);
    }
    Ok(view)
}

fn work(conn: &mut PgConnection, ctx: &Ctx, door: &Door, claim: &AdjudicationClaimRow) -> Result<AdjudicationWork> {
    let project = projects::find_project(conn, claim.project_id)?.ok_or(Error::NotFound)?;
    let sealed = store::find_input(conn, claim.task_id)?;
    let held = Held { owner: Owner::Lab(claim.lab_id), object: input_object(claim.task_id), sealed: &sealed };
    let input = raw(door.open(conn, ctx, held, Purpose::Adjudication)?)?;
    let brief = brief::read(&door.open(conn, ctx, sealed_brief(&project).held(), Purpose::Adjudication)?)?;
    let mut answers = Vec::new();
    for row in store::list_counted_answers(conn, claim.task_id)? {
        answers.push(AnswerShown {
            answer: answer(conn, ctx, door, (&row, Purpose::Adjudication))?,
            comment: comment(conn, ctx, door, (&row, Purpose::Adjudication))?,
        });
    }
    Ok(AdjudicationWork {
        title: project.title.clone(),
        instructions: brief.instructions,
        output_schema: brief.output_schema,
        input,
        answers,
    })
}

/// The caller's adjudications, made and in hand, newest first, without content.
pub fn list_adjudications(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<AdjudicationView>> {
    let account = ctx.actor.require(&[Role::Reviewer])?.account;
    let (before, limit) = (paging.before(), paging.fetch());
    let made = store::list_adjudications_by(conn, account, before, limit)?;
    let claims = store::list_claims_by(conn, account, before, limit)?;
    let mut views: Vec<AdjudicationView> = made.iter().map(decided).chain(claims.iter().map(in_hand)).collect();
    views.sort_unstable_by_key(|view| std::cmp::Reverse(view.id));
    views.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(paging.page(views, |view| view.id.0))
}

/// Completed tasks of a project whose counted answers bear different labels and that nobody has adjudicated.
pub fn list_disagreements(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: ProjectId,
    paging: &Paging,
) -> Result<Page<DisagreementView>> {
    let signed = ctx.actor.require(SEES)?;
    projects::find_project(conn, project)?.ok_or(Error::NotFound)?;
    if signed.role == Role::Reviewer && !store::is_named(conn, project, signed.account)? {
        return Err(Error::Forbidden);
    }
    let wanted = Disagreements { project, after: paging.above(), limit: paging.fetch() };
    let rows: Vec<(TaskId, Vec<i16>)> = wanted.load(conn)?;
    let views = rows.into_iter().map(|(task_id, labels)| DisagreementView { task_id, labels });
    Ok(paging.page(views.collect(), |view| view.task_id.0))
}
