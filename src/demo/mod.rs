//! A believable marketplace, built through the public operations only.

use crate::config::Settings;
use crate::kernel::Result;

/// Builds it, prints the summary, serves it.
pub fn run(_: &Settings, _: bool) -> Result<()> {
    Ok(())
}
