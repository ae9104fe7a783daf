//! What is known of an expert when a requirement is judged.

use chrono::NaiveDate;

use crate::experts::credential::{CredentialKind, CredentialLevel, CredentialState};
use crate::experts::isced::FieldCode;
use crate::experts::language::SpokenLanguage;
use crate::kernel::jurisdiction::{CountryCode, Jurisdiction};
use crate::kernel::{ExpertId, ProjectId, PseudonymId};

/// What is known of an expert, as the lab of the requirement may use it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The expert.
    pub expert: ExpertId,
    /// As that lab knows them; empty until it has met them.
    pub pseudonyms: Vec<PseudonymId>,
    /// Where they live.
    pub country: CountryCode,
    /// What they speak.
    pub languages: Vec<SpokenLanguage>,
    /// What they hold; those that are not verified may stay away and count for nothing.
    pub credentials: Vec<HeldCredential>,
    /// How many of their tasks were ever accepted.
    pub accepted_tasks: u32,
    /// How good their work is: what counts for a field has been counted for the fields around it too.
    pub reputation: Vec<FieldReputation>,
    /// In which projects they have qualified.
    pub qualified: Vec<ProjectId>,
}

/// A credential of an expert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldCredential {
    /// What kind of thing it is.
    pub kind: CredentialKind,
    /// Where it stands.
    pub state: CredentialState,
    /// Its field.
    pub field: FieldCode,
    /// How far it goes.
    pub level: Option<CredentialLevel>,
    /// Its title, a word of the controlled list for a license.
    pub title: String,
    /// Where it holds.
    pub jurisdiction: Option<Jurisdiction>,
    /// The first day on which it counts: the day it was awarded.
    pub valid_from: NaiveDate,
    /// The last day on which it counts; see `experts::credential::last_day`.
    pub valid_until: Option<NaiveDate>,
}

impl HeldCredential {
    /// Whether it is verified and `day` is one of its days.
    pub fn counts_on(&self, day: NaiveDate) -> bool {
        self.state == CredentialState::Verified
            && self.valid_from <= day
            && self.valid_until.is_none_or(|until| day <= until)
    }

    /// The first day after `today` on which it begins or ceases to count.
    pub fn turns_after(&self, today: NaiveDate) -> Option<NaiveDate> {
        if self.state != CredentialState::Verified {
            return None;
        }
        let ceases = self.valid_until.and_then(|until| until.succ_opt());
        [Some(self.valid_from), ceases].into_iter().flatten().filter(|day| *day > today).min()
    }
}

/// A reputation in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldReputation {
    /// The field; `None` for all work together.
    pub field: Option<FieldCode>,
    /// In basis points, rounded down; 10,000 is 1.
    pub bps: u16,
}
