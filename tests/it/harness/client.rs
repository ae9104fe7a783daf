//! A client that is somebody.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub bytes: Vec<u8>,
    request: String,
}

impl Reply {
    /// The answer, if it has this status; fails with the whole answer otherwise.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}: {}", self.request, String::from_utf8_lossy(&self.bytes));
        self
    }

    /// The body as JSON; `null` for none.
    pub fn json(&self) -> Value {
        if self.bytes.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("not JSON: {}", String::from_utf8_lossy(&self.bytes)))
    }

    /// The body's text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The pointers of a 422.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().filter_map(|error| error["pointer"].as_str().map(str::to_owned)).collect()
    }

    /// The object's id.
    #[track_caller]
    pub fn id(&self) -> String {
        self.json()["id"].as_str().unwrap_or_else(|| panic!("no id: {}", self.text())).to_owned()
    }

    /// The object's ETag.
    pub fn etag(&self) -> String {
        self.header("etag").expect("an ETag")
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
    }
}

/// How long a stream may take, however slow the machine.
const LONG: Duration = Duration::from_secs(600);

static NEXT_KEY: AtomicU64 = AtomicU64::new(1);

/// Somebody with a way to the service; nobody at all without a token.
#[derive(Debug, Clone)]
pub struct Someone {
    http: reqwest::Client,
    base: String,
    pub token: Option<String>,
    /// Whose account it is, and the lab or expert behind it.
    pub account: Value,
}

impl Someone {
    pub fn nobody(http: reqwest::Client, base: &str) -> Self {
        Self { http, base: base.to_owned(), token: None, account: Value::Null }
    }

    pub fn with(&self, token: &str, account: Value) -> Self {
        Self { token: Some(token.to_owned()), account, ..self.clone() }
    }

    /// Where the service listens, for whoever speaks HTTP by hand.
    pub fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub fn lab(&self) -> String {
        self.account["lab_id"].as_str().expect("a lab's account").to_owned()
    }

    pub fn expert(&self) -> String {
        self.account["expert_id"].as_str().expect("an expert's account").to_owned()
    }

    pub fn account_id(&self) -> String {
        self.account["id"].as_str().expect("an account").to_owned()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, &[], None).await
    }

    /// A POST with a fresh idempotency key, as every careful client sends one.
    pub async fn post(&self, path: &str, body: Value) -> Reply {
        let key = format!("test-{}", NEXT_KEY.fetch_add(1, Ordering::SeqCst));
        self.call(Method::POST, path, &[("idempotency-key", &key)], Some(body)).await
    }

    pub async fn post_with(&self, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        self.call(Method::POST, path, headers, Some(body)).await
    }

    pub async fn patch(&self, path: &str, etag: &str, body: Value) -> Reply {
        self.call(Method::PATCH, path, &[("if-match", etag)], Some(body)).await
    }

    pub async fn put(&self, path: &str, etag: Option<&str>, body: Value) -> Reply {
        let headers: Vec<(&str, &str)> = etag.map(|etag| ("if-match", etag)).into_iter().collect();
        self.call(Method::PUT, path, &headers, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, &[], None).await
    }

    /// Bytes of any type.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], bytes: Vec<u8>) -> Reply {
        let mut request = self.request(method.clone(), path, headers).body(bytes);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/octet-stream");
        }
        Self::read(method, path, request).await
    }

    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Value>) -> Reply {
        let mut request = self.request(method.clone(), path, headers);
        if let Some(body) = body {
            request = request.json(&body);
        }
        Self::read(method, path, request).await
    }

    /// A GET whose body is read by the caller, piece by piece.
    pub async fn begin(&self, path: &str) -> reqwest::Response {
        self.request(Method::GET, path, &[]).timeout(LONG).send().await.expect("the service answers")
    }

    /// A PUT of a body that is made while it is sent, and may break off.
    pub async fn stream(&self, path: &str, body: reqwest::Body) -> reqwest::Result<reqwest::Response> {
        self.request(Method::PUT, path, &[]).timeout(LONG).body(body).send().await
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
    }

    async fn read(method: Method, path: &str, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.expect("the service answers");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.expect("a whole answer").to_vec();
        Reply { status, headers, bytes, request: format!("{method} {path}") }
    }
}
