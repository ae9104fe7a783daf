//! What a lab asks for when it drafts a project, judged as a whole: every finding at once, at its pointer.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::brief::{Brief, Criterion, Label};
use super::controls::{self, GoldRules, Qualification};
use super::json_schema;
use super::rate::Rate;
use super::requirement::{self, Leaf, Named, Requirement};
use super::words::{LabelLevel, Pricing, ReviewMode, TaskType};
use crate::kernel::form::Findings;
use crate::kernel::money::MoneyError;
use crate::kernel::{Currency, Error, Money, Result};

/// Longest instructions, in characters.
const MAX_INSTRUCTIONS_CHARS: usize = 100_000;
/// Labels of an answer, and criteria of a rubric.
const MAX_ENTRIES: usize = 50;

/// A project as a lab asks for it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// The lab's own name for it; confidential.
    pub name: String,
    /// What experts see before a claim; made of the task type and the field unless given.
    #[serde(default)]
    pub title: Option<String>,
    pub task_type: TaskType,
    /// What to do; confidential.
    pub instructions: String,
    /// JSON Schema 2020-12 of a task's input, at most 64 KiB.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub input_schema: Option<Box<RawValue>>,
    /// JSON Schema 2020-12 of an answer, at most 64 KiB.
    #[schema(value_type = Object)]
    pub output_schema: Box<RawValue>,
    /// JSON pointer to the one nominal label of an answer; instead of `labels`.
    #[serde(default)]
    pub label_pointer: Option<String>,
    /// Where labels stand in an answer.
    #[serde(default)]
    pub labels: Option<Vec<Label>>,
    /// Who may do the work.
    #[schema(value_type = Requirement)]
    pub requirement: serde_json::Value,
    /// What the lab pays per task or per hour, in its billing currency.
    pub bill_rate: Money,
    #[serde(default = "per_task")]
    pub pricing: Pricing,
    /// Billable seconds of one answer at most: 60 to 86400, the lease unless given.
    #[serde(default)]
    pub max_seconds: Option<i32>,
    /// Answers wanted for each task: 1 to 50.
    #[serde(default = "one")]
    pub overlap: i16,
    /// Answers of a task that are asked for at first, where `stop_at_confidence` is given: 1 to `overlap`, 2 unless given.
    #[serde(default)]
    pub min_overlap: Option<i16>,
    /// From which certainty of the consensus about its first label, which is nominal, no further answers to a task are
    /// asked for. Makes `overlap` the most of them.
    #[serde(default)]
    pub stop_at_confidence: Option<Rate>,
    /// How many of the tasks one expert may hold or have done.
    #[serde(default)]
    pub max_tasks_per_expert: Option<i32>,
    #[serde(default)]
    pub gold: GoldRules,
    /// What comes before the work.
    #[serde(default)]
    pub qualification: Option<Qualification>,
    /// For how many days the lab may audit what was accepted: 0 to 90.
    #[serde(default = "fortnight")]
    pub audit_days: i16,
    /// How long a claim lasts: 60 to 604800.
    #[serde(default = "an_hour")]
    pub lease_seconds: i32,
    #[serde(default)]
    pub review: Review,
    /// What the project may reserve and spend at most.
    pub budget: Money,
    /// After which nobody claims.
    #[serde(default)]
    pub deadline: Option<DateTime<Utc>>,
}

/// How answers are reviewed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReviewRules)]
pub struct Review {
    /// Which answers a person looks at.
    pub mode: ReviewMode,
    /// The share of them where `mode` is `sample`: 0 to 1.
    pub sample_rate: Rate,
    /// How many reviewers one after another: 1 to 3.
    pub levels: i16,
    /// After which an answer that nobody looked at is accepted: 1 to 2592000.
    pub auto_accept_after_seconds: i32,
    /// How often a revision may be asked for: 0 to 10.
    pub max_revisions: i16,
    /// What reviewers score; confidential.
    pub rubric: Vec<Criterion>,
    /// Which experts may review, and are paid for it; without it the marketplace's own reviewers do.
    #[schema(value_type = Option<Requirement>)]
    pub requirement: Option<serde_json::Value>,
}

impl Default for Review {
    fn default() -> Self {
        Self {
            mode: ReviewMode::All,
            sample_rate: Rate::TENTH,
            levels: 1,
            auto_accept_after_seconds: 604_800,
            max_revisions: 2,
            rubric: Vec::new(),
            requirement: None,
        }
    }
}

fn per_task() -> Pricing {
    Pricing::PerTask
}

fn one() -> i16 {
    1
}

fn fortnight() -> i16 {
    14
}

fn an_hour() -> i32 {
    3_600
}

/// A project that was judged and found good.
#[derive(Debug)]
pub struct Draft {
    /// What experts see before a claim.
    pub title: String,
    /// What kind of work.
    pub task_type: TaskType,
    /// The confidential part.
    pub brief: Brief,
    /// Who may do it.
    pub requirement: Requirement,
    /// Per task or per hour.
    pub bill_rate: Money,
    /// What the rate is for.
    pub pricing: Pricing,
    /// Billable seconds of one slot at most.
    pub max_seconds: i32,
    /// What one slot reserves.
    pub slot_price: Money,
    /// Slots of a task.
    pub overlap: i16,
    /// Of them, open from the start.
    pub min_overlap: i16,
    /// From which certainty on no more answers are asked for.
    pub stop_at_confidence: Option<Rate>,
    /// How many tasks one expert may hold or have done.
    pub max_tasks_per_expert: Option<i32>,
    /// The share of claims that are gold.
    pub gold: GoldRules,
    /// What comes before the work.
    pub qualification: Option<Qualification>,
    /// For how many days the lab may audit what was accepted.
    pub audit_days: i16,
    /// Which experts may review.
    pub review_requirement: Option<Requirement>,
    /// How long a claim lasts.
    pub lease_seconds: i32,
    /// How answers are reviewed; its rubric stands in the brief.
    pub review: Review,
    /// What may be committed at most.
    pub budget: Money,
    /// After which nobody claims.
    pub deadline: Option<DateTime<Utc>>,
}

/// Judges a project of a lab that pays in `currency`, or says everything that is wrong with it. Whether the pseudonyms
/// it names are the lab's own, and the projects, is told by `unknown`, which the caller asks of the store.
pub fn judge(new: NewProject, currency: Currency, mut unknown: impl FnMut(&Named) -> Result<Named>) -> Result<Draft> {
    let mut findings = Findings::default();
    judge_texts(&new, &mut findings);
    judge_schemas(&new, &mut findings);
    judge_numbers(&new, &mut findings);
    judge_review(&new.review, &mut findings);
    let requirement = requirement::judge(("/requirement", &new.requirement), &mut unknown, &mut findings)?;
    let review_requirement = match &new.review.requirement {
        Some(asked) => requirement::judge(("/review/requirement", asked), &mut unknown, &mut findings)?,
        None => None,
    };
    let max_seconds = new.max_seconds.unwrap_or(new.lease_seconds.min(86_400));
    let slot_price = judge_money(&new, max_seconds, currency, &mut findings);
    let labels = judge_labels(&new, &mut findings);
    controls::judge(&new, currency, slot_price, &mut findings);
    findings.done()?;
    let (Some(requirement), Some(slot_price)) = (requirement, slot_price) else {
        return Err(Error::internal("a project without findings lacks a part"));
    };
    let min_overlap = controls::min_overlap(&new);
    let NewProject { name, title, task_type, instructions, input_schema, output_schema, .. } = new;
    let rubric = new.review.rubric.clone();
    let brief = Brief { name: name.trim().to_owned(), instructions, input_schema, output_schema, labels, rubric };
    Ok(Draft {
        title: title.map_or_else(|| default_title(task_type, &requirement), |title| title.trim().to_owned()),
        task_type,
        brief,
        requirement,
        bill_rate: new.bill_rate,
        pricing: new.pricing,
        max_seconds,
        slot_price,
        overlap: new.overlap,
        min_overlap,
        stop_at_confidence: new.stop_at_confidence,
        max_tasks_per_expert: new.max_tasks_per_expert,
        gold: new.gold,
        qualification: new.qualification,
        audit_days: new.audit_days,
        review_requirement,
        lease_seconds: new.lease_seconds,
        review: new.review,
        budget: new.budget,
        deadline: new.deadline,
    })
}

/// What one slot reserves: the bill rate, or for hourly work what the longest billable answer would cost.
pub fn slot_price(bill_rate: Money, pricing: Pricing, max_seconds: i32) -> Result<Money, MoneyError> {
    match pricing {
        Pricing::PerTask => Ok(bill_rate),
        Pricing::PerHour => bill_rate.for_seconds(i64::from(max_seconds)),
    }
}

fn default_title(task_type: TaskType, requirement: &Requirement) -> String {
    let kind = match task_type {
        TaskType::Demonstration => "Demonstration",
        TaskType::Comparison => "Comparison",
        TaskType::Grading => "Grading",
        TaskType::Classification => "Classification",
        TaskType::RedTeam => "Red teaming",
        TaskType::Custom => "Expert work",
    };
    let leaves = requirement.leaves();
    let field = leaves.iter().find_map(|(_, leaf)| match leaf {
        Leaf::Credential { field, .. } => Some(field.label()),
        _ => None,
    });
    field.map_or_else(|| kind.to_owned(), |field| format!("{kind}: {field}"))
}

fn judge_texts(new: &NewProject, findings: &mut Findings) {
    judge_line("/name", &new.name, findings);
    if let Some(title) = &new.title {
        judge_line("/title", title, findings);
    }
    let length = new.instructions.chars().count();
    let fits = !new.instructions.trim().is_empty() && length <= MAX_INSTRUCTIONS_CHARS;
    findings.check(fits, "/instructions", "wrong_length", "1 to 100000 characters");
}

fn judge_line(pointer: &str, text: &str, findings: &mut Findings) {
    let fits = !text.trim().is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    findings.check(fits, pointer, "not_a_name", "1 to 200 characters on one line");
}

fn judge_schemas(new: &NewProject, findings: &mut Findings) {
    let schemas = [("/input_schema", new.input_schema.as_deref()), ("/output_schema", Some(&*new.output_schema))];
    for (pointer, schema) in schemas {
        if let Some(Err(found)) = schema.map(|schema| json_schema::cached(schema.get().as_bytes())) {
            findings.extend(pointer, found);
        }
    }
}

fn judge_numbers(new: &NewProject, findings: &mut Findings) {
    findings.check((1..=50).contains(&new.overlap), "/overlap", "out_of_range", "1 to 50");
    let lease = (60..=604_800).contains(&new.lease_seconds);
    findings.check(lease, "/lease_seconds", "out_of_range", "60 to 604800");
    let longest = new.max_seconds.is_none_or(|seconds| (60..=86_400).contains(&seconds));
    findings.check(longest, "/max_seconds", "out_of_range", "60 to 86400");
}

fn judge_review(review: &Review, findings: &mut Findings) {
    findings.check((1..=3).contains(&review.levels), "/review/levels", "out_of_range", "1 to 3");
    let accept = (1..=2_592_000).contains(&review.auto_accept_after_seconds);
    findings.check(accept, "/review/auto_accept_after_seconds", "out_of_range", "1 to 2592000");
    findings.check((0..=10).contains(&review.max_revisions), "/review/max_revisions", "out_of_range", "0 to 10");
    findings.check(review.rubric.len() <= MAX_ENTRIES, "/review/rubric", "too_long", "at most 50 criteria");
    let mut seen = BTreeSet::new();
    for (index, entry) in review.rubric.iter().take(MAX_ENTRIES).enumerate() {
        let at = |member: &str| format!("/review/rubric/{index}/{member}");
        judge_line(&at("criterion"), &entry.criterion, findings);
        findings.check(seen.insert(&entry.criterion), &at("criterion"), "duplicate", "each criterion once");
        let described = entry.description.chars().count() <= 2_000;
        findings.check(described, &at("description"), "wrong_length", "at most 2000 characters");
        findings.check((1..=100).contains(&entry.weight), &at("weight"), "out_of_range", "1 to 100");
    }
}

fn judge_money(new: &NewProject, max_seconds: i32, currency: Currency, findings: &mut Findings) -> Option<Money> {
    for (pointer, money) in [("/bill_rate", new.bill_rate), ("/budget", new.budget)] {
        let at = format!("{pointer}/currency");
        findings.check(
            money.currency() == currency,
            &at,
            "wrong_currency",
            &format!("the lab is billed in {currency}"),
        );
        findings.check(money.is_positive(), &format!("{pointer}/amount"), "not_positive", "more than nothing");
    }
    let price =
        findings.keep("/bill_rate/amount", "out_of_range", slot_price(new.bill_rate, new.pricing, max_seconds))?;
    let worthless = new.bill_rate.is_positive() && !price.is_positive();
    findings.check(!worthless, "/bill_rate/amount", "too_small", "max_seconds at this rate come to nothing");
    Some(price)
}

fn judge_labels(new: &NewProject, findings: &mut Findings) -> Vec<Label> {
    let labels = match (&new.label_pointer, &new.labels) {
        (Some(_), Some(_)) => {
            findings.add("/labels", "both_given", "give label_pointer or labels, not both");
            return Vec::new();
        }
        (Some(pointer), None) => {
            findings.check(is_pointer(pointer), "/label_pointer", "not_a_pointer", "a JSON pointer such as /label");
            let level = LabelLevel::Nominal;
            return vec![Label { name: "label".to_owned(), pointer: pointer.clone(), level }];
        }
        (None, labels) => labels.clone().unwrap_or_default(),
    };
    findings.check(labels.len() <= MAX_ENTRIES, "/labels", "too_long", "at most 50 labels");
    let mut seen = BTreeSet::new();
    for (index, label) in labels.iter().take(MAX_ENTRIES).enumerate() {
        let at = |member: &str| format!("/labels/{index}/{member}");
        judge_line(&at("name"), &label.name, findings);
        findings.check(seen.insert(&label.name), &at("name"), "duplicate", "each name once");
        findings.check(is_pointer(&label.pointer), &at("pointer"), "not_a_pointer", "a JSON pointer such as /label");
    }
    labels
}

/// RFC 6901 §3: empty, or reference tokens that each begin with a slash; `~` only as `~0` or `~1`.
fn is_pointer(text: &str) -> bool {
    let escaped = text.split('~').skip(1).all(|after| after.starts_with(['0', '1']));
    (text.is_empty() || text.starts_with('/')) && escaped && text.len() <= 1_000
}

#[cfg(test)]
mod tests;
