//! What runs by itself.

pub use super::operations::find_missing;
