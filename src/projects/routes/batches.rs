//! Batches of tasks.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::super::operations;
use super::TaskCounts;
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{Page, PageQuery, ProjectId, TaskBatchId};

/// Tasks that a lab wants delivered and signed off together. A batch is there with the first task posted into it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskBatch)]
pub struct BatchView {
    pub id: TaskBatchId,
    pub project_id: ProjectId,
    /// The lab's own name for it, once per project.
    pub batch_id: String,
    /// Its tasks by state.
    pub tasks: TaskCounts,
    /// Accepted answers that count.
    pub accepted: i64,
    /// When the lab said that it is done; nothing can be posted into it since.
    pub signed_off_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for BatchView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// The batches of a project, with how far each has come.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path), PageQuery), responses((status = 200, description = "Batches, newest first", body = Page<BatchView>)))]
#[get("/v1/projects/{id}/batches")]
pub async fn list_task_batches(call: Call, id: web::Path<ProjectId>, query: Query<PageQuery>) -> Answer {
    let id = id.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_batches(conn, ctx, id, paging)).await
}

/// One batch.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path), ("batch_id" = String, Path, description = "The lab's own name for it")), responses((status = 200, description = "The batch", body = BatchView)))]
#[get("/v1/projects/{id}/batches/{batch_id}")]
pub async fn get_task_batch(call: Call, path: web::Path<(ProjectId, String)>) -> Answer {
    let (id, name) = path.into_inner();
    call.show(move |conn, ctx| operations::get_batch(conn, ctx, id, &name)).await
}

/// Say that a batch is done (lab): all its tasks are completed or cancelled, or 409 `batch_unfinished`; afterwards
/// nothing can be posted into it.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path), ("batch_id" = String, Path, description = "The lab's own name for it")), responses((status = 200, description = "Signed off", body = BatchView)))]
#[post("/v1/projects/{id}/batches/{batch_id}/sign-off")]
pub async fn sign_off_task_batch(call: Call, path: web::Path<(ProjectId, String)>, body: Body<Nothing>) -> Answer {
    let (id, name) = path.into_inner();
    let sign = move |conn: &mut _, ctx: &_| operations::sign_off(conn, ctx, id, &name);
    call.act(body.digest, sign, |conn, _, id| operations::signed_off_batch(conn, id)).await
}
