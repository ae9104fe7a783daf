//! Who may do which work: keeps the table of eligibility true whenever a fact about an expert or a project changes, and
//! says how many could, who, and why not.

mod eligibility;
mod offer;
pub mod jobs;
pub mod operations;
pub mod routes;
mod store;
