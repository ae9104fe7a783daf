//! `collegium migrate` and `collegium config check`.

use secrecy::ExposeSecret;

use crate::app::{Place, external_depot, external_keys};
use crate::config::Settings;
use crate::db;
use crate::kernel::{Error, Result};

/// `collegium migrate`.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn migrate(settings: &Settings) -> Result<()> {
    let ran = match (&settings.owner_url, &settings.database_url) {
        (Some(owner), _) => db::migrate(owner.expose_secret(), &settings.service_role)?,
        (None, Some(_)) => {
            return Err(Error::internal(
                "COLLEGIUM_OWNER_URL must name the owner's login: the service may not migrate",
            ));
        }
        (None, None) => {
            Place::join(settings)?;
            Vec::new()
        }
    };
    for migration in &ran {
        println!("ran {migration}");
    }
    println!("the schema is up to date");
    Ok(())
}

/// `collegium config check`.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub fn check(settings: &Settings) -> Result<()> {
    println!("{settings:#?}");
    if settings.database_url.is_some() {
        external_keys(settings)?;
        external_depot(settings)?;
    }
    println!("the settings are sound");
    Ok(())
}
