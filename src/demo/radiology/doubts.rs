//! Doubts: both rejections are disputed, and where two readings of a film differ somebody who took no part decides.

use serde_json::json;

use super::Scene;
use super::films::shows;
use super::readings::{REPORT, Reading};
use super::reviews::TURNED_DOWN;
use crate::assignments::operations as work;
use crate::demo::stage::{form, shown, text};
use crate::kernel::{Error, ProjectId, Result, Role};

/// Whoever was turned down disputes it; a reviewer of the house looks. The reading that was right is taken back while its
/// slot is still free.
pub fn dispute(scene: &Scene, readings: &[Reading]) -> Result<()> {
    let (stage, judge) = (scene.stage, scene.people.staff(Role::Reviewer, 0)?);
    let mut disputed = 0;
    for Reading { reader, id, .. } in readings {
        let seen = shown(&stage.act(reader, |conn, ctx| work::get(conn, ctx, stage.door(), *id))?)?;
        if text(&seen, "/state")? != "rejected" {
            continue;
        }
        let grounds =
            form(json!({"grounds": "I compared the film with three published cases; all of them look like it."}))?;
        let dispute = stage.act(reader, |conn, ctx| work::open_dispute(conn, ctx, stage.door(), *id, &grounds))?;
        let work = stage.act(judge, |conn, ctx| {
            work::claim_dispute(conn, ctx, dispute)?;
            work::get_dispute(conn, ctx, stage.door(), dispute)
        })?;
        let seen = shown(&work)?;
        let right = shows(&text(&seen, "/input/film")?) == text(&seen, "/answer/finding")?;
        let (outcome, note) = match right {
            true => ("overturned", "The finding is right, and the report says why."),
            false => ("upheld", "There is a nodule in the upper right field."),
        };
        let resolution = form(json!({"outcome": outcome, "note": note}))?;
        stage.act(judge, |conn, ctx| work::resolve_dispute(conn, ctx, stage.door(), dispute, &resolution))?;
        disputed += 1;
    }
    match disputed == TURNED_DOWN.len() {
        true => Ok(()),
        false => Err(Error::internal(format!("the demo's reviewers turned {disputed} readings down"))),
    }
}

/// Where two accepted readings differ, a reviewer of the house who took no part reads the film.
pub fn adjudicate(scene: &Scene, project: ProjectId) -> Result<()> {
    let (stage, judge) = (scene.stage, scene.people.staff(Role::Reviewer, 1)?);
    let wish = form(json!({"project_id": project}))?;
    while let Some(claim) = stage.act(judge, |conn, ctx| {
        let claim = work::claim_adjudication(conn, ctx, &wish)?;
        claim.map(|id| work::get_adjudication(conn, ctx, stage.door(), id)).transpose()
    })? {
        let finding = shows(&text(&shown(&claim)?, "/input/film")?);
        let answer = form(json!({"answer": {"finding": finding, "report": REPORT}, "comment": "Seen at full size."}))?;
        stage.act(judge, |conn, ctx| work::adjudicate(conn, ctx, stage.door(), claim.task_id, &answer))?;
    }
    Ok(())
}
