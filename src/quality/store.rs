//! Judgements, labels, what is known about tasks, and how experts stand in projects.

mod judgements;
mod known;
mod labels;

pub(super) use judgements::*;
pub(super) use known::*;
pub(super) use labels::*;
