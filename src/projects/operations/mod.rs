//! What can be done with projects and tasks.

mod batches;
mod desk;
mod drafting;
mod files;
mod importing;
mod posting;
mod questions;
mod results;
mod shared;
mod showing;
mod staff;
mod states;
mod tasks;

pub use batches::{get_batch, list_batches, sign_off, signed_off_batch};
pub use desk::Desk;
pub use drafting::{create, patch};
pub use files::{begin_file, delete_file, find_file, list_files, put_file};
pub use importing::{ImportError, ImportOutcome, Judged, MAX_LINE_BYTES, begin_import, end_import, import_chunk};
pub use posting::{Posted, outcome_of, post_tasks};
pub use questions::{answer_question, ask, get_question, list_questions};
pub use results::{Export, Loaded, Place, ResultLine, begin_export, end_export, end_of_stretch, load_page};
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
