//! The states of an offer and the steps between them.

use crate::kernel::Code;
use crate::words;

words!(
    /// The states of an offer.
    OfferState {
        Open = "open",
        Accepted = "accepted",
        Declined = "declined",
        Expired = "expired",
        Withdrawn = "withdrawn",
    }
);

impl OfferState {
    /// Whether its slots are still set aside.
    pub fn runs(self) -> bool {
        matches!(self, Self::Open | Self::Accepted)
    }

    /// The state after an answer, or `invalid_state`: what runs can be declined, withdrawn, and expire; only what is open
    /// can be accepted.
    pub fn become_state(self, next: Self) -> Result<Self, Code> {
        match (self, next) {
            (Self::Open, Self::Accepted)
            | (Self::Open | Self::Accepted, Self::Declined | Self::Expired | Self::Withdrawn) => Ok(next),
            (Self::Open | Self::Accepted | Self::Declined | Self::Expired | Self::Withdrawn, _) => {
                Err(Code::InvalidState)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_that_ended_stays_ended() {
        for state in OfferState::ALL.iter().filter(|state| !state.runs()) {
            for next in OfferState::ALL {
                assert_eq!(state.become_state(*next), Err(Code::InvalidState));
            }
        }
        assert_eq!(OfferState::Open.become_state(OfferState::Accepted), Ok(OfferState::Accepted));
        assert_eq!(OfferState::Accepted.become_state(OfferState::Accepted), Err(Code::InvalidState));
        assert_eq!(OfferState::Accepted.become_state(OfferState::Declined), Ok(OfferState::Declined));
        assert_eq!(OfferState::Open.become_state(OfferState::Open), Err(Code::InvalidState));
    }
}
