//! Facts about experts, requirements of projects, and the table of eligibility between them.

mod offers;

pub(super) use offers::*;

use chrono::NaiveDate;
use diesel::dsl::sum;
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Date, Nullable, Uuid as SqlUuid};
use serde_json::Value;
use uuid::Uuid;

use super::eligibility::Gathered;
use crate::db::schema::{
    credential, eligibility, eligibility_due, engagement, expert, expert_language, project, pseudonym,
    review_eligibility,
};
use crate::experts::ELIGIBILITY_LOCK;
use crate::experts::credential::{CredentialKind, CredentialLevel, CredentialState};
use crate::experts::expert::ExpertState;
use crate::experts::isced::FieldCode;
use crate::experts::language::{LanguageCode, LanguageLevel, SpokenLanguage};
use crate::kernel::jurisdiction::{CountryCode, Jurisdiction};
use crate::kernel::{ExpertId, LabId, ProjectId, PseudonymId};
use crate::projects::requirement::HeldCredential;
use crate::projects::words::ProjectState;
use crate::statement;

/// What matching reads of a project.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = project)]
pub(super) struct ProjectRow {
    pub id: ProjectId,
    pub lab_id: LabId,
    pub state: ProjectState,
    pub requirement: Value,
    pub review_requirement: Option<Value>,
}

pub(super) fn find_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<ProjectRow>> {
    project::table.find(id).select(ProjectRow::as_select()).first(conn).optional()
}

pub(super) fn list_kept_projects(conn: &mut PgConnection) -> QueryResult<Vec<ProjectRow>> {
    project::table
        .filter(project::state.eq_any([ProjectState::Open, ProjectState::Paused]))
        .order(project::id)
        .select(ProjectRow::as_select())
        .load(conn)
}

/// Up to `limit` active experts above an id, in the order of their ids.
pub(super) fn list_active(conn: &mut PgConnection, above: Uuid, limit: i64) -> QueryResult<Vec<ExpertId>> {
    expert::table
        .filter(expert::id.gt(ExpertId(above)).and(expert::state.eq(ExpertState::Active)))
        .order(expert::id)
        .limit(limit)
        .select(expert::id)
        .load(conn)
}

/// Those of these experts who are active.
pub(super) fn filter_active(conn: &mut PgConnection, ids: &[ExpertId]) -> QueryResult<Vec<ExpertId>> {
    expert::table
        .filter(expert::id.eq_any(ids).and(expert::state.eq(ExpertState::Active)))
        .select(expert::id)
        .load(conn)
}

type CredentialColumns = (
    ExpertId,
    CredentialKind,
    CredentialState,
    FieldCode,
    Option<CredentialLevel>,
    String,
    Option<Jurisdiction>,
    NaiveDate,
    Option<NaiveDate>,
);

fn held(row: CredentialColumns) -> (ExpertId, HeldCredential) {
    let (expert, kind, state, field, level, title, jurisdiction, valid_from, valid_until) = row;
    (expert, HeldCredential { kind, state, field, level, title, jurisdiction, valid_from, valid_until })
}

/// What experts are and hold, and how many of their tasks were accepted where `with_accepted` says that somebody asks: one
/// query for each kind of fact. How good they are is the room of quality's to say.
pub(super) fn gather(
    conn: &mut PgConnection,
    ids: &[ExpertId],
    labs: &[LabId],
    with_accepted: bool,
) -> QueryResult<Gathered> {
    let experts: Vec<(ExpertId, CountryCode)> =
        expert::table.filter(expert::id.eq_any(ids)).select((expert::id, expert::country)).load(conn)?;
    let languages: Vec<(ExpertId, LanguageCode, LanguageLevel)> = expert_language::table
        .filter(expert_language::expert_id.eq_any(ids))
        .order((expert_language::expert_id, expert_language::code))
        .select((expert_language::expert_id, expert_language::code, expert_language::level))
        .load(conn)?;
    let credentials: Vec<CredentialColumns> = credential::table
        .filter(credential::expert_id.eq_any(ids))
        .order(credential::id)
        .select((
            credential::expert_id,
            credential::kind,
            credential::state,
            credential::field,
            credential::level,
            credential::title,
            credential::jurisdiction,
            credential::awarded_on,
            credential::valid_until,
        ))
        .load(conn)?;
    let pseudonyms: Vec<(ExpertId, LabId, PseudonymId)> = pseudonym::table
        .filter(pseudonym::lab_id.eq_any(labs).and(pseudonym::expert_id.eq_any(ids)))
        .select((pseudonym::expert_id, pseudonym::lab_id, pseudonym::id))
        .load(conn)?;
    let accepted = if with_accepted { count_accepted(conn, ids)? } else { Vec::new() };
    Ok(Gathered {
        experts,
        languages: languages.into_iter().map(|(id, code, level)| (id, SpokenLanguage { code, level })).collect(),
        credentials: credentials.into_iter().map(held).collect(),
        pseudonyms,
        accepted,
        ..Gathered::default()
    })
}

fn count_accepted(conn: &mut PgConnection, ids: &[ExpertId]) -> QueryResult<Vec<(ExpertId, i64)>> {
    let sums: Vec<(ExpertId, Option<i64>)> = engagement::table
        .filter(engagement::expert_id.eq_any(ids))
        .group_by(engagement::expert_id)
        .select((engagement::expert_id, sum(engagement::accepted)))
        .load(conn)?;
    Ok(sums.into_iter().map(|(expert, accepted)| (expert, accepted.unwrap_or_default())).collect())
}

diesel::define_sql_function! {
    /// Takes a lock that ends with the transaction, or says at once that somebody else has it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> diesel::sql_types::Bool;
}

/// Whether nobody else writes eligibility; then nobody does until this transaction ends.
pub(super) fn try_lock_eligibility(conn: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(pg_try_advisory_xact_lock(ELIGIBILITY_LOCK)).get_result(conn)
}

statement! {
    /// Every pair at once.
    pub(super) struct InsertEligibility from "insert_eligibility.sql" {
        experts: Vec<ExpertId> as Array<SqlUuid>,
        projects: Vec<ProjectId> as Array<SqlUuid>,
        labs: Vec<LabId> as Array<SqlUuid>,
        untils: Vec<Option<NaiveDate>> as Array<Nullable<Date>>,
    } -> BigInt
}

statement! {
    /// Every pair at once.
    pub(super) struct InsertReviewEligibility from "insert_review_eligibility.sql" {
        experts: Vec<ExpertId> as Array<SqlUuid>,
        projects: Vec<ProjectId> as Array<SqlUuid>,
        labs: Vec<LabId> as Array<SqlUuid>,
        untils: Vec<Option<NaiveDate>> as Array<Nullable<Date>>,
    } -> BigInt
}

/// Which of the two tables is meant: who may work in a project, or who may review there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Work,
    Review,
}

/// Expert, project, its lab, and the first day on which the answer may be another one.
pub(super) type Pair = (ExpertId, ProjectId, LabId, Option<NaiveDate>);

pub(super) fn insert_eligibility(conn: &mut PgConnection, right: Right, pairs: Vec<Pair>) -> QueryResult<usize> {
    let (mut experts, mut projects, mut labs, mut untils) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (expert, project, lab, until) in pairs {
        experts.push(expert);
        projects.push(project);
        labs.push(lab);
        untils.push(until);
    }
    match right {
        Right::Work => InsertEligibility { experts, projects, labs, untils }.execute(conn),
        Right::Review => InsertReviewEligibility { experts, projects, labs, untils }.execute(conn),
    }
}

pub(super) fn delete_of_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<usize> {
    diesel::delete(review_eligibility::table.filter(review_eligibility::project_id.eq(id))).execute(conn)?;
    diesel::delete(eligibility::table.filter(eligibility::project_id.eq(id))).execute(conn)
}

/// Those of experts above one id and up to another, or of all above.
pub(super) fn delete_of_range(
    conn: &mut PgConnection,
    id: ProjectId,
    (above, last): (Uuid, Option<ExpertId>),
) -> QueryResult<usize> {
    // No expert's id is larger than the largest there is.
    let last = last.unwrap_or(ExpertId(Uuid::max()));
    let reviews = review_eligibility::project_id.eq(id);
    let in_range = review_eligibility::expert_id.gt(ExpertId(above)).and(review_eligibility::expert_id.le(last));
    diesel::delete(review_eligibility::table.filter(reviews.and(in_range))).execute(conn)?;
    let in_range = eligibility::expert_id.gt(ExpertId(above)).and(eligibility::expert_id.le(last));
    diesel::delete(eligibility::table.filter(eligibility::project_id.eq(id).and(in_range))).execute(conn)
}

pub(super) fn delete_of_experts(conn: &mut PgConnection, ids: &[ExpertId]) -> QueryResult<usize> {
    diesel::delete(review_eligibility::table.filter(review_eligibility::expert_id.eq_any(ids))).execute(conn)?;
    diesel::delete(eligibility::table.filter(eligibility::expert_id.eq_any(ids))).execute(conn)
}

/// Experts with a row whose day has come, in either table.
pub(super) fn list_turned(conn: &mut PgConnection, today: NaiveDate, limit: i64) -> QueryResult<Vec<ExpertId>> {
    let mut turned: Vec<ExpertId> = eligibility::table
        .filter(eligibility::until.le(today))
        .distinct()
        .order(eligibility::expert_id)
        .limit(limit)
        .select(eligibility::expert_id)
        .load(conn)?;
    let reviewers: Vec<ExpertId> = review_eligibility::table
        .filter(review_eligibility::until.le(today))
        .distinct()
        .order(review_eligibility::expert_id)
        .limit(limit)
        .select(review_eligibility::expert_id)
        .load(conn)?;
    turned.extend(reviewers);
    Ok(turned)
}

/// A fact that changed: the row's id, the expert or the project that it is about, and up to which expert a project has been
/// looked at since.
pub(super) type Due = (Uuid, Option<ExpertId>, Option<ProjectId>, Option<Uuid>);

pub(super) fn lock_due(conn: &mut PgConnection, limit: i64) -> QueryResult<Vec<Due>> {
    eligibility_due::table
        .order(eligibility_due::id)
        .limit(limit)
        .select((eligibility_due::id, eligibility_due::expert_id, eligibility_due::project_id, eligibility_due::above))
        .for_update()
        .skip_locked()
        .load(conn)
}

pub(super) fn delete_due(conn: &mut PgConnection, ids: &[Uuid]) -> QueryResult<usize> {
    diesel::delete(eligibility_due::table.filter(eligibility_due::id.eq_any(ids))).execute(conn)
}

/// Notes up to which expert a project has been looked at.
pub(super) fn update_due(conn: &mut PgConnection, ids: &[Uuid], above: Uuid) -> QueryResult<usize> {
    diesel::update(eligibility_due::table.filter(eligibility_due::id.eq_any(ids)))
        .set(eligibility_due::above.eq(above))
        .execute(conn)
}
