//! A believable marketplace, built through the public operations only: three labs, forty experts, five projects, months
//! of accepted work under a moved clock, reviews, commissions, payouts, and a bank file with two breaks; and one more
//! project that is told in full.

mod cast;
mod doctors;
mod months;
mod people;
mod projects;
mod radiology;
mod stage;
mod summary;

use std::fs;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};

use crate::app::{Parts, Place, cores, until_stopped};
use crate::config::Settings;
use crate::identity::Passwords;
use crate::kernel::page::PageQuery;
use crate::kernel::{Error, Result};
use crate::labs;
use stage::Stage;

/// Written beside the cluster once everything stands.
const DONE: &str = "demo.done";
/// The password of everybody in the demo.
pub(crate) const PASSWORD: &str = "an expert marketplace to play with";

/// Builds it unless it stands, prints the summary, and serves it unless told to end.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn run(settings: &Settings, exit: bool) -> Result<()> {
    if settings.database_url.is_some() {
        return Err(Error::internal(
            "the demo fills a database of its own and not yours: unset COLLEGIUM_DATABASE_URL to run it",
        ));
    }
    let place = Place::open(settings)?;
    let calls = (settings.calls_per_second, settings.calls_burst);
    let parts = Parts::new(&place.pool, &place.keys, place.depot.clone(), Passwords::new(cores())?, calls)?;
    let stage = Stage::new(&parts)?;
    let done: PathBuf = settings.folder.join(DONE);
    if !done.exists() {
        if stage.has_labs()? {
            return Err(Error::internal(format!(
                "{} holds a marketplace that is no finished demo; choose another folder with COLLEGIUM_FOLDER, or remove it",
                settings.folder.display()
            )));
        }
        build(&stage)?;
        fs::write(&done, "The demo stands in this cluster.\n").map_err(Error::internal)?;
    } else {
        println!("The demo stands already in {}; this is what it holds.", settings.folder.display());
    }
    println!("{}", summary::of(&stage)?);
    if !exit {
        println!("Serving http://{0} (API), http://{0}/docs (its document); Ctrl-C ends it.", settings.listen);
        until_stopped(settings, &parts)?;
    }
    if let Some(cluster) = place.cluster {
        cluster.stop().map_err(Error::internal)?;
    }
    Ok(())
}

fn build(stage: &Stage) -> Result<()> {
    let style = ProgressStyle::with_template("{bar:40} {percent:>3}% {msg}").map_err(Error::internal)?;
    let bar = ProgressBar::new(months::STEPS).with_style(style);
    bar.set_message("people");
    let story = months::Story::now(stage)?;
    stage.set_clock(story.opening())?;
    let people = people::sign_up(stage)?;
    bar.inc(months::STEPS / 20);
    bar.set_message("projects");
    let projects = projects::post(stage, &people, &story)?;
    for month in story.months() {
        bar.set_message(format!("work of {month}"));
        months::play(stage, &people, &projects, (&story, *month))?;
        if story.ends_with(*month) {
            bar.set_message("a project told in full");
            radiology::play(stage, &people, *month)?;
        }
        months::end(stage, &people, (&story, *month))?;
        bar.inc(months::STEPS / 20);
    }
    bar.set_message("the anaesthetists' readings");
    doctors::read(stage, &people, &projects)?;
    bar.set_message("the last payout and its bank file");
    months::last_payout(stage, &people, &story)?;
    stage.set_clock_to_now();
    bar.finish_and_clear();
    Ok(())
}

impl Stage {
    fn has_labs(&self) -> Result<bool> {
        self.db().read_now(&self.db().system(), |conn, _| Ok(labs::any_lab(conn)?))
    }
}

/// The first page of a list, as the summary reads it.
pub(crate) fn first_page() -> PageQuery {
    PageQuery { limit: Some(200), cursor: None }
}
