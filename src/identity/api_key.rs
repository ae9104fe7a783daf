//! API keys: `clg_live_`, 30 random letters and digits, and the base62 CRC-32 of all before it, so that a mistyped or
//! cut key is told from a wrong one without a look-up. Only the SHA-256 is stored.

use sha2::{Digest, Sha256};

use super::token::random_text;
use crate::kernel::Result;

const PREFIX: &str = "clg_live_";
const RANDOM: usize = 30;
const CHECK: usize = 6;

/// A new key in full; shown once.
pub(super) fn generate() -> Result<String> {
    let body = format!("{PREFIX}{}", random_text(RANDOM)?);
    let check = checksum(&body);
    Ok(body + &check)
}

/// Whether the text has the form of a key, checksum included.
pub(super) fn is_key(text: &str) -> bool {
    text.len() == PREFIX.len() + RANDOM + CHECK
        && text.starts_with(PREFIX)
        && text.split_at_checked(PREFIX.len() + RANDOM).is_some_and(|(body, check)| checksum(body) == check)
}

/// What is stored of a key or another random secret.
pub(super) fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut letters = [b'0'; CHECK];
    for letter in letters.iter_mut().rev() {
        let digit = u8::try_from(rest % 62).unwrap_or(0);
        *letter = match digit {
            0..=9 => b'0' + digit,
            10..=35 => b'A' + (digit - 10),
            _ => b'a' + (digit - 36),
        };
        rest /= 62;
    }
    letters.iter().map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_knows_itself() {
        let key = generate().unwrap();
        assert!(is_key(&key) && key.len() == 45);
        assert!(!is_key(&key[..44]) && !is_key(&key.replace("live", "test")));
        let mut mistyped = key.clone().into_bytes();
        mistyped[20] = if mistyped[20] == b'x' { b'y' } else { b'x' };
        assert!(!is_key(&String::from_utf8(mistyped).unwrap()));
    }
}
