//! Bodies: read whole within a size and a deadline, checked as JSON, typed; or handed on as a stream.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::problem::plain;
use super::{Problem, finding};
use crate::kernel::json::{self, JsonFault};
use crate::kernel::{Code, FieldError, Form};

/// How long a body that is not a stream may take, and how long a stream may be idle.
const DEADLINE: Duration = Duration::from_secs(30);
/// What a stream brings in at least, once it has been waited for as long as the deadline: bytes a second.
const LEAST_RATE: u64 = 16 * 1_024;

/// A JSON body of at most `MAX` bytes. A shape that does not fit is not refused here: see `Form`.
#[derive(Debug)]
pub struct Body<T, const MAX: usize = 2_097_152> {
    /// The typed body, or what was wrong with it.
    pub form: Form<T>,
    /// SHA-256 of the bytes received, for idempotency.
    pub digest: [u8; 32],
}

impl<T: DeserializeOwned + 'static, const MAX: usize> FromRequest for Body<T, MAX> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let acceptable = is_json(request);
        let payload = payload.take();
        Box::pin(async move {
            acceptable?;
            let bytes = read_whole(payload, MAX).await?;
            let digest = Sha256::digest(&bytes).into();
            Ok(Self { form: parse(&bytes, MAX)?, digest })
        })
    }
}

fn is_json(request: &HttpRequest) -> Result<(), Problem> {
    let media = header(request, CONTENT_TYPE.as_str()).split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let json = media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"));
    // A call without a body needs no type: its body is read as an empty object.
    let absent = media.is_empty() && header(request, "content-length").parse::<u64>().unwrap_or(0) == 0;
    if !(json || absent) {
        return Err(Problem::from(Code::UnsupportedMediaType).detail("send application/json"));
    }
    not_encoded(request)
}

fn not_encoded(request: &HttpRequest) -> Result<(), Problem> {
    match header(request, CONTENT_ENCODING.as_str()) {
        "" | "identity" => Ok(()),
        _ => Err(Problem::from(Code::UnsupportedMediaType).detail("send the body without Content-Encoding")),
    }
}

pub(super) fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

async fn read_whole(mut payload: Payload, max: usize) -> Result<Bytes, Problem> {
    let reading = async {
        let mut bytes = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| plain("bad_request").detail("the body broke off"))?;
            if bytes.len() + chunk.len() > max {
                return Err(Problem::from(Code::PayloadTooLarge).detail(format!("at most {max} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes.freeze())
    };
    tokio::time::timeout(DEADLINE, reading).await.map_err(|_| plain("request_timeout"))?
}

fn parse<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<Form<T>, Problem> {
    let bytes = if bytes.is_empty() { b"{}" } else { bytes };
    json::check(bytes, max).map_err(|fault| match fault {
        JsonFault::TooLarge => Problem::from(Code::PayloadTooLarge),
        other => Problem::from(Code::MalformedJson).detail(other.to_string()),
    })?;
    Ok(match typed(bytes) {
        Ok(value) => Form::of(value),
        Err(finding) => Form::wrong(vec![finding]),
    })
}

/// Reads JSON that is no whole body, such as a line of one: judged like a body, and a finding where it does not fit.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, FieldError> {
    json::check(bytes, max).map_err(|fault| {
        let (pointer, code) = match &fault {
            JsonFault::NotJson => (String::new(), "malformed_json"),
            JsonFault::DuplicateMember(pointer) => (pointer.clone(), "duplicate_member"),
            JsonFault::TooDeep => (String::new(), "too_deep"),
            JsonFault::TooLarge => (String::new(), "too_large"),
        };
        FieldError { pointer, code: code.to_owned(), detail: fault.to_string() }
    })?;
    typed(bytes)
}

fn typed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, FieldError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let text = error.inner().to_string();
        // " at line 1 column 7" helps nobody who has a pointer.
        let said = text.rsplit_once(" at line ").map_or(text.as_str(), |(said, _)| said);
        finding::of(error.path(), said)
    })
}

/// A body that is handed on as it arrives: imports, files, bank files.
pub struct Streamed {
    payload: Payload,
    taken: usize,
    max: usize,
    /// How long the client was waited for; what we take to deal with a piece is not its time.
    waited: Duration,
}

/// Whether a stream that was waited for so long has brought too little.
fn is_too_slow(taken: usize, waited: Duration) -> bool {
    let least = waited.as_secs().saturating_mul(LEAST_RATE);
    waited > DEADLINE && u64::try_from(taken).unwrap_or(u64::MAX) < least
}

impl FromRequest for Streamed {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let checked = not_encoded(request);
        std::future::ready(checked.map(|()| Self::of(payload.take())))
    }
}

impl Streamed {
    /// The stream of a payload whose headers were looked at elsewhere.
    pub(super) fn of(payload: Payload) -> Self {
        Self { payload, taken: 0, max: usize::MAX, waited: Duration::ZERO }
    }

    /// What is at hand already, as if it had been sent.
    pub fn at_hand(bytes: Vec<u8>) -> Self {
        Self::of(Payload::from(bytes))
    }

    /// The same with a limit.
    pub fn at_most(mut self, max: usize) -> Self {
        self.max = max;
        self
    }

    /// The next piece; never idle for longer than the deadline, nor slower than 16 KiB a second for longer than that.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        let began = tokio::time::Instant::now();
        let piece = tokio::time::timeout(DEADLINE, self.payload.next()).await;
        self.waited = self.waited.saturating_add(began.elapsed());
        let Some(piece) = piece.map_err(|_| plain("request_timeout"))? else { return Ok(None) };
        let piece = piece.map_err(|_| plain("bad_request").detail("the body broke off"))?;
        self.taken = self.taken.saturating_add(piece.len());
        if is_too_slow(self.taken, self.waited) {
            return Err(plain("request_timeout").detail("a stream brings 16 KiB a second at least"));
        }
        if self.taken > self.max {
            return Err(Problem::from(Code::PayloadTooLarge).detail(format!("at most {} bytes", self.max)));
        }
        Ok(Some(piece))
    }

    /// Everything that is left.
    pub async fn whole(mut self) -> Result<Bytes, Problem> {
        let mut bytes = BytesMut::new();
        while let Some(piece) = self.next().await? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }
}

/// The body of a call that takes none: absent, or an empty object.
#[derive(Debug, Clone, Copy, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_given_half_a_minute_before_its_rate_counts() {
        assert!(!is_too_slow(0, Duration::from_secs(30)));
        assert!(is_too_slow(0, Duration::from_secs(31)));
        assert!(!is_too_slow(31 * 16 * 1_024, Duration::from_secs(31)));
        assert!(is_too_slow(60 * 16 * 1_024 - 1, Duration::from_secs(60)));
    }
}
