//! Rate limits per caller: an account where one is signed in, an address otherwise. Told in the header fields of
//! draft-ietf-httpapi-ratelimit-headers-10.

use std::hash::Hash;
use std::num::NonZeroU32;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, web};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::{Identified, refuse};
use crate::kernel::{Error, Result};

/// A limit per key, in calls per second with a burst.
pub struct Limit<K: Hash + Eq + Clone> {
    name: &'static str,
    per_second: NonZeroU32,
    limiter: RateLimiter<K, DefaultKeyedStateStore<K>, DefaultClock, StateInformationMiddleware>,
}

/// What is left of a limit after a call.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Calls that may follow at once.
    pub remaining: u32,
}

impl<K: Hash + Eq + Clone> Limit<K> {
    /// At most `per_second` calls a second for each key, and `burst` at once.
    pub fn new(name: &'static str, per_second: u32, burst: u32) -> Self {
        let per_second = NonZeroU32::new(per_second).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(per_second).allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN));
        Self::of_quota(name, per_second, quota)
    }

    /// At most `count` calls in `seconds` for each key.
    pub fn over(name: &'static str, count: u32, seconds: u64) -> Self {
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        let each = std::time::Duration::from_secs(seconds) / count.get();
        let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_second(count)).allow_burst(count);
        Self::of_quota(name, count, quota)
    }

    fn of_quota(name: &'static str, per_second: NonZeroU32, quota: Quota) -> Self {
        let limiter = RateLimiter::keyed(quota).with_middleware::<StateInformationMiddleware>();
        Self { name, per_second, limiter }
    }

    /// Counts a call, or says when to come back.
    pub fn count(&self, key: &K) -> Result<Left> {
        match self.limiter.check_key(key) {
            Ok(state) => Ok(Left { remaining: state.remaining_burst_capacity() }),
            Err(refused) => {
                let wait = refused.wait_time_from(DefaultClock::default().now());
                Err(Error::TooMany { retry_after_seconds: wait.as_secs().saturating_add(1) })
            }
        }
    }

    /// Forgets keys that have been idle, so that memory follows the callers of now.
    pub fn forget_idle(&self) {
        self.limiter.retain_recent();
    }

    /// `RateLimit-Policy`.
    pub fn policy(&self) -> String {
        format!("\"{}\";q={};w=1", self.name, self.per_second)
    }

    /// `RateLimit`.
    pub fn state(&self, left: Left) -> String {
        format!("\"{}\";r={};t=1", self.name, left.remaining)
    }
}

/// The limit of every signed-in account, and of every address that is not signed in.
pub struct CallerLimit(Limit<String>);

impl CallerLimit {
    /// This limit for every caller.
    pub fn new(limit: Limit<String>) -> Self {
        Self(limit)
    }

    /// Forgets callers that have been idle.
    pub fn forget_idle(&self) {
        self.0.forget_idle();
    }
}

/// Middleware: counts the call against its caller and says how many are left.
pub async fn limit_callers(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> std::result::Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let Some(limit) = request.app_data::<web::Data<CallerLimit>>().cloned() else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let account = request.extensions().get::<Identified>().and_then(|who| who.actor.account());
    let address = || request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let left = match limit.0.count(&account.map_or_else(address, |account| account.to_string())) {
        Ok(left) => left,
        Err(error) => return Ok(refuse(request, error)),
    };
    let mut response = next.call(request).await?.map_into_boxed_body();
    for (name, value) in [("ratelimit-policy", limit.0.policy()), ("ratelimit", limit.0.state(left))] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_does_not_spend_anothers_calls() {
        let limit = Limit::over("login", 2, 3600);
        assert_eq!(limit.count(&"ann").unwrap().remaining, 1);
        assert!(limit.count(&"ann").is_ok() && limit.count(&"bob").is_ok());
        assert!(matches!(limit.count(&"ann"), Err(Error::TooMany { retry_after_seconds }) if retry_after_seconds > 60));
    }
}
