//! Tasks, posted as JSON and one by one.

use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use diesel::PgConnection;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::super::new_task::{NewGold, NewTask};
use super::super::operations;
use super::super::words::TaskState;
use crate::http::{Answer, Body, Call, Nothing, Query, Tagged};
use crate::kernel::{Ctx, Money, Page, PageQuery, ProjectId, Result, TaskId};
use crate::trust::Door;

/// The largest JSON body of tasks; what is larger is an import's.
const MAX_BODY_BYTES: usize = 33_554_432;

/// Tasks to post, all or none of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTasks {
    /// 1 to 1000 of them.
    pub tasks: Vec<NewTask>,
}

/// What came of posting tasks.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PostedTasks)]
pub struct PostedView {
    /// New ones.
    pub created: usize,
    /// Those that stood already, unchanged.
    pub duplicates: usize,
    /// The tasks in the order they were sent.
    pub tasks: Vec<TaskId>,
}

/// Post tasks, all or none of them; the money of their slots is reserved. A task sent again unchanged is a duplicate,
/// so that an import that was cut off may simply be sent again under another key.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path)), request_body = NewTasks, responses((status = 201, description = "Posted", body = PostedView)))]
#[post("/v1/projects/{id}/tasks")]
pub async fn post_tasks(
    call: Call,
    id: web::Path<ProjectId>,
    door: web::Data<Door>,
    body: Body<NewTasks, MAX_BODY_BYTES>,
) -> Answer {
    let id = id.into_inner();
    let Body { form, digest } = body;
    let form = web::Data::new(form);
    let sent = form.clone();
    let post = move |conn: &mut _, ctx: &_| operations::post_tasks(conn, ctx, &door, id, &form);
    call.moving_money()?
        .create_many(digest, post, move |conn, _, posted| operations::outcome_of(conn, id, &sent, posted))
        .await
}

/// A task. Its input is for the lab alone, and not in lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskView {
    pub id: TaskId,
    pub project_id: ProjectId,
    /// The lab's own id of it.
    pub external_id: String,
    pub state: TaskState,
    /// 0 to 100; higher is served first.
    pub priority: i16,
    pub overlap: i16,
    /// What each slot reserved.
    pub slot_price: Money,
    pub slots: SlotsView,
    /// The lab's own name for the tasks that it wants together.
    pub batch_id: Option<String>,
    /// Whether its answer is known: it has no slots and costs nothing.
    pub gold: bool,
    pub input_bytes: i32,
    /// The bytes received.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub input: Option<Box<RawValue>>,
    /// Of gold, for the lab alone and not in lists: the right answer and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known: Option<NewGold>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for TaskView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// The slots of a task.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TaskSlots)]
pub struct SlotsView {
    pub free: i16,
    /// Reserved; they open where answers disagree.
    pub later: i16,
    /// Set aside for an expert who was offered them.
    pub offered: i16,
    /// By a live assignment.
    pub held: i16,
    /// By an accepted answer.
    pub filled: i16,
}

/// Which tasks are asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TaskQuery {
    /// In this state alone; without gold, unless `gold` is `true`.
    pub state: Option<TaskState>,
    /// Of this priority alone.
    pub priority: Option<i16>,
    /// The one that the lab calls so.
    pub external_id: Option<String>,
    /// Of this batch alone.
    pub batch_id: Option<String>,
    /// Gold alone, or none of it.
    pub gold: Option<bool>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// A project's tasks, without their inputs.
#[utoipa::path(tag = "Tasks", params(("id" = ProjectId, Path), TaskQuery), responses((status = 200, description = "Tasks, newest first", body = Page<TaskView>)))]
#[get("/v1/projects/{id}/tasks")]
pub async fn list_tasks(call: Call, id: web::Path<ProjectId>, query: Query<TaskQuery>) -> Answer {
    let (id, query) = (id.into_inner(), query.into_inner());
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let TaskQuery { state, priority, external_id, batch_id, gold, .. } = &query;
    let filter = format!("{state:?} {priority:?} {external_id:?} {batch_id:?} {gold:?}");
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list_tasks(conn, ctx, id, &query, paging);
    call.list(&page, &filter, list).await
}

/// Renders a task for the caller, through the door.
fn shown_by(door: web::Data<Door>) -> impl Fn(&mut PgConnection, &Ctx, TaskId) -> Result<TaskView> {
    move |conn, ctx, id| operations::get_task(conn, ctx, &door, id)
}

/// One task.
#[utoipa::path(tag = "Tasks", params(("id" = TaskId, Path)), responses((status = 200, description = "The task", body = TaskView)))]
#[get("/v1/tasks/{id}")]
pub async fn get_task(call: Call, id: web::Path<TaskId>, door: web::Data<Door>) -> Answer {
    let (id, show) = (id.into_inner(), shown_by(door));
    call.show_logged(move |conn, ctx| show(conn, ctx, id)).await
}

/// A change of a task.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskPatch {
    /// 0 to 100; higher is served first.
    #[serde(default)]
    pub priority: Option<i16>,
}

/// Move a task in the queue.
#[utoipa::path(tag = "Tasks", params(("id" = TaskId, Path)), request_body = TaskPatch, responses((status = 200, description = "Moved", body = TaskView)))]
#[patch("/v1/tasks/{id}")]
pub async fn patch_task(call: Call, id: web::Path<TaskId>, door: web::Data<Door>, body: Body<TaskPatch>) -> Answer {
    let target = (id.into_inner(), call.precondition());
    let Body { form, digest } = body;
    let change = move |conn: &mut _, ctx: &_| operations::patch_task(conn, ctx, (target.0, &target.1), &form);
    call.act(digest, change, shown_by(door)).await
}

/// Cancel a task: its free slots return their money at once, held ones run to their end.
#[utoipa::path(tag = "Tasks", params(("id" = TaskId, Path)), responses((status = 200, description = "Cancelled", body = TaskView)))]
#[post("/v1/tasks/{id}/cancel")]
pub async fn cancel_task(call: Call, id: web::Path<TaskId>, door: web::Data<Door>, body: Body<Nothing>) -> Answer {
    let id = id.into_inner();
    call.moving_money()?.act(body.digest, move |conn, ctx| operations::cancel_task(conn, ctx, id), shown_by(door)).await
}
