//! The export of results: a stream of lines, and a last one that proves them whole and says where the next one goes on.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use actix_web::http::header::CACHE_CONTROL;
use actix_web::rt::spawn;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use futures_util::stream::{Stream, try_unfold};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;
use uuid::Uuid;

use super::super::operations::{self, Export, Place};
use crate::db::{Db, Origin};
use crate::http::{Answer, Call};
use crate::kernel::{Error, ProjectId, Result};
use crate::trust::Door;

/// How long a client may take for a page before its rate counts.
const GRACE: Duration = Duration::from_secs(30);
/// What a client takes at least, once it was waited for as long as that: bytes a second.
const LEAST_RATE: u64 = 16 * 1_024;

/// Which results are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ResultQuery {
    /// What was delivered since the export whose last line had this `next_after`.
    pub after: Option<String>,
    /// Of this batch alone.
    pub batch_id: Option<String>,
}

/// Export a project's accepted answers, one a line (lab): `{task_id, external_id, batch_id, assignment_id, expert, number,
/// answer, accepted_at, time_spent_seconds, approved_seconds, billed, final}`, where `final` is `{answer, by}` of a completed
/// task: `single` where one answer was asked for, `adjudication`, or `consensus` where most answers bear one first label.
/// The last line is `{"_end":true,"count":n,"sha256":"…","next_after":"…"}`, the digest over the bytes of all lines before
/// it. With `after` set to an earlier `next_after` only what was delivered since is exported; an answer that was delivered
/// while the earlier export began may come in both, never in neither: tell lines apart by `assignment_id`. A client that
/// takes less than 16 KiB a second is cut off.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path), ResultQuery), responses((status = 200, description = "One accepted answer a line, then a line that ends it", body = String, content_type = "application/x-ndjson")))]
#[get("/v1/projects/{id}/results")]
pub async fn export_results(
    call: Call,
    id: web::Path<ProjectId>,
    query: web::Query<ResultQuery>,
    door: web::Data<Door>,
) -> Answer {
    let (id, ResultQuery { after, batch_id }) = (id.into_inner(), query.into_inner());
    let (db, origin, key) = (call.db().clone(), call.origin().clone(), call.cursor_key().clone());
    let lab = origin.actor.lab().map(|lab| lab.to_string()).unwrap_or_default();
    let bound_to = format!("{lab} results {id} {batch_id:?}");
    let from = match &after {
        Some(token) => i64::try_from(key.place(token, &bound_to)?.as_u128()).map_err(Error::internal)?,
        None => 0,
    };
    let begin = move |conn: &mut _, ctx: &_| operations::begin_export(conn, ctx, id, (batch_id.as_deref(), from));
    let export = db.write(origin.clone(), begin).await?;
    let sealed = key.token(Uuid::from_u128(u128::try_from(export.next).map_err(Error::internal)?), &bound_to);
    let next_after = sealed.ok_or_else(|| Error::internal("a token was not sealed"))?;
    let reader = Reader { db, origin, door, export, next_after };
    let so_far = SoFar { at: reader.export.start(), count: 0, bytes: 0, hash: Sha256::new() };
    let running = Running { ahead: Some(reader.ahead(so_far)), reader, served: 0, waited: Duration::ZERO, asked: None };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store")).content_type("application/x-ndjson");
    Ok(response.streaming(running.lines()))
}

/// What reads the pages of one export.
#[derive(Clone)]
struct Reader {
    db: Db,
    origin: Origin,
    door: web::Data<Door>,
    export: Export,
    next_after: String,
}

/// How far it has come.
#[derive(Clone)]
struct SoFar {
    at: Place,
    count: u64,
    bytes: u64,
    hash: Sha256,
}

/// A page, and how far the export has come with it; `None` with the last line.
type Page = (Bytes, Option<SoFar>);
type Ahead = Pin<Box<dyn Future<Output = Result<Page>>>>;

impl Reader {
    /// Begins to read the next page, whether or not it is waited for yet.
    fn ahead(&self, so_far: SoFar) -> Ahead {
        let reader = self.clone();
        let reading = spawn(async move { reader.read(so_far).await });
        Box::pin(async move { reading.await.map_err(Error::internal)? })
    }

    async fn read(self, so_far: SoFar) -> Result<Page> {
        let (db, origin) = (self.db.clone(), self.origin.clone());
        // Opened, written and digested on the blocking thread, so that no other request waits for it.
        db.write(origin, move |conn, ctx| {
            let (lines, at) = operations::export_page(conn, ctx, &self.door, &self.export, so_far.at)?;
            let SoFar { count, bytes, mut hash, .. } = so_far.clone();
            let Some(at) = at else {
                let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                operations::end_export(conn, ctx, &self.export, (count, bytes, &sha256))?;
                let end = json!({"_end": true, "count": count, "sha256": sha256, "next_after": self.next_after});
                return Ok((format!("{end}\n").into(), None));
            };
            let mut page = Vec::new();
            for line in &lines {
                serde_json::to_writer(&mut page, line).map_err(Error::internal)?;
                page.push(b'\n');
            }
            hash.update(&page);
            let count = count.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
            let bytes = bytes.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
            Ok((page.into(), Some(SoFar { at, count, bytes, hash })))
        })
        .await
    }
}

/// An export under way. One page is read ahead of the client; no connection is held while it takes one.
struct Running {
    reader: Reader,
    ahead: Option<Ahead>,
    served: u64,
    /// How long the client took for what it was served.
    waited: Duration,
    /// Since when it takes the last page.
    asked: Option<Instant>,
}

impl Running {
    fn lines(self) -> impl Stream<Item = Result<Bytes>> {
        try_unfold(self, |mut running| async move {
            let page = running.next_page().await?;
            Ok(page.map(|page| (page, running)))
        })
    }

    async fn next_page(&mut self) -> Result<Option<Bytes>> {
        if let Some(asked) = self.asked {
            self.waited = self.waited.saturating_add(asked.elapsed());
        }
        if self.waited > GRACE && self.served < self.waited.as_secs().saturating_mul(LEAST_RATE) {
            return Err(Error::Unavailable("the client takes too little"));
        }
        let Some(ahead) = self.ahead.take() else { return Ok(None) };
        let (page, so_far) = ahead.await?;
        self.ahead = so_far.map(|so_far| self.reader.ahead(so_far));
        self.served = self.served.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        self.asked = Some(Instant::now());
        Ok(Some(page))
    }
}
