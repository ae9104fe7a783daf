//! One project told in full: a lab supplies chest films, doctors qualify to read them, two read each film and write a report,
//! other doctors review that for pay, and whoever does not agree is heard.

pub mod acceptance;
mod doubts;
pub mod films;
mod readings;
mod reviews;
mod school;

use serde_json::json;

use super::months::day_of;
use super::people::People;
use super::stage::{Player, Stage, form};
use crate::kernel::time::Period;
use crate::kernel::{Error, ProjectId, Result, Role};
use crate::ledger;
use readings::Reading;

/// What experts see of the project before a claim.
pub const TITLE: &str = "Reading chest films";
/// The same of the qualification for it.
pub const SCHOOL_TITLE: &str = "Reading chest films: the qualification";
/// Whose it is: its place in the cast.
pub const LAB: usize = 2;
/// Who qualify.
pub const READERS: [&str; 3] = ["Priya Raman", "Joseph Kaplan", "Aiko Tanaka"];
/// Who does not.
pub const FAILED: &str = "Liam Gallagher";
/// Who review.
pub const REVIEWERS: [&str; 2] = ["Noor Al-Sayed", "Beatriz Fonseca"];

/// Where it plays.
struct Scene<'s> {
    stage: &'s Stage,
    people: &'s People,
    month: Period,
}

impl<'s> Scene<'s> {
    /// The morning of a day of the month.
    fn day(&self, day: u64) -> Result<()> {
        self.stage.set_clock(day_of(self.month, day))
    }

    fn lab(&self) -> Result<&'s Player> {
        self.people.lab(LAB)
    }

    fn experts(&self, names: &[&str]) -> Result<Vec<&'s Player>> {
        names.iter().map(|name| self.people.expert(name)).collect()
    }
}

/// Plays it in this month.
pub fn play(stage: &Stage, people: &People, month: Period) -> Result<()> {
    let scene = Scene { stage, people, month };
    scene.day(6)?;
    fund(&scene)?;
    let school = school::open(&scene)?;
    scene.day(7)?;
    school::sit(&scene, school)?;
    let project = readings::open(&scene, school)?;
    scene.day(8)?;
    let mut readings = readings::claim_all(&scene, project)?;
    readings::ask(&scene, project)?;
    scene.day(9)?;
    readings::hand_in(&scene, &readings)?;
    scene.day(10)?;
    reviews::review_all(&scene, project, &reviews::TURNED_DOWN)?;
    scene.day(12)?;
    doubts::dispute(&scene, &readings)?;
    readings.extend(read_once_more(&scene, project)?);
    doubts::adjudicate(&scene, project)?;
    scene.day(14)?;
    acceptance::audit(&scene, project)?;
    read_once_more(&scene, project)?;
    scene.day(16)?;
    acceptance::sign_off(&scene, project)
}

/// What the readings will cost, and a little more.
fn fund(scene: &Scene) -> Result<()> {
    let lab = scene.lab()?.signed.lab.ok_or_else(|| Error::internal("a lab's owner without a lab"))?;
    scene.stage.act(scene.people.staff(Role::Finance, 0)?, |conn, ctx| {
        let wish = form(json!({"amount": {"amount": "2500.00", "currency": "USD"},
            "reference": "chest films", "received_on": ctx.today()}))?;
        ledger::operations::record_deposit(conn, ctx, lab, &wish).map(drop)
    })
}

/// A slot that came free again is read by whoever has not read that film, and reviewed.
fn read_once_more<'s>(scene: &Scene<'s>, project: ProjectId) -> Result<Vec<Reading<'s>>> {
    let mut again = Vec::new();
    for reader in scene.experts(&READERS)? {
        again.extend(readings::claim(scene, reader, project)?);
    }
    readings::hand_in(scene, &again)?;
    reviews::review_all(scene, project, &[])?;
    Ok(again)
}
