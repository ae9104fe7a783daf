//! Questions of those who work in a project, and its lab's answers. Neither side learns who the other is: the lab sees the
//! asker's pseudonym, experts see what was asked and answered and which of it is their own.

use diesel::PgConnection;
use serde_json::json;

use super::super::routes::{NewAnswer, NewQuestion, QuestionView};
use super::super::store::{self, ProjectRow, QuestionRow};
use super::super::words::ProjectState;
use super::shared::{pseudonym, pseudonyms};
use crate::http::Paging;
use crate::kernel::{Code, Ctx, Error, ExpertId, Form, Page, ProjectId, QuestionId, Result, Role};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Object, Owner, Purpose, Sealed};

/// Longest question or answer, in characters.
const MAX_CHARS: usize = 10_000;

fn question_object(id: QuestionId) -> Object {
    Object { kind: "question.question", id: id.0, version: 1 }
}

fn question_answer_object(id: QuestionId) -> Object {
    Object { kind: "question.answer", id: id.0, version: 1 }
}

/// A project for those who talk about it: its lab, and experts who hold or have held a claim there; to anybody else it
/// does not exist.
fn talked_about(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProjectRow> {
    let signed = ctx.actor.require(&[&[Role::Expert], Role::LAB].concat())?;
    let row = store::find_project(conn, id)?.ok_or(Error::NotFound)?;
    let takes_part = match signed.expert {
        Some(expert) => store::is_engaged(conn, expert, id)?,
        None => signed.lab == Some(row.lab_id),
    };
    if takes_part { Ok(row) } else { Err(Error::NotFound) }
}

fn judge(pointer: &str, text: &str) -> Result<()> {
    if (1..=MAX_CHARS).contains(&text.trim().chars().count()) {
        return Ok(());
    }
    Err(Error::field(pointer, "wrong_length", "1 to 10,000 characters"))
}

/// Asks about a project.
pub fn ask(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    project: ProjectId,
    form: &Form<NewQuestion>,
) -> Result<QuestionId> {
    let expert = ctx.actor.require_expert()?;
    let row = talked_about(conn, ctx, project)?;
    let text = &form.open()?.question;
    judge("/question", text)?;
    if row.state == ProjectState::Closed {
        return Err(Code::InvalidState.into());
    }
    let id = QuestionId(ctx.ids.next());
    let sealed = door.seal(conn, ctx, Owner::Lab(row.lab_id), question_object(id), text.trim().as_bytes())?;
    store::insert_question(conn, id, (row.lab_id, project, expert), &sealed)?;
    // The lab looks without writing: whoever asks is given their name with it now.
    pseudonym(conn, ctx, row.lab_id, expert)?;
    let detail = json!({"question_id": id, "project_id": project});
    record::change(conn, ctx, Change { event: Event::QuestionAsked, object: id.0, lab: Some(row.lab_id), detail })?;
    Ok(id)
}

/// The questions about a project, newest first, with their answers.
pub fn list_questions(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    project: ProjectId,
    paging: &Paging,
) -> Result<Page<QuestionView>> {
    talked_about(conn, ctx, project)?;
    let rows = store::list_questions(conn, project, paging.before(), paging.fetch())?;
    // The row that only tells whether there is a next page is not served, and so not opened.
    let page = paging.page(rows, |row| row.id.0);
    let data = page.data.iter().map(|row| view(conn, ctx, door, row)).collect::<Result<_>>()?;
    Ok(Page { data, next_cursor: page.next_cursor })
}

/// One question.
pub fn get_question(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: QuestionId) -> Result<QuestionView> {
    ctx.actor.require(&[&[Role::Expert], Role::LAB].concat())?;
    let row = store::find_question(conn, id)?.ok_or(Error::NotFound)?;
    talked_about(conn, ctx, row.project_id)?;
    view(conn, ctx, door, &row)
}

fn view(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &QuestionRow) -> Result<QuestionView> {
    let expert = ctx.actor.expert();
    let purpose = if expert.is_some() { Purpose::Claim } else { Purpose::OwnLab };
    let mut open = |object, sealed: &Sealed| -> Result<String> {
        let held = Held { owner: Owner::Lab(row.lab_id), object, sealed };
        String::from_utf8(door.open(conn, ctx, held, purpose)?).map_err(Error::internal)
    };
    let question = open(question_object(row.id), &row.sealed_question)?;
    let answer = row.sealed_answer.as_ref().map(|sealed| open(question_answer_object(row.id), sealed)).transpose()?;
    let asked_by = match expert {
        Some(_) => None,
        None => pseudonyms(conn, ctx, row.lab_id, &[row.expert_id])?.get(&row.expert_id).copied(),
    };
    Ok(QuestionView {
        id: row.id,
        project_id: row.project_id,
        asked_by,
        own: expert.map(|expert: ExpertId| expert == row.expert_id),
        question,
        answer,
        answered_at: row.answered_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Answers a question, once, for everybody who works in its project.
pub fn answer_question(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: QuestionId,
    form: &Form<NewAnswer>,
) -> Result<QuestionId> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let by = ctx.actor.require(Role::LAB_WRITERS)?.account;
    let row = store::lock_question(conn, id)?.filter(|row| row.lab_id == lab).ok_or(Error::NotFound)?;
    let text = &form.open()?.answer;
    judge("/answer", text)?;
    if row.answered_at.is_some() {
        return Err(Code::InvalidState.into());
    }
    let sealed = door.seal(conn, ctx, Owner::Lab(lab), question_answer_object(id), text.trim().as_bytes())?;
    store::answer_question(conn, id, (by, ctx.now), &sealed)?;
    let detail = json!({"question_id": id, "project_id": row.project_id});
    record::change(conn, ctx, Change { event: Event::QuestionAnswered, object: id.0, lab: Some(lab), detail })?;
    Ok(id)
}
