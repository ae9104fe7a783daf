//! Who may do a project's work: a tree of `all`, `any` and `not` over leaves about an expert, read strictly,
//! written canonically, and judged on facts with an explanation for whoever it turns away.

mod evaluate;
mod facts;
mod judge;
mod parse;
mod tree;

pub use evaluate::{FailingLeaf, Verdict, evaluate, holds};
pub use facts::{Facts, FieldReputation, HeldCredential};
pub use judge::{Named, judge};
pub use parse::{MAX_DEPTH, MAX_IN, MAX_LEAVES, parse};
pub use tree::{ExpertRef, Leaf, Requirement};

#[cfg(test)]
mod tests;
