//! What can be done with projects and tasks.

mod drafting;
mod posting;
mod results;
mod shared;
mod showing;
mod staff;
mod states;
mod tasks;

pub use drafting::{create, patch};
pub use posting::{
    ImportError, ImportOutcome, MAX_LINE_BYTES, Posted, import_chunk, may_import, outcome_of, post_tasks,
};
pub use results::{Export, ResultLine, begin_export, end_export, export_page};
pub use shared::{Returned, open_brief, pseudonym, return_offered_money, return_slot_money};
pub use showing::{get, list, progress};
pub use staff::{find_review_pay, get_pay_rate, get_reviewers, set_pay_rate, set_reviewers};
pub use states::{close, open, pause};
pub use tasks::{cancel_task, get_task, list_tasks, patch_task};

use crate::kernel::Role;

/// Staff who see projects: names-free, without content.
const SEES_PROJECTS: &[Role] = &[Role::Operations, Role::Finance, Role::Admin, Role::Auditor, Role::Reviewer];
/// Staff who see what experts are paid.
const SEES_PAY: &[Role] = &[Role::Operations, Role::Finance, Role::Admin, Role::Auditor];
