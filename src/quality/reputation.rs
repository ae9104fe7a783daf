//! How good somebody's work is: the mean of a Beta posterior over their judgements, for all work and by field.
//!
//! The prior is Beta(4, 1), as if five judgements stood before the first one, four of them good: a newcomer is taken for
//! good until shown otherwise, and ten judgements weigh twice as much as the prior. Reputation is not more than this mean
//! yet; a lower bound and the decay of what is old belong beside `Tally::mean_bps`.

#![expect(clippy::float_arithmetic, reason = "a consensus weighs its answers by probabilities")]

use std::collections::{BTreeMap, BTreeSet};

use crate::experts::isced::FieldCode;
use crate::kernel::ProjectId;
use crate::projects::requirement::{FieldReputation, Leaf, Requirement};

/// Good judgements that the prior is worth.
const PRIOR_GOOD: u64 = 4;
/// All judgements that the prior is worth.
const PRIOR: u64 = 5;

/// How many judgements there are, and how many of them in the person's favour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// In their favour.
    pub good: u64,
    /// All.
    pub all: u64,
}

impl Tally {
    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { good: self.good.saturating_add(other.good), all: self.all.saturating_add(other.all) }
    }

    /// The posterior mean in basis points, rounded down.
    pub fn mean_bps(self) -> u16 {
        let good = self.good.saturating_add(PRIOR_GOOD).saturating_mul(10_000);
        let bps = good.checked_div(self.all.saturating_add(PRIOR)).unwrap_or_default();
        u16::try_from(bps).unwrap_or(10_000)
    }

    /// The same as a probability, for a consensus.
    pub fn mean(self) -> f64 {
        f64::from(self.mean_bps()) * 1e-4
    }

    /// The share of good ones in basis points, rounded down, without any prior; nothing where there are none.
    pub fn share_bps(self) -> Option<u16> {
        u16::try_from(self.good.saturating_mul(10_000).checked_div(self.all)?).ok()
    }
}

/// What somebody's work came to, for all of it and by field.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// All judgements.
    pub overall: Tally,
    /// By field; what counts for a detailed field counts for the narrow and the broad one that it lies in.
    pub by_field: BTreeMap<FieldCode, Tally>,
}

impl Standing {
    /// Of judgements by project, where these projects ask for these fields.
    pub fn of(judged: &[(ProjectId, Tally)], fields: &BTreeMap<ProjectId, BTreeSet<FieldCode>>) -> Self {
        let mut standing = Self::default();
        for (project, tally) in judged {
            standing.overall = standing.overall.plus(*tally);
            for field in fields.get(project).into_iter().flatten() {
                let sum = standing.by_field.entry(field.clone()).or_default();
                *sum = sum.plus(*tally);
            }
        }
        standing
    }

    /// As a requirement asks for it. Whoever was never judged has no reputation at all.
    pub fn facts(&self) -> Vec<FieldReputation> {
        if self.overall.all == 0 {
            return Vec::new();
        }
        let overall = FieldReputation { field: None, bps: self.overall.mean_bps() };
        let by_field = self.by_field.iter();
        let by_field =
            by_field.map(|(field, tally)| FieldReputation { field: Some(field.clone()), bps: tally.mean_bps() });
        std::iter::once(overall).chain(by_field).collect()
    }
}

/// The fields that a project's work lies in: those of the credentials that it asks for, each with the fields around it.
pub fn fields_of(requirement: &Requirement) -> BTreeSet<FieldCode> {
    let mut fields = BTreeSet::new();
    for (pointer, leaf) in requirement.leaves() {
        // What an expert must not have says nothing about the work.
        if let Leaf::Credential { field, .. } = leaf
            && !pointer.contains("/not/")
        {
            let code = field.to_string();
            let around = (2..=code.len()).filter_map(|digits| code.get(..digits)?.parse().ok());
            fields.extend(around);
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;
    use crate::projects::requirement::parse;

    fn field(code: &str) -> FieldCode {
        code.parse().unwrap()
    }

    #[test]
    fn a_prior_of_five_judgements_gives_way() {
        let mean = |good, all| Tally { good, all }.mean_bps();
        assert_eq!((mean(0, 0), mean(1, 1), mean(0, 1), mean(45, 45), mean(0, 95)), (8_000, 8_333, 6_666, 9_800, 400));
        assert_eq!(Tally { good: 1, all: 3 }.share_bps(), Some(3_333));
        assert_eq!(Tally::default().share_bps(), None);
    }

    #[test]
    fn a_project_lies_in_the_fields_it_asks_for_and_around_them() {
        let asked = json!({"all": [{"credential": {"field": "0511"}}, {"any": [{"credential": {"field": "061"}}]},
            {"not": {"credential": {"field": "0912"}}}]});
        let fields = fields_of(&parse(&asked).unwrap());
        let codes: Vec<String> = fields.iter().map(ToString::to_string).collect();
        assert_eq!(codes, ["05", "051", "0511", "06", "061"]);
    }

    #[test]
    fn fields_are_summed_and_nobody_has_a_reputation_before_the_first_judgement() {
        let (one, other) = (ProjectId(Uuid::from_u128(1)), ProjectId(Uuid::from_u128(2)));
        let fields = BTreeMap::from([
            (one, BTreeSet::from([field("05"), field("051")])),
            (other, BTreeSet::from([field("05")])),
        ]);
        let judged = [(one, Tally { good: 1, all: 2 }), (other, Tally { good: 3, all: 3 })];
        let standing = Standing::of(&judged, &fields);
        assert_eq!(standing.overall, Tally { good: 4, all: 5 });
        assert_eq!(standing.by_field[&field("05")], Tally { good: 4, all: 5 });
        assert_eq!(standing.by_field[&field("051")], Tally { good: 1, all: 2 });
        assert_eq!(standing.facts().len(), 3);
        assert!(Standing::of(&[], &fields).facts().is_empty());
    }

    proptest! {
        #[test]
        fn a_good_judgement_raises_the_mean_and_a_bad_one_lowers_it(good in 0u64..10_000, bad in 0u64..10_000) {
            let tally = Tally { good, all: good + bad };
            let (better, worse) = (Tally { good: good + 1, all: good + bad + 1 }, Tally { good, all: good + bad + 1 });
            prop_assert!(better.mean_bps() >= tally.mean_bps() && worse.mean_bps() <= tally.mean_bps());
            prop_assert!(tally.mean_bps() <= 10_000);
        }
    }
}
