//! RFC 9457 problem details: the one place that maps error kinds to statuses.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::kernel::error::{FieldError, Kind};
use crate::kernel::{Code, Error};

/// An error on its way out.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u64>,
    /// Boxed, because a problem is the other half of every handler's result.
    extra: Option<Box<Map<String, Value>>>,
}

/// The body of every error, `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `/problems/<code>`, which is a page.
    #[serde(rename = "type")]
    pub kind: String,
    /// One sentence for a person.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong with this very request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The stable word to program against.
    pub code: &'static str,
    /// Names the request in our logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Every finding about the body, with 422.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Members of this problem type alone (RFC 9457 §3.2).
    #[serde(flatten)]
    #[schema(ignore)]
    pub extra: Map<String, Value>,
}

impl Problem {
    /// A problem of the edge itself.
    pub fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title, detail: None, errors: Vec::new(), retry_after_seconds: None, extra: None }
    }

    /// The same with a detail.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with members of its own, such as how far an import came.
    pub fn with_members(mut self, members: Map<String, Value>) -> Self {
        self.extra = Some(Box::new(members));
        self
    }

    /// The same with a time to wait.
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// The response, naming the request where it is known.
    pub fn respond(&self, request_id: Option<String>) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, "Bearer"));
        }
        let body = ProblemBody {
            kind: format!("/problems/{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail.clone(),
            code: self.code,
            request_id,
            errors: self.errors.clone(),
            extra: self.extra.as_deref().cloned().unwrap_or_default(),
        };
        match serde_json::to_vec(&body) {
            Ok(bytes) => response.content_type("application/problem+json").body(bytes),
            Err(_) => response.finish(),
        }
    }
}

/// The status of a refusal.
pub fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::BadRequest => StatusCode::BAD_REQUEST,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::Payment => StatusCode::PAYMENT_REQUIRED,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Stale => StatusCode::PRECONDITION_FAILED,
        Kind::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
        Kind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Range => StatusCode::RANGE_NOT_SATISFIABLE,
        Kind::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
    }
}

/// The problems that are no refusal of a rule: word, title, status.
pub const PLAIN: [(&str, &str, StatusCode); 12] = [
    ("not_found", "There is no such thing, or it is not yours to know of.", StatusCode::NOT_FOUND),
    ("invalid", "Some fields are not acceptable; see errors.", StatusCode::UNPROCESSABLE_ENTITY),
    ("unauthenticated", "Sign in: send a valid access token or API key.", StatusCode::UNAUTHORIZED),
    ("forbidden", "Your role may not do this.", StatusCode::FORBIDDEN),
    ("quota-exceeded", "Too many calls; wait as long as Retry-After says.", StatusCode::TOO_MANY_REQUESTS),
    ("unavailable", "The service cannot do this just now; try again.", StatusCode::SERVICE_UNAVAILABLE),
    ("internal", "The service failed; the fault is ours and has been logged.", StatusCode::INTERNAL_SERVER_ERROR),
    ("method_not_allowed", "This address does not take this method.", StatusCode::METHOD_NOT_ALLOWED),
    ("request_timeout", "The body did not arrive in time.", StatusCode::REQUEST_TIMEOUT),
    ("payload_too_large", "The body is larger than this call takes.", StatusCode::PAYLOAD_TOO_LARGE),
    ("unsupported_media_type", "The body is of a type that is not read here.", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ("bad_request", "The request cannot be read.", StatusCode::BAD_REQUEST),
];

/// One of the plain problems by its word.
pub fn plain(word: &'static str) -> Problem {
    let known = PLAIN.iter().find(|(code, ..)| *code == word);
    let (code, title, status) = known.copied().unwrap_or((word, "", StatusCode::INTERNAL_SERVER_ERROR));
    Problem::new(status, code, title)
}

/// 503 with what is missing: for whoever watches the service.
pub fn unavailable(why: String) -> HttpResponse {
    HttpResponse::from_error(plain("unavailable").detail(why).retry_after(1))
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(status_of(code.kind()), code.as_str(), code.title())
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => plain("not_found"),
            Error::Invalid(errors) => Self { errors, ..plain("invalid") },
            Error::Refused(code) => code.into(),
            Error::Unauthenticated => plain("unauthenticated"),
            Error::Forbidden => plain("forbidden"),
            Error::TooMany { retry_after_seconds } => plain("quota-exceeded").retry_after(retry_after_seconds),
            Error::Unavailable(why) => plain("unavailable").detail(why).retry_after(1),
            Error::Internal(source) => {
                tracing::error!(error = %chain(source.as_ref()), "a request failed");
                plain("internal")
            }
        }
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status.as_u16(), self.code)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        // The request id is put in by the outermost middleware, which knows it.
        self.respond(None)
    }
}
