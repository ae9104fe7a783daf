//! Drafting a project and changing it.

use diesel::PgConnection;
use serde_json::json;

use super::super::brief::brief_object;
use super::super::controls::{GoldRules, Qualification};
use super::super::draft::{self, Draft, NewProject, Review};
use super::super::patch::ProjectPatch;
use super::super::rate::Rate;
use super::super::requirement::Named;
use super::super::store::{self, ProjectRow, QualificationRow, TermsRow};
use super::super::words::ProjectState;
use super::shared::{lock_own, money, open_brief};
use crate::http::Precondition;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Currency, Error, Form, LabId, ProjectId, Result, Role};
use crate::labs::find_lab;
use crate::record::{self, Change, Event};
use crate::trust::{Door, Owner, Sealed};

/// Drafts a project; the lab need not be active yet.
pub fn create(conn: &mut PgConnection, ctx: &Ctx, door: &Door, form: &Form<NewProject>) -> Result<ProjectId> {
    let lab = ctx.actor.require_lab(Role::LAB_WRITERS)?;
    let currency = find_lab(conn, lab)?.ok_or(Error::NotFound)?.billing_currency;
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_deadline(ctx, new.deadline, &mut findings);
    let draft = judged(conn, lab, new.clone(), currency, findings)?;
    let id = ProjectId(ctx.ids.next());
    let sealed = seal(conn, ctx, door, (id, lab, 1), &draft)?;
    store::insert_project(conn, id, lab, &terms(&draft, sealed, 1))?;
    let detail = json!({"project_id": id, "task_type": draft.task_type, "overlap": draft.overlap});
    record::change(conn, ctx, Change { event: Event::ProjectCreated, object: id.0, lab: Some(lab), detail })?;
    Ok(id)
}

/// Changes a project: everything of a draft, little of one that was opened.
pub fn patch(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, precondition): (ProjectId, &Precondition),
    form: &Form<ProjectPatch>,
) -> Result<ProjectId> {
    let row = lock_own(conn, ctx, id)?;
    precondition.require(row.version)?;
    let patch = form.open()?;
    let mut findings = Findings::default();
    let opened = row.state != ProjectState::Draft;
    patch.judge_fixed(opened, row.tasks > 0, money(&row, row.budget)?, &mut findings);
    judge_deadline(ctx, patch.deadline.flatten(), &mut findings);
    let stands = standing(conn, ctx, door, &row)?;
    let draft = judged(conn, row.lab_id, patch.over(stands), row.currency, findings)?;
    if row.state == ProjectState::Closed {
        return Err(Code::InvalidState.into());
    }
    let (sealed, brief_version) = match patch.changes_brief() {
        true => {
            let version = row.brief_version.saturating_add(1);
            (seal(conn, ctx, door, (id, row.lab_id, version), &draft)?, version)
        }
        false => (row.sealed_brief.clone(), row.brief_version),
    };
    let updated = store::update_terms(conn, id, &terms(&draft, sealed, brief_version));
    on_constraint(updated, "project_budget_exceeded", Code::BudgetExceeded)?;
    if opened && patch.review.as_ref().is_some_and(|review| review.requirement.is_some()) {
        // Other experts may review from now on.
        store::insert_eligibility_due(conn, ctx.ids.next(), id, row.lab_id)?;
    }
    let detail = json!({"project_id": id, "fields": patch.fields(), "brief_version": brief_version});
    record::change(conn, ctx, Change { event: Event::ProjectUpdated, object: id.0, lab: Some(row.lab_id), detail })?;
    Ok(id)
}

fn judge_deadline(ctx: &Ctx, deadline: Option<chrono::DateTime<chrono::Utc>>, findings: &mut Findings) {
    let ahead = deadline.is_none_or(|deadline| deadline > ctx.now);
    findings.check(ahead, "/deadline", "in_the_past", "a time that is still to come");
}

/// Judges a project and adds what was found before, so that a caller learns everything at once.
fn judged(
    conn: &mut PgConnection,
    lab: LabId,
    new: NewProject,
    currency: Currency,
    mut findings: Findings,
) -> Result<Draft> {
    let unknown = |named: &Named| -> Result<Named> {
        let pseudonyms = store::known_pseudonyms(conn, lab, &named.pseudonyms)?;
        let projects = store::known_projects(conn, lab, &named.projects)?;
        Ok(Named {
            pseudonyms: named.pseudonyms.iter().filter(|id| !pseudonyms.contains(id)).copied().collect(),
            projects: named.projects.iter().filter(|id| !projects.contains(id)).copied().collect(),
        })
    };
    let draft = match draft::judge(new, currency, unknown) {
        Err(Error::Invalid(found)) => {
            findings.extend("", found);
            None
        }
        judged => Some(judged?),
    };
    findings.done()?;
    draft.ok_or_else(|| Error::internal("a project without findings was not judged"))
}

/// A project as the lab would write it today.
fn standing(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: &ProjectRow) -> Result<NewProject> {
    let brief = open_brief(conn, ctx, door, row)?;
    Ok(NewProject {
        name: brief.name,
        title: Some(row.title.clone()),
        task_type: row.task_type,
        instructions: brief.instructions,
        input_schema: brief.input_schema,
        output_schema: brief.output_schema,
        label_pointer: None,
        labels: Some(brief.labels),
        requirement: row.requirement.clone(),
        bill_rate: money(row, row.bill_rate)?,
        pricing: row.pricing,
        max_seconds: Some(row.max_seconds),
        overlap: row.overlap,
        min_overlap: Some(row.min_overlap),
        stop_at_confidence: row.stop_at_confidence.map(Rate::try_new).transpose().map_err(Error::internal)?,
        max_tasks_per_expert: row.max_tasks_per_expert,
        gold: GoldRules { rate: Rate::try_new(row.gold_rate).map_err(Error::internal)? },
        qualification: qualification(row)?,
        audit_days: row.audit_days,
        lease_seconds: row.lease_seconds,
        review: Review {
            mode: row.review_mode,
            sample_rate: Rate::try_new(row.sample_rate).map_err(Error::internal)?,
            levels: row.review_levels,
            auto_accept_after_seconds: row.auto_accept_after_seconds,
            max_revisions: row.max_revisions,
            rubric: brief.rubric,
            requirement: row.review_requirement.clone(),
        },
        budget: money(row, row.budget)?,
        deadline: row.deadline,
    })
}

/// The stage before the work, as it was asked for.
pub(super) fn qualification(row: &ProjectRow) -> Result<Option<Qualification>> {
    let QualificationRow { qualification_tasks, qualification_pass_at, qualification_attempts, qualification_pay } =
        row.qualification;
    match (qualification_tasks, qualification_pass_at, qualification_attempts, qualification_pay) {
        (Some(tasks), Some(pass_at), Some(attempts), Some(pay)) => {
            let pass_at = Rate::try_new(pass_at).map_err(Error::internal)?;
            Ok(Some(Qualification { tasks, pass_at, attempts, pay: money(row, pay)? }))
        }
        _ => Ok(None),
    }
}

fn seal(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (id, lab, version): (ProjectId, LabId, i32),
    draft: &Draft,
) -> Result<Sealed> {
    let plain = serde_json::to_vec(&draft.brief).map_err(Error::internal)?;
    door.seal(conn, ctx, Owner::Lab(lab), brief_object(id, version), &plain)
}

fn terms(draft: &Draft, sealed_brief: Sealed, brief_version: i32) -> TermsRow<'_> {
    TermsRow {
        title: &draft.title,
        task_type: draft.task_type,
        requirement: draft.requirement.to_json(),
        currency: draft.bill_rate.currency(),
        bill_rate: draft.bill_rate.amount(),
        pricing: draft.pricing,
        max_seconds: draft.max_seconds,
        slot_price: draft.slot_price.amount(),
        overlap: draft.overlap,
        min_overlap: draft.min_overlap,
        stop_at_confidence: draft.stop_at_confidence.map(Rate::share),
        max_tasks_per_expert: draft.max_tasks_per_expert,
        gold_rate: draft.gold.rate.share(),
        audit_days: draft.audit_days,
        qualification: QualificationRow {
            qualification_tasks: draft.qualification.map(|stage| stage.tasks),
            qualification_pass_at: draft.qualification.map(|stage| stage.pass_at.share()),
            qualification_attempts: draft.qualification.map(|stage| stage.attempts),
            qualification_pay: draft.qualification.map(|stage| stage.pay.amount()),
        },
        review_requirement: draft.review_requirement.as_ref().map(|asked| asked.to_json()),
        lease_seconds: draft.lease_seconds,
        review_mode: draft.review.mode,
        sample_rate: draft.review.sample_rate.share(),
        review_levels: draft.review.levels,
        auto_accept_after_seconds: draft.review.auto_accept_after_seconds,
        max_revisions: draft.review.max_revisions,
        budget: draft.budget.amount(),
        deadline: draft.deadline,
        sealed_brief,
        brief_version,
    }
}
