//! The service's own secrets: the key-encryption key and the key that signs tokens; the others are derived from them.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Two secrets of 32 random bytes each.
#[derive(Clone)]
pub struct ServiceKeys {
    key_encryption: Zeroizing<[u8; 32]>,
    signing: Zeroizing<[u8; 32]>,
}

/// Why a secret is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Not base64 of exactly 32 bytes.
    #[error("{0} must be the base64 of 32 random bytes; make one with: openssl rand -base64 32")]
    Shape(&'static str),
    /// Too regular to be random.
    #[error("{0} is not random; make one with: openssl rand -base64 32")]
    Weak(&'static str),
    /// Both are the same.
    #[error("the key-encryption key and the token key must be two different secrets")]
    Same,
}

impl ServiceKeys {
    /// Reads both secrets, refusing what cannot have come from a random source.
    pub fn parse(key_encryption: &str, signing: &str) -> Result<Self, KeyError> {
        let key_encryption = parse_one("COLLEGIUM_KEY_ENCRYPTION_KEY", key_encryption)?;
        let signing = parse_one("COLLEGIUM_TOKEN_KEY", signing)?;
        if key_encryption == signing {
            return Err(KeyError::Same);
        }
        Ok(Self { key_encryption, signing })
    }

    /// New secrets, as the two texts that `parse` takes.
    pub fn generate() -> Result<(String, String), getrandom::Error> {
        let mut bytes = Zeroizing::new([0u8; 64]);
        getrandom::fill(&mut bytes[..])?;
        let (first, second) = bytes.split_at(32);
        Ok((STANDARD.encode(first), STANDARD.encode(second)))
    }

    /// The key that wraps data keys.
    pub(super) fn key_encryption(&self) -> &[u8; 32] {
        &self.key_encryption
    }

    /// A name for the key-encryption key that tells nothing about it.
    pub(super) fn key_encryption_id(&self) -> String {
        let [a, b, c, d, ..] = derive(&self.key_encryption, "name");
        format!("{:08x}", u32::from_be_bytes([a, b, c, d]))
    }

    /// A key for one purpose, derived from the signing secret.
    pub fn derived(&self, purpose: &str) -> [u8; 32] {
        derive(&self.signing, purpose)
    }
}

impl fmt::Debug for ServiceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServiceKeys(…)")
    }
}

/// HMAC-SHA-256 of the purpose under the secret: one step of HKDF-Expand (RFC 5869).
fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    match <Hmac<Sha256> as KeyInit>::new_from_slice(secret) {
        Ok(mut mac) => {
            mac.update(b"collegium ");
            mac.update(purpose.as_bytes());
            mac.update(&[1]);
            mac.finalize().into_bytes().into()
        }
        // HMAC takes keys of any length.
        Err(_) => [0; 32],
    }
}

fn parse_one(name: &'static str, text: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| KeyError::Shape(name))?);
    let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| KeyError::Shape(name))?;
    let mut seen = key;
    seen.sort_unstable();
    let distinct = seen.chunk_by(|a, b| a == b).count();
    // 32 random bytes have fewer than 20 different values about once in 10^9 keys; text typed by hand has fewer.
    let printable = key.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    if distinct < 20 || printable {
        return Err(KeyError::Weak(name));
    }
    Ok(Zeroizing::new(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_keys_are_refused_and_made_ones_accepted() {
        let (first, second) = ServiceKeys::generate().unwrap();
        assert!(ServiceKeys::parse(&first, &second).is_ok());
        assert!(matches!(ServiceKeys::parse(&first, &first), Err(KeyError::Same)));
        for weak in ["", "secret", &STANDARD.encode([0u8; 32]), &STANDARD.encode("an easily remembered passphrase!")] {
            assert!(ServiceKeys::parse(weak, &second).is_err(), "{weak}");
        }
    }
}
