//! A task as a lab posts it, judged before it is stored.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::json_schema::{MAX_INSTANCE_BYTES, Schema};
use crate::kernel::form::Findings;
use crate::kernel::{Error, FieldError, TaskId};

/// The keyed digest of what a task says.
pub type Digest = [u8; 32];

/// Longest name of a batch, in characters.
const MAX_BATCH_CHARS: usize = 100;
/// Longest explanation of a known answer, in characters.
const MAX_EXPLANATION_CHARS: usize = 10_000;

/// A task as a lab posts it.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTask {
    /// The lab's own id of it, once per project: 1 to 255 characters.
    pub external_id: String,
    /// Any JSON of at most 1 MiB that fits the project's input schema; kept and served as the bytes received.
    #[schema(value_type = Object)]
    pub input: Box<RawValue>,
    /// 0 to 100; higher is served first.
    #[serde(default = "fifty")]
    pub priority: i16,
    /// The lab's own name for the tasks that it wants delivered and signed off together: 1 to 100 characters.
    #[serde(default)]
    pub batch_id: Option<String>,
    /// Makes it gold: a task whose answer is known, hidden among the claims. It has no slots, costs the lab nothing, and
    /// counts in no progress and no result.
    #[serde(default)]
    pub gold: Option<NewGold>,
}

/// What is known about a gold task.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewGold {
    /// The right answer, which fits the project's output schema.
    #[schema(value_type = Object)]
    pub answer: Box<RawValue>,
    /// Why it is right, for whoever answered: 1 to 10,000 characters.
    pub explanation: String,
    /// Explained at once, not only after the project has closed.
    #[serde(default)]
    pub training: bool,
}

/// What is kept sealed of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// The right answer, as the bytes received.
    pub answer: Box<RawValue>,
    /// Why it is right.
    pub explanation: String,
}

fn fifty() -> i16 {
    50
}

/// What inputs and answers of a project must look like.
#[derive(Debug, Clone)]
pub struct Schemas {
    /// Of inputs, where there is one.
    pub input: Option<Schema>,
    /// Of answers.
    pub output: Schema,
}

/// What becomes of a posted task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New(Digest),
    /// It stands already, unchanged.
    Known(TaskId),
    /// An earlier one of the same call, at this index, says the same.
    Repeats(usize),
    /// It is refused.
    Wrong(Vec<FieldError>),
}

impl NewTask {
    /// What its digest covers: the input, and of gold also what is known. No JSON begins with the byte that gold does.
    pub fn said(&self) -> Vec<u8> {
        let input = self.input.get().as_bytes();
        let Some(gold) = &self.gold else { return input.to_vec() };
        let mut said = vec![0, u8::from(gold.training)];
        for part in [input, gold.answer.get().as_bytes(), gold.explanation.as_bytes()] {
            said.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            said.extend_from_slice(part);
        }
        said
    }
}

/// What is wrong with the task by itself; pointers are within it. It was read by `read_json` or within a body, so that
/// its input is known to be JSON that every reader understands alike.
pub fn judge(task: &NewTask, schemas: &Schemas) -> Vec<FieldError> {
    let mut findings = Findings::default();
    findings.check(is_name(&task.external_id, 255), "/external_id", "not_a_name", "1 to 255 characters on one line");
    findings.check((0..=100).contains(&task.priority), "/priority", "out_of_range", "0 to 100");
    let batch = task.batch_id.as_deref().is_none_or(|name| is_name(name, MAX_BATCH_CHARS));
    findings.check(batch, "/batch_id", "not_a_name", "1 to 100 characters on one line");
    let input = task.input.get();
    match &schemas.input {
        Some(schema) => findings.extend("/input", schema.validate_json(input)),
        None => findings.check(input.len() <= MAX_INSTANCE_BYTES, "/input", "too_large", "at most 1 MiB"),
    }
    if let Some(gold) = &task.gold {
        findings.extend("/gold/answer", schemas.output.validate_json(gold.answer.get()));
        let explained = (1..=MAX_EXPLANATION_CHARS).contains(&gold.explanation.trim().chars().count());
        findings.check(explained, "/gold/explanation", "wrong_length", "1 to 10,000 characters");
    }
    match findings.done() {
        Err(Error::Invalid(found)) => found,
        _ => Vec::new(),
    }
}

fn is_name(name: &str, max_chars: usize) -> bool {
    // Few names are so long that their characters need to be counted.
    let short = name.len() <= max_chars || name.chars().count() <= max_chars;
    !name.trim().is_empty() && short && !name.chars().any(char::is_control)
}

/// What becomes of tasks, by their external ids, that are right by themselves, given what stands under these: sent again
/// unchanged a task is the same one, with another input or other gold it is a conflict.
pub fn sort_out<'t>(
    judged: impl IntoIterator<Item = (&'t str, Result<Digest, Vec<FieldError>>)>,
    known: &HashMap<String, (TaskId, Vec<u8>)>,
) -> Vec<Fate> {
    let mut earlier: HashMap<&str, (usize, Digest)> = HashMap::new();
    let mut fates = Vec::new();
    for (index, (id, digest)) in judged.into_iter().enumerate() {
        let fate = match (digest, known.get(id), earlier.get(id)) {
            (Err(found), ..) => Fate::Wrong(found),
            (Ok(digest), Some((task, stands)), _) if digest[..] == stands[..] => Fate::Known(*task),
            (Ok(digest), None, Some((first, said))) if digest == *said => Fate::Repeats(*first),
            (Ok(_), Some(_), _) | (Ok(_), None, Some(_)) => Fate::Wrong(vec![conflict()]),
            (Ok(digest), None, None) => {
                earlier.insert(id, (index, digest));
                Fate::New(digest)
            }
        };
        fates.push(fate);
    }
    fates
}

fn conflict() -> FieldError {
    FieldError {
        pointer: "/external_id".to_owned(),
        code: "external_id_conflict".to_owned(),
        detail: "a task of this external_id stands with another input or other gold".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schemas(one: &[u8]) -> Schemas {
        let schema = crate::projects::json_schema::compile(one).unwrap();
        Schemas { input: Some(schema.clone()), output: schema }
    }

    fn task(text: &str) -> NewTask {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn inputs_keep_their_bytes() {
        let task = task(r#"{"external_id": "a", "input": {"x": 1.10,  "y": 1e2}}"#);
        assert_eq!((task.input.get(), task.priority), (r#"{"x": 1.10,  "y": 1e2}"#, 50));
        assert!(judge(&task, &schemas(b"{}")).is_empty());
    }

    #[test]
    fn findings_point_into_the_task() {
        let schemas = schemas(br#"{"properties": {"x": {"type": "string"}}}"#);
        let pointers = |text: &str| -> Vec<String> {
            judge(&task(text), &schemas).into_iter().map(|finding| finding.pointer).collect()
        };
        let wrong = r#"{"external_id": "", "input": {"x": 1}, "priority": 101, "batch_id": "a\nb"}"#;
        assert_eq!(pointers(wrong), ["/external_id", "/priority", "/batch_id", "/input/x"]);
        let gold = r#"{"external_id": "g", "input": {}, "gold": {"answer": {"x": 2}, "explanation": " "}}"#;
        assert_eq!(pointers(gold), ["/gold/answer/x", "/gold/explanation"]);
    }

    #[test]
    fn what_is_said_covers_input_and_gold() {
        let said = |text: &str| task(text).said();
        let plain = said(r#"{"external_id":"a","input":1,"priority":9,"batch_id":"b"}"#);
        assert_eq!(plain, b"1");
        let gold = |gold: &str| said(&format!(r#"{{"external_id":"a","input":1,"gold":{gold}}}"#));
        let all = [
            plain,
            gold(r#"{"answer":1,"explanation":"ab"}"#),
            gold(r#"{"answer":1,"explanation":"ab","training":true}"#),
            gold(r#"{"answer":12,"explanation":"ab"}"#),
            gold(r#"{"answer":1,"explanation":"abc"}"#),
        ];
        for (place, one) in all.iter().enumerate() {
            assert!(all.iter().skip(place + 1).all(|other| one != other), "{place}");
        }
    }

    #[test]
    fn the_same_again_is_no_second_task() {
        let (a, b, c) = ("a", "b", "c");
        let stands = TaskId(uuid::Uuid::from_u128(7));
        let known = HashMap::from([("a".to_owned(), (stands, vec![1; 32])), ("c".to_owned(), (stands, vec![9; 32]))]);
        let wrong = vec![conflict()];
        let fates = sort_out(
            vec![
                (a, Ok([1; 32])),
                (a, Ok([2; 32])),
                (b, Err(wrong.clone())),
                (b, Ok([3; 32])),
                (b, Ok([3; 32])),
                (b, Ok([4; 32])),
                (c, Ok([1; 32])),
            ],
            &known,
        );
        let refused = || Fate::Wrong(wrong.clone());
        let expected =
            [Fate::Known(stands), refused(), refused(), Fate::New([3; 32]), Fate::Repeats(3), refused(), refused()];
        assert_eq!(fates, expected);
    }
}
