//! Questions about a project.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::operations;
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{Ctx, Page, PageQuery, ProjectId, PseudonymId, QuestionId, Result};
use crate::trust::Door;

/// A question to the lab.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuestion {
    /// 1 to 10,000 characters; everybody who works in the project reads it.
    pub question: String,
}

/// The lab's answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewQuestionAnswer)]
pub struct NewAnswer {
    /// 1 to 10,000 characters; everybody who works in the project reads it.
    pub answer: String,
}

/// A question about a project, and what the lab says to it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Question)]
pub struct QuestionView {
    pub id: QuestionId,
    pub project_id: ProjectId,
    /// The asker as this lab knows them; for the lab alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<PseudonymId>,
    /// Whether it is the caller's own; for experts alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub own: Option<bool>,
    pub question: String,
    pub answer: Option<String>,
    pub answered_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for QuestionView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Renders a question for the caller, through the door.
fn shown_by(door: web::Data<Door>) -> impl Fn(&mut PgConnection, &Ctx, QuestionId) -> Result<QuestionView> {
    move |conn, ctx, id| operations::get_question(conn, ctx, &door, id)
}

/// Ask about a project (an expert who holds or has held a claim there).
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), request_body = NewQuestion, responses((status = 201, description = "Asked", body = QuestionView)))]
#[post("/v1/projects/{id}/questions")]
pub async fn ask_question(
    call: Call,
    id: web::Path<ProjectId>,
    door: web::Data<Door>,
    body: Body<NewQuestion>,
) -> Answer {
    let (id, opener, Body { form, digest }) = (id.into_inner(), door.clone(), body);
    let ask = move |conn: &mut _, ctx: &_| operations::ask(conn, ctx, &opener, id, &form);
    call.create(digest, ask, shown_by(door)).await
}

/// What was asked about a project and what its lab said: for the lab, and for experts who hold or have held a claim there.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path), PageQuery), responses((status = 200, description = "Questions, newest first", body = Page<QuestionView>)))]
#[get("/v1/projects/{id}/questions")]
pub async fn list_questions(
    call: Call,
    id: web::Path<ProjectId>,
    query: Query<PageQuery>,
    door: web::Data<Door>,
) -> Answer {
    let id = id.into_inner();
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list_questions(conn, ctx, &door, id, paging);
    call.list_logged(&query, "", list).await
}

/// One question.
#[utoipa::path(tag = "Projects", params(("id" = QuestionId, Path)), responses((status = 200, description = "The question", body = QuestionView)))]
#[get("/v1/questions/{id}")]
pub async fn get_question(call: Call, id: web::Path<QuestionId>, door: web::Data<Door>) -> Answer {
    let (id, show) = (id.into_inner(), shown_by(door));
    call.show_logged(move |conn, ctx| show(conn, ctx, id)).await
}

/// Answer a question, once, for everybody who works in the project (lab).
#[utoipa::path(tag = "Projects", params(("id" = QuestionId, Path)), request_body = NewAnswer, responses((status = 200, description = "Answered", body = QuestionView)))]
#[post("/v1/questions/{id}/answer")]
pub async fn answer_question(
    call: Call,
    id: web::Path<QuestionId>,
    door: web::Data<Door>,
    body: Body<NewAnswer>,
) -> Answer {
    let (id, opener, Body { form, digest }) = (id.into_inner(), door.clone(), body);
    let answer = move |conn: &mut _, ctx: &_| operations::answer_question(conn, ctx, &opener, id, &form);
    call.act(digest, answer, shown_by(door)).await
}
