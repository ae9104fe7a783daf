//! The export of results: a stream of lines, and a last one that proves them whole and says where the next one goes on.

use std::time::{Duration, Instant};

use actix_web::http::header::CACHE_CONTROL;
use actix_web::rt::spawn;
use actix_web::rt::task::{JoinHandle, spawn_blocking};
use actix_web::web::Bytes;
use actix_web::{HttpResponse, get, web};
use futures_util::stream::{Stream, try_unfold};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use utoipa::IntoParams;
use uuid::Uuid;

use super::super::operations::{self, Export, Loaded, Place};
use crate::db::{Db, Origin};
use crate::http::{Answer, Call, Query};
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
/// it. With `after` set to an earlier `next_after` only what was delivered since is exported, and once more the answers to
/// tasks whose `final` has changed since; an answer that was delivered while the earlier export began may come in both, never
/// in neither: tell lines apart by `assignment_id`. A client that
/// takes less than 16 KiB a second is cut off.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path), ResultQuery), responses((status = 200, description = "One accepted answer a line, then a line that ends it", body = String, content_type = "application/x-ndjson")))]
#[get("/v1/projects/{id}/results")]
pub async fn export_results(
    call: Call,
    id: web::Path<ProjectId>,
    query: Query<ResultQuery>,
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
    let begin =
        move |conn: &mut _, ctx: &_| operations::begin_export(conn, ctx, &door, id, (batch_id.as_deref(), from));
    let export = db.write(origin.clone(), begin).await?;
    let sealed = key.token(Uuid::from_u128(u128::try_from(export.next).map_err(Error::internal)?), &bound_to);
    let next_after = sealed.ok_or_else(|| Error::internal("a token was not sealed"))?;
    let (stretches, following) = mpsc::channel(1);
    let (pages, made) = mpsc::channel(1);
    let reader = Reader { db, origin, export, next_after };
    spawn(reader.clone().read_ahead(stretches));
    spawn(reader.clone().make_pages(following, pages));
    let running = Running { reader, made, served: 0, waited: Duration::ZERO, taken_since: None };
    let mut response = HttpResponse::Ok();
    response.insert_header((CACHE_CONTROL, "no-store")).content_type("application/x-ndjson");
    Ok(response.streaming(running.lines()))
}

/// What reads the pages of one export.
#[derive(Clone)]
struct Reader {
    db: Db,
    origin: Origin,
    export: Export,
    next_after: String,
}

/// What was written so far.
#[derive(Clone, Default)]
struct Written {
    count: u64,
    bytes: u64,
    hash: Sha256,
}

type Loading = JoinHandle<Result<Option<Loaded>>>;

/// Some answers that follow one another, of which the first page is being read.
struct Stretch {
    until: Option<Place>,
    loading: Loading,
}

/// What a client is sent next.
enum Made {
    Page(Bytes),
    /// There is no page any more; what was written.
    All(Written),
}

impl Reader {
    /// Begins to read the answers after this place.
    fn load(&self, at: Place, until: Option<Place>) -> Loading {
        let Self { db, origin, export, .. } = self.clone();
        let load = move |conn: &mut _, ctx: &_| operations::load_page(conn, ctx, &export, (at, until));
        spawn(async move { db.write(origin, load).await })
    }

    async fn end_of_stretch(&self, at: Place) -> Result<Option<Place>> {
        let export = self.export.clone();
        let end = move |conn: &mut _, _: &_| operations::end_of_stretch(conn, &export, at);
        self.db.read(self.origin.clone(), end).await
    }

    /// Begins to read stretch after stretch: one that is made into pages and at most two ahead of it, each on a connection
    /// that is given back with its page.
    async fn read_ahead(self, stretches: mpsc::Sender<Result<Stretch>>) {
        let mut next = Some(self.export.start());
        // Where nobody takes them any more the client has gone.
        while let (Some(at), Ok(place)) = (next, stretches.reserve().await) {
            let end = self.end_of_stretch(at).await;
            next = end.as_ref().ok().copied().flatten();
            place.send(end.map(|until| Stretch { until, loading: self.load(at, until) }));
        }
    }

    /// Makes pages of what is read, in its order, one ahead of the client.
    async fn make_pages(self, mut stretches: mpsc::Receiver<Result<Stretch>>, pages: mpsc::Sender<Result<Made>>) {
        let made = self.make_all(&mut stretches, &pages).await;
        // Where nobody takes it any more the client has gone.
        let _ = pages.send(made.map(Made::All)).await;
    }

    async fn make_all(
        &self,
        stretches: &mut mpsc::Receiver<Result<Stretch>>,
        pages: &mpsc::Sender<Result<Made>>,
    ) -> Result<Written> {
        let mut written = Written::default();
        let mut next = stretches.recv().await;
        while let Some(stretch) = next.take() {
            let Stretch { until, mut loading } = stretch?;
            next = loop {
                let Some(loaded) = loading.await.map_err(Error::internal)?? else { break stretches.recv().await };
                if pages.is_closed() {
                    return Ok(written);
                }
                // What comes next begins to be read before this page is made, whether or not it is waited for yet.
                let at = loaded.next;
                if until == Some(at) {
                    let (made, following) = tokio::join!(self.make(loaded, written), stretches.recv());
                    written = hand_over(pages, made?).await;
                    break following;
                }
                loading = self.load(at, until);
                written = hand_over(pages, self.make(loaded, written).await?).await;
            };
        }
        Ok(written)
    }

    /// Opened, written and digested on a blocking thread that holds no connection.
    async fn make(&self, loaded: Loaded, written: Written) -> Result<(Bytes, Written)> {
        let reader = self.clone();
        spawn_blocking(move || make_page(&reader.export, loaded, written)).await.map_err(Error::internal)?
    }

    /// The last line. Its manifest is not written before the client has taken every other line.
    async fn end(&self, written: Written) -> Result<Bytes> {
        let Written { count, bytes, hash } = written;
        let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let end = json!({"_end": true, "count": count, "sha256": sha256, "next_after": self.next_after});
        let export = self.export.clone();
        let manifest = move |conn: &mut _, ctx: &_| operations::end_export(conn, ctx, &export, (count, bytes, &sha256));
        self.db.write(self.origin.clone(), manifest).await?;
        Ok(format!("{end}\n").into())
    }
}

/// Gives a page to the client, if it is still there.
async fn hand_over(pages: &mpsc::Sender<Result<Made>>, (page, written): (Bytes, Written)) -> Written {
    let _ = pages.send(Ok(Made::Page(page))).await;
    written
}

fn make_page(export: &Export, loaded: Loaded, mut written: Written) -> Result<(Bytes, Written)> {
    let lines = export.open_page(loaded)?;
    let mut page = Vec::new();
    for line in &lines {
        serde_json::to_writer(&mut page, line).map_err(Error::internal)?;
        page.push(b'\n');
    }
    written.hash.update(&page);
    written.count = written.count.saturating_add(u64::try_from(lines.len()).unwrap_or(u64::MAX));
    written.bytes = written.bytes.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
    Ok((page.into(), written))
}

/// An export under way. A page is made and others are read ahead of the client; no connection is held while it takes one.
struct Running {
    reader: Reader,
    made: mpsc::Receiver<Result<Made>>,
    served: u64,
    /// How long the client took for what it was served.
    waited: Duration,
    /// Since when it takes the last page; nothing where it has taken the last line.
    taken_since: Option<Instant>,
}

impl Running {
    fn lines(self) -> impl Stream<Item = Result<Bytes>> {
        try_unfold(self, |mut running| async move {
            let page = running.next_page().await?;
            Ok(page.map(|page| (page, running)))
        })
    }

    async fn next_page(&mut self) -> Result<Option<Bytes>> {
        if let Some(since) = self.taken_since {
            self.waited = self.waited.saturating_add(since.elapsed());
        }
        if self.waited > GRACE && self.served < self.waited.as_secs().saturating_mul(LEAST_RATE) {
            return Err(Error::Unavailable("the client takes too little"));
        }
        let page = match self.made.recv().await.transpose()? {
            Some(Made::Page(page)) => page,
            Some(Made::All(written)) => self.reader.end(written).await?,
            None => return Ok(None),
        };
        self.served = self.served.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        self.taken_since = Some(Instant::now());
        Ok(Some(page))
    }
}
