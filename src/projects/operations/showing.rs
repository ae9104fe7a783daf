//! Looking at projects.
#![deny(clippy::arithmetic_side_effects)]

use diesel::{PgConnection, RunQueryDsl};
use serde_json::value::RawValue;

use super::super::brief::Brief;
use super::super::controls::GoldRules;
use super::super::rate::Rate;
use super::super::requirement;
use super::super::routes::{
    ProgressView, ProjectQuery, ProjectSummary, ProjectView, ReviewView, SlotCounts, TaskCounts,
};
use super::super::store::{self, Progress, ProgressRow, ProjectFilter, ProjectRow};
use super::drafting::qualification;
use super::shared::{held_brief, money, visible};
use super::staff::find_review_pay;
use super::{SEES_PAY, SEES_PROJECTS};
use crate::http::Paging;
use crate::kernel::{Ctx, Error, Page, ProjectId, Result, Role};
use crate::labs::find_lab;
use crate::trust::{Door, Purpose};

/// A project: all of it for its lab, without content and with pay for staff.
pub fn get(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: ProjectId) -> Result<ProjectView> {
    let row = visible(conn, ctx, id)?;
    let brief: Option<Brief> = match ctx.actor.lab() {
        Some(_) => {
            let plain = door.open(conn, ctx, held_brief(&row), Purpose::OwnLab)?;
            Some(serde_json::from_slice(&plain).map_err(Error::internal)?)
        }
        None => None,
    };
    let sees_pay = ctx.actor.require(SEES_PAY).is_ok();
    let pay_rate = match sees_pay {
        true => store::find_pay_rate(conn, id)?.map(|rate| money(&row, rate)).transpose()?,
        false => None,
    };
    let review_pay_rate = match sees_pay && row.review_requirement.is_some() {
        true => find_review_pay(conn, id)?,
        false => None,
    };
    let lab = find_lab(conn, row.lab_id)?.ok_or(Error::NotFound)?;
    let mut view = view(row, lab.code_name)?;
    view.pay_rate = pay_rate;
    view.review.pay_rate = review_pay_rate;
    if let Some(Brief { name, instructions, input_schema, output_schema, labels, rubric }) = brief {
        view.name = Some(name);
        view.instructions = Some(instructions);
        // A lab that gave no schema sees `null`, staff see no member at all.
        view.input_schema = Some(input_schema.map_or_else(null, Ok)?);
        view.output_schema = Some(output_schema);
        view.labels = Some(labels);
        view.review.rubric = Some(rubric);
    }
    Ok(view)
}

fn null() -> Result<Box<RawValue>> {
    RawValue::from_string("null".to_owned()).map_err(Error::internal)
}

fn view(row: ProjectRow, lab_code_name: String) -> Result<ProjectView> {
    let [bill_rate, slot_price, budget, committed] =
        [row.bill_rate, row.slot_price, row.budget, row.committed].map(|amount| money(&row, amount));
    let qualification = qualification(&row);
    let review_requirement = row.review_requirement.as_ref().map(requirement::parse).transpose();
    let review_requirement = review_requirement.map_err(|_| Error::internal("a stored requirement does not read"))?;
    Ok(ProjectView {
        id: row.id,
        lab_id: row.lab_id,
        lab_code_name,
        state: row.state,
        name: None,
        title: row.title,
        task_type: row.task_type,
        instructions: None,
        input_schema: None,
        output_schema: None,
        labels: None,
        requirement: requirement::parse(&row.requirement)
            .map_err(|_| Error::internal("a stored requirement does not read"))?,
        bill_rate: bill_rate?,
        pay_rate: None,
        pricing: row.pricing,
        max_seconds: row.max_seconds,
        slot_price: slot_price?,
        overlap: row.overlap,
        min_overlap: row.min_overlap,
        stop_at_confidence: row.stop_at_confidence.map(Rate::try_new).transpose().map_err(Error::internal)?,
        max_tasks_per_expert: row.max_tasks_per_expert,
        gold: GoldRules { rate: Rate::try_new(row.gold_rate).map_err(Error::internal)? },
        qualification: qualification?,
        audit_days: row.audit_days,
        lease_seconds: row.lease_seconds,
        review: ReviewView {
            mode: row.review_mode,
            sample_rate: Rate::try_new(row.sample_rate).map_err(Error::internal)?,
            levels: row.review_levels,
            auto_accept_after_seconds: row.auto_accept_after_seconds,
            max_revisions: row.max_revisions,
            rubric: None,
            requirement: review_requirement,
            pay_rate: None,
        },
        budget: budget?,
        committed: committed?,
        tasks: row.tasks,
        deadline: row.deadline,
        brief_version: row.brief_version,
        opened_at: row.opened_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
        version: row.version,
    })
}

/// Projects, newest first: a lab's own, or for staff everybody's; no content in either.
pub fn list(conn: &mut PgConnection, ctx: &Ctx, query: &ProjectQuery, paging: &Paging) -> Result<Page<ProjectSummary>> {
    let own = ctx.actor.lab();
    ctx.actor.require(if own.is_some() { Role::LAB } else { SEES_PROJECTS })?;
    // A lab that asks for another's projects is told of none.
    let filter = ProjectFilter { lab: query.lab_id.or(own), state: query.state, words: query.q.clone() };
    let rows = store::list_projects(conn, &filter, paging.before(), paging.fetch())?;
    let rows = rows.into_iter().filter(|(row, _)| ctx.actor.sees_lab(row.lab_id));
    let views = rows.map(|(row, code_name)| summary(row, code_name)).collect::<Result<_>>()?;
    Ok(paging.page(views, |view: &ProjectSummary| view.id.0))
}

fn summary(row: ProjectRow, lab_code_name: String) -> Result<ProjectSummary> {
    Ok(ProjectSummary {
        id: row.id,
        lab_id: row.lab_id,
        lab_code_name,
        bill_rate: money(&row, row.bill_rate)?,
        slot_price: money(&row, row.slot_price)?,
        budget: money(&row, row.budget)?,
        committed: money(&row, row.committed)?,
        state: row.state,
        title: row.title,
        task_type: row.task_type,
        pricing: row.pricing,
        overlap: row.overlap,
        tasks: row.tasks,
        deadline: row.deadline,
        opened_at: row.opened_at,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

/// How far a project has come.
pub fn progress(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ProgressView> {
    let row = visible(conn, ctx, id)?;
    let counted: ProgressRow = Progress { project: id.0 }.get_result(conn)?;
    let ProgressRow {
        open,
        in_progress,
        completed,
        cancelled,
        free,
        later,
        offered,
        held,
        filled,
        reserved,
        accepted,
        rejected,
        billed,
    } = counted;
    let (budget, committed) = (money(&row, row.budget)?, money(&row, row.committed)?);
    Ok(ProgressView {
        project_id: id,
        tasks: TaskCounts { open, in_progress, completed, cancelled },
        slots: SlotCounts { free, later, offered, held, filled },
        accepted,
        rejected,
        reserved: money(&row, reserved)?,
        billed: money(&row, billed)?,
        budget,
        budget_left: budget.checked_sub(committed)?,
    })
}
