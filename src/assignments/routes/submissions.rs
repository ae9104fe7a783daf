//! HTTP of submissions.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::super::operations;
use super::{created, done, earlier};
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::{AssignmentId, Page, PageQuery, ProjectId, SubmissionId, TaskId};
use crate::quality::KnownView;
use crate::trust::Door;

/// An answer to a task.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubmission {
    /// The running lease's token.
    pub lease_token: String,
    /// As the project's output schema asks, at most 1 MiB; kept as sent.
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    /// Spent on this version.
    pub time_spent_seconds: i32,
    /// For the reviewer.
    pub comment: Option<String>,
    /// The `instructions_version` of the assignment; required where its instructions had changed since the last claim.
    pub acknowledged_version: Option<i32>,
}

/// A submission: one version of an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Submission)]
pub struct SubmissionView {
    pub id: SubmissionId,
    pub assignment_id: AssignmentId,
    pub task_id: TaskId,
    pub project_id: ProjectId,
    /// Counts the versions, from 1.
    pub number: i16,
    /// As it was sent.
    #[schema(value_type = serde_json::Value)]
    pub answer: Box<RawValue>,
    pub comment: Option<String>,
    pub time_spent_seconds: i32,
    /// For its author, as of the assignment.
    pub known: Option<KnownView>,
    pub created_at: DateTime<Utc>,
}

impl Tagged for SubmissionView {
    /// A submission never changes.
    fn version(&self) -> i64 {
        1
    }
}

/// A submission in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubmissionSummary {
    pub id: SubmissionId,
    pub assignment_id: AssignmentId,
    /// Counts the versions, from 1.
    pub number: i16,
    pub time_spent_seconds: i32,
    pub created_at: DateTime<Utc>,
}

/// Hand an answer in under the lease's token; too late, it is kept as a draft (expert).
#[utoipa::path(tag = "Work", params(("id" = AssignmentId, Path)), request_body = NewSubmission, responses(
    (status = 201, description = "Submitted; accepted at once where nobody reviews", body = SubmissionView),
    (status = 409, description = "`lease_expired`: kept as a draft"),
))]
#[post("/v1/assignments/{id}/submissions")]
pub async fn submit(
    call: Call,
    door: web::Data<Door>,
    id: web::Path<AssignmentId>,
    body: Body<NewSubmission>,
) -> Answer {
    // Where nobody reviews, a submission is an acceptance and moves money.
    let call = call.moving_money()?;
    let (once, db, origin) = (call.once(body.digest), call.db().clone(), call.origin().clone());
    let (id, door, form) = (id.into_inner(), door.get_ref().clone(), body.form);
    let run = move |conn: &mut _, ctx: &_| {
        if let Some(once) = &once
            && let Some(before) = once.earlier(conn)?
        {
            return Ok(Ok((operations::get_submission(conn, ctx, &door, earlier(&before)?)?, true)));
        }
        let made = match operations::submit(conn, ctx, &door, id, &form)? {
            Ok(made) => made,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Some(once) = &once {
            once.remember(conn, &done(made))?;
        }
        Ok(Ok((operations::get_submission(conn, ctx, &door, made)?, false)))
    };
    let made = db.write(origin, run).await??;
    created(Some(made))
}

/// The versions of an answer, without content (its expert, operations).
#[utoipa::path(tag = "Work", params(("id" = AssignmentId, Path), PageQuery), responses((status = 200, description = "Newest first", body = Page<SubmissionSummary>)))]
#[get("/v1/assignments/{id}/submissions")]
pub async fn list_submissions(call: Call, id: web::Path<AssignmentId>, query: Query<PageQuery>) -> Answer {
    let id = id.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_submissions(conn, ctx, id, paging)).await
}

/// One submission: for its author, the reviewer who has it in hand, and the lab once it is accepted and counted.
#[utoipa::path(tag = "Work", params(("id" = SubmissionId, Path)), responses((status = 200, description = "The submission", body = SubmissionView)))]
#[get("/v1/submissions/{id}")]
pub async fn get_submission(call: Call, door: web::Data<Door>, id: web::Path<SubmissionId>) -> Answer {
    let (id, door) = (id.into_inner(), door.get_ref().clone());
    call.show_logged(move |conn, ctx| operations::get_submission(conn, ctx, &door, id)).await
}
