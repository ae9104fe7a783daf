//! What loaded rows say of an expert, gathered into the facts that a requirement is judged on.

use std::collections::HashMap;

use serde_json::Value;

use crate::experts::language::SpokenLanguage;
use crate::kernel::jurisdiction::CountryCode;
use crate::kernel::{Error, ExpertId, LabId, ProjectId, PseudonymId, Result};
use crate::projects::requirement::{Facts, FieldReputation, HeldCredential, Requirement, parse};

/// A project whose requirement is judged.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Which.
    pub project: ProjectId,
    /// Whose pseudonyms its leaves name.
    pub lab: LabId,
    /// Who may do its work.
    pub requirement: Requirement,
}

impl Asked {
    /// Reads a stored requirement, which was judged when it was stored.
    pub fn read(project: ProjectId, lab: LabId, stored: &Value) -> Result<Self> {
        let requirement = parse(stored)
            .map_err(|found| Error::internal(format!("the stored requirement of {project} is none: {found:?}")))?;
        Ok(Self { project, lab, requirement })
    }
}

/// Rows about experts, each list in any order.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Who, and where they live.
    pub experts: Vec<(ExpertId, CountryCode)>,
    /// What they speak.
    pub languages: Vec<(ExpertId, SpokenLanguage)>,
    /// What they hold.
    pub credentials: Vec<(ExpertId, HeldCredential)>,
    /// As which lab knows them.
    pub pseudonyms: Vec<(ExpertId, LabId, PseudonymId)>,
    /// How many of their tasks were accepted.
    pub accepted: Vec<(ExpertId, i64)>,
    /// How good their work is.
    pub reputation: Vec<(ExpertId, FieldReputation)>,
    /// Where they have qualified.
    pub qualified: Vec<(ExpertId, ProjectId)>,
}

/// An expert's facts, without the names that labs have for them until a lab is chosen.
#[derive(Debug, Clone)]
pub struct Known {
    facts: Facts,
    pseudonyms: Vec<(LabId, PseudonymId)>,
}

impl Known {
    /// Whose facts these are.
    pub fn expert(&self) -> ExpertId {
        self.facts.expert
    }

    /// The facts as this lab may use them.
    pub fn for_lab(&mut self, lab: LabId) -> &Facts {
        let of_lab = self.pseudonyms.iter().filter(|(whose, _)| *whose == lab);
        self.facts.pseudonyms = of_lab.map(|(_, id)| *id).collect();
        &self.facts
    }
}

impl Gathered {
    /// One entry for each expert, in the order of their ids.
    pub fn into_known(self) -> Vec<Known> {
        let mut languages = by_expert(self.languages);
        let mut credentials = by_expert(self.credentials);
        let mut reputation = by_expert(self.reputation);
        let mut qualified = by_expert(self.qualified);
        let mut accepted: HashMap<ExpertId, i64> = self.accepted.into_iter().collect();
        let pseudonyms = self.pseudonyms.into_iter().map(|(expert, lab, id)| (expert, (lab, id)));
        let mut pseudonyms = by_expert(pseudonyms.collect());
        let known = |(expert, country)| Known {
            facts: Facts {
                expert,
                pseudonyms: Vec::new(),
                country,
                languages: languages.remove(&expert).unwrap_or_default(),
                credentials: credentials.remove(&expert).unwrap_or_default(),
                accepted_tasks: u32::try_from(accepted.remove(&expert).unwrap_or_default()).unwrap_or(u32::MAX),
                reputation: reputation.remove(&expert).unwrap_or_default(),
                qualified: qualified.remove(&expert).unwrap_or_default(),
            },
            pseudonyms: pseudonyms.remove(&expert).unwrap_or_default(),
        };
        let mut all: Vec<Known> = self.experts.into_iter().map(known).collect();
        all.sort_by_key(Known::expert);
        all
    }
}

fn by_expert<T>(rows: Vec<(ExpertId, T)>) -> HashMap<ExpertId, Vec<T>> {
    let mut sorted: HashMap<ExpertId, Vec<T>> = HashMap::new();
    for (expert, row) in rows {
        sorted.entry(expert).or_default().push(row);
    }
    sorted
}

/// Fewer than this are not told apart, so that no figure points at a person.
const FEW: usize = 5;

/// A count as a lab is told it.
pub fn as_told(count: usize) -> String {
    if count < FEW { format!("<{FEW}") } else { count.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    #[test]
    fn each_lab_has_its_own_names_for_an_expert() {
        let (ann, bob) = (ExpertId(Uuid::from_u128(1)), ExpertId(Uuid::from_u128(2)));
        let (one, other) = (LabId(Uuid::from_u128(10)), LabId(Uuid::from_u128(11)));
        let (first, second) = (PseudonymId(Uuid::from_u128(20)), PseudonymId(Uuid::from_u128(21)));
        let country: CountryCode = "DE".parse().unwrap();
        let gathered = Gathered {
            experts: vec![(bob, country.clone()), (ann, country)],
            pseudonyms: vec![(ann, one, first), (ann, other, second)],
            accepted: vec![(bob, 3)],
            ..Gathered::default()
        };
        let mut known = gathered.into_known();
        assert_eq!(known.iter().map(Known::expert).collect::<Vec<_>>(), [ann, bob]);
        assert_eq!(known[0].for_lab(other).pseudonyms, [second]);
        assert_eq!(known[0].for_lab(one).pseudonyms, [first]);
        assert_eq!((known[1].for_lab(one).pseudonyms.len(), known[1].for_lab(one).accepted_tasks), (0, 3));
    }

    #[test]
    fn few_are_not_told_apart() {
        assert_eq!([0, 1, 4, 5, 6].map(as_told), ["<5", "<5", "<5", "5", "6"]);
    }

    #[test]
    fn a_stored_requirement_is_read_strictly() {
        let (project, lab) = (ProjectId(Uuid::nil()), LabId(Uuid::nil()));
        assert!(Asked::read(project, lab, &json!({"country": {"in": ["US"]}})).is_ok());
        assert!(matches!(Asked::read(project, lab, &json!({})), Err(Error::Internal(_))));
    }
}
