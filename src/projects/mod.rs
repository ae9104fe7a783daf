//! What labs ask for: projects, the requirement an expert must meet, and the schemas of inputs and answers.

pub mod json_schema;
pub mod requirement;
pub mod brief;
mod store;
pub mod words;

pub use store::{ProjectRow, find_project, lock_project};
