//! What can be done about commissions: plans, attributions, runs and statements, each beside it.
#![deny(clippy::arithmetic_side_effects)]

mod attributions;
mod plans;
mod run;
mod statements;

use diesel::PgConnection;

use super::simulate::{self, Answer, Body};
use crate::identity::operations::view_account;
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, Actor, Error, Form, Result, Role};

pub use attributions::{clear_attribution, create_attribution, get_attribution, list_attributions};
pub use plans::{add_participant, add_version, create_plan, get_participant, get_plan, list_participants, list_plans};
pub use run::{run, view_run};
pub use statements::{approve, get_statement, list_entries, list_statements, payroll};

/// Who reads what is owed to every executive; an executive reads their own.
const READS_ALL: &[Role] = &[Role::Finance, Role::Auditor];
const READS_OWN: &[Role] = &[Role::Finance, Role::Auditor, Role::AccountExecutive];

/// Draws up what a plan would give; nothing is stored.
pub fn simulate(actor: &Actor, form: &Form<Body>) -> Result<Answer> {
    actor.require(&[Role::Finance, Role::AccountExecutive, Role::Admin, Role::Auditor])?;
    simulate::simulate(form.open()?).map_err(Error::Invalid)
}

/// Whose the caller may see: `None` for everybody's; an executive who asks for somebody else's finds nothing.
fn visible(actor: &Actor, asked: Option<AccountId>) -> Result<Option<AccountId>> {
    let signed = actor.require(READS_OWN)?;
    match signed.role {
        Role::AccountExecutive if asked.is_some_and(|asked| asked != signed.account) => Err(Error::NotFound),
        Role::AccountExecutive => Ok(Some(signed.account)),
        _ => Ok(asked),
    }
}

/// The account of a body, which must be an account executive's.
fn judge_executive(conn: &mut PgConnection, id: AccountId, findings: &mut Findings) -> Result<()> {
    const POINTER: &str = "/account_executive_id";
    match view_account(conn, id) {
        Ok(account) => {
            let sells = account.role == Role::AccountExecutive;
            findings.check(sells, POINTER, "not_an_executive", "an account of role account_executive");
            Ok(())
        }
        Err(Error::NotFound) => {
            findings.add(POINTER, "not_found", "no such object");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Words of a person on a line: 1 to `max` characters.
fn judge_text(pointer: &str, text: &str, max: usize, findings: &mut Findings) {
    let worded = !text.trim().is_empty() && text.chars().count() <= max && !text.chars().any(char::is_control);
    findings.check(worded, pointer, "not_a_line", &format!("1 to {max} characters on one line"));
}
