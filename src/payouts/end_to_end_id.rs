//! The reference that travels with a payment and comes back on the bank's statement.
//!
//! One form serves every file. A payout's TypeID without underscore has 29 characters: the 35 of ISO 20022's
//! `EndToEndId` would carry it, the 15 of a NACHA individual identification number would not. So ours has 15: a letter
//! that says what it names (`P` a payout, `B` a batch) and the first 70 bits of the SHA-256 of the id's 16 bytes as 14
//! letters and digits. A prefix of a UUIDv7 would be mostly time; hashed, ten million payouts meet by chance once in
//! twenty million, and then the unique index on the column refuses the second. The first letter keeps spreadsheets
//! from reading one as a number (`1234567E8901234`).

use std::fmt;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::kernel::{BatchId, PayoutId};

/// 1 to 35 visible ASCII characters, as any bank may have given them; compared without regard to case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct EndToEndId(String);

/// The text is no end-to-end id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("end_to_end_id_invalid: 1 to 35 visible ASCII characters")]
pub struct NotAnEndToEndId;

/// Crockford's base32: no letter that a person reading it out could mistake.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl EndToEndId {
    /// The id of a payout, in every file and for ever.
    pub fn of_payout(payout: PayoutId) -> Self {
        Self::hashed('P', payout.0.as_bytes())
    }

    /// The reference of a batch that is booked as one sum.
    pub fn of_batch(batch: BatchId) -> Self {
        Self::hashed('B', batch.0.as_bytes())
    }

    /// Reads an id from a file; banks change case at will, so capitals are kept.
    pub fn parse(text: &str) -> Result<Self, NotAnEndToEndId> {
        let holds = (1..=35).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if holds { Ok(Self(text.to_ascii_uppercase())) } else { Err(NotAnEndToEndId) }
    }

    /// The text as it stands in files.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn hashed(kind: char, bytes: &[u8]) -> Self {
        let digest = Sha256::digest(bytes);
        let bits = digest.iter().take(16).fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
        let letters = (0..14u32).map(|place| {
            let five = usize::try_from((bits >> 123u32.saturating_sub(place.saturating_mul(5))) & 31).unwrap_or(0);
            char::from(ALPHABET.get(five).copied().unwrap_or(b'0'))
        });
        Self(std::iter::once(kind).chain(letters).collect())
    }
}

impl fmt::Display for EndToEndId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EndToEndId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use uuid::Uuid;

    #[test]
    fn it_fits_every_file_and_never_changes() {
        let id = EndToEndId::of_payout(PayoutId(Uuid::from_u128(1)));
        // The first 70 bits of 7c3ccd10bb7ec37b46…
        assert_eq!(id.as_str(), "PFGYCT45VFV1QPH");
        assert_ne!(id, EndToEndId::of_batch(BatchId(Uuid::from_u128(1))));
        assert_eq!(EndToEndId::parse(&id.as_str().to_lowercase()), Ok(id));
    }

    #[test]
    fn ids_made_in_one_millisecond_differ() {
        let all: HashSet<EndToEndId> =
            (0..100_000u128).map(|n| EndToEndId::of_payout(PayoutId(Uuid::from_u128(n)))).collect();
        assert_eq!(all.len(), 100_000);
        assert!(all.iter().all(|id| id.as_str().len() == 15 && id.as_str().bytes().all(|b| b.is_ascii_alphanumeric())));
    }

    #[test]
    fn only_what_a_message_can_carry_is_read() {
        for text in ["", " ", "a b", "é", "a\t", &"x".repeat(36)] {
            assert_eq!(EndToEndId::parse(text), Err(NotAnEndToEndId), "{text}");
        }
        assert!(EndToEndId::parse(&"x".repeat(35)).is_ok());
    }
}
