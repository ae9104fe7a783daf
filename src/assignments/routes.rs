//! HTTP of the work itself: `/v1/assignments`, `/v1/submissions`, `/v1/reviews`; of what follows where somebody does not
//! agree: `/v1/disputes`, `/v1/adjudications`, `/v1/audits`.

mod adjudications;
mod assignments;
mod audits;
mod disputes;
mod desk;
mod reviews;
mod submissions;

pub use adjudications::*;
pub use assignments::*;
pub use audits::*;
pub use desk::Desk;
pub use disputes::*;
pub use reviews::*;
pub use submissions::*;

use std::fmt::Display;
use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::http::{Answer, Done, Tagged, mark_replayed, object};
use crate::kernel::{Error, Result};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(assignments::claim)
        .service(assignments::list_assignments)
        .service(assignments::get_assignment)
        .service(assignments::renew)
        .service(assignments::release)
        .service(submissions::submit)
        .service(submissions::list_submissions)
        .service(submissions::get_submission)
        .service(reviews::claim_review)
        .service(reviews::list_reviews)
        .service(reviews::get_review)
        .service(reviews::decide)
        .service(reviews::list_reviews_of)
        .service(disputes::open_dispute)
        .service(disputes::list_disputes)
        .service(disputes::get_dispute)
        .service(disputes::claim_dispute)
        .service(disputes::resolve_dispute)
        .service(adjudications::list_disagreements)
        .service(adjudications::claim_adjudication)
        .service(adjudications::list_adjudications)
        .service(adjudications::get_adjudication)
        .service(adjudications::adjudicate)
        .service(adjudications::get_adjudication_of)
        .service(audits::audit)
        .service(audits::list_audits)
        .service(audits::get_audit)
        .service(audits::approve_refund)
        .service(audits::refuse_refund);
}

/// 201 with what was made, or given again; 204 where there was nothing to make.
fn created<V: Serialize + Tagged>(made: Option<(V, bool)>) -> Answer {
    let Some((view, replayed)) = made else { return Ok(HttpResponse::NoContent().finish()) };
    let mut answer = object(StatusCode::CREATED, &view)?;
    if replayed {
        mark_replayed(&mut answer);
    }
    Ok(answer)
}

/// The id that an earlier call with the same key made.
fn earlier<Id: FromStr>(done: &Done) -> Result<Id> {
    done.target.parse().map_err(|_| Error::internal("an idempotency row holds no id"))
}

/// What is remembered of a call that made something.
fn done(id: impl Display) -> Done {
    Done { status: StatusCode::CREATED.as_u16(), target: id.to_string() }
}
