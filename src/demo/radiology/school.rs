//! The qualification: four films whose finding is known, each explained as soon as it is answered, and paid.

use serde_json::{Value, json};

use super::films::{SCHOOL, picture};
use super::{FAILED, READERS, SCHOOL_TITLE, Scene};
use crate::assignments::operations as work;
use crate::demo::stage::{form, shown, text};
use crate::files::routes::Incoming;
use crate::kernel::{Error, ProjectId, Result};
use crate::projects::operations;

/// What a finding may be.
pub fn findings() -> Value {
    json!({"enum": ["clear", "nodule", "effusion"]})
}

/// What a film is in a task.
pub fn film_schema() -> Value {
    json!({"type": "object", "required": ["film"], "additionalProperties": false,
        "properties": {"film": {"type": "string", "format": "collegium-file"}}})
}

/// Puts films to a draft.
pub fn supply<'f>(scene: &Scene, project: ProjectId, films: impl Iterator<Item = &'f str>) -> Result<()> {
    for film in films {
        let (begun, finished) = (film.to_owned(), film.to_owned());
        let steps = (
            move |conn: &mut _, ctx: &_, door: &_, asked: &_| {
                operations::begin_file(conn, ctx, door, (project, &begun), asked)
            },
            move |conn: &mut _, ctx: &_, door: &_, arrived: (&_, &_)| {
                operations::put_file(conn, ctx, door, (project, &finished), arrived)
            },
        );
        scene.stage.take_file(scene.lab()?, (Incoming::at_hand("image/png", picture(film)?), false), steps)?;
    }
    Ok(())
}

/// Drafts a project, supplies its films, posts its tasks, and opens it.
pub fn open_with<'f>(
    scene: &Scene,
    draft: Value,
    films: impl Iterator<Item = &'f str>,
    tasks: Vec<Value>,
) -> Result<ProjectId> {
    let (stage, lab) = (scene.stage, scene.lab()?);
    let (draft, tasks) = (form(draft)?, form(json!({"tasks": tasks}))?);
    let project = stage.act(lab, |conn, ctx| operations::create(conn, ctx, stage.door(), &draft))?;
    supply(scene, project, films)?;
    stage.act(lab, |conn, ctx| operations::post_tasks(conn, ctx, stage.door(), project, &tasks))?;
    stage.act(lab, |conn, ctx| operations::open(conn, ctx, project))?;
    stage.settle()?;
    Ok(project)
}

/// Opens the qualification.
pub fn open(scene: &Scene) -> Result<ProjectId> {
    let task = |(film, finding): &(&str, &str)| {
        json!({"external_id": film, "input": {"film": film}, "gold": {"answer": {"finding": finding},
            "explanation": format!("Three radiologists agreed on this film: {finding}.")}})
    };
    let draft = json!({"name": "Chest films, the qualification", "title": SCHOOL_TITLE, "task_type": "classification",
        "instructions": "Name the one finding of the film.", "label_pointer": "/finding",
        "input_schema": film_schema(),
        "output_schema": {"type": "object", "required": ["finding"], "properties": {"finding": findings()}},
        "requirement": {"credential": {"field": "0912", "level": "professional"}},
        "bill_rate": {"amount": "90.00", "currency": "USD"}, "budget": {"amount": "90.00", "currency": "USD"},
        "qualification": {"tasks": SCHOOL.len(), "pass_at": 0.75, "attempts": 1,
            "pay": {"amount": "5.00", "currency": "USD"}}});
    open_with(scene, draft, SCHOOL.iter().map(|(film, _)| *film), SCHOOL.iter().map(task).collect())
}

/// Four doctors sit it; one of them may not go on.
pub fn sit(scene: &Scene, school: ProjectId) -> Result<()> {
    let (stage, wish) = (scene.stage, form(json!({"project_id": school}))?);
    for doctor in scene.experts(&[&READERS[..], &[FAILED]].concat())? {
        while let Some(claimed) = stage.act(doctor, |conn, ctx| work::claim(conn, ctx, stage.door(), &wish))? {
            let seen = shown(&claimed)?;
            let finding = super::readings::finds(doctor.name, &text(&seen, "/task/input/film")?);
            let answer = form(json!({"lease_token": text(&seen, "/lease/token")?, "answer": {"finding": finding},
                "time_spent_seconds": 0}))?;
            stage.act(doctor, |conn, ctx| work::submit(conn, ctx, stage.door(), claimed.id, &answer))??;
            let told = shown(&stage.act(doctor, |conn, ctx| work::get(conn, ctx, stage.door(), claimed.id))?)?;
            if !text(&told, "/known/explanation")?.contains("agreed") {
                return Err(Error::internal("a qualification explained nothing"));
            }
        }
    }
    stage.settle()
}
