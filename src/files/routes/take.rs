//! Taking a file in: looked at, stripped where an expert delivers it, sealed chunk by chunk, and written down when it has
//! arrived whole. No connection of the database is held while the sender sends.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use actix_web::{FromRequest, HttpRequest};
use diesel::PgConnection;
use sha2::{Digest, Sha256};

use super::{Desk, FileView};
use crate::db::{Db, Origin};
use crate::files::media::{self, Format, TELLING_BYTES};
use crate::files::operations::{self, Received};
use crate::files::store::{Depot, Writing};
use crate::files::strip::{self, MAX_STRIPPED_BYTES};
use crate::http::{Answer, Call, Precondition, Problem, Streamed, json};
use crate::kernel::{Code, Ctx, Error, LabId, Result};
use crate::trust::{BlobSealer, Door};

/// The largest file: 2 GiB.
const MAX_FILE_BYTES: usize = 2_147_483_648;
/// How often the bytes of a file are put in their place; a sweeper comes a few times a day.
const MAX_TRIES: usize = 5;
/// Bytes that are sealed in one go.
const STEP_BYTES: usize = 1_048_576;

/// A file as it arrives.
pub struct Incoming {
    body: Streamed,
    media_type: String,
}

impl FromRequest for Incoming {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let told = request.headers().get(CONTENT_TYPE).map_or(Ok(""), HeaderValue::to_str);
        let Some(media_type) = told.ok().and_then(media::media_type) else {
            return ready(Err(Problem::from(Code::UnsupportedMediaType).detail("Content-Type is no media type")));
        };
        let body = Streamed::from_request(request, payload).into_inner();
        ready(body.map(|body| Self { body: body.at_most(MAX_FILE_BYTES), media_type }))
    }
}

impl Incoming {
    /// A file that is at hand already.
    pub fn at_hand(media_type: &str, bytes: Vec<u8>) -> Self {
        Self { body: Streamed::at_hand(bytes), media_type: media_type.to_owned() }
    }
}

/// Takes a file in. `begin` says whose it is and whether it may come, before a byte of it is taken; `finish` writes it down
/// once it is there. `delivered` by an expert it is stripped of what tells of them.
pub async fn take<B, F>(call: Call, desk: Desk, incoming: Incoming, delivered: bool, steps: (B, F)) -> Answer
where
    B: Fn(&mut PgConnection, &Ctx, &Door, &Precondition) -> Result<(LabId, BlobSealer)> + Send + 'static,
    F: Fn(&mut PgConnection, &Ctx, &Door, (&Precondition, &Received)) -> Result<(bool, FileView)>,
    F: Clone + Send + 'static,
{
    let caller = (call.db(), call.origin().clone(), call.precondition());
    let (new, view) = store((&desk.door, &desk.depot), caller, (incoming, delivered), steps).await?;
    let mut answer = json(if new { StatusCode::CREATED } else { StatusCode::OK }, &view, None)?;
    answer.headers_mut().insert(ETAG, HeaderValue::from_str(&view.etag).map_err(Error::internal)?);
    Ok(answer)
}

/// The same for whoever comes without a call. Says whether the file is the first of its name.
pub async fn store<B, F>(
    (door, depot): (&Door, &Depot),
    (db, origin, precondition): (&Db, Origin, Precondition),
    (incoming, delivered): (Incoming, bool),
    (begin, finish): (B, F),
) -> Result<(bool, FileView), Problem>
where
    B: Fn(&mut PgConnection, &Ctx, &Door, &Precondition) -> Result<(LabId, BlobSealer)> + Send + 'static,
    F: Fn(&mut PgConnection, &Ctx, &Door, (&Precondition, &Received)) -> Result<(bool, FileView)>,
    F: Clone + Send + 'static,
{
    let (may, asked) = (door.clone(), precondition.clone());
    let (lab, sealer) = db.write(origin.clone(), move |conn, ctx| begin(conn, ctx, &may, &asked)).await?;
    let received = receive(depot, sealer, incoming, delivered).await?;
    let door = door.clone();
    let finish =
        move |conn: &mut PgConnection, ctx: &Ctx, held: &Received| finish(conn, ctx, &door, (&precondition, held));
    let stored = write_down((db, origin), depot, (lab, &received), finish).await;
    depot.discard(received.temporary).await;
    Ok(stored?)
}

/// Lets the bytes stand in their place and writes the file down. The sweeper may come in between, so that the row is written
/// only where they still do.
async fn write_down<F>(
    (db, origin): (&Db, Origin),
    depot: &Depot,
    (lab, received): (LabId, &Received),
    finish: F,
) -> Result<(bool, FileView)>
where
    F: Fn(&mut PgConnection, &Ctx, &Received) -> Result<(bool, FileView)> + Clone + Send + 'static,
{
    for _ in 0..MAX_TRIES {
        depot.keep(&received.temporary, lab, &received.blob).await?;
        let (depot, finish, received) = (depot.clone(), finish.clone(), received.clone());
        let write = move |conn: &mut PgConnection, ctx: &Ctx| match operations::hold(conn, &depot, (lab, &received))? {
            true => finish(conn, ctx, &received).map(Some),
            false => Ok(None),
        };
        if let Some(stored) = db.write(origin.clone(), write).await? {
            return Ok(stored);
        }
    }
    Err(Error::Unavailable("the file was swept away each time"))
}

async fn receive(depot: &Depot, sealer: BlobSealer, incoming: Incoming, delivered: bool) -> Result<Received, Problem> {
    let Incoming { mut body, media_type } = incoming;
    let mut first = Vec::new();
    let mut ended = fill(&mut body, &mut first, TELLING_BYTES).await?;
    if !media::fits(&media_type, &first) {
        let detail = format!("the bytes do not begin like {media_type}");
        return Err(Problem::from(Code::UnsupportedMediaType).detail(detail));
    }
    let mut stripped = delivered.then_some(false);
    if let Some(format) = Format::of(&first).filter(|format| delivered && strip::is_known(*format)) {
        ended = ended || fill(&mut body, &mut first, MAX_STRIPPED_BYTES.saturating_add(1)).await?;
        if ended {
            (first, stripped) = without_author(format, first).await?;
        }
    }
    let writing = depot.begin().await?;
    let mut intake = Intake { writing, sealer, hash: Sha256::new(), bytes: 0 };
    match intake.take_all(first, (!ended).then_some(body)).await {
        Ok(()) => Ok(intake.finish(media_type, stripped).await?),
        Err(problem) => {
            intake.writing.abort().await;
            Err(problem)
        }
    }
}

/// Reads until so many bytes are there; says whether the body has ended.
async fn fill(body: &mut Streamed, bytes: &mut Vec<u8>, wanted: usize) -> Result<bool, Problem> {
    while bytes.len() < wanted {
        match body.next().await? {
            Some(piece) => bytes.extend_from_slice(&piece),
            None => return Ok(true),
        }
    }
    Ok(false)
}

/// The file without its author, or as it came. A reader of a format that fails over what a stranger sent fails alone.
async fn without_author(format: Format, bytes: Vec<u8>) -> Result<(Vec<u8>, Option<bool>)> {
    let bytes = std::sync::Arc::new(bytes);
    let looked_at = bytes.clone();
    let stripped = tokio::task::spawn_blocking(move || strip::strip(format, &looked_at)).await;
    match stripped.ok().flatten() {
        Some(stripped) => Ok((stripped, Some(true))),
        None => Ok((std::sync::Arc::unwrap_or_clone(bytes), Some(false))),
    }
}

struct Intake {
    writing: Writing,
    sealer: BlobSealer,
    hash: Sha256,
    bytes: u64,
}

impl Intake {
    async fn take_all(&mut self, first: Vec<u8>, rest: Option<Streamed>) -> Result<(), Problem> {
        for step in first.chunks(STEP_BYTES) {
            self.push(step).await?;
        }
        drop(first);
        let Some(mut rest) = rest else { return Ok(()) };
        while let Some(piece) = rest.next().await? {
            self.push(&piece).await?;
        }
        Ok(())
    }

    async fn push(&mut self, piece: &[u8]) -> Result<()> {
        self.hash.update(piece);
        self.bytes = self.bytes.saturating_add(u64::try_from(piece.len()).map_err(Error::internal)?);
        let sealed = self.sealer.push(piece)?;
        if sealed.is_empty() { Ok(()) } else { self.writing.push(sealed).await }
    }

    async fn finish(mut self, media_type: String, stripped: Option<bool>) -> Result<Received> {
        let (end, digest) = self.sealer.finish()?;
        self.writing.push(end).await?;
        Ok(Received {
            temporary: self.writing.finish().await?,
            blob: hex(&digest),
            sha256: hex(&self.hash.finalize()),
            bytes: self.bytes,
            media_type,
            stripped,
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
