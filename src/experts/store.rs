//! Experts, their credentials with the evidence, and their papers.

mod credentials;
mod evidence;
mod experts;
mod papers;

pub use credentials::CredentialRow;
pub use experts::{ExpertRow, find_expert};
pub use papers::PayoutMethodRow;

pub(super) use credentials::*;
pub(super) use evidence::*;
pub(super) use experts::*;
pub(super) use papers::*;
