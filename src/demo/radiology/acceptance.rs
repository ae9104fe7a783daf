//! The lab's own acceptance: it looks at what it was delivered, has one reading done again and asks for the price of another
//! one back; then it signs its batches off.

use serde_json::json;

use super::Scene;
use crate::assignments::operations as work;
use crate::demo::stage::{Player, Stage, form};
use crate::kernel::{AssignmentId, Error, ProjectId, Result, Role};
use crate::projects::operations::{self, ResultLine};

/// What the lab was delivered.
pub fn delivered(stage: &Stage, lab: &Player, project: ProjectId) -> Result<Vec<ResultLine>> {
    stage.act(lab, |conn, ctx| {
        let export = operations::begin_export(conn, ctx, stage.door(), project, (None, 0))?;
        let (mut lines, mut at) = (Vec::new(), export.start());
        while let Some(page) = operations::load_page(conn, ctx, &export, (at, None))? {
            at = page.next;
            lines.extend(export.open_page(page)?);
        }
        Ok(lines)
    })
}

/// One reading is good, one is done again at the house's cost, and the price of one comes back once a second person has
/// approved that.
pub(super) fn audit(scene: &Scene, project: ProjectId) -> Result<()> {
    let (stage, lab) = (scene.stage, scene.lab()?);
    let comment = "The report leaves out the lower fields, which our protocol asks for.";
    let lines = delivered(stage, lab, project)?;
    for (film, verdict) in [("film-07.png", "good"), ("film-09.png", "rework"), ("film-11.png", "refund")] {
        let found: Option<AssignmentId> =
            lines.iter().find(|line| line.external_id == film).map(|line| line.assignment_id);
        let found = found.ok_or_else(|| Error::internal(format!("{film} was not delivered")))?;
        let wish = form(match verdict {
            "good" => json!({"verdict": verdict}),
            _ => json!({"verdict": verdict, "reason": "incomplete", "comment": comment}),
        })?;
        let audit = stage.act(lab, |conn, ctx| work::audit(conn, ctx, stage.door(), found, &wish))?;
        if verdict == "refund" {
            let finance = scene.people.staff(Role::Finance, 1)?;
            stage.act(finance, |conn, ctx| work::approve_refund(conn, ctx, audit))?;
        }
    }
    Ok(())
}

/// The lab says of each batch that it is done.
pub(super) fn sign_off(scene: &Scene, project: ProjectId) -> Result<()> {
    for batch in ["ward A", "ward B"] {
        scene.stage.act(scene.lab()?, |conn, ctx| operations::sign_off(conn, ctx, project, batch))?;
    }
    Ok(())
}
