//! The confidential part of a project: sealed as one object, one revision per change of the instructions.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::words::LabelLevel;
use crate::kernel::{AdjudicationId, ProjectId, SubmissionId, TaskId};
use crate::trust::Object;

/// What experts are told, and what their answers must look like. Schemas are kept as the bytes received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Brief {
    /// The lab's own name for the project; experts see its public title instead.
    pub name: String,
    /// What to do.
    pub instructions: String,
    /// JSON Schema 2020-12 of a task's input.
    pub input_schema: Option<Box<RawValue>>,
    /// JSON Schema 2020-12 of an answer.
    pub output_schema: Box<RawValue>,
    /// Where labels stand in an answer.
    pub labels: Vec<Label>,
    /// What reviewers score.
    pub rubric: Vec<Criterion>,
}

/// A label within an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// What it is called.
    pub name: String,
    /// JSON pointer (RFC 6901) into the answer.
    pub pointer: String,
    /// Its level of measurement.
    pub level: LabelLevel,
}

/// A criterion of the review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// Its name.
    pub criterion: String,
    /// What to look at.
    pub description: String,
    /// Its weight, 1…100.
    pub weight: u8,
}

/// The brief of a project at the door.
pub fn brief_object(project: ProjectId, version: i32) -> Object {
    Object { kind: "project.brief", id: project.0, version }
}

/// The input of a task at the door.
pub fn input_object(task: TaskId) -> Object {
    Object { kind: "task.input", id: task.0, version: 1 }
}

/// What is known of a gold task at the door.
pub fn gold_object(task: TaskId) -> Object {
    Object { kind: "task.gold", id: task.0, version: 1 }
}

/// An answer at the door.
pub fn answer_object(submission: SubmissionId) -> Object {
    Object { kind: "submission.answer", id: submission.0, version: 1 }
}

/// An adjudicated answer at the door.
pub fn adjudicated_object(adjudication: AdjudicationId) -> Object {
    Object { kind: "adjudication.answer", id: adjudication.0, version: 1 }
}
