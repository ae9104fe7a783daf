//! Credentials: what somebody learned or may practise, how far, and whether it was verified.

use chrono::NaiveDate;

use crate::kernel::Code;
use crate::words;

words!(
    /// What kind of thing a credential is.
    CredentialKind { Degree = "degree", License = "license", Certification = "certification" }
);

words!(
    /// How far a degree goes. Compare with [`CredentialLevel::at_least`]: master and professional are equals.
    CredentialLevel { Bachelor = "bachelor", Master = "master", Professional = "professional", Doctoral = "doctoral" }
);

impl CredentialLevel {
    /// Whether this level is as high as `wanted` or higher: bachelor < master = professional < doctoral.
    pub fn at_least(self, wanted: CredentialLevel) -> bool {
        self.rank() >= wanted.rank()
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Bachelor => 0,
            Self::Master | Self::Professional => 1,
            Self::Doctoral => 2,
        }
    }
}

words!(
    /// Where a credential stands; only a verified one counts.
    CredentialState {
        Pending = "pending",
        Verified = "verified",
        Rejected = "rejected",
        Revoked = "revoked",
        Expired = "expired",
    }
);

words!(
    /// What may befall a credential.
    CredentialEvent { Verify = "verify", Reject = "reject", Revoke = "revoke", Expire = "expire" }
);

impl CredentialState {
    /// The state after `event`, or why it may not happen: a pending credential is decided on once, a verified
    /// one is revoked or expires, and the rest is final.
    pub const fn after(self, event: CredentialEvent) -> Result<CredentialState, Code> {
        match (self, event) {
            (Self::Pending, CredentialEvent::Verify) => Ok(Self::Verified),
            (Self::Pending, CredentialEvent::Reject) => Ok(Self::Rejected),
            (Self::Verified, CredentialEvent::Revoke) => Ok(Self::Revoked),
            (Self::Verified, CredentialEvent::Expire) => Ok(Self::Expired),
            (_, CredentialEvent::Verify | CredentialEvent::Reject) => Err(Code::CredentialDecided),
            (_, CredentialEvent::Revoke | CredentialEvent::Expire) => Err(Code::InvalidState),
        }
    }
}

/// The last day on which a credential counts: the earlier of what it says itself and what staff verified it for.
/// Both days are inclusive, as a licence is good through the day printed on it.
pub fn last_day(expires_on: Option<NaiveDate>, valid_until: Option<NaiveDate>) -> Option<NaiveDate> {
    match (expires_on, valid_until) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_compare_as_published() {
        use CredentialLevel::{Bachelor, Doctoral, Master, Professional};
        assert!(Master.at_least(Professional) && Professional.at_least(Master) && Doctoral.at_least(Doctoral));
        assert!(Doctoral.at_least(Professional) && Master.at_least(Bachelor));
        assert!(!Bachelor.at_least(Master) && !Professional.at_least(Doctoral) && !Master.at_least(Doctoral));
    }

    #[test]
    fn four_of_all_transitions_are_allowed() {
        let all = CredentialState::ALL.iter().flat_map(|from| CredentialEvent::ALL.iter().map(|event| (*from, *event)));
        let (allowed, refused): (Vec<_>, Vec<_>) = all.partition(|(from, event)| from.after(*event).is_ok());
        assert_eq!((allowed.len(), refused.len()), (4, 16));
        assert_eq!(CredentialState::Revoked.after(CredentialEvent::Verify), Err(Code::CredentialDecided));
        assert_eq!(CredentialState::Pending.after(CredentialEvent::Revoke), Err(Code::InvalidState));
    }

    #[test]
    fn the_earlier_last_day_holds() {
        let day = |day| NaiveDate::from_ymd_opt(2030, 1, day);
        assert_eq!(last_day(day(3), day(2)), day(2));
        assert_eq!(last_day(day(3), None), day(3));
        assert_eq!(last_day(None, day(2)), day(2));
        assert_eq!(last_day(None, None), None);
    }
}
