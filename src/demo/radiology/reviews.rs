//! The reviews: two more doctors look at every reading and are paid for it. They turn two down, one of them wrongly.

use serde_json::json;

use super::{REVIEWERS, Scene};
use crate::assignments::operations as work;
use crate::demo::stage::{form, shown, text};
use crate::kernel::{ProjectId, Result};

/// Film and finding of the readings that are turned down: the first is right, the second is not.
pub const TURNED_DOWN: [(&str, &str); 2] = [("film-03.png", "effusion"), ("film-04.png", "clear")];

/// Reviews all that waits; the first reading of each of these is turned down.
pub fn review_all(scene: &Scene, project: ProjectId, turned_down: &[(&str, &str)]) -> Result<()> {
    let (stage, wish) = (scene.stage, form(json!({"project_id": project}))?);
    let mut left = turned_down.to_vec();
    for reviewer in scene.experts(&REVIEWERS)?.into_iter().cycle() {
        let review = stage.act(reviewer, |conn, ctx| {
            let review = work::claim_review(conn, ctx, &wish)?;
            review.map(|id| work::get_review(conn, ctx, stage.door(), id)).transpose()
        })?;
        let Some(review) = review else { break };
        let seen = shown(&review)?;
        let read = (text(&seen, "/input/film")?, text(&seen, "/answer/finding")?);
        let place = left.iter().position(|(film, finding)| (*film, *finding) == (read.0.as_str(), read.1.as_str()));
        let decision = match place.map(|place| left.swap_remove(place)) {
            None => json!({"decision": "accept"}),
            Some(_) => json!({"decision": "reject", "reason": "incorrect",
                "comment": "The lower left field does not look like that to me; the report does not say why."}),
        };
        let decision = form(decision)?;
        stage.act(reviewer, |conn, ctx| work::decide(conn, ctx, stage.door(), review.submission_id, &decision))?;
    }
    Ok(())
}
