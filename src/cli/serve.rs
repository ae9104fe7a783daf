//! `collegium serve`: runs until Ctrl-C or SIGTERM, then drains.

use crate::app::{Parts, Place, cores, until_stopped};
use crate::config::Settings;
use crate::identity::Passwords;
use crate::kernel::{Error, Result};

/// Serves until told to stop.
pub fn serve(settings: &Settings) -> Result<()> {
    let place = Place::open(settings)?;
    let passwords = Passwords::new(cores())?;
    let calls = (settings.calls_per_second, settings.calls_burst);
    let parts = Parts::new(&place.pool, &place.keys, place.depot, passwords, calls)?;
    until_stopped(settings, &parts)?;
    if let Some(cluster) = place.cluster {
        cluster.stop().map_err(Error::internal)?;
    }
    Ok(())
}
