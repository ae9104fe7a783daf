//! Reads the credentials of a request and puts the actor beside it.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::Identity;
use crate::http::{Identified, Problem};
use crate::kernel::{self, Actor, RequestId};

/// Middleware: a missing header is the public, a wrong one is 401 whatever the address.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let actor = match request.headers().get(AUTHORIZATION) {
        None => Actor::Public,
        Some(value) => {
            let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
            let bearer =
                bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
            let identity = request.app_data::<web::Data<Identity>>().cloned();
            let (Some(bearer), Some(identity)) = (bearer, identity) else {
                return Err(Problem::from(kernel::Error::Unauthenticated).into());
            };
            let actor = identity.actor(bearer).await.map_err(Problem::from)?;
            actor.ok_or_else(|| Problem::from(kernel::Error::Unauthenticated))?
        }
    };
    let known = request.extensions().get::<RequestId>().copied();
    let request_id = known.ok_or_else(|| Problem::from(kernel::Error::internal("a request without an id")))?;
    request.extensions_mut().insert(Identified { actor, request_id });
    next.call(request).await
}
