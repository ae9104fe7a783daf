//! The composition root, shared by `serve`, the demo and the tests: puts the rooms together and serves them.

mod jobs;
mod place;
mod run;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App, HttpResponse, HttpServer, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::SwaggerUi;

pub use jobs::{Jobs, run_jobs};
pub use place::{Place, external_depot, external_keys};
pub use run::{cores, until_stopped};

use crate::assignments::routes::Desk;
use crate::db::{self, Db, Settings as PoolSettings};
use crate::files::Depot;
use crate::http::limits::Limit;
use crate::http::metrics::Metrics;
use crate::http::{self, CallerLimit, CursorKey, Edge, Routes};
use crate::identity::routes::LoginLimits;
use crate::identity::{Identity, Passwords, Tokens};
use crate::kernel::{Clock, Error, Ids, Result};
use crate::trust::Door;
use crate::vault::{ServiceKeys, Vault};
use crate::{assignments, commissions, experts, identity, labs, ledger, matching, payouts, projects, quality};

/// What one service is made of, whoever runs it.
#[derive(Clone)]
pub struct Parts {
    /// The database.
    pub db: Db,
    /// The door to content.
    pub door: Door,
    /// Where files stand.
    pub depot: Depot,
    /// Who calls.
    pub identity: web::Data<Identity>,
    /// Hashing.
    pub passwords: Passwords,
    /// Figures.
    pub metrics: Metrics,
    /// Limits on signing in.
    pub logins: web::Data<LoginLimits>,
    /// Limits on everything else.
    pub callers: web::Data<CallerLimit>,
    /// Seals cursors.
    pub cursor_key: CursorKey,
    /// Whether the service is going away.
    pub draining: Arc<AtomicBool>,
}

impl Parts {
    /// Puts the parts together.
    pub fn new(
        pool: &PoolSettings,
        keys: &ServiceKeys,
        depot: Depot,
        passwords: Passwords,
        calls: (u32, u32),
    ) -> Result<Self> {
        let clock = Clock::default();
        let ids = Ids::random(clock.clone()).map_err(Error::internal)?;
        let db = Db::new(pool, clock, ids);
        let tokens = Tokens::new(&keys.derived("access tokens"));
        Ok(Self {
            door: Door::new(Vault::new(keys)),
            depot,
            identity: web::Data::new(Identity::new(db.clone(), tokens)),
            db,
            passwords,
            metrics: Metrics::new()?,
            logins: web::Data::new(LoginLimits::default()),
            callers: web::Data::new(CallerLimit::new(Limit::new("calls", calls.0, calls.1))),
            cursor_key: CursorKey::new(keys.derived("cursors")),
            draining: Arc::default(),
        })
    }
}

/// Every room's routes, in the order of the rooms.
fn routes(config: &mut ServiceConfig) {
    identity::routes::routes(config);
    labs::routes::routes(config);
    experts::routes::routes(config);
    ledger::routes::routes(config);
    quality::routes::routes(config);
    matching::routes::routes(config);
    assignments::routes::routes(config);
    commissions::routes::routes(config);
    payouts::routes::routes(config);
    projects::routes::routes(config);
}

/// The OpenAPI document, as `/v1/openapi.json` serves it.
pub fn openapi() -> OpenApi {
    let (_, api) = App::new().into_utoipa_app().configure(routes).split_for_parts();
    http::openapi::complete(api)
}

/// A running service.
pub struct Service {
    /// Where the API listens.
    pub address: SocketAddr,
    /// Where `/metrics` listens.
    pub metrics_address: SocketAddr,
    /// Runs until stopped.
    pub server: Server,
    /// Runs until stopped.
    pub metrics_server: Server,
}

/// Binds both ports and begins to serve.
pub fn serve(parts: &Parts, listen: SocketAddr, metrics_listen: SocketAddr, workers: usize) -> Result<Service> {
    let listener = bind(listen)?;
    let metrics_listener = bind(metrics_listen)?;
    let address = listener.local_addr().map_err(Error::internal)?;
    let metrics_address = metrics_listener.local_addr().map_err(Error::internal)?;
    let api = openapi();
    let routes_known = web::Data::new(Routes::of(&api));
    let document = web::Data::new(Document(serde_json::to_string(&api).map_err(Error::internal)?));
    let shared = parts.clone();
    let desk = Desk::new(parts.db.clone(), parts.door.clone(), tokio::runtime::Handle::current());
    let desk = web::Data::new(desk);
    let server = HttpServer::new(move || {
        let parts = shared.clone();
        let edge = web::Data::new(Edge {
            db: parts.db.clone(),
            cursor_key: parts.cursor_key.clone(),
            settle: matching::jobs::settle,
        });
        App::new()
            .into_utoipa_app()
            .configure(routes)
            .map(|app| {
                app.app_data(edge)
                    .app_data(web::Data::new(parts.db.ids().clone()))
                    .app_data(web::Data::new(parts.metrics.clone()))
                    .app_data(web::Data::new(parts.passwords.clone()))
                    .app_data(web::Data::new(parts.door.clone()))
                    .app_data(web::Data::new(parts.depot.clone()))
                    .app_data(web::Data::new(Health { db: parts.db.clone(), draining: parts.draining.clone() }))
                    .app_data(desk.clone())
                    .app_data(parts.identity.clone())
                    .app_data(parts.logins.clone())
                    .app_data(parts.callers.clone())
                    .app_data(routes_known.clone())
                    .app_data(document.clone())
                    .app_data(web::PathConfig::default().error_handler(|_, _| http::unknown_path().into()))
                    .route("/v1/openapi.json", web::get().to(document_json))
                    .route("/problems/{code}", web::get().to(http::problem_page))
                    .route("/livez", web::get().to(livez))
                    .route("/readyz", web::get().to(readyz))
                    .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::from("/v1/openapi.json")))
                    .service(web::redirect("/docs", "/docs/"))
                    .default_service(web::to(http::fallback))
                    .wrap(from_fn(http::limit_callers))
                    .wrap(from_fn(identity::identify))
                    .wrap(Compress::default())
                    .wrap(from_fn(http::observe))
            })
            .into_app()
    })
    .workers(workers)
    .disable_signals()
    .shutdown_timeout(25)
    .client_request_timeout(Duration::from_secs(10))
    .keep_alive(Duration::from_secs(75))
    .listen(listener)
    .map_err(Error::internal)?
    .run();
    let metrics_server = serve_metrics(parts, metrics_listener)?;
    Ok(Service { address, metrics_address, server, metrics_server })
}

fn serve_metrics(parts: &Parts, listener: TcpListener) -> Result<Server> {
    let parts = parts.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(parts.metrics.clone()))
            .app_data(web::Data::new(Health { db: parts.db.clone(), draining: parts.draining.clone() }))
            .route("/metrics", web::get().to(metrics))
            .route("/livez", web::get().to(livez))
            .route("/readyz", web::get().to(readyz))
    });
    let server = server.workers(1).disable_signals().listen(listener).map_err(Error::internal)?;
    Ok(server.run())
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    let advice = "COLLEGIUM_LISTEN and COLLEGIUM_METRICS_LISTEN name another address and port";
    TcpListener::bind(address)
        .map_err(|error| Error::internal(format!("cannot listen on {address}: {error}; {advice}")))
}

struct Document(String);

async fn document_json(document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document.0.clone())
}

/// Whether the service may be sent requests.
struct Health {
    db: Db,
    draining: Arc<AtomicBool>,
}

/// `GET /livez`: the process runs.
async fn livez() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

/// `GET /readyz`: the database answers, its schema is ours, and nobody asked us to stop.
async fn readyz(health: web::Data<Health>) -> HttpResponse {
    if health.draining.load(Ordering::SeqCst) {
        return http::unavailable("stopping".to_owned());
    }
    match health.db.read(health.db.system(), |conn, _| db::pending(conn)).await {
        Ok(None) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        Ok(Some(version)) => http::unavailable(format!("migration {version} is pending: run `collegium migrate`")),
        Err(error) => http::unavailable(format!("database: {error}")),
    }
}

async fn metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    match metrics.text() {
        Ok(text) => HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(text),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}

/// Stops a service without losing an accepted request: `/readyz` fails first, then accepting ends, then the requests
/// under way are waited for.
pub async fn stop(parts: &Parts, handle: ServerHandle, grace: Duration) {
    parts.draining.store(true, Ordering::SeqCst);
    tokio::time::sleep(grace).await;
    handle.stop(true).await;
}
