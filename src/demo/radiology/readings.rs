//! The readings: every film is read by two of three doctors, who each deliver a report; a film whose finding is known is
//! among them.

use serde_json::{Value, json};

use super::films::{GOLD, WORK, picture, report, shows};
use super::school::{film_schema, findings, open_with};
use super::{READERS, Scene, TITLE};
use crate::assignments::operations as work;
use crate::demo::stage::{Player, form, shown, text};
use crate::files::routes::Incoming;
use crate::kernel::{AssignmentId, Error, ProjectId, Result};
use crate::projects::operations;

/// What an expert delivers.
pub const REPORT: &str = "report.pdf";

/// A film in somebody's hands.
pub struct Reading<'p> {
    pub reader: &'p Player,
    pub id: AssignmentId,
    film: String,
    token: String,
}

/// What a doctor says of a film: mostly what it shows.
pub fn finds(doctor: &str, film: &str) -> &'static str {
    match (doctor, film) {
        ("Priya Raman", "film-02.png") => "effusion",
        ("Priya Raman", "film-04.png") => "clear",
        ("Joseph Kaplan", "school-3.png" | "film-13.png") => "nodule",
        ("Liam Gallagher", "school-2.png" | "school-3.png") => "clear",
        _ => shows(film),
    }
}

/// Opens the project to whoever has qualified, with experts as its reviewers.
pub fn open(scene: &Scene, school: ProjectId) -> Result<ProjectId> {
    let doctor = json!({"credential": {"field": "0912", "level": "professional"}});
    let draft = json!({"name": "Chest films, two readings", "title": TITLE, "task_type": "classification",
        "instructions": "Name the one finding of the film, and deliver your report.", "label_pointer": "/finding",
        "input_schema": film_schema(),
        "output_schema": {"type": "object", "required": ["finding", "report"],
            "properties": {"finding": findings(), "report": {"type": "string", "format": "collegium-file"}}},
        "requirement": {"all": [doctor, {"qualified": {"project": school}}]}, "overlap": 2,
        "review": {"mode": "all", "requirement": doctor}, "lease_seconds": 604_800,
        // Whoever has not seen the film whose finding is known is given it first: the figures are the same every time.
        "gold": {"rate": 1},
        "bill_rate": {"amount": "90.00", "currency": "USD"}, "budget": {"amount": "2500.00", "currency": "USD"}});
    let task = |(film, _, batch): &(&str, &str, &str)| json!({"external_id": film, "input": {"film": film}, "batch_id": batch});
    let gold = |(film, finding): &(&str, &str)| {
        json!({"external_id": film, "input": {"film": film}, "gold": {"answer": {"finding": finding, "report": REPORT},
            "explanation": format!("Three radiologists agreed on this film: {finding}.")}})
    };
    let tasks: Vec<Value> = WORK.iter().map(task).chain(GOLD.iter().map(gold)).collect();
    let films = WORK.iter().map(|(film, ..)| *film).chain(GOLD.iter().map(|(film, _)| *film));
    open_with(scene, draft, films, tasks)
}

/// Takes up a film, if there is one for this reader.
pub fn claim<'p>(scene: &Scene, reader: &'p Player, project: ProjectId) -> Result<Option<Reading<'p>>> {
    let (stage, wish) = (scene.stage, form(json!({"project_id": project}))?);
    let claimed = stage.act(reader, |conn, ctx| work::claim(conn, ctx, stage.door(), &wish))?;
    let Some(claimed) = claimed else { return Ok(None) };
    let seen = shown(&claimed)?;
    let (film, token) = (text(&seen, "/task/input/film")?, text(&seen, "/lease/token")?);
    look_at(scene, reader, (project, &film))?;
    Ok(Some(Reading { reader, id: claimed.id, film, token }))
}

/// Looks at a film that is in the reader's hands as a viewer does: how large it is first, which the beginning of a PNG
/// tells, and then the rest.
fn look_at(scene: &Scene, reader: &Player, (project, film): (ProjectId, &str)) -> Result<()> {
    let range = |range| {
        scene.stage.read_file(reader, range, |conn, ctx, door| work::project_file(conn, ctx, door, (project, film)))
    };
    let (head, rest) = (range("bytes=0-32")?, range("bytes=33-")?);
    if head.len() == 33 && [head, rest].concat() == picture(film)? {
        return Ok(());
    }
    Err(Error::internal(format!("{} was shown another film than {film}", reader.name)))
}

/// The three take turns until every film is in two hands.
pub fn claim_all<'s>(scene: &Scene<'s>, project: ProjectId) -> Result<Vec<Reading<'s>>> {
    let mut readings = Vec::new();
    loop {
        let before = readings.len();
        for reader in scene.experts(&READERS)? {
            readings.extend(claim(scene, reader, project)?);
        }
        if readings.len() == before {
            return Ok(readings);
        }
    }
}

/// One of them asks, and the lab answers for all.
pub fn ask(scene: &Scene, project: ProjectId) -> Result<()> {
    let stage = scene.stage;
    let question = form(json!({"question": "Is a calcified granuloma a nodule here?"}))?;
    let reader = scene.people.expert(READERS[0])?;
    let id = stage.act(reader, |conn, ctx| operations::ask(conn, ctx, stage.door(), project, &question))?;
    let answer = form(json!({"answer": "No. Call the film clear if there is nothing else on it."}))?;
    stage.act(scene.lab()?, |conn, ctx| operations::answer_question(conn, ctx, stage.door(), id, &answer))?;
    Ok(())
}

/// Delivers reports and hands findings in.
pub fn hand_in(scene: &Scene, readings: &[Reading]) -> Result<()> {
    let stage = scene.stage;
    for Reading { reader, id, film, token } in readings {
        let (id, finding) = (*id, finds(reader.name, film));
        let steps = (
            move |conn: &mut _, ctx: &_, door: &_, asked: &_| {
                work::begin_delivery(conn, ctx, door, (id, REPORT), asked)
            },
            move |conn: &mut _, ctx: &_, door: &_, arrived: (&_, &_)| {
                work::deliver(conn, ctx, door, (id, REPORT), arrived)
            },
        );
        let file = Incoming::at_hand("application/pdf", report(reader.name, film, finding)?);
        stage.take_file(reader, (file, true), steps)?;
        let answer = form(json!({"lease_token": token, "answer": {"finding": finding, "report": REPORT},
            "time_spent_seconds": 840}))?;
        stage.act(reader, |conn, ctx| work::submit(conn, ctx, stage.door(), id, &answer))??;
    }
    Ok(())
}
