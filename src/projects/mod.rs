//! What labs ask for: projects, the requirement an expert must meet, and the schemas of inputs and answers.

pub mod json_schema;
pub mod requirement;
