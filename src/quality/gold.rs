//! What is known about a task, and whether an answer is the known one.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::labels::{at, same};
use crate::projects::brief::Label;

/// The right answer to a task and why, as they are sealed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    /// As the project's output schema asks.
    pub answer: Box<RawValue>,
    /// For whoever has answered.
    pub explanation: Option<String>,
}

/// How an answer to a task stands whose right answer is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = KnownAnswer)]
pub struct KnownView {
    /// Whether the answer was the known one.
    pub right: bool,
    /// Why that is the right one.
    pub explanation: Option<String>,
}

/// Whether an answer is the known one: in every label of the project that the known answer has, or, where it has none,
/// as a whole.
pub fn is_right(labels: &[Label], known: &RawValue, answer: &RawValue) -> bool {
    let mut asked = labels.iter().filter_map(|label| Some((at(known, &label.pointer)?, at(answer, &label.pointer))));
    let Some(first) = asked.next() else { return same(known, answer) };
    let right = |(known, given): (&RawValue, Option<&RawValue>)| given.is_some_and(|given| same(known, given));
    right(first) && asked.all(right)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::projects::words::LabelLevel;

    fn right(pointers: &[&str], known: &str, answer: &str) -> bool {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let labels: Vec<Label> = pointers
            .iter()
            .map(|pointer| Label { name: "l".to_owned(), pointer: (*pointer).to_owned(), level: LabelLevel::Nominal })
            .collect();
        is_right(&labels, &raw(known), &raw(answer))
    }

    #[test]
    fn every_label_must_be_right_and_the_rest_is_free() {
        let known = r#"{"verdict":"OK","score":4,"why":"because"}"#;
        assert!(right(&["/verdict", "/score"], known, r#"{"score":4.0,"verdict":"OK","why":"so"}"#));
        assert!(!right(&["/verdict", "/score"], known, r#"{"score":5,"verdict":"OK"}"#));
        assert!(!right(&["/verdict", "/score"], known, r#"{"verdict":"OK"}"#));
        assert!(right(&["/verdict", "/other"], known, r#"{"verdict":"OK","other":1}"#));
    }

    #[test]
    fn without_labels_the_whole_answer_must_be_right() {
        let known = r#"{"a":[1,{"b":2.50}]}"#;
        assert!(right(&[], known, r#"{ "a": [1.0, {"b": 25e-1}] }"#));
        assert!(!right(&[], known, r#"{"a":[1,{"b":2.5}],"c":null}"#));
        assert!(!right(&["/nowhere"], known, r#"{"a":[]}"#));
    }
}
