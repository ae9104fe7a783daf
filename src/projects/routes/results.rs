//! The export of results: a stream of lines, and a last one that proves them whole.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use futures_util::stream::{Stream, try_unfold};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::operations::{self, Export};
use crate::db::{Db, Origin};
use crate::http::{Answer, Call};
use crate::kernel::{Error, ProjectId, Result};
use crate::trust::Door;

/// Export a project's accepted answers, one a line (lab): `{task_id, external_id, assignment_id, expert, number, answer,
/// accepted_at, time_spent_seconds, approved_seconds, billed}`. The last line is `{"_end":true,"count":n,"sha256":"…"}`
/// over the bytes of all lines before it.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "One accepted answer a line, then a line that ends it", body = String, content_type = "application/x-ndjson")))]
#[get("/v1/projects/{id}/results")]
pub async fn export_results(call: Call, id: web::Path<ProjectId>, door: web::Data<Door>) -> Answer {
    let (id, db, origin) = (id.into_inner(), call.db().clone(), call.origin().clone());
    let export = db.write(origin.clone(), move |conn, ctx| operations::begin_export(conn, ctx, id)).await?;
    let running =
        Running { db, origin, door, export, after: Uuid::nil(), count: 0, bytes: 0, hash: Sha256::new(), ended: false };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store")).content_type("application/x-ndjson");
    Ok(response.streaming(running.lines()))
}

/// An export under way: no connection is held between its pages.
struct Running {
    db: Db,
    origin: Origin,
    door: web::Data<Door>,
    export: Export,
    after: Uuid,
    count: u64,
    bytes: u64,
    hash: Sha256,
    ended: bool,
}

impl Running {
    fn lines(self) -> impl Stream<Item = Result<Bytes>> {
        try_unfold(self, |mut running| async move {
            let page = running.next_page().await?;
            Ok(page.map(|page| (page, running)))
        })
    }

    async fn next_page(&mut self) -> Result<Option<Bytes>> {
        if self.ended {
            return Ok(None);
        }
        let (door, export, after) = (self.door.clone(), self.export, self.after);
        let read = move |conn: &mut _, ctx: &_| operations::export_page(conn, ctx, &door, export, after);
        let lines = self.db.write(self.origin.clone(), read).await?;
        let Some(last) = lines.last() else { return self.end().await.map(Some) };
        self.after = last.assignment_id.0;
        let mut page = Vec::new();
        for line in &lines {
            serde_json::to_writer(&mut page, line).map_err(Error::internal)?;
            page.push(b'\n');
        }
        self.hash.update(&page);
        self.count = self.count.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
        self.bytes = self.bytes.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        Ok(Some(page.into()))
    }

    async fn end(&mut self) -> Result<Bytes> {
        self.ended = true;
        let digest = self.hash.clone().finalize();
        let sha256: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let (export, count, bytes, manifest) = (self.export, self.count, self.bytes, sha256.clone());
        let end = move |conn: &mut _, ctx: &_| operations::end_export(conn, ctx, export, (count, bytes, &manifest));
        self.db.write(self.origin.clone(), end).await?;
        Ok(format!("{}\n", json!({"_end": true, "count": count, "sha256": sha256})).into())
    }
}
