//! `collegium account create`: how the first people of a marketplace come in.

use std::io::Read;

use crate::app::Place;
use crate::config::Settings;
use crate::db::Db;
use crate::experts::find_expert;
use crate::identity::operations::{judge_email, judge_name};
use crate::identity::{NewAccount, Passwords, create_account};
use crate::kernel::form::Findings;
use crate::kernel::{Clock, Error, ExpertId, Ids, Result, Role};

/// Makes an account; joins the embedded cluster of a service that is running.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn create(
    settings: &Settings,
    (role, expert): (Role, Option<ExpertId>),
    email: &str,
    name: Option<String>,
) -> Result<()> {
    let mut password = String::new();
    std::io::stdin().take(4096).read_to_string(&mut password).map_err(Error::internal)?;
    let password = password.trim_end_matches(['\n', '\r']);
    let display_name = name.unwrap_or_else(|| email.to_owned());
    let mut findings = Findings::default();
    findings.check(role.is_staff(), "/role", "not_allowed", "labs and experts sign up over HTTP; this makes staff");
    judge_email(email, &mut findings);
    judge_name("/name", &display_name, &mut findings);
    Passwords::judge(password, email, &mut findings);
    findings.done()?;
    let password = Passwords::new(1)?.hash_now(password)?;
    let place = Place::join(settings)?;
    let clock = Clock::default();
    let ids = Ids::random(clock.clone()).map_err(Error::internal)?;
    let db = Db::new(&place.pool, clock, ids);
    let new = NewAccount { email: email.to_owned(), display_name, password, role, lab: None, expert };
    let id = db.write_now(&db.system(), |conn, ctx| {
        if let Some(expert) = expert {
            find_expert(conn, expert)?.ok_or_else(|| Error::unknown_id("/expert"))?;
        }
        create_account(conn, ctx, new.clone())
    })?;
    println!("{id}");
    Ok(())
}
