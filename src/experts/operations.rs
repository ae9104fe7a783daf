//! What can be done with an expert: profiles, credentials and their evidence, papers.

mod credentials;
mod decisions;
mod evidence;
mod papers;
mod profiles;

pub use credentials::{get_credential, list_all_credentials, list_credentials, state_credential};
pub use decisions::{reject, revoke, verify};
pub use evidence::{Upload, open_evidence, put_evidence};
pub use papers::{
    get_payout_method, get_tax_form, list_payout_methods, list_tax_standings, open_payout_method, set_payout_method,
    set_tax_form,
};
pub use profiles::{get, list, sign_up, update, view};

use crate::kernel::Role;

/// Who of the marketplace may see experts.
const SEES_EXPERTS: &[Role] = &[Role::Operations, Role::Admin, Role::Auditor];
