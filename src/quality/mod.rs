//! How good the work is: labels of accepted answers, tasks whose right answer is known, the stage before the work, how sure
//! a consensus is, what each judgement says about the person judged, and what follows from all of them.
//!
//! What is locked here comes after the seats of experts: their engagements, one at a time.

mod gold;
mod judgement;
mod labels;
mod operations;
mod posterior;
mod qualification;
mod reputation;
pub mod routes;
mod store;

pub use gold::{Known, KnownView};
pub use judgement::{Judged, Judgement};
pub use operations::{
    Counted, answer_known, code_labels, count, count_labels, explain, facts, forget_labels, is_settled, is_training,
    note_accepted, note_judged, qualified_in, qualify, record,
};
pub use qualification::{Attempt, Stage};
