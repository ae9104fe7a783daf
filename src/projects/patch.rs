//! A change of a project: laid over what stands, and judged as a whole again.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::brief::{Criterion, Label};
use super::controls::{GoldRules, Qualification};
use super::draft::{NewProject, Review};
use super::rate::Rate;
use super::requirement::Requirement;
use super::words::{Pricing, ReviewMode, TaskType};
use crate::kernel::Money;
use crate::kernel::form::Findings;

/// Fields to change; what is absent stays. After opening only `instructions`, `deadline`, `budget` (more of it) and
/// `review` may be given.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPatch {
    pub name: Option<String>,
    pub title: Option<String>,
    pub task_type: Option<TaskType>,
    pub instructions: Option<String>,
    /// `null` takes it away; fixed once tasks were posted.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Object>)]
    pub input_schema: Option<Option<Box<RawValue>>>,
    #[schema(value_type = Option<Object>)]
    pub output_schema: Option<Box<RawValue>>,
    pub label_pointer: Option<String>,
    pub labels: Option<Vec<Label>>,
    #[schema(value_type = Option<Requirement>)]
    pub requirement: Option<serde_json::Value>,
    /// Holds for tasks posted later; the pay rate is the default of it again.
    pub bill_rate: Option<Money>,
    pub pricing: Option<Pricing>,
    pub max_seconds: Option<i32>,
    pub overlap: Option<i16>,
    pub min_overlap: Option<i16>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Rate>)]
    pub stop_at_confidence: Option<Option<Rate>>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>)]
    pub max_tasks_per_expert: Option<Option<i32>>,
    pub gold: Option<GoldRules>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Qualification>)]
    pub qualification: Option<Option<Qualification>>,
    pub audit_days: Option<i16>,
    pub lease_seconds: Option<i32>,
    pub review: Option<ReviewPatch>,
    pub budget: Option<Money>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub deadline: Option<Option<DateTime<Utc>>>,
}

/// What to change about reviewing; what is absent stays.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReviewRulesPatch)]
pub struct ReviewPatch {
    pub mode: Option<ReviewMode>,
    pub sample_rate: Option<Rate>,
    pub levels: Option<i16>,
    pub auto_accept_after_seconds: Option<i32>,
    pub max_revisions: Option<i16>,
    pub rubric: Option<Vec<Criterion>>,
    /// `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Requirement>)]
    pub requirement: Option<Option<serde_json::Value>>,
}

/// Tells `null` from what is absent.
fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

impl ProjectPatch {
    /// The project as it would be.
    pub fn over(&self, stands: NewProject) -> NewProject {
        let labels_given = self.labels.is_some() || self.label_pointer.is_some();
        let (labels, label_pointer) = match labels_given {
            true => (self.labels.clone(), self.label_pointer.clone()),
            false => (stands.labels, stands.label_pointer),
        };
        NewProject {
            name: self.name.clone().unwrap_or(stands.name),
            title: self.title.clone().or(stands.title),
            task_type: self.task_type.unwrap_or(stands.task_type),
            instructions: self.instructions.clone().unwrap_or(stands.instructions),
            input_schema: self.input_schema.clone().unwrap_or(stands.input_schema),
            output_schema: self.output_schema.clone().unwrap_or(stands.output_schema),
            label_pointer,
            labels,
            requirement: self.requirement.clone().unwrap_or(stands.requirement),
            bill_rate: self.bill_rate.unwrap_or(stands.bill_rate),
            pricing: self.pricing.unwrap_or(stands.pricing),
            max_seconds: self.max_seconds.or(stands.max_seconds),
            overlap: self.overlap.unwrap_or(stands.overlap),
            // What follows from the overlap is worked out again where that changes.
            min_overlap: self.min_overlap.or(stands.min_overlap.filter(|_| !self.changes_overlap())),
            stop_at_confidence: self.stop_at_confidence.unwrap_or(stands.stop_at_confidence),
            max_tasks_per_expert: self.max_tasks_per_expert.unwrap_or(stands.max_tasks_per_expert),
            gold: self.gold.unwrap_or(stands.gold),
            qualification: self.qualification.unwrap_or(stands.qualification),
            audit_days: self.audit_days.unwrap_or(stands.audit_days),
            lease_seconds: self.lease_seconds.unwrap_or(stands.lease_seconds),
            review: self.review.as_ref().map_or(stands.review.clone(), |review| review.over(stands.review)),
            budget: self.budget.unwrap_or(stands.budget),
            deadline: self.deadline.unwrap_or(stands.deadline),
        }
    }

    /// Names of the fields that were given.
    pub fn fields(&self) -> Vec<&'static str> {
        let given = [
            ("name", self.name.is_some()),
            ("title", self.title.is_some()),
            ("task_type", self.task_type.is_some()),
            ("instructions", self.instructions.is_some()),
            ("input_schema", self.input_schema.is_some()),
            ("output_schema", self.output_schema.is_some()),
            ("label_pointer", self.label_pointer.is_some()),
            ("labels", self.labels.is_some()),
            ("requirement", self.requirement.is_some()),
            ("bill_rate", self.bill_rate.is_some()),
            ("pricing", self.pricing.is_some()),
            ("max_seconds", self.max_seconds.is_some()),
            ("overlap", self.overlap.is_some()),
            ("min_overlap", self.min_overlap.is_some()),
            ("stop_at_confidence", self.stop_at_confidence.is_some()),
            ("max_tasks_per_expert", self.max_tasks_per_expert.is_some()),
            ("gold", self.gold.is_some()),
            ("qualification", self.qualification.is_some()),
            ("audit_days", self.audit_days.is_some()),
            ("lease_seconds", self.lease_seconds.is_some()),
            ("review", self.review.is_some()),
            ("budget", self.budget.is_some()),
            ("deadline", self.deadline.is_some()),
        ];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    fn changes_overlap(&self) -> bool {
        self.overlap.is_some() || self.stop_at_confidence.is_some()
    }

    /// Whether the confidential part changes, and so its revision.
    pub fn changes_brief(&self) -> bool {
        const BRIEF: &[&str] = &["name", "instructions", "input_schema", "output_schema", "label_pointer", "labels"];
        let rubric = self.review.as_ref().is_some_and(|review| review.rubric.is_some());
        rubric || self.fields().iter().any(|field| BRIEF.contains(field))
    }

    /// What may not change any more.
    pub fn judge_fixed(&self, so_far: SoFar, budget: Money, findings: &mut Findings) {
        let SoFar { opened, tasks_posted, gold_posted } = so_far;
        const LATER: &[&str] = &["instructions", "deadline", "budget", "review"];
        for field in self.fields() {
            let fixed = opened && !LATER.contains(&field);
            findings.check(!fixed, &format!("/{field}"), "fixed_after_opening", "this stays as it was at opening");
        }
        // A task keeps the price and the slots it was posted with, while pay follows the project: none of them may drift from the other.
        const PRICED: &[&str] =
            &["bill_rate", "pricing", "max_seconds", "overlap", "min_overlap", "stop_at_confidence", "lease_seconds"];
        for field in self.fields().iter().filter(|_| tasks_posted && !opened) {
            let pointer = format!("/{field}");
            findings.check(!PRICED.contains(field), &pointer, "fixed_after_posting", "tasks were posted at this price");
            findings.check(*field != "input_schema", &pointer, "fixed_after_posting", "tasks were checked against it");
        }
        // Known answers were checked against them.
        const CHECKED: &[&str] = &["input_schema", "output_schema"];
        for field in self.fields().iter().filter(|field| gold_posted && !opened && CHECKED.contains(*field)) {
            findings.add(format!("/{field}"), "fixed_after_posting", "gold was checked against it");
        }
        let less = self.budget.is_some_and(|new| new.amount() < budget.amount());
        findings.check(!(opened && less), "/budget/amount", "only_more", "after opening a budget only grows");
    }
}

/// How far a project has come, as far as it decides what may still change.
#[derive(Debug, Clone, Copy)]
pub struct SoFar {
    /// It is no draft any more.
    pub opened: bool,
    /// It has tasks that are no gold.
    pub tasks_posted: bool,
    /// It has gold.
    pub gold_posted: bool,
}

impl ReviewPatch {
    fn over(&self, stands: Review) -> Review {
        Review {
            mode: self.mode.unwrap_or(stands.mode),
            sample_rate: self.sample_rate.unwrap_or(stands.sample_rate),
            levels: self.levels.unwrap_or(stands.levels),
            auto_accept_after_seconds: self.auto_accept_after_seconds.unwrap_or(stands.auto_accept_after_seconds),
            max_revisions: self.max_revisions.unwrap_or(stands.max_revisions),
            rubric: self.rubric.clone().unwrap_or(stands.rubric),
            requirement: self.requirement.clone().unwrap_or(stands.requirement),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Currency, Error};

    #[test]
    fn null_is_not_absence() {
        let patch: ProjectPatch = serde_json::from_str(r#"{"deadline": null}"#).unwrap();
        assert_eq!((patch.deadline, patch.input_schema.is_none()), (Some(None), true));
        assert_eq!(patch.fields(), ["deadline"]);
        assert!(!patch.changes_brief());
        let patch: ProjectPatch = serde_json::from_str(r#"{"review": {"rubric": []}, "input_schema": true}"#).unwrap();
        assert!(patch.changes_brief());
        assert_eq!(patch.input_schema.unwrap().unwrap().get(), "true");
    }

    #[test]
    fn after_opening_little_may_change() {
        let text =
            r#"{"name": "x", "overlap": 2, "instructions": "y", "budget": {"amount": "9.99", "currency": "USD"}}"#;
        let patch: ProjectPatch = serde_json::from_str(text).unwrap();
        let mut findings = Findings::default();
        let so_far = SoFar { opened: true, tasks_posted: true, gold_posted: true };
        patch.judge_fixed(so_far, Money::parse("10.00", Currency::USD).unwrap(), &mut findings);
        let Err(Error::Invalid(found)) = findings.done() else { panic!("nothing was found") };
        let pointers: Vec<&str> = found.iter().map(|finding| finding.pointer.as_str()).collect();
        assert_eq!(pointers, ["/name", "/overlap", "/budget/amount"]);
    }
}
