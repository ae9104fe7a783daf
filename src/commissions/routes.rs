//! HTTP of commissions: simulations here, plans, attributions and statements beside it.

use actix_web::http::StatusCode;
use actix_web::post;
use utoipa_actix_web::service_config::ServiceConfig;

use super::operations;
use super::simulate;
use crate::http::{Answer, Body, Call, json};
use crate::kernel::Error;

mod attributions;
mod payroll;
mod plans;
mod statements;

pub use attributions::{AttributionView, ClearAttribution, ClearanceNeeded, NewAttribution};
pub use plans::{NewParticipant, NewPlan, NewVersion, ParticipantView, PlanView};
pub use statements::{EntryBehind, RunStatements, RunView, StatementSummary, StatementView};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config.service(simulate_statements);
    plans::routes(config);
    attributions::routes(config);
    statements::routes(config);
    payroll::routes(config);
}

/// Draw up the statements that a plan would give; nothing is stored (finance, account executives, admins, auditors).
#[utoipa::path(tag = "Commissions", request_body = simulate::Body, responses((status = 200, description = "The statements", body = simulate::Answer)))]
#[post("/v1/commissions/simulate")]
pub async fn simulate_statements(call: Call, body: Body<simulate::Body>) -> Answer {
    let actor = call.origin().actor.clone();
    // Computing needs no database: a large plan keeps a thread busy, never a connection.
    let work = move || operations::simulate(&actor, &body.form);
    let answer = actix_web::rt::task::spawn_blocking(work).await.map_err(Error::internal)??;
    json(StatusCode::OK, &answer, None)
}
