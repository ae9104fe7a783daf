//! The files that a lab supplies with a project. They are read at the same address: see `assignments::routes::files`, which
//! knows who holds a task that names one.

use actix_web::{delete, get, put, web};

use super::super::operations;
use crate::files::routes::{Desk, FileView, Incoming, take};
use crate::http::{Answer, Call, Query};
use crate::kernel::{Page, PageQuery, ProjectId, Role};

/// Put a file to a project (lab), of at most 2 GiB and any type; a type that is known by its first bytes must begin with
/// them. What replaces a file names its ETag. A string of a task's input whose schema says `"format": "collegium-file"` names
/// one, and from then on the file stays as it is.
#[utoipa::path(tag = "Files", params(("id" = ProjectId, Path), ("name" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Replaced", body = FileView), (status = 201, description = "Stored", body = FileView)))]
#[put("/v1/projects/{id}/files/{name}")]
pub async fn put_project_file(
    call: Call,
    desk: Desk,
    path: web::Path<(ProjectId, String)>,
    incoming: Incoming,
) -> Answer {
    // Before a byte is looked at for somebody who may not send any.
    call.origin().actor.require(Role::LAB_WRITERS)?;
    let (id, name) = path.into_inner();
    let same = name.clone();
    let begin =
        move |conn: &mut _, ctx: &_, door: &_, asked: &_| operations::begin_file(conn, ctx, door, (id, &same), asked);
    let finish = move |conn: &mut _, ctx: &_, door: &_, arrived: (&_, &_)| {
        operations::put_file(conn, ctx, door, (id, &name), arrived)
    };
    take(call, desk, incoming, false, (begin, finish)).await
}

/// The files that the lab supplied with a project (lab).
#[utoipa::path(tag = "Files", params(("id" = ProjectId, Path), PageQuery), responses((status = 200, description = "Files, newest first", body = Page<FileView>)))]
#[get("/v1/projects/{id}/files")]
pub async fn list_project_files(call: Call, desk: Desk, id: web::Path<ProjectId>, query: Query<PageQuery>) -> Answer {
    let id = id.into_inner();
    call.list_logged(&query, "", move |conn, ctx, paging| operations::list_files(conn, ctx, &desk.door, id, paging))
        .await
}

/// Remove a file that no task names (lab). An `If-Match` is heeded where one is sent.
#[utoipa::path(tag = "Files", params(("id" = ProjectId, Path), ("name" = String, Path)), responses((status = 204, description = "Removed")))]
#[delete("/v1/projects/{id}/files/{name}")]
pub async fn delete_project_file(call: Call, desk: Desk, path: web::Path<(ProjectId, String)>) -> Answer {
    let ((id, name), precondition) = (path.into_inner(), call.precondition());
    call.remove(move |conn, ctx| operations::delete_file(conn, ctx, &desk.door, (id, &name), &precondition)).await
}
