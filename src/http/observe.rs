//! The outermost middleware: gives every request an id, a span and a line in the log, counts it, and names the request
//! in whatever problem goes out.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};
use tracing::{Instrument, info, info_span};

use super::metrics::Metrics;
use super::problem::{Problem, plain};
use crate::kernel::{Ids, RequestId};

/// Middleware: see the module.
pub async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let ids = request.app_data::<web::Data<Ids>>().cloned();
    let id = RequestId(ids.map(|ids| ids.next()).unwrap_or_default());
    request.extensions_mut().insert(id);
    let method = request.method().to_string();
    let trace = trace_of(&request).unwrap_or_default();
    let span = info_span!("request", %id, %method, path = request.path(), trace_id = trace);
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    if let Some(metrics) = &metrics {
        metrics.begin();
    }
    let answered = next.call(request).instrument(span.clone()).await;
    let mut response = named(answered?, id);
    if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    let status = response.status().as_u16();
    let route = response.request().match_pattern().unwrap_or_else(|| "unmatched".to_owned());
    let took = started.elapsed();
    if let Some(metrics) = &metrics {
        metrics.end(&method, &route, status, took);
    }
    span.in_scope(|| info!(status, route, micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered"));
    Ok(response)
}

/// Completes a problem with the id of the request, whoever made it: ours, or the framework's own.
fn named<B: MessageBody + 'static>(response: ServiceResponse<B>, id: RequestId) -> ServiceResponse<BoxBody> {
    let problem = match response.response().error() {
        Some(error) => Some(problem_of(error)),
        None if response.status().as_u16() >= 400 && !is_problem(&response) => {
            Some(plain(word_of(response.status().as_u16())))
        }
        None => None,
    };
    let Some(problem) = problem else { return response.map_into_boxed_body() };
    let told = ["allow", "content-range"].map(|name| (name, response.headers().get(name).cloned()));
    let (request, _) = response.into_parts();
    let mut named = problem.respond(Some(id.to_string()));
    for (name, value) in told {
        if let Some(value) = value {
            named.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    ServiceResponse::new(request, named)
}

fn is_problem<B>(response: &ServiceResponse<B>) -> bool {
    let media = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media.is_some_and(|media| media.starts_with("application/problem+json"))
}

fn problem_of(error: &Error) -> Problem {
    match error.as_error::<Problem>() {
        Some(problem) => problem.clone(),
        None => plain(word_of(error.as_response_error().status_code().as_u16())),
    }
}

fn word_of(status: u16) -> &'static str {
    match status {
        404 => "not_found",
        405 => "method_not_allowed",
        408 => "request_timeout",
        413 => "payload_too_large",
        415 => "unsupported_media_type",
        429 => "quota-exceeded",
        503 => "unavailable",
        400..=499 => "bad_request",
        _ => "internal",
    }
}

/// The trace id of a well-formed `traceparent` (W3C Trace Context, level 1).
fn trace_of(request: &ServiceRequest) -> Option<String> {
    let text = request.headers().get("traceparent")?.to_str().ok()?;
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let hex = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let sound = hex(version, 2) && version != "ff" && hex(trace, 32) && hex(parent, 16) && hex(flags, 2);
    let empty = trace.bytes().all(|byte| byte == b'0') || parent.bytes().all(|byte| byte == b'0');
    (sound && !empty).then(|| trace.to_owned())
}

/// A refusal by a middleware. `ServiceRequest::into_response` would forget which problem it was.
pub fn refuse(request: ServiceRequest, error: crate::kernel::Error) -> ServiceResponse<BoxBody> {
    let (request, _) = request.into_parts();
    ServiceResponse::new(request, actix_web::HttpResponse::from_error(Problem::from(error)))
}
