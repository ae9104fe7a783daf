//! A call: who sent it, under which key and precondition, and the few ways in which a handler answers it.

use std::fmt::Display;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_ENCODING, ETAG};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, web};
use diesel::PgConnection;
use serde::Serialize;

use super::idempotency::{Done, Once, read_key};
use super::paging::{CursorKey, Paging};
use super::problem::{Problem, plain};
use super::tag::{Precondition, Tagged, etag};
use crate::db::{Db, Origin};
use crate::kernel::page::{Page, PageQuery};
use crate::kernel::{Actor, Code, Ctx, Error, RequestId, Result};

/// What a handler returns.
pub type Answer = Result<HttpResponse, Problem>;

/// What every handler leans on.
pub struct Edge {
    /// The database.
    pub db: Db,
    /// The key of the cursors.
    pub cursor_key: CursorKey,
    /// Brings up to date what follows from a change, in a transaction of the service itself; see `Call::settling`.
    pub settle: Settle,
}

/// A job that a call may want done before it answers: says how much it did.
pub type Settle = fn(&mut PgConnection, &Ctx) -> Result<usize>;

/// Put into the request by the middleware that reads its credentials.
#[derive(Debug, Clone)]
pub struct Identified {
    /// Who sends it.
    pub actor: Actor,
    /// Its id.
    pub request_id: RequestId,
}

/// A call by somebody who is signed in.
pub struct Call {
    edge: web::Data<Edge>,
    origin: Origin,
    key: Option<String>,
    precondition: Precondition,
    route: String,
    moves_money: bool,
    settles: bool,
}

/// A call that anybody may make.
pub struct Public(pub Call);

impl FromRequest for Public {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Call::read_from(request).map(Public))
    }
}

impl FromRequest for Call {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Call::read_from(request).and_then(|call| call.signed_in(request.method())))
    }
}

impl Call {
    fn read_from(request: &HttpRequest) -> Result<Self, Problem> {
        let edge = request.app_data::<web::Data<Edge>>().ok_or_else(|| plain("internal"))?.clone();
        let who = request.extensions().get::<Identified>().cloned().ok_or_else(|| plain("internal"))?;
        Ok(Self {
            edge,
            origin: Origin { actor: who.actor, request_id: who.request_id },
            key: read_key(request.headers())?,
            precondition: Precondition::read(request.headers())?,
            route: format!("{} {}", request.method(), request.path()),
            moves_money: false,
            settles: false,
        })
    }

    fn signed_in(self, method: &Method) -> Result<Self, Problem> {
        match &self.origin.actor {
            Actor::Account(signed) if signed.may_write || *method == Method::GET || *method == Method::HEAD => Ok(self),
            Actor::Account(_) => Err(plain("forbidden").detail("this key may only read")),
            Actor::Public | Actor::System => Err(plain("unauthenticated")),
        }
    }

    /// The same, for a call that moves money: it must carry an `Idempotency-Key`, which is kept for ever.
    pub fn moving_money(mut self) -> Result<Self, Problem> {
        if self.key.is_none() {
            return Err(Code::IdempotencyKeyRequired.into());
        }
        self.moves_money = true;
        Ok(self)
    }

    /// The same, for a change that others' rights follow from (who may claim where): they are brought up to date before the
    /// answer. The change writes down what is due, so that a job does it where this does not come to an end.
    pub fn settling(mut self) -> Self {
        self.settles = true;
        self
    }

    /// The database, for the few handlers that stream.
    pub fn db(&self) -> &Db {
        &self.edge.db
    }

    /// What seals the tokens that say where to go on.
    pub fn cursor_key(&self) -> &CursorKey {
        &self.edge.cursor_key
    }

    /// Who sent it.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What `If-Match` asked for.
    pub fn precondition(&self) -> Precondition {
        self.precondition.clone()
    }

    /// Answers with a single object and its ETag.
    pub async fn show<V, F>(self, f: F) -> Answer
    where
        V: Serialize + Tagged + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<V> + Send + 'static,
    {
        let shown = self.edge.db.read(self.origin, f).await?;
        object(StatusCode::OK, &shown)
    }

    /// Like `show`, where looking leaves a trace: content that passes the door writes its access-log row.
    pub async fn show_logged<V, F>(self, f: F) -> Answer
    where
        V: Serialize + Tagged + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<V> + Send + 'static,
    {
        let shown = self.edge.db.write(self.origin, f).await?;
        object(StatusCode::OK, &shown)
    }

    /// Answers with something that is no single object: a figure, a report.
    pub async fn report<V, F>(self, f: F) -> Answer
    where
        V: Serialize + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<V> + Send + 'static,
    {
        let report = self.edge.db.read(self.origin, f).await?;
        json(StatusCode::OK, &report, None)
    }

    /// Answers with a page of a list. `filter` names what the list was narrowed to: a cursor holds for it alone.
    pub async fn list<V, F>(self, query: &PageQuery, filter: &str, f: F) -> Answer
    where
        V: Serialize + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx, &Paging) -> Result<Page<V>> + Send + 'static,
    {
        self.list_with(query, filter, f).await
    }

    /// The same, where there is something to say beside the page.
    pub async fn list_with<V, F>(self, query: &PageQuery, filter: &str, f: F) -> Answer
    where
        V: Serialize + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx, &Paging) -> Result<V> + Send + 'static,
    {
        let paging = self.paging(query, filter)?;
        let page = self.edge.db.read(self.origin, move |conn, ctx| f(conn, ctx, &paging)).await?;
        json(StatusCode::OK, &page, None)
    }

    /// Like `list`, where looking leaves a trace: the rows hold content that passes the door.
    pub async fn list_logged<V, F>(self, query: &PageQuery, filter: &str, f: F) -> Answer
    where
        V: Serialize + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx, &Paging) -> Result<Page<V>> + Send + 'static,
    {
        let paging = self.paging(query, filter)?;
        let page = self.edge.db.write(self.origin, move |conn, ctx| f(conn, ctx, &paging)).await?;
        json(StatusCode::OK, &page, None)
    }

    fn paging(&self, query: &PageQuery, filter: &str) -> Result<Paging> {
        let caller = self.origin.actor.account().map(|account| account.to_string()).unwrap_or_default();
        Paging::read(query, &self.edge.cursor_key, format!("{caller} {} {filter}", self.route))
    }

    /// Makes something and answers 201 with it.
    pub async fn create<Id, V, O, R>(self, digest: [u8; 32], operation: O, view: R) -> Answer
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Serialize + Tagged + Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<Id> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id) -> Result<V> + Send + 'static,
    {
        let operation = move |conn: &mut PgConnection, ctx: &Ctx| operation(conn, ctx).map(|id| (id, ()));
        self.effect(StatusCode::CREATED, digest, operation, move |conn, ctx, id, _| view(conn, ctx, id)).await
    }

    /// Makes something with a secret that is shown this once: on a replay the secret is `None`.
    pub async fn create_with_secret<Id, S, V, O, R>(self, digest: [u8; 32], operation: O, view: R) -> Answer
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Serialize + Tagged + Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<(Id, S)> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id, Option<S>) -> Result<V> + Send + 'static,
    {
        self.effect(StatusCode::CREATED, digest, operation, view).await
    }

    /// Does something to an object and answers 200 with it.
    pub async fn act<Id, V, O, R>(self, digest: [u8; 32], operation: O, view: R) -> Answer
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Serialize + Tagged + Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<Id> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id) -> Result<V> + Send + 'static,
    {
        let operation = move |conn: &mut PgConnection, ctx: &Ctx| operation(conn, ctx).map(|id| (id, ()));
        self.effect(StatusCode::OK, digest, operation, move |conn, ctx, id, _| view(conn, ctx, id)).await
    }

    /// Puts something in its place and answers with it: 201 where nothing stood there, 200 where something did. `f` says
    /// which (`true`: nothing) beside what stands there now.
    pub async fn put<V, F>(self, f: F) -> Answer
    where
        V: Serialize + Tagged + Send + 'static,
        F: Fn(&mut PgConnection, &Ctx) -> Result<(bool, V)> + Send + 'static,
    {
        let (new, shown) = self.edge.db.write(self.origin, f).await?;
        object(if new { StatusCode::CREATED } else { StatusCode::OK }, &shown)
    }

    /// Changes something and answers 204.
    pub async fn remove<F>(self, f: F) -> Answer
    where
        F: Fn(&mut PgConnection, &Ctx) -> Result<()> + Send + 'static,
    {
        self.edge.db.write(self.origin, f).await?;
        Ok(HttpResponse::NoContent().finish())
    }

    /// Makes many things at once and answers 201 with what came of it; there is no one object to tag.
    pub async fn create_many<Id, V, O, R>(self, digest: [u8; 32], operation: O, view: R) -> Answer
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Serialize + Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<Id> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id) -> Result<V> + Send + 'static,
    {
        let operation = move |conn: &mut PgConnection, ctx: &Ctx| operation(conn, ctx).map(|id| (id, ()));
        let view = move |conn: &mut PgConnection, ctx: &Ctx, id, _| view(conn, ctx, id);
        let (status, shown, replayed) = self.run_once(StatusCode::CREATED, digest, operation, view).await?;
        let mut answer = json(status, &shown, None)?;
        if replayed {
            mark_replayed(&mut answer);
        }
        Ok(answer)
    }

    async fn effect<Id, S, V, O, R>(self, status: StatusCode, digest: [u8; 32], operation: O, view: R) -> Answer
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Serialize + Tagged + Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<(Id, S)> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id, Option<S>) -> Result<V> + Send + 'static,
    {
        let (status, shown, replayed) = self.run_once(status, digest, operation, view).await?;
        let mut answer = object(status, &shown)?;
        if replayed {
            mark_replayed(&mut answer);
        }
        Ok(answer)
    }

    /// Runs the operation, or finds what its first run made: the status, the rendering, and whether it is a replay.
    async fn run_once<Id, S, V, O, R>(
        self,
        status: StatusCode,
        digest: [u8; 32],
        operation: O,
        view: R,
    ) -> Result<(StatusCode, V, bool)>
    where
        Id: Display + FromStr + Copy + Send + 'static,
        V: Send + 'static,
        O: Fn(&mut PgConnection, &Ctx) -> Result<(Id, S)> + Send + 'static,
        R: Fn(&mut PgConnection, &Ctx, Id, Option<S>) -> Result<V> + Send + 'static,
    {
        let once = self.once(digest);
        let run = move |conn: &mut PgConnection, ctx: &Ctx| {
            if let Some(once) = &once
                && let Some(done) = once.earlier(conn)?
            {
                let id = done.target.parse().map_err(|_| Error::internal("an idempotency row holds no id"))?;
                return Ok((done.status, view(conn, ctx, id, None)?, true));
            }
            let (id, secret) = operation(conn, ctx)?;
            let done = Done { status: status.as_u16(), target: id.to_string() };
            if let Some(once) = &once {
                once.remember(conn, &done)?;
            }
            Ok((done.status, view(conn, ctx, id, Some(secret))?, false))
        };
        let (status, shown, replayed) = self.edge.db.write(self.origin, run).await?;
        if self.settles {
            settle(&self.edge).await;
        }
        Ok((StatusCode::from_u16(status).unwrap_or(StatusCode::OK), shown, replayed))
    }

    /// The idempotency of this call, if it carries a key.
    pub fn once(&self, digest: [u8; 32]) -> Option<Once> {
        let key = self.key.as_deref()?;
        // Keyed, because a body may hold a password: its plain digest would be a fast hash of one.
        let digest = self.edge.cursor_key.keyed(&digest);
        Some(Once::new(&self.origin.actor, &self.route, key, digest, self.moves_money))
    }
}

/// What was written down as due stays due where this fails: the job does it then.
async fn settle(edge: &Edge) {
    loop {
        match edge.db.write(edge.db.system(), edge.settle).await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "what is due is left to the job");
                return;
            }
        }
    }
}

/// Says that the answer is the first one, given again.
pub fn mark_replayed(answer: &mut HttpResponse) {
    use actix_web::http::header::{HeaderName, HeaderValue};
    let name = HeaderName::from_static("idempotent-replayed");
    answer.headers_mut().insert(name, HeaderValue::from_static("true"));
}

/// A single object with its ETag; not compressed, because an answer that mixes a secret with what the caller chose must
/// not tell its length.
pub fn object<V: Serialize + Tagged>(status: StatusCode, shown: &V) -> Answer {
    json(status, shown, Some(shown.version()))
}

/// A JSON answer.
pub fn json<V: Serialize>(status: StatusCode, body: &V, version: Option<i64>) -> Answer {
    let bytes = serde_json::to_vec(body).map_err(Error::internal)?;
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    if let Some(version) = version {
        response.insert_header((ETAG, etag(version))).insert_header((CONTENT_ENCODING, "identity"));
    }
    Ok(response.content_type("application/json").body(bytes))
}
