//! Offers: slots of a project set aside for one expert until the offer ends.

use chrono::Duration;
use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use serde_json::json;

use super::super::offer::OfferState;
use super::super::routes::{NewOffer, OfferView};
use super::super::store::{self, OfferFilter, OfferRow, OfferedProject, ReturnOffered, TakeOffered};
use crate::experts::find_expert;
use crate::http::Paging;
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, Form, Money, OfferId, Page, ProjectId, Result, Role, TaskId};
use crate::projects::words::ProjectState;
use crate::projects::{self, lock_project};
use crate::record::{self, Change, Event};

/// How many slots one offer may set aside.
const MAX_SLOTS: i32 = 1_000;
/// How long an offer may run, in seconds: a minute to thirty days.
const RUNS: std::ops::RangeInclusive<i64> = 60..=2_592_000;

fn changed(event: Event, row: &OfferRow) -> Change {
    // A lab reads its own events and knows no expert by id.
    let detail = json!({"offer_id": row.id, "project_id": row.project_id, "slots": row.slots, "claimed": row.claimed});
    Change { event, object: row.id.0, lab: Some(row.lab_id), detail }
}

/// Offers open slots of a project to one expert, as many as there are up to what was asked for.
pub fn make_offer(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId, form: &Form<NewOffer>) -> Result<OfferId> {
    let signed = ctx.actor.require(&[Role::Operations])?;
    let project = projects::find_project(conn, id)?.ok_or(Error::NotFound)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    findings.check((1..=MAX_SLOTS).contains(&new.slots), "/slots", "out_of_range", "1 to 1000");
    let runs = RUNS.contains(&new.expires_in_seconds);
    findings.check(runs, "/expires_in_seconds", "out_of_range", "60 to 2592000");
    let known = find_expert(conn, new.expert_id)?.is_some();
    findings.check(known, "/expert_id", "not_found", "no such object");
    findings.done()?;
    if signed.expert == Some(new.expert_id) {
        return Err(Code::OwnApproval.into());
    }
    if project.state != ProjectState::Open {
        return Err(Code::ProjectNotOpen.into());
    }
    if !store::is_eligible(conn, new.expert_id, id)? {
        return Err(Code::NotEligible.into());
    }
    let expires_at = Duration::try_seconds(new.expires_in_seconds).and_then(|wait| ctx.now.checked_add_signed(wait));
    let offer = OfferId(ctx.ids.next());
    let take = TakeOffered {
        offer,
        project: id,
        lab: project.lab_id,
        expert: new.expert_id,
        slots: new.slots,
        expires_at: expires_at.ok_or_else(|| Error::internal("a time is out of range"))?,
        made_by: signed.account,
    };
    store::lock_seat(conn, new.expert_id)?;
    let taken: i32 = take.get_result(conn)?;
    if taken == 0 {
        return Err(Code::NoOpenSlots.into());
    }
    let row = store::lock_offer(conn, offer)?.ok_or(Error::NotFound)?;
    record::change(conn, ctx, changed(Event::OfferMade, &row))?;
    Ok(offer)
}

/// The expert's own offer, or for operations anybody's, held until the transaction ends.
fn lock_for(conn: &mut PgConnection, ctx: &Ctx, id: OfferId, roles: &[Role]) -> Result<OfferRow> {
    let signed = ctx.actor.require(roles)?;
    let row = store::lock_offer(conn, id)?.ok_or(Error::NotFound)?;
    if signed.role == Role::Expert && signed.expert != Some(row.expert_id) {
        return Err(Error::NotFound);
    }
    Ok(row)
}

/// Accepts an offer: its slots stay the expert's until it ends; no lease begins.
pub fn accept_offer(conn: &mut PgConnection, ctx: &Ctx, id: OfferId) -> Result<OfferId> {
    let row = lock_for(conn, ctx, id, &[Role::Expert])?;
    let state = row.state.become_state(OfferState::Accepted)?;
    if row.expires_at <= ctx.now {
        return Err(Code::InvalidState.into());
    }
    store::set_state(conn, id, state)?;
    record::change(conn, ctx, changed(Event::OfferAccepted, &row))?;
    Ok(id)
}

/// Declines an offer, or gives back what is left of an accepted one (its expert).
pub fn decline_offer(conn: &mut PgConnection, ctx: &Ctx, id: OfferId) -> Result<OfferId> {
    let row = lock_for(conn, ctx, id, &[Role::Expert])?;
    end(conn, ctx, &row, (OfferState::Declined, Event::OfferDeclined))?;
    Ok(id)
}

/// Takes an offer back (operations).
pub fn withdraw_offer(conn: &mut PgConnection, ctx: &Ctx, id: OfferId) -> Result<OfferId> {
    let row = lock_for(conn, ctx, id, &[Role::Operations])?;
    end(conn, ctx, &row, (OfferState::Withdrawn, Event::OfferWithdrawn))?;
    Ok(id)
}

/// Ends an offer whose time is over, or takes back one whose project has closed, if there is any; says how many.
pub fn expire_offers(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let Some(row) = store::lock_ended(conn)? else { return Ok(0) };
    let over = row.expires_at <= ctx.now;
    let word =
        if over { (OfferState::Expired, Event::OfferExpired) } else { (OfferState::Withdrawn, Event::OfferWithdrawn) };
    end(conn, ctx, &row, word)?;
    Ok(1)
}

/// Ends a locked offer: what was not claimed goes back to the queue, or its money to the lab where the work has ended.
fn end(conn: &mut PgConnection, ctx: &Ctx, row: &OfferRow, (state, event): (OfferState, Event)) -> Result<()> {
    store::set_state(conn, row.id, row.state.become_state(state)?)?;
    let project = lock_project(conn, row.project_id)?.ok_or(Error::NotFound)?;
    let closed = project.state == ProjectState::Closed;
    let end = ReturnOffered { offer: row.id, expert: row.expert_id, closed };
    let (back, completed): (Decimal, Vec<TaskId>) = end.get_result(conn)?;
    let money = Money::try_new(back, project.currency)?;
    projects::return_offered_money(conn, ctx, (row.project_id, row.lab_id, row.id), money)?;
    let completed = completed.into_iter().map(|task| completion(row, task));
    record::changes(conn, ctx, [changed(event, row)].into_iter().chain(completed).collect())
}

/// A task that has answers enough is completed when nobody is offered it any more.
fn completion(row: &OfferRow, task: TaskId) -> Change {
    let detail = json!({"task_id": task, "project_id": row.project_id});
    Change { event: Event::TaskCompleted, object: task.0, lab: Some(row.lab_id), detail }
}

fn view(ctx: &Ctx, (row, project): (OfferRow, OfferedProject)) -> Result<OfferView> {
    let own = ctx.actor.role() == Some(Role::Expert);
    let (title, client, currency, pay_rate) = project;
    Ok(OfferView {
        id: row.id,
        project_id: row.project_id,
        title,
        client,
        expert_id: (!own).then_some(row.expert_id),
        state: row.state,
        slots: row.slots,
        claimed: row.claimed,
        pay_rate: Money::try_new(pay_rate, currency)?,
        expires_at: row.expires_at,
        decided_at: row.decided_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// An offer, for its expert and for operations.
pub fn get_offer(conn: &mut PgConnection, ctx: &Ctx, id: OfferId) -> Result<OfferView> {
    let signed = ctx.actor.require(&[Role::Expert, Role::Operations])?;
    let found = store::find_offer(conn, id)?.ok_or(Error::NotFound)?;
    if signed.role == Role::Expert && signed.expert != Some(found.0.expert_id) {
        return Err(Error::NotFound);
    }
    view(ctx, found)
}

/// Offers, newest first: an expert's own, for operations everybody's.
pub fn list_offers(
    conn: &mut PgConnection,
    ctx: &Ctx,
    project: Option<ProjectId>,
    paging: &Paging,
) -> Result<Page<OfferView>> {
    ctx.actor.require(&[Role::Expert, Role::Operations])?;
    let filter = OfferFilter { expert: ctx.actor.expert(), project };
    let rows = store::list_offers(conn, filter, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(|row| view(ctx, row)).collect::<Result<Vec<_>>>()?;
    Ok(paging.page(views, |view| view.id.0))
}
