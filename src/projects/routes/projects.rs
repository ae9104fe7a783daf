//! Projects as a whole.

use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::super::brief::{Criterion, Label};
use super::super::controls::{GoldRules, Qualification};
use super::super::draft::NewProject;
use super::super::operations;
use super::super::patch::ProjectPatch;
use super::super::rate::Rate;
use super::super::requirement::Requirement;
use super::super::words::{Pricing, ProjectState, ReviewMode, TaskType};
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{Ctx, LabId, Money, Page, PageQuery, ProjectId, Result};
use crate::trust::Door;

/// A project. Staff see neither the lab's own name for it nor any content, and what experts are paid; labs see the
/// rest of it and not the pay.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectView {
    pub id: ProjectId,
    pub lab_id: LabId,
    /// What experts see of the lab.
    pub lab_code_name: String,
    pub state: ProjectState,
    /// For the lab alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What experts see before a claim.
    pub title: String,
    pub task_type: TaskType,
    /// For the lab alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<String>,
    /// For the lab alone; the bytes received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub input_schema: Option<Box<RawValue>>,
    /// For the lab alone; the bytes received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub output_schema: Option<Box<RawValue>>,
    /// For the lab alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<Label>>,
    pub requirement: Requirement,
    pub bill_rate: Money,
    /// For staff alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_rate: Option<Money>,
    pub pricing: Pricing,
    pub max_seconds: i32,
    /// What posting reserves for each slot.
    pub slot_price: Money,
    pub overlap: i16,
    /// Of the overlap, asked for at first.
    pub min_overlap: i16,
    pub stop_at_confidence: Option<Rate>,
    pub max_tasks_per_expert: Option<i32>,
    pub gold: GoldRules,
    pub qualification: Option<Qualification>,
    pub audit_days: i16,
    pub lease_seconds: i32,
    pub review: ReviewView,
    pub budget: Money,
    /// Reserved and billed, less what was returned.
    pub committed: Money,
    /// Tasks posted so far, cancelled ones among them.
    pub tasks: i64,
    pub deadline: Option<DateTime<Utc>>,
    /// Which revision of the confidential part; stamped on claims.
    pub brief_version: i32,
    pub opened_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for ProjectView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// How answers are reviewed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProjectReview)]
pub struct ReviewView {
    pub mode: ReviewMode,
    pub sample_rate: Rate,
    pub levels: i16,
    pub auto_accept_after_seconds: i32,
    pub max_revisions: i16,
    /// For the lab alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rubric: Option<Vec<Criterion>>,
    /// Which experts may review; `null`: the marketplace's own reviewers do.
    pub requirement: Option<Requirement>,
    /// What an expert earns for a review; for staff alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pay_rate: Option<Money>,
}

/// A project as it stands in a list: without content for everybody.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectSummary {
    pub id: ProjectId,
    pub lab_id: LabId,
    pub lab_code_name: String,
    pub state: ProjectState,
    pub title: String,
    pub task_type: TaskType,
    pub bill_rate: Money,
    pub pricing: Pricing,
    pub slot_price: Money,
    pub overlap: i16,
    pub budget: Money,
    pub committed: Money,
    pub tasks: i64,
    pub deadline: Option<DateTime<Utc>>,
    pub opened_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Draft a project (lab). Every finding about it is told at once.
#[utoipa::path(tag = "Projects", request_body = NewProject, responses((status = 201, description = "Drafted", body = ProjectView)))]
#[post("/v1/projects")]
pub async fn create_project(call: Call, door: web::Data<Door>, body: Body<NewProject>) -> Answer {
    let Body { form, digest } = body;
    let opener = door.clone();
    let make = move |conn: &mut _, ctx: &_| operations::create(conn, ctx, &opener, &form);
    call.create(digest, make, shown_by(door)).await
}

/// Renders a project for the caller, through the door.
fn shown_by(door: web::Data<Door>) -> impl Fn(&mut PgConnection, &Ctx, ProjectId) -> Result<ProjectView> {
    move |conn, ctx, id| operations::get(conn, ctx, &door, id)
}

/// Which projects are asked for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProjectQuery {
    /// In this state alone.
    pub state: Option<ProjectState>,
    /// Of this lab alone (staff).
    pub lab_id: Option<LabId>,
    /// Words of the public title, as typed into a search box: `"a phrase"`, `or`, `-without`.
    pub q: Option<String>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// A lab's own projects, or for staff everybody's; without content.
#[utoipa::path(tag = "Projects", params(ProjectQuery), responses((status = 200, description = "Projects, newest first", body = Page<ProjectSummary>)))]
#[get("/v1/projects")]
pub async fn list_projects(call: Call, query: Query<ProjectQuery>) -> Answer {
    let query = query.into_inner();
    let ProjectQuery { state, lab_id, q, limit, cursor } = &query;
    let (page, filter) = (PageQuery { limit: *limit, cursor: cursor.clone() }, format!("{state:?} {lab_id:?} {q:?}"));
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list(conn, ctx, &query, paging);
    call.list(&page, &filter, list).await
}

/// One project.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "The project", body = ProjectView)))]
#[get("/v1/projects/{id}")]
pub async fn get_project(call: Call, id: web::Path<ProjectId>, door: web::Data<Door>) -> Answer {
    let (id, show) = (id.into_inner(), shown_by(door));
    call.show_logged(move |conn, ctx| show(conn, ctx, id)).await
}

/// Change a project: everything of a draft; after opening the instructions, the deadline, more budget, and the review.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), request_body = ProjectPatch, responses((status = 200, description = "Changed", body = ProjectView)))]
#[patch("/v1/projects/{id}")]
pub async fn patch_project(
    call: Call,
    id: web::Path<ProjectId>,
    door: web::Data<Door>,
    body: Body<ProjectPatch>,
) -> Answer {
    let (target, opener) = ((id.into_inner(), call.precondition()), door.clone());
    let Body { form, digest } = body;
    let change = move |conn: &mut _, ctx: &_| operations::patch(conn, ctx, &opener, (target.0, &target.1), &form);
    call.act(digest, change, shown_by(door)).await
}

/// Open a project, or open it again after a pause: the lab must be active and have funds.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "Open", body = ProjectView)))]
#[post("/v1/projects/{id}/open")]
pub async fn open_project(call: Call, id: web::Path<ProjectId>, door: web::Data<Door>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.settling().act(body.digest, move |conn, ctx| operations::open(conn, ctx, id), shown_by(door)).await
}

/// Stop new claims; everything else runs on.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "Paused", body = ProjectView)))]
#[post("/v1/projects/{id}/pause")]
pub async fn pause_project(call: Call, id: web::Path<ProjectId>, door: web::Data<Door>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.settling().act(body.digest, move |conn, ctx| operations::pause(conn, ctx, id), shown_by(door)).await
}

/// End a project: free slots return their money at once, held ones run to their end.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "Closed", body = ProjectView)))]
#[post("/v1/projects/{id}/close")]
pub async fn close_project(call: Call, id: web::Path<ProjectId>, door: web::Data<Door>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.moving_money()?
        .settling()
        .act(body.digest, move |conn, ctx| operations::close(conn, ctx, id), shown_by(door))
        .await
}

/// How far a project has come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
pub struct ProgressView {
    pub project_id: ProjectId,
    pub tasks: TaskCounts,
    pub slots: SlotCounts,
    /// Accepted answers that count.
    pub accepted: i64,
    /// Answers that a reviewer rejected.
    pub rejected: i64,
    /// What slots hold that are not filled.
    pub reserved: Money,
    pub billed: Money,
    pub budget: Money,
    /// Budget less what is committed.
    pub budget_left: Money,
}

/// Tasks by state, gold left out.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct TaskCounts {
    pub open: i64,
    pub in_progress: i64,
    pub completed: i64,
    pub cancelled: i64,
}

/// Slots by what became of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlotCounts {
    pub free: i64,
    /// Reserved; they open where answers disagree.
    pub later: i64,
    /// Set aside for an expert who was offered them.
    pub offered: i64,
    pub held: i64,
    pub filled: i64,
}

/// How far a project has come.
#[utoipa::path(tag = "Projects", params(("id" = ProjectId, Path)), responses((status = 200, description = "The progress", body = ProgressView)))]
#[get("/v1/projects/{id}/progress")]
pub async fn progress(call: Call, id: web::Path<ProjectId>) -> Answer {
    let id = id.into_inner();
    call.report(move |conn, ctx| operations::progress(conn, ctx, id)).await
}
