//! Sending a file out, in memory that does not grow with it, to somebody who is asked for again every two seconds. No
//! connection of the database is held while the reader reads.

use std::future::{Ready, ready};
use std::ops::Range;
use std::time::{Duration, Instant};

use actix_web::body::SizedStream;
use actix_web::dev::Payload;
use actix_web::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_RANGE, ETAG, HeaderName,
    IF_NONE_MATCH, IF_RANGE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use diesel::PgConnection;
use futures_util::stream::{self, Stream, StreamExt, try_unfold};

use super::Desk;
use super::open_file::OpenFile;
use crate::db::{Db, Origin};
use crate::files::name::disposition;
use crate::files::operations::{self, FileRow, Serving};
use crate::files::range::{Conditions, Selected};
use crate::http::{Answer, Call, Problem};
use crate::kernel::{Code, Ctx, Error, Result};
use crate::trust::{Door, Purpose};

/// How long a reader is believed: with what is under way, out within five seconds of a revocation.
const BELIEVED: Duration = Duration::from_secs(2);

/// How a file is asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    conditions: Conditions,
    head: bool,
}

impl FromRequest for Asked {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = |name: HeaderName| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
        let head = request.method() == Method::HEAD;
        let conditions = Conditions {
            // A range is of what GET answers (RFC 9110 §14.2).
            range: header(RANGE).filter(|_| !head),
            if_range: header(IF_RANGE),
            if_none_match: header(IF_NONE_MATCH),
        };
        ready(Ok(Self { conditions, head }))
    }
}

/// Sends the file that `allow` finds for the caller, or the part of it that was asked for. `allow` is asked again while the
/// file is on its way: whoever may no longer have it is cut off.
pub async fn send<A>(call: Call, desk: Desk, asked: Asked, allow: A) -> Answer
where
    A: Fn(&mut PgConnection, &Ctx, &Door) -> Result<(FileRow, Purpose)> + Clone + Send + 'static,
{
    let (db, origin) = (call.db().clone(), call.origin().clone());
    let (door, may, wish) = (desk.door.clone(), allow.clone(), asked.clone());
    let open = move |conn: &mut PgConnection, ctx: &Ctx| {
        let allowed = may(conn, ctx, &door)?;
        operations::serve(conn, ctx, &door, allowed, (&wish.conditions, wish.head))
    };
    let serving = db.write(origin.clone(), open).await?;
    let part = serving.part();
    let length = part.end.saturating_sub(part.start);
    let mut response = headers(&serving);
    match serving.selected {
        Selected::NotModified => return Ok(response.finish()),
        Selected::Nothing => return Ok(nothing(&serving)),
        Selected::Whole | Selected::Part(_) => {}
    }
    if asked.head {
        return Ok(response.body(SizedStream::new(length, stream::empty::<Result<Bytes>>())));
    }
    let file = OpenFile::open(&desk.depot, serving).await?;
    let mut outgoing = Outgoing { db, origin, desk, allow, file, asked: Instant::now() };
    // A file that was tampered with from its beginning is told by the status, not by a connection that breaks.
    let first = outgoing.next_piece().await?;
    let pieces = stream::iter(first.map(Ok)).chain(outgoing.pieces());
    Ok(response.body(SizedStream::new(length, pieces)))
}

fn headers(serving: &Serving) -> HttpResponseBuilder {
    let mut response = match &serving.selected {
        Selected::NotModified => HttpResponse::NotModified(),
        Selected::Part(_) => HttpResponse::PartialContent(),
        Selected::Whole | Selected::Nothing => HttpResponse::Ok(),
    };
    response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((ETAG, serving.row.etag()))
        .insert_header((ACCEPT_RANGES, "bytes"));
    if serving.selected == Selected::NotModified {
        return response;
    }
    // What a stranger sent is never shown within our own pages.
    response
        .insert_header((CONTENT_DISPOSITION, disposition(&serving.view.name)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_ENCODING, "identity"))
        .content_type(serving.row.media_type.as_str());
    if let Selected::Part(Range { start, end }) = &serving.selected {
        let last = end.saturating_sub(1);
        response.insert_header((CONTENT_RANGE, format!("bytes {start}-{last}/{}", serving.row.bytes)));
    }
    response
}

fn nothing(serving: &Serving) -> HttpResponse {
    let mut refused = HttpResponse::from_error(Problem::from(Code::RangeNotSatisfiable));
    debug_assert_eq!(refused.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    if let Ok(value) = format!("bytes */{}", serving.row.bytes).parse() {
        refused.headers_mut().insert(CONTENT_RANGE, value);
    }
    refused
}

/// A file on its way.
struct Outgoing<A> {
    db: Db,
    origin: Origin,
    desk: Desk,
    allow: A,
    file: OpenFile,
    asked: Instant,
}

impl<A> Outgoing<A>
where
    A: Fn(&mut PgConnection, &Ctx, &Door) -> Result<(FileRow, Purpose)> + Clone + Send + 'static,
{
    fn pieces(self) -> impl Stream<Item = Result<Bytes>> {
        try_unfold(self, |mut outgoing| async move {
            let piece = outgoing.next_piece().await.inspect_err(|error| {
                tracing::warn!(%error, file = %outgoing.file.row.id, "a file is not sent to its end");
            })?;
            Ok(piece.map(|piece| (piece, outgoing)))
        })
    }

    async fn next_piece(&mut self) -> Result<Option<Bytes>> {
        // Opening a chunk is work: whoever else this thread serves has their turn in between.
        tokio::task::yield_now().await;
        if self.file.has_more() && self.asked.elapsed() >= BELIEVED {
            self.ask_again().await?;
        }
        self.file.next_piece().await
    }

    /// Whether the reader is still signed in and may still have this very file.
    async fn ask_again(&mut self) -> Result<()> {
        if !self.desk.identity.still_stands(&self.origin.actor).await? {
            return Err(Error::Unauthenticated);
        }
        let (allow, door) = (self.allow.clone(), self.desk.door.clone());
        let (row, _) = self.db.read(self.origin.clone(), move |conn, ctx| allow(conn, ctx, &door)).await?;
        if (row.id, &row.blob) != (self.file.row.id, &self.file.row.blob) {
            return Err(Error::NotFound);
        }
        self.asked = Instant::now();
        Ok(())
    }
}
