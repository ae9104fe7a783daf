//! Keeping a lease and giving it back, by hand or by the clock.

use diesel::PgConnection;

use super::super::routes::LeaseWish;
use super::super::state::{ReleaseReason, Step};
use super::super::store::{self, AssignmentRow};
use super::super::{AssignmentState, lease};
use super::{changed, give_back};
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, Result};
use crate::projects;
use crate::record::{self, Event};

/// The caller's own assignment, held until the transaction ends.
pub(super) fn lock_own(conn: &mut PgConnection, ctx: &Ctx, id: AssignmentId) -> Result<AssignmentRow> {
    let expert = ctx.actor.require_expert()?;
    let row = store::lock_assignment(conn, id)?.ok_or(Error::NotFound)?;
    if row.expert_id == expert { Ok(row) } else { Err(Error::NotFound) }
}

/// Whether the caller named a token and it is another one.
fn wrong_token(wish: &LeaseWish, row: &AssignmentRow) -> bool {
    wish.lease_token.as_ref().is_some_and(|token| token.parse() != Ok(row.lease_token))
}

/// Moves the end of a running lease to now and the project's lease time; at most three times.
pub fn renew(conn: &mut PgConnection, ctx: &Ctx, id: AssignmentId, form: &Form<LeaseWish>) -> Result<AssignmentId> {
    let row = lock_own(conn, ctx, id)?;
    let wish = form.open()?;
    if wrong_token(wish, &row) || row.state == AssignmentState::Expired {
        return Err(Code::LeaseExpired.into());
    }
    if !row.state.is_leased() {
        return Err(Code::InvalidState.into());
    }
    if row.renewals >= lease::MAX_RENEWALS {
        return Err(Code::RenewalsExhausted.into());
    }
    let project = projects::find_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let until = lease::renewed(ctx.now, row.lease_expires_at, project.lease_seconds);
    if store::renew_lease(conn, id, until)? == 0 {
        return Err(Code::LeaseExpired.into());
    }
    record::change(conn, ctx, changed(Event::AssignmentRenewed, &row))?;
    Ok(id)
}

/// Gives the slot back at once.
pub fn release(conn: &mut PgConnection, ctx: &Ctx, id: AssignmentId, form: &Form<LeaseWish>) -> Result<AssignmentId> {
    let row = lock_own(conn, ctx, id)?;
    let wish = form.open()?;
    if wrong_token(wish, &row) || row.state == AssignmentState::Expired {
        return Err(Code::LeaseExpired.into());
    }
    row.state.after(Step::Release)?;
    store::release(conn, id, ReleaseReason::Expert)?;
    give_back(conn, ctx, std::slice::from_ref(&row))?;
    record::change(conn, ctx, changed(Event::AssignmentReleased, &row))?;
    Ok(id)
}

/// Ends the leases that have run out, as many as one transaction takes; says how many.
pub fn expire_leases(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let expired = store::lock_expired(conn)?;
    if expired.is_empty() {
        return Ok(0);
    }
    for row in &expired {
        row.state.after(Step::Expire)?;
    }
    let ids: Vec<_> = expired.iter().map(|row| row.id).collect();
    store::expire(conn, &ids)?;
    give_back(conn, ctx, &expired)?;
    record::changes(conn, ctx, expired.iter().map(|row| changed(Event::AssignmentExpired, row)).collect())?;
    Ok(expired.len())
}
