//! Judging a requirement on facts: whether it holds, until when that is certain, and if not, why.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::facts::{Facts, HeldCredential};
use super::tree::{ExpertRef, Leaf, Requirement};
use crate::experts::credential::{CredentialKind, CredentialState};

/// What a requirement says of an expert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Verdict {
    /// Whether it holds.
    pub eligible: bool,
    /// The first later day on which, with nothing else changed, a credential begins or ceases to count that the
    /// requirement looks at: before it the answer stays as it is. `null`: it stays for good.
    pub until: Option<NaiveDate>,
    /// What stands in the way; empty when it holds.
    pub failing: Vec<FailingLeaf>,
}

/// A leaf that stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FailingLeaf {
    /// Its JSON pointer within the requirement.
    pub pointer: String,
    /// The leaf as written, without the names of other experts.
    #[schema(value_type = Object)]
    pub leaf: Value,
    /// Why it stands in the way, in a sentence.
    pub why: String,
    /// The list of alternatives it stands in: mending what fails below one entry of it is enough. `null`: this
    /// leaf must be mended.
    pub one_of: Option<String>,
}

/// Whether the requirement holds on the day `today`.
pub fn holds(requirement: &Requirement, facts: &Facts, today: NaiveDate) -> bool {
    match requirement {
        Requirement::All(children) => children.iter().all(|child| holds(child, facts, today)),
        Requirement::Any(children) => children.iter().any(|child| holds(child, facts, today)),
        Requirement::Not(child) => !holds(child, facts, today),
        Requirement::Leaf(leaf) => leaf_holds(leaf, facts, today),
    }
}

/// Whether the requirement holds on the day `today`, until when that is certain, and if not, why.
pub fn evaluate(requirement: &Requirement, facts: &Facts, today: NaiveDate) -> Verdict {
    let eligible = holds(requirement, facts, today);
    let mut explanation = Explanation { facts, today, failing: Vec::new() };
    if !eligible {
        explanation.explain(requirement, Place::default(), true);
    }
    Verdict { eligible, until: until(requirement, facts, today), failing: explanation.failing }
}

fn until(requirement: &Requirement, facts: &Facts, today: NaiveDate) -> Option<NaiveDate> {
    let leaves = requirement.leaves();
    let looked_at = |held: &&HeldCredential| leaves.iter().any(|(_, leaf)| answers(leaf, held));
    facts.credentials.iter().filter(looked_at).filter_map(|held| held.turns_after(today)).min()
}

fn leaf_holds(leaf: &Leaf, facts: &Facts, today: NaiveDate) -> bool {
    match leaf {
        Leaf::Credential { .. } | Leaf::License { .. } | Leaf::Certification { .. } => {
            facts.credentials.iter().any(|held| held.counts_on(today) && answers(leaf, held))
        }
        Leaf::Language { code, at_least } => {
            facts.languages.iter().any(|known| known.code == *code && at_least.is_none_or(|level| known.level >= level))
        }
        Leaf::Country { within } => within.contains(&facts.country),
        Leaf::Reputation { at_least_bps, field } => {
            facts.reputation.iter().any(|held| held.field == *field && held.bps >= *at_least_bps)
        }
        Leaf::AcceptedTasks { at_least } => facts.accepted_tasks >= *at_least,
        Leaf::Qualified { project } => facts.qualified.contains(project),
        Leaf::Expert { among } => among.iter().any(|one| match one {
            ExpertRef::Expert(id) => *id == facts.expert,
            ExpertRef::Pseudonym(id) => facts.pseudonyms.contains(id),
        }),
    }
}

/// Whether a credential is of the kind that the leaf asks for, whatever its state and its days.
fn answers(leaf: &Leaf, held: &HeldCredential) -> bool {
    match leaf {
        Leaf::Credential { field, level } => {
            let far_enough = level.is_none_or(|wanted| held.level.is_some_and(|level| level.at_least(wanted)));
            held.field.is_within(field) && far_enough
        }
        Leaf::License { title, jurisdiction } => {
            let here = |wanted| held.jurisdiction.as_ref().is_some_and(|place| place.satisfies(wanted));
            let place_fits = jurisdiction.as_ref().is_none_or(here);
            held.kind == CredentialKind::License && held.title == title.as_str() && place_fits
        }
        Leaf::Certification { title } => {
            held.kind == CredentialKind::Certification && plain(&held.title) == plain(title)
        }
        _ => false,
    }
}

/// A title without what nobody means by it: case, and how wide the space is.
fn plain(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Where in the tree an explanation stands.
#[derive(Default)]
struct Place {
    pointer: String,
    one_of: Option<String>,
}

impl Place {
    fn below(&self, step: &str, one_of: Option<String>) -> Place {
        Place { pointer: format!("{}/{step}", self.pointer), one_of: one_of.or_else(|| self.one_of.clone()) }
    }
}

struct Explanation<'a> {
    facts: &'a Facts,
    today: NaiveDate,
    failing: Vec<FailingLeaf>,
}

impl Explanation<'_> {
    /// Notes the leaves because of which `node` is not `wanted`.
    fn explain(&mut self, node: &Requirement, place: Place, wanted: bool) {
        match node {
            Requirement::Not(child) => self.explain(child, place.below("not", None), !wanted),
            Requirement::Leaf(leaf) => self.note(leaf, place, wanted),
            Requirement::All(children) | Requirement::Any(children) => {
                let word = node.word();
                // To make an `any` true, or an `all` false, one child is enough.
                let one_suffices = matches!(node, Requirement::Any(_)) == wanted && children.len() > 1;
                let group = one_suffices.then(|| format!("{}/{word}", place.pointer));
                for (index, child) in children.iter().enumerate() {
                    if holds(child, self.facts, self.today) != wanted {
                        self.explain(child, place.below(&format!("{word}/{index}"), group.clone()), wanted);
                    }
                }
            }
        }
    }

    fn note(&mut self, leaf: &Leaf, place: Place, wanted: bool) {
        let what = leaf.describe();
        let why = if wanted {
            format!("This asks for {what}.{}", self.almost(leaf))
        } else {
            format!("This is closed to anyone with {what}.")
        };
        // The names of other experts are nobody's business.
        let members = if matches!(leaf, Leaf::Expert { .. }) { json!({}) } else { leaf.members() };
        let shown = Value::Object(Map::from_iter([(leaf.word().to_owned(), members)]));
        let pointer = format!("{}/{}", place.pointer, leaf.word());
        self.failing.push(FailingLeaf { pointer, leaf: shown, why, one_of: place.one_of });
    }

    /// What became of a credential that would have done.
    fn almost(&self, leaf: &Leaf) -> String {
        let mut would_do = self.facts.credentials.iter().filter(|held| answers(leaf, held));
        let Some(held) = would_do.next_back() else { return String::new() };
        match (held.state, held.valid_until) {
            (CredentialState::Pending, _) => " Yours awaits verification.".to_owned(),
            (CredentialState::Rejected, _) => " Yours was not verified.".to_owned(),
            (CredentialState::Revoked, _) => " Yours was revoked.".to_owned(),
            (CredentialState::Verified, _) if held.valid_from > self.today => {
                format!(" Yours counts from {}.", held.valid_from)
            }
            (CredentialState::Verified | CredentialState::Expired, Some(until)) => format!(" Yours ended on {until}."),
            (CredentialState::Verified | CredentialState::Expired, None) => " Yours has ended.".to_owned(),
        }
    }
}
