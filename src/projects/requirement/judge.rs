//! Judging a requirement as a lab writes it: what it names must be the lab's own.

use serde_json::Value;

use super::{ExpertRef, Leaf, Requirement, parse};
use crate::kernel::form::Findings;
use crate::kernel::{ProjectId, PseudonymId, Result};

/// What a requirement names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Named {
    /// Experts, as the lab knows them.
    pub pseudonyms: Vec<PseudonymId>,
    /// Projects whose qualification is asked for.
    pub projects: Vec<ProjectId>,
}

/// A requirement that stands at `at` of a body; `unknown` says what of that which it names is not the lab's own.
pub fn judge(
    (at, value): (&str, &Value),
    unknown: &mut impl FnMut(&Named) -> Result<Named>,
    findings: &mut Findings,
) -> Result<Option<Requirement>> {
    let requirement = match parse(value) {
        Ok(requirement) => requirement,
        Err(found) => {
            findings.extend(at, found);
            return Ok(None);
        }
    };
    let (mut experts, mut projects) = (Vec::new(), Vec::new());
    for (pointer, leaf) in requirement.leaves() {
        match leaf {
            Leaf::Expert { among } => {
                for (index, one) in among.iter().enumerate() {
                    let at = format!("{at}{pointer}/in/{index}");
                    match one {
                        ExpertRef::Pseudonym(id) => experts.push((at, *id)),
                        ExpertRef::Expert(_) => findings.add(at, "staff_only", "a lab names experts by their xpn_ ids"),
                    }
                }
            }
            Leaf::Qualified { project } => projects.push((format!("{at}{pointer}/project"), *project)),
            _ => {}
        }
    }
    if experts.is_empty() && projects.is_empty() {
        return Ok(Some(requirement));
    }
    let named = Named {
        pseudonyms: experts.iter().map(|(_, id)| *id).collect(),
        projects: projects.iter().map(|(_, id)| *id).collect(),
    };
    let unknown = unknown(&named)?;
    let experts = experts.into_iter().filter(|(_, id)| unknown.pseudonyms.contains(id)).map(|(at, _)| at);
    let projects = projects.into_iter().filter(|(_, id)| unknown.projects.contains(id)).map(|(at, _)| at);
    for at in experts.chain(projects) {
        findings.add(at, "not_found", "no such object");
    }
    Ok(Some(requirement))
}
