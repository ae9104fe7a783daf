//! Who works: experts, the credentials that qualify them, their countries, languages and fields, and where their money
//! goes.

pub mod credential;
pub mod evidence;
pub mod expert;
pub mod isced;
pub mod jobs;
pub mod language;
pub mod license_title;
pub mod new_credential;
pub mod operations;
pub mod orcid;
pub mod payout_method;
pub mod ror;
pub mod routes;
mod store;
pub mod tax_form;
pub mod timezone;

pub use store::{CredentialRow, ExpertRow, PayoutMethodRow, find_expert};
