//! HTTP of projects: `/v1/projects`, `/v1/tasks`.

mod files;
mod batches;
mod import;
mod projects;
mod questions;
mod results;
mod staff;
mod tasks;

use utoipa_actix_web::service_config::ServiceConfig;

pub use batches::BatchView;
pub use import::{ImportView, LineError};
pub use projects::{ProgressView, ProjectQuery, ProjectSummary, ProjectView, ReviewView, SlotCounts, TaskCounts};
pub use questions::{NewAnswer, NewQuestion, QuestionView};
pub use staff::{NewPayRate, NewReviewers, PayRateView, ReviewersView};
pub use tasks::{NewTasks, PostedView, SlotsView, TaskPatch, TaskQuery, TaskView};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(projects::create_project)
        .service(projects::list_projects)
        .service(projects::get_project)
        .service(projects::patch_project)
        .service(projects::open_project)
        .service(projects::pause_project)
        .service(projects::close_project)
        .service(projects::progress)
        .service(staff::set_pay_rate)
        .service(staff::get_pay_rate)
        .service(staff::set_reviewers)
        .service(staff::get_reviewers)
        .service(import::import_tasks)
        .service(batches::list_task_batches)
        .service(batches::get_task_batch)
        .service(batches::sign_off_task_batch)
        .service(questions::ask_question)
        .service(questions::list_questions)
        .service(questions::get_question)
        .service(questions::answer_question)
        .service(results::export_results)
        .service(files::put_project_file)
        .service(files::list_project_files)
        .service(files::delete_project_file)
        .service(tasks::post_tasks)
        .service(tasks::list_tasks)
        .service(tasks::get_task)
        .service(tasks::patch_task)
        .service(tasks::cancel_task);
}
