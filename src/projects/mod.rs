//! What labs ask for: projects, the requirement an expert must meet, and the schemas of inputs and answers; their tasks,
//! posted or imported, each with the money of its slots reserved; and what came of them, exported. What is confidential
//! (the lab's own name for a project, instructions, schemas, rubric, inputs) is sealed at the door; what experts see
//! before a claim is the public title.

pub mod brief;
pub mod controls;
pub mod draft;
pub mod json_schema;
pub mod new_task;
pub mod operations;
pub mod patch;
pub mod rate;
pub mod requirement;
pub mod routes;
mod store;
pub mod words;

pub use operations::{Returned, find_review_pay, open_brief, pseudonym, return_offered_money, return_slot_money};
pub use store::{ProjectRow, find_project, lock_project};
