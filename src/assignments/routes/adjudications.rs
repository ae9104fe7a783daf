//! HTTP of adjudications.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::operations;
use super::{created, done, earlier};
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{AdjudicationId, Page, PageQuery, ProjectId, TaskId};
use crate::trust::Door;

/// What to adjudicate: a task, or the first of a project whose answers disagree.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjudicationWish {
    pub task_id: Option<TaskId>,
    pub project_id: Option<ProjectId>,
}

/// The answer that holds.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAdjudication {
    /// As the project's output schema asks, at most 1 MiB; kept as sent.
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    /// At most 10,000 characters, for the adjudicator's own record.
    pub comment: Option<String>,
}

/// One of the answers that disagree, without a name.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerShown {
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    /// What its author wrote beside it.
    pub comment: Option<String>,
}

/// What an adjudicator looks at.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdjudicationWork {
    /// The project's.
    pub title: String,
    pub instructions: String,
    #[schema(value_type = serde_json::Value)]
    pub output_schema: Box<RawValue>,
    /// The task's input.
    #[schema(value_type = serde_json::Value)]
    pub input: Box<RawValue>,
    /// Every counted answer.
    pub answers: Vec<AnswerShown>,
}

/// An adjudication: in hand for an hour, then decided.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Adjudication)]
pub struct AdjudicationView {
    pub id: AdjudicationId,
    pub task_id: TaskId,
    pub project_id: ProjectId,
    /// Once decided: for its lab and for whoever made it.
    #[schema(value_type = Option<serde_json::Value>)]
    pub answer: Option<Box<RawValue>>,
    /// For whoever made it.
    pub comment: Option<String>,
    /// Until when it is in hand.
    pub claim_expires_at: Option<DateTime<Utc>>,
    pub decided_at: Option<DateTime<Utc>>,
    /// While it is in hand: `input`, `answers` and what else there is to look at.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub work: Option<AdjudicationWork>,
}

impl Tagged for AdjudicationView {
    /// An adjudication changes once: when it is decided.
    fn version(&self) -> i64 {
        1 + i64::from(self.decided_at.is_some())
    }
}

/// A task whose answers disagree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Disagreement)]
pub struct DisagreementView {
    pub task_id: TaskId,
    /// Places, in the project's list of labels, of those that differ.
    pub labels: Vec<i16>,
}

/// Completed tasks whose answers bear different labels and that nobody has adjudicated (reviewer, operations).
#[utoipa::path(tag = "Rights", params(("id" = ProjectId, Path), PageQuery), responses((status = 200, description = "In the order of their ids", body = Page<DisagreementView>)))]
#[get("/v1/projects/{id}/disagreements")]
pub async fn list_disagreements(call: Call, id: web::Path<ProjectId>, query: Query<PageQuery>) -> Answer {
    let id = id.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_disagreements(conn, ctx, id, paging)).await
}

/// Take a task in hand for an hour, with its input and every counted answer (reviewer; nobody who took part).
#[utoipa::path(tag = "Rights", request_body = AdjudicationWish, responses(
    (status = 201, description = "In hand", body = AdjudicationView),
    (status = 204, description = "There is none in this project"),
    (status = 409, description = "`in_hand`: somebody else has it; `duplicate_request`: it was adjudicated; `invalid_state`: it has not all its answers, or one slot"),
))]
#[post("/v1/adjudications/claim")]
pub async fn claim_adjudication(call: Call, door: web::Data<Door>, body: Body<AdjudicationWish>) -> Answer {
    let (once, db, origin) = (call.once(body.digest), call.db().clone(), call.origin().clone());
    let (door, form) = (door.get_ref().clone(), body.form);
    let run = move |conn: &mut _, ctx: &_| {
        if let Some(once) = &once
            && let Some(before) = once.earlier(conn)?
        {
            return Ok(Some((operations::get_adjudication(conn, ctx, &door, earlier(&before)?)?, true)));
        }
        let Some(id) = operations::claim_adjudication(conn, ctx, &form)? else { return Ok(None) };
        if let Some(once) = &once {
            once.remember(conn, &done(id))?;
        }
        Ok(Some((operations::get_adjudication(conn, ctx, &door, id)?, false)))
    };
    created(db.write(origin, run).await?)
}

/// The caller's adjudications, without content (reviewer).
#[utoipa::path(tag = "Rights", params(PageQuery), responses((status = 200, description = "Newest first", body = Page<AdjudicationView>)))]
#[get("/v1/adjudications")]
pub async fn list_adjudications(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_adjudications).await
}

/// One of the caller's adjudications (reviewer); operations see where any stands.
#[utoipa::path(tag = "Rights", params(("id" = AdjudicationId, Path)), responses((status = 200, description = "The adjudication", body = AdjudicationView)))]
#[get("/v1/adjudications/{id}")]
pub async fn get_adjudication(call: Call, door: web::Data<Door>, id: web::Path<AdjudicationId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_adjudication(conn, ctx, &door, id)).await
}

/// Answer a task whose answers disagree, once (reviewer; nobody who answered or reviewed it).
#[utoipa::path(tag = "Rights", params(("id" = TaskId, Path)), request_body = NewAdjudication, responses(
    (status = 201, description = "Decided", body = AdjudicationView),
    (status = 403, description = "`took_part`: the caller answered or reviewed it"),
    (status = 409, description = "`in_hand`, `duplicate_request` or `invalid_state`"),
))]
#[post("/v1/tasks/{id}/adjudication")]
pub async fn adjudicate(
    call: Call,
    door: web::Data<Door>,
    id: web::Path<TaskId>,
    body: Body<NewAdjudication>,
) -> Answer {
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let shown = door.clone();
    let adjudicate = move |conn: &mut _, ctx: &_| operations::adjudicate(conn, ctx, &door, id, &form);
    call.create(body.digest, adjudicate, move |conn, ctx, id| operations::get_adjudication(conn, ctx, &shown, id)).await
}

/// The adjudicated answer of a task (its lab, whoever made it); operations see that there is one.
#[utoipa::path(tag = "Rights", params(("id" = TaskId, Path)), responses((status = 200, description = "The adjudication", body = AdjudicationView)))]
#[get("/v1/tasks/{id}/adjudication")]
pub async fn get_adjudication_of(call: Call, door: web::Data<Door>, id: web::Path<TaskId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_adjudication_of(conn, ctx, &door, id)).await
}
