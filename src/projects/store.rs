//! Projects and tasks.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use rust_decimal::Decimal;

use super::words::{Pricing, ProjectState, ReviewMode, TaskType};
use crate::db::schema::project;
use crate::kernel::{Currency, LabId, ProjectId};
use crate::trust::Sealed;

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

/// One project.
pub fn find_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<ProjectRow>> {
    project::table.find(id).select(ProjectRow::as_select()).first(conn).optional()
}

/// One project, held until the transaction ends.
pub fn lock_project(conn: &mut PgConnection, id: ProjectId) -> QueryResult<Option<ProjectRow>> {
    project::table.find(id).select(ProjectRow::as_select()).for_update().first(conn).optional()
}
