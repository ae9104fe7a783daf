//! Reads the credentials of a request and puts the actor beside it.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::AUTHORIZATION;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::Identity;
use crate::http::{Identified, refuse};
use crate::kernel::{self, Actor, RequestId};

/// Middleware: a missing header is the public, a wrong one is 401 whatever the address.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match read(&request).await {
        Ok(identified) => {
            request.extensions_mut().insert(identified);
            next.call(request).await.map(ServiceResponse::map_into_boxed_body)
        }
        Err(error) => Ok(refuse(request, error)),
    }
}

async fn read(request: &ServiceRequest) -> kernel::Result<Identified> {
    let request_id = request.extensions().get::<RequestId>().copied();
    let request_id = request_id.ok_or_else(|| kernel::Error::internal("a request without an id"))?;
    let Some(value) = request.headers().get(AUTHORIZATION) else {
        return Ok(Identified { actor: Actor::Public, request_id });
    };
    let bearer = value.to_str().ok().and_then(|text| text.split_once(' '));
    let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    let identity = request.app_data::<web::Data<Identity>>().cloned();
    let (Some(bearer), Some(identity)) = (bearer, identity) else { return Err(kernel::Error::Unauthenticated) };
    let actor = identity.actor(bearer).await?.ok_or(kernel::Error::Unauthenticated)?;
    Ok(Identified { actor, request_id })
}
