//! HTTP of files: what experts deliver, and the project's files for those who work with them.

use actix_web::{get, head, put, web};

use super::super::operations;
use crate::files::routes::{Asked, Desk, FileView, Incoming, send, take};
use crate::http::{Answer, Call, Query};
use crate::kernel::{AssignmentId, Page, PageQuery, ProjectId};

/// A file of a project: for its lab, for an expert at work on a task that names it, for the reviewer of such work. One byte
/// range at a time (RFC 9110 §14): `206` with `Content-Range`, `416` where it lies beyond the end; several ranges are answered
/// with the whole. Whoever may no longer have the file is cut off within five seconds.
#[utoipa::path(tag = "Files", params(("id" = ProjectId, Path), ("name" = String, Path)), responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"), (status = 206, description = "The part that was asked for", body = Vec<u8>, content_type = "application/octet-stream")))]
#[get("/v1/projects/{id}/files/{name}")]
pub async fn get_project_file(call: Call, desk: Desk, path: web::Path<(ProjectId, String)>, asked: Asked) -> Answer {
    project_file(call, desk, path, asked).await
}

/// What a file of a project is, without its bytes.
#[utoipa::path(tag = "Files", params(("id" = ProjectId, Path), ("name" = String, Path)), responses((status = 200, description = "Its headers")))]
#[head("/v1/projects/{id}/files/{name}")]
pub async fn head_project_file(call: Call, desk: Desk, path: web::Path<(ProjectId, String)>, asked: Asked) -> Answer {
    project_file(call, desk, path, asked).await
}

async fn project_file(call: Call, desk: Desk, path: web::Path<(ProjectId, String)>, asked: Asked) -> Answer {
    let (id, name) = path.into_inner();
    let allow = move |conn: &mut _, ctx: &_, door: &_| operations::project_file(conn, ctx, door, (id, &name));
    send(call, desk, asked, allow).await
}

/// Deliver a file for one's assignment (expert, while the lease runs), of at most 2 GiB. What tells of its author is taken out
/// of pictures (JPEG, PNG), PDF, office documents and recordings (WAV, MP3, FLAC) of at most 32 MiB; `stripped` says whether
/// it was. A string of the answer whose schema says `"format": "collegium-file"` names one. A hundred files are taken.
#[utoipa::path(tag = "Files", params(("id" = AssignmentId, Path), ("name" = String, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Replaced", body = FileView), (status = 201, description = "Stored", body = FileView)))]
#[put("/v1/assignments/{id}/files/{name}")]
pub async fn put_assignment_file(
    call: Call,
    desk: Desk,
    path: web::Path<(AssignmentId, String)>,
    incoming: Incoming,
) -> Answer {
    // Before a byte is looked at for somebody who may not send any.
    call.origin().actor.require_expert()?;
    let (id, name) = path.into_inner();
    let same = name.clone();
    let begin = move |conn: &mut _, ctx: &_, door: &_, asked: &_| {
        operations::begin_delivery(conn, ctx, door, (id, &same), asked)
    };
    let finish = move |conn: &mut _, ctx: &_, door: &_, arrived: (&_, &_)| {
        operations::deliver(conn, ctx, door, (id, &name), arrived)
    };
    take(call, desk, incoming, true, (begin, finish)).await
}

/// A file that was delivered: for its expert, for whoever reviews it now, and for the lab once the assignment is accepted and
/// counts. Ranges and revocation are as for a project's files.
#[utoipa::path(tag = "Files", params(("id" = AssignmentId, Path), ("name" = String, Path)), responses((status = 200, description = "The bytes", body = Vec<u8>, content_type = "application/octet-stream"), (status = 206, description = "The part that was asked for", body = Vec<u8>, content_type = "application/octet-stream")))]
#[get("/v1/assignments/{id}/files/{name}")]
pub async fn get_assignment_file(
    call: Call,
    desk: Desk,
    path: web::Path<(AssignmentId, String)>,
    asked: Asked,
) -> Answer {
    assignment_file(call, desk, path, asked).await
}

/// What a delivered file is, without its bytes.
#[utoipa::path(tag = "Files", params(("id" = AssignmentId, Path), ("name" = String, Path)), responses((status = 200, description = "Its headers")))]
#[head("/v1/assignments/{id}/files/{name}")]
pub async fn head_assignment_file(
    call: Call,
    desk: Desk,
    path: web::Path<(AssignmentId, String)>,
    asked: Asked,
) -> Answer {
    assignment_file(call, desk, path, asked).await
}

async fn assignment_file(call: Call, desk: Desk, path: web::Path<(AssignmentId, String)>, asked: Asked) -> Answer {
    let (id, name) = path.into_inner();
    let allow = move |conn: &mut _, ctx: &_, door: &_| operations::delivered_file(conn, ctx, door, (id, &name));
    send(call, desk, asked, allow).await
}

/// The files delivered for an assignment: for its expert, for whoever reviews it now, and for the lab once it is accepted and
/// counts.
#[utoipa::path(tag = "Files", params(("id" = AssignmentId, Path), PageQuery), responses((status = 200, description = "Files, newest first", body = Page<FileView>)))]
#[get("/v1/assignments/{id}/files")]
pub async fn list_assignment_files(
    call: Call,
    desk: Desk,
    id: web::Path<AssignmentId>,
    query: Query<PageQuery>,
) -> Answer {
    let id = id.into_inner();
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list_delivered(conn, ctx, &desk.door, id, paging);
    call.list_logged(&query, "", list).await
}
