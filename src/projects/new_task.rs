//! A task as a lab posts it, judged before it is stored.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::json_schema::{MAX_INSTANCE_BYTES, Schema};
use crate::kernel::form::Findings;
use crate::kernel::json;
use crate::kernel::{Error, FieldError, TaskId};

/// The keyed digest of an input.
pub type Digest = [u8; 32];

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
}

fn fifty() -> i16 {
    50
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

/// What is wrong with the task by itself; pointers are within it.
pub fn judge(task: &NewTask, schema: Option<&Schema>) -> Vec<FieldError> {
    let mut findings = Findings::default();
    let id = task.external_id.as_str();
    let named = !id.trim().is_empty() && id.chars().count() <= 255 && !id.chars().any(char::is_control);
    findings.check(named, "/external_id", "not_a_name", "1 to 255 characters on one line");
    findings.check((0..=100).contains(&task.priority), "/priority", "out_of_range", "0 to 100");
    match schema {
        Some(schema) => findings.extend("/input", schema.validate(task.input.get().as_bytes())),
        None => {
            if let Err(fault) = json::check(task.input.get().as_bytes(), MAX_INSTANCE_BYTES) {
                findings.add("/input", "invalid", fault.to_string());
            }
        }
    }
    match findings.done() {
        Err(Error::Invalid(found)) => found,
        _ => Vec::new(),
    }
}

/// What becomes of tasks that are right by themselves, given what stands under their external ids: sent again unchanged
/// a task is the same one, with another input it is a conflict.
pub fn sort_out(
    judged: Vec<(&NewTask, Result<Digest, Vec<FieldError>>)>,
    known: &HashMap<String, (TaskId, Vec<u8>)>,
) -> Vec<Fate> {
    let mut earlier: HashMap<&str, (usize, Digest)> = HashMap::new();
    let mut fates = Vec::with_capacity(judged.len());
    for (index, (task, digest)) in judged.into_iter().enumerate() {
        let id = task.external_id.as_str();
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
        detail: "a task of this external_id stands with another input".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(text: &str) -> NewTask {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn inputs_keep_their_bytes() {
        let task = task(r#"{"external_id": "a", "input": {"x": 1.10,  "y": 1e2}}"#);
        assert_eq!((task.input.get(), task.priority), (r#"{"x": 1.10,  "y": 1e2}"#, 50));
        assert!(judge(&task, None).is_empty());
    }

    #[test]
    fn findings_point_into_the_task() {
        let schema = crate::projects::json_schema::compile(br#"{"properties": {"x": {"type": "string"}}}"#).unwrap();
        let found = judge(&task(r#"{"external_id": "", "input": {"x": 1}, "priority": 101}"#), Some(&schema));
        let pointers: Vec<&str> = found.iter().map(|finding| finding.pointer.as_str()).collect();
        assert_eq!(pointers, ["/external_id", "/priority", "/input/x"]);
    }

    #[test]
    fn the_same_again_is_no_second_task() {
        let (a, b, c) = (
            task(r#"{"external_id":"a","input":1}"#),
            task(r#"{"external_id":"b","input":1}"#),
            task(r#"{"external_id":"c","input":1}"#),
        );
        let stands = TaskId(uuid::Uuid::from_u128(7));
        let known = HashMap::from([("a".to_owned(), (stands, vec![1; 32])), ("c".to_owned(), (stands, vec![9; 32]))]);
        let wrong = vec![conflict()];
        let fates = sort_out(
            vec![
                (&a, Ok([1; 32])),
                (&a, Ok([2; 32])),
                (&b, Err(wrong.clone())),
                (&b, Ok([3; 32])),
                (&b, Ok([3; 32])),
                (&b, Ok([4; 32])),
                (&c, Ok([1; 32])),
            ],
            &known,
        );
        let refused = || Fate::Wrong(wrong.clone());
        let expected =
            [Fate::Known(stands), refused(), refused(), Fate::New([3; 32]), Fate::Repeats(3), refused(), refused()];
        assert_eq!(fates, expected);
    }
}
