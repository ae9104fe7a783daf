//! Plans, their versions, and who takes part in them.

use diesel::PgConnection;
use serde_json::json;

use super::super::plan::{PlanBody, VersionBody};
use super::super::routes::{NewParticipant, NewPlan, NewVersion, ParticipantView, PlanView};
use super::super::store::{self, NewPlanRow, ParticipantRow, PlanRow};
use super::super::terms::Plan;
use super::{judge_executive, judge_text};
use crate::http::Paging;
use crate::kernel::form::Findings;
use crate::kernel::time::Period;
use crate::kernel::{Code, Ctx, Error, Form, Page, ParticipantId, PlanId, Result, Role};
use crate::record::{self, Change, Event};

const READS_PLANS: &[Role] = &[Role::Finance, Role::Auditor, Role::Admin];

/// States a plan.
pub fn create_plan(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewPlan>) -> Result<PlanId> {
    let by = ctx.actor.require(&[Role::Finance])?.account;
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_text("/name", &new.name, 120, &mut findings);
    if let Err(found) = Plan::parse(&new.plan) {
        findings.extend("/plan", found);
    }
    findings.done()?;
    let id = PlanId(ctx.ids.next());
    let body = serde_json::to_value(&new.plan).map_err(Error::internal)?;
    let row = NewPlanRow { id, name: new.name.trim(), currency: new.plan.currency, body, created_by: by };
    store::insert_plan(conn, &row)?;
    let detail = json!({"plan_id": id, "currency": new.plan.currency});
    record::change(conn, ctx, Change { event: Event::PlanCreated, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// A plan with all its versions.
pub fn get_plan(conn: &mut PgConnection, ctx: &Ctx, id: PlanId) -> Result<PlanView> {
    ctx.actor.require(READS_PLANS)?;
    view(store::find_plan(conn, id)?.ok_or(Error::NotFound)?)
}

/// Plans, newest first.
pub fn list_plans(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<PlanView>> {
    ctx.actor.require(READS_PLANS)?;
    let rows = store::list_plans(conn, paging.before(), paging.fetch())?;
    let views = rows.into_iter().map(view).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &PlanView| view.id.0))
}

fn view(row: PlanRow) -> Result<PlanView> {
    let plan = body(&row)?;
    let PlanRow { id, name, created_by, created_at, updated_at, version, .. } = row;
    Ok(PlanView { id, name, plan, created_by, created_at, updated_at, version })
}

/// A stored plan as it was stated.
pub(super) fn body(row: &PlanRow) -> Result<PlanBody> {
    serde_json::from_value(row.body.clone()).map_err(Error::internal)
}

/// Adds tiers that hold from a day on. Issued months keep their tiers: a version begins after the last of them.
pub fn add_version(conn: &mut PgConnection, ctx: &Ctx, id: PlanId, form: &Form<NewVersion>) -> Result<PlanId> {
    ctx.actor.require(&[Role::Finance])?;
    let row = store::lock_plan(conn, id)?.ok_or(Error::NotFound)?;
    let new = form.open()?;
    let mut plan = body(&row)?;
    let last = plan.versions.last().map(|version| version.from);
    let added = format!("/versions/{}", plan.versions.len());
    plan.versions.push(VersionBody { from: new.from, tiers: new.tiers.clone() });
    let mut findings = Findings::default();
    let later = last.is_none_or(|last| last < new.from);
    findings.check(later, "/from", "not_ascending", "a version begins after the one before");
    if let Err(found) = Plan::parse(&plan) {
        for mut finding in found {
            // What is wrong with the version stands at its place in the plan; the caller sent it alone.
            let own = finding.pointer.strip_prefix(&added).map(str::to_owned);
            finding.pointer = own.unwrap_or(finding.pointer);
            if finding.pointer != "/from" {
                findings.extend("", vec![finding]);
            }
        }
    }
    findings.done()?;
    let issued = store::last_issued_period(conn, id)?.map(|last| last.parse::<Period>().map_err(Error::internal));
    if issued.transpose()?.is_some_and(|last| new.from <= last.last_day()) {
        return Err(Code::StatementIssued.into());
    }
    store::update_plan_body(conn, id, &serde_json::to_value(&plan).map_err(Error::internal)?)?;
    let detail = json!({"plan_id": id, "from": new.from});
    record::change(conn, ctx, Change { event: Event::PlanVersionAdded, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// Lets an executive take part in a plan; nobody is in two plans on one day.
pub fn add_participant(
    conn: &mut PgConnection,
    ctx: &Ctx,
    plan_id: PlanId,
    form: &Form<NewParticipant>,
) -> Result<ParticipantId> {
    let by = ctx.actor.require(&[Role::Finance])?.account;
    // All plans, so that two of them cannot take the same person at once.
    let plans = store::lock_plans(conn)?;
    if plans.iter().all(|plan| plan.id != plan_id) {
        return Err(Error::NotFound);
    }
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_executive(conn, new.account_executive_id, &mut findings)?;
    let lasts = new.until.is_none_or(|until| new.from < until);
    findings.check(lasts, "/until", "out_of_range", "the end lies after the beginning");
    findings.done()?;
    if store::count_overlapping(conn, new.account_executive_id, new.from, new.until)? > 0 {
        return Err(Code::PlanTaken.into());
    }
    let row = ParticipantRow {
        id: ParticipantId(ctx.ids.next()),
        plan_id,
        account_executive_id: new.account_executive_id,
        from_day: new.from,
        until_day: new.until,
        created_by: by,
        created_at: ctx.now,
    };
    store::insert_participant(conn, &row)?;
    let detail = json!({"plan_id": plan_id, "participant_id": row.id, "account_id": row.account_executive_id});
    record::change(conn, ctx, Change { event: Event::ParticipantAdded, object: plan_id.0, lab: None, detail })?;
    Ok(row.id)
}

/// One participation.
pub fn get_participant(conn: &mut PgConnection, ctx: &Ctx, plan: PlanId, id: ParticipantId) -> Result<ParticipantView> {
    ctx.actor.require(READS_PLANS)?;
    Ok(view_participant(store::find_participant(conn, plan, id)?.ok_or(Error::NotFound)?))
}

/// Who takes part in a plan.
pub fn list_participants(
    conn: &mut PgConnection,
    ctx: &Ctx,
    plan: PlanId,
    paging: &Paging,
) -> Result<Page<ParticipantView>> {
    ctx.actor.require(READS_PLANS)?;
    store::find_plan(conn, plan)?.ok_or(Error::NotFound)?;
    let rows = store::list_participants(conn, plan, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(view_participant).collect(), |view| view.id.0))
}

fn view_participant(row: ParticipantRow) -> ParticipantView {
    let ParticipantRow { id, plan_id, account_executive_id, from_day, until_day, created_by, created_at } = row;
    ParticipantView { id, plan_id, account_executive_id, from: from_day, until: until_day, created_by, created_at }
}
