//! Access tokens: JWT (RFC 7519) of type `at+jwt` (RFC 9068), HMAC-SHA-256 and nothing else, at most ten minutes.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode, get_current_timestamp,
};
use serde::{Deserialize, Serialize};

use crate::kernel::{AccountId, Error, Result, SessionId};

const ISSUER: &str = "collegium";
const AUDIENCE: &str = "collegium-api";
/// How long a token is good for.
pub const LIFETIME_SECONDS: u64 = 600;

/// Makes and reads access tokens.
#[derive(Clone)]
pub struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    validation: Validation,
}

/// Every claim is required: one of the wrong type is a refused token, not an absent claim.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: AccountId,
    sid: SessionId,
    iat: u64,
    nbf: u64,
    exp: u64,
}

impl Tokens {
    /// Tokens under this key.
    pub fn new(key: &[u8; 32]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.algorithms = vec![Algorithm::HS256];
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.validate_nbf = true;
        validation.leeway = 5;
        Self { signing: EncodingKey::from_secret(key), verifying: DecodingKey::from_secret(key), validation }
    }

    /// A token for this session.
    pub fn issue(&self, account: AccountId, session: SessionId) -> Result<String> {
        let now = get_current_timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: account,
            sid: session,
            iat: now,
            nbf: now,
            exp: now.saturating_add(LIFETIME_SECONDS),
        };
        let header = Header { typ: Some("at+jwt".to_owned()), ..Header::new(Algorithm::HS256) };
        encode(&header, &claims, &self.signing).map_err(Error::internal)
    }

    /// Whose token it is, and of which session; `None` for anything that is not a good one.
    pub fn read(&self, token: &str) -> Option<(AccountId, SessionId)> {
        let header = decode_header(token).ok()?;
        let typed = header.typ.as_deref().is_some_and(|typ| typ.eq_ignore_ascii_case("at+jwt"));
        if !typed {
            return None;
        }
        let claims: Claims = decode(token, &self.verifying, &self.validation).ok()?.claims;
        Some((claims.sub, claims.sid))
    }
}

/// `count` random letters and digits, evenly chosen.
pub fn random_text(count: usize) -> Result<String> {
    const LETTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(count);
    let mut bytes = [0u8; 64];
    while text.len() < count {
        getrandom::fill(&mut bytes).map_err(Error::internal)?;
        // 248 is the largest multiple of 62 in a byte: above it the choice would not be even.
        let letters = bytes.iter().filter(|byte| **byte < 248).filter_map(|byte| LETTERS.get(usize::from(*byte) % 62));
        text.extend(letters.take(count - text.len()).map(|letter| char::from(*letter)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn ids() -> (AccountId, SessionId) {
        (AccountId(Uuid::from_u128(1)), SessionId(Uuid::from_u128(2)))
    }

    #[test]
    fn a_token_is_good_for_its_key_alone() {
        let (account, session) = ids();
        let tokens = Tokens::new(&[1; 32]);
        let token = tokens.issue(account, session).unwrap();
        assert_eq!(tokens.read(&token), Some((account, session)));
        assert_eq!(Tokens::new(&[2; 32]).read(&token), None);
        assert_eq!(tokens.read("x.y.z"), None);
    }

    #[test]
    fn other_types_algorithms_and_claims_are_refused() {
        let (account, session) = ids();
        let tokens = Tokens::new(&[1; 32]);
        let key = EncodingKey::from_secret(&[1; 32]);
        let now = get_current_timestamp();
        let good = serde_json::json!({"iss": ISSUER, "aud": AUDIENCE, "sub": account, "sid": session,
            "iat": now, "nbf": now, "exp": now + 60});
        let typed = |algorithm| Header { typ: Some("at+jwt".to_owned()), ..Header::new(algorithm) };
        let made = |header: &Header, claims: &serde_json::Value| tokens.read(&encode(header, claims, &key).unwrap());
        assert!(made(&typed(Algorithm::HS256), &good).is_some());
        assert!(made(&Header::new(Algorithm::HS256), &good).is_none(), "typ JWT");
        assert!(made(&typed(Algorithm::HS512), &good).is_none(), "another algorithm");
        for (claim, value) in [
            ("exp", serde_json::json!(now - 3600)),
            ("exp", serde_json::json!("tomorrow")),
            ("nbf", serde_json::json!(now + 3600)),
            ("iss", serde_json::json!("somebody")),
            ("aud", serde_json::json!("else")),
            ("sid", serde_json::json!(5)),
        ] {
            let mut wrong = good.clone();
            wrong[claim] = value;
            assert!(made(&typed(Algorithm::HS256), &wrong).is_none(), "{claim}");
        }
    }

    #[test]
    fn random_text_is_long_and_new() {
        let (first, second) = (random_text(40).unwrap(), random_text(40).unwrap());
        assert!(first.len() == 40 && first != second && first.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
