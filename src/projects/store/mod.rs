//! Projects, their reviewers, pseudonyms; tasks and results stand beside.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::words::{Pricing, ProjectState, ReviewMode, TaskType};
use crate::db::prepared;
use crate::db::schema::{account, eligibility_due, gold, lab, project, project_reviewer, pseudonym};
use crate::kernel::{AccountId, Currency, ExpertId, LabId, ProjectId, PseudonymId, Role, TaskId};
use crate::trust::Sealed;

mod batches;
mod briefs;
mod questions;
mod results;
mod tasks;

pub(super) use batches::*;
pub use briefs::find_brief;
pub(super) use briefs::keep_brief;
pub(super) use questions::*;
pub(super) use results::*;
pub(super) use tasks::*;

/// A project, without its pay rate: a lab's own transactions cannot read that.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = project)]
pub struct ProjectRow {
    /// Its id.
    pub id: ProjectId,
    /// Whose.
    pub lab_id: LabId,
    /// Whether it takes work.
    pub state: ProjectState,
    /// What experts see before a claim.
    pub title: String,
    /// What kind of work.
    pub task_type: TaskType,
    /// Who may do it, canonical.
    pub requirement: serde_json::Value,
    /// The lab's billing currency.
    pub currency: Currency,
    /// Per task or per hour.
    pub bill_rate: Decimal,
    /// What the rates are for.
    pub pricing: Pricing,
    /// Billable seconds of one slot at most.
    pub max_seconds: i32,
    /// What posting reserves for one slot.
    pub slot_price: Decimal,
    /// Slots of a task.
    pub overlap: i16,
    /// How many of them are open from the start.
    pub min_overlap: i16,
    /// From which certainty of the consensus on no more answers are asked for.
    pub stop_at_confidence: Option<Decimal>,
    /// How many of its tasks one expert may hold or have done.
    pub max_tasks_per_expert: Option<i32>,
    /// How many claims in a hundred are gold, as a share.
    pub gold_rate: Decimal,
    /// How long the lab may audit what was accepted.
    pub audit_days: i16,
    /// Gold to be answered before the work, if any.
    #[diesel(embed)]
    pub qualification: QualificationRow,
    /// Which experts may review, canonical; none: the marketplace's own reviewers do.
    pub review_requirement: Option<serde_json::Value>,
    /// How long a claim lasts.
    pub lease_seconds: i32,
    /// Which submissions a person looks at.
    pub review_mode: ReviewMode,
    /// The share of them, where it is a sample.
    pub sample_rate: Decimal,
    /// How many levels.
    pub review_levels: i16,
    /// When a submission that nobody looked at is accepted.
    pub auto_accept_after_seconds: i32,
    /// How often a revision may be asked for.
    pub max_revisions: i16,
    /// What may be committed at most.
    pub budget: Decimal,
    /// Reserved + billed − returned.
    pub committed: Decimal,
    /// Tasks posted so far, cancelled ones among them.
    pub tasks: i64,
    /// After which nobody claims.
    pub deadline: Option<DateTime<Utc>>,
    /// See `Brief`.
    pub sealed_brief: Sealed,
    /// Which revision of it.
    pub brief_version: i32,
    /// When it was opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// How often it changed.
    pub version: i64,
}

/// The qualification stage of a project: all of it or nothing.
#[derive(Debug, Clone, Copy, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = project)]
#[diesel(treat_none_as_null = true)]
pub struct QualificationRow {
    /// Gold tasks of one attempt.
    pub qualification_tasks: Option<i16>,
    /// The share of them that must be right.
    pub qualification_pass_at: Option<Decimal>,
    /// How often it may be tried.
    pub qualification_attempts: Option<i16>,
    /// What the expert earns for each.
    pub qualification_pay: Option<Decimal>,
}

/// What drafting writes, at first and again; the pay rate follows from the bill rate in the database.
#[derive(Debug, AsChangeset, Insertable)]
#[diesel(table_name = project)]
#[diesel(treat_none_as_null = true)]
pub(super) struct TermsRow<'t> {
    pub title: &'t str,
    pub task_type: TaskType,
    pub requirement: serde_json::Value,
    pub currency: Currency,
    pub bill_rate: Decimal,
    pub pricing: Pricing,
    pub max_seconds: i32,
    pub slot_price: Decimal,
    pub overlap: i16,
    pub min_overlap: i16,
    pub stop_at_confidence: Option<Decimal>,
    pub max_tasks_per_expert: Option<i32>,
    pub gold_rate: Decimal,
    pub audit_days: i16,
    #[diesel(embed)]
    pub qualification: QualificationRow,
    pub review_requirement: Option<serde_json::Value>,
    pub lease_seconds: i32,
    pub review_mode: ReviewMode,
    pub sample_rate: Decimal,
    pub review_levels: i16,
    pub auto_accept_after_seconds: i32,
    pub max_revisions: i16,
    pub budget: Decimal,
    pub deadline: Option<DateTime<Utc>>,
    pub sealed_brief: Sealed,
    pub brief_version: i32,
}

pub(super) fn insert_project(
    conn: &mut PgConnection,
    id: ProjectId,
    lab: LabId,
    terms: &TermsRow<'_>,
) -> QueryResult<usize> {
    diesel::insert_into(project::table).values((project::id.eq(id), project::lab_id.eq(lab), terms)).execute(conn)
}

pub(super) fn update_terms(conn: &mut PgConnection, id: ProjectId, terms: &TermsRow<'_>) -> QueryResult<usize> {
    diesel::update(project::table.find(id)).set(terms).execute(conn)
}

/// One project.
pub fn find_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<ProjectRow>> {
    project::table.find(id).select(ProjectRow::as_select()).first(conn).optional()
}

/// One project, held until the transaction ends.
pub fn lock_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<ProjectRow>> {
    project::table.find(id).select(ProjectRow::as_select()).for_update().first(conn).optional()
}

/// Which projects are listed.
#[derive(Debug, Clone)]
pub(super) struct ProjectFilter {
    pub lab: Option<LabId>,
    pub state: Option<ProjectState>,
    /// Words of the public title, as somebody types them into a search box.
    pub words: Option<String>,
}

/// Projects with their labs' code names, newest first.
pub(super) fn list_projects(
    conn: &mut PgConnection,
    filter: &ProjectFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<(ProjectRow, String)>> {
    let mut query = project::table
        .inner_join(lab::table)
        .filter(project::id.lt(ProjectId(before)))
        .select((ProjectRow::as_select(), lab::code_name))
        .into_boxed();
    if let Some(lab) = filter.lab {
        query = query.filter(project::lab_id.eq(lab));
    }
    if let Some(state) = filter.state {
        query = query.filter(project::state.eq(state));
    }
    if let Some(words) = &filter.words {
        let found =
            diesel::dsl::sql::<Bool>("to_tsvector('english', project.title) @@ websearch_to_tsquery('english', ")
                .bind::<Text, _>(words)
                .sql(")");
        query = query.filter(found);
    }
    query.order(project::id.desc()).limit(limit).load(conn)
}

pub(super) fn open_project(conn: &mut PgConnection, id: ProjectId, now: DateTime<Utc>) -> QueryResult<usize> {
    let first = diesel::dsl::sql::<diesel::sql_types::Nullable<diesel::sql_types::Timestamptz>>("coalesce(opened_at, ")
        .bind::<diesel::sql_types::Timestamptz, _>(now)
        .sql(")");
    diesel::update(project::table.find(id))
        .set((project::state.eq(ProjectState::Open), project::opened_at.eq(first)))
        .execute(conn)
}

pub(super) fn update_state(conn: &mut PgConnection, id: ProjectId, state: ProjectState) -> QueryResult<usize> {
    diesel::update(project::table.find(id)).set(project::state.eq(state)).execute(conn)
}

/// Adds to what the project has committed, and to its tasks; its CHECK refuses what the budget does not cover.
pub(super) fn commit_money(conn: &mut PgConnection, id: ProjectId, change: Decimal, tasks: i64) -> QueryResult<usize> {
    let committed = diesel::update(project::table.find(id))
        .set((project::committed.eq(project::committed + change), project::tasks.eq(project::tasks + tasks)));
    prepared(committed).execute(conn)
}

/// Not for a lab's transactions: they may not read this column.
pub(super) fn find_pay_rate(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<Decimal>> {
    project::table.find(id).select(project::pay_rate).first(conn).optional()
}

/// Pay of the work, pay of a review where operations set one, and their currency.
pub(super) fn find_pay_rates(
    conn: &mut PgConnection,
    id: ProjectId,
) -> QueryResult<Option<(Decimal, Option<Decimal>, Currency)>> {
    project::table
        .find(id)
        .select((project::pay_rate, project::review_pay_rate, project::currency))
        .first(conn)
        .optional()
}

/// Sets what the work pays, and what a review pays where that is given.
pub(super) fn update_pay_rate(
    conn: &mut PgConnection,
    id: ProjectId,
    pay_rate: Decimal,
    review: Option<Decimal>,
) -> QueryResult<usize> {
    let review = review.map(|review| project::review_pay_rate.eq(review));
    diesel::update(project::table.find(id)).set((project::pay_rate.eq(pay_rate), review)).execute(conn)
}

/// Tells matching to look again at who may work here.
pub(super) fn insert_eligibility_due(
    conn: &mut PgConnection,
    id: Uuid,
    project: ProjectId,
    lab: LabId,
) -> QueryResult<usize> {
    diesel::insert_into(eligibility_due::table)
        .values((eligibility_due::id.eq(id), eligibility_due::project_id.eq(project), eligibility_due::lab_id.eq(lab)))
        .execute(conn)
}

pub(super) fn list_reviewers(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Vec<AccountId>> {
    project_reviewer::table
        .filter(project_reviewer::project_id.eq(id))
        .order(project_reviewer::account_id)
        .select(project_reviewer::account_id)
        .load(conn)
}

/// Names these reviewers and no others; touches the project, whose version the list shares.
pub(super) fn replace_reviewers(
    conn: &mut PgConnection,
    project: (ProjectId, LabId),
    reviewers: &[AccountId],
) -> QueryResult<()> {
    let (id, lab) = project;
    diesel::delete(project_reviewer::table.filter(project_reviewer::project_id.eq(id))).execute(conn)?;
    let rows: Vec<_> = reviewers
        .iter()
        .map(|reviewer| {
            (
                project_reviewer::project_id.eq(id),
                project_reviewer::account_id.eq(*reviewer),
                project_reviewer::lab_id.eq(lab),
            )
        })
        .collect();
    diesel::insert_into(project_reviewer::table).values(rows).execute(conn)?;
    diesel::update(project::table.find(id)).set(project::lab_id.eq(lab)).execute(conn)?;
    Ok(())
}

/// Which of these accounts are reviewers.
pub(super) fn reviewers_among(conn: &mut PgConnection, ids: &[AccountId]) -> QueryResult<Vec<AccountId>> {
    account::table.filter(account::id.eq_any(ids).and(account::role.eq(Role::Reviewer))).select(account::id).load(conn)
}

/// Whether reviewers were named at all.
pub(super) fn has_reviewers(conn: &mut PgConnection, id: ProjectId) -> QueryResult<bool> {
    diesel::select(exists(project_reviewer::table.filter(project_reviewer::project_id.eq(id)))).get_result(conn)
}

/// Which of these pseudonyms the lab knows.
pub(super) fn known_pseudonyms(
    conn: &mut PgConnection,
    lab: LabId,
    ids: &[PseudonymId],
) -> QueryResult<Vec<PseudonymId>> {
    pseudonym::table.filter(pseudonym::lab_id.eq(lab).and(pseudonym::id.eq_any(ids))).select(pseudonym::id).load(conn)
}

/// Which of these projects are the lab's.
pub(super) fn known_projects(conn: &mut PgConnection, lab: LabId, ids: &[ProjectId]) -> QueryResult<Vec<ProjectId>> {
    project::table.filter(project::lab_id.eq(lab).and(project::id.eq_any(ids))).select(project::id).load(conn)
}

/// Tasks of a project whose right answer is known, as far as `most`.
pub(super) fn count_gold(conn: &mut PgConnection, id: ProjectId, most: i64) -> QueryResult<i64> {
    let some: Vec<TaskId> = gold::table.filter(gold::project_id.eq(id)).limit(most).select(gold::task_id).load(conn)?;
    Ok(i64::try_from(some.len()).unwrap_or(i64::MAX))
}

pub(super) fn find_pseudonyms(
    conn: &mut PgConnection,
    lab: LabId,
    experts: &[ExpertId],
) -> QueryResult<Vec<(ExpertId, PseudonymId)>> {
    pseudonym::table
        .filter(pseudonym::lab_id.eq(lab).and(pseudonym::expert_id.eq_any(experts)))
        .select((pseudonym::expert_id, pseudonym::id))
        .load(conn)
}

pub(super) fn insert_pseudonyms(
    conn: &mut PgConnection,
    lab: LabId,
    made: &[(ExpertId, PseudonymId)],
) -> QueryResult<usize> {
    let rows: Vec<_> = made
        .iter()
        .map(|(expert, id)| (pseudonym::id.eq(*id), pseudonym::lab_id.eq(lab), pseudonym::expert_id.eq(*expert)))
        .collect();
    diesel::insert_into(pseudonym::table).values(rows).on_conflict_do_nothing().execute(conn)
}
