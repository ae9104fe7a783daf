//! Those who work: profiles, credentials, where their pay goes and what tax they declared.

pub mod payout_method;
pub mod tax_form;
