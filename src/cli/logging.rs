//! The log: lines for people, or JSON by a setting; always to standard error.

use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Settings};

/// Begins to log as the settings say. A filter that cannot be read falls back to `info`, and says so.
pub fn begin(settings: &Settings) {
    let (filter, wrong) = match EnvFilter::try_new(&settings.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let begun = match settings.log_format {
        LogFormat::Text => subscriber.with_target(false).try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).try_init(),
    };
    if let Some(error) = wrong {
        tracing::warn!(%error, "COLLEGIUM_LOG cannot be read; logging at info");
    }
    // A second beginning in one process keeps the first log: tests do that.
    drop(begun);
}
