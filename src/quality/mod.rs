//! How good the work is: what each judgement says about the person judged, and what follows from all of them.

mod judgement;
mod operations;
mod store;

pub use judgement::{Judged, Judgement};
pub use operations::record;
