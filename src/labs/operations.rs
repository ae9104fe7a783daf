//! What can be done with a lab.

use diesel::PgConnection;
use serde_json::json;

use super::routes::{LabView, NewLab};
use super::store::{self, LabState, NewLabRow};
use crate::http::Paging;
use crate::identity::operations::{judge_email, judge_name};
use crate::identity::{NewAccount, PasswordHash, Passwords, create_account, random_text};
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, Form, LabId, Page, Result, Role};
use crate::record::{self, Change, Event};

/// Who of the marketplace may see labs.
const SEES_LABS: &[Role] = &[Role::Operations, Role::Finance, Role::Admin, Role::Auditor];

/// Signs a lab up, with its owner; it is pending until staff activate it.
pub fn sign_up(
    conn: &mut PgConnection,
    ctx: &Ctx,
    form: &Form<NewLab>,
    password: Option<&PasswordHash>,
) -> Result<LabId> {
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_name("/name", &new.name, &mut findings);
    judge_email(&new.email, &mut findings);
    Passwords::judge(&new.password, &new.email, &mut findings);
    findings.done()?;
    let password = password.ok_or_else(|| Error::internal("a good password was not hashed"))?.clone();
    let id = LabId(ctx.ids.next());
    let row = NewLabRow {
        id,
        // Experts see a client by this alone; nothing of the lab's name is in it.
        code_name: format!("client-{}", random_text(8)?.to_lowercase()),
        name: new.name.trim(),
        country: new.country.as_str(),
        billing_currency: new.billing_currency,
        billing_exponent: i16::try_from(new.billing_currency.exponent()).map_err(Error::internal)?,
    };
    store::insert_lab(conn, &row)?;
    let owner = NewAccount {
        email: new.email.clone(),
        display_name: new.name.clone(),
        password,
        role: Role::LabOwner,
        lab: Some(id),
        expert: None,
    };
    create_account(conn, ctx, owner)?;
    record::change(
        conn,
        ctx,
        Change { event: Event::LabCreated, object: id.0, lab: Some(id), detail: json!({"lab_id": id}) },
    )?;
    Ok(id)
}

/// Lets a lab post work.
pub fn activate(conn: &mut PgConnection, ctx: &Ctx, id: LabId) -> Result<LabId> {
    ctx.actor.require(&[Role::Operations, Role::Admin])?;
    let lab = store::lock_lab(conn, id)?.ok_or(Error::NotFound)?;
    if lab.state != LabState::Pending {
        return Err(Code::InvalidState.into());
    }
    store::activate_lab(conn, id, ctx.now)?;
    record::change(
        conn,
        ctx,
        Change { event: Event::LabActivated, object: id.0, lab: Some(id), detail: json!({"lab_id": id}) },
    )?;
    Ok(id)
}

/// A lab as its own people and staff see it.
pub fn get(conn: &mut PgConnection, ctx: &Ctx, id: LabId) -> Result<LabView> {
    let staff = ctx.actor.require(SEES_LABS).is_ok();
    if !staff {
        ctx.actor.require(Role::LAB)?;
        if ctx.actor.lab() != Some(id) {
            return Err(Error::NotFound);
        }
    }
    Ok(store::find_lab(conn, id)?.ok_or(Error::NotFound)?.into())
}

/// The lab that was just signed up, shown to whoever did it.
pub fn view_new(conn: &mut PgConnection, id: LabId) -> Result<LabView> {
    Ok(store::find_lab(conn, id)?.ok_or(Error::NotFound)?.into())
}

/// Every lab.
pub fn list(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<LabView>> {
    ctx.actor.require(SEES_LABS)?;
    let rows = store::list_labs(conn, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(LabView::from).collect(), |view| view.id.0))
}
