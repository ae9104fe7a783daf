//! Settings: built-in, then a TOML file, then `COLLEGIUM_*` in the environment. The one place that reads either.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

/// Everything that can be set; each name is also the environment variable `COLLEGIUM_<NAME>`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where the API listens.
    pub listen: SocketAddr,
    /// Where `/metrics` listens.
    pub metrics_listen: SocketAddr,
    /// The service's database; without it the embedded cluster.
    pub database_url: Option<SecretString>,
    /// The owner's way to the same database, for `migrate`.
    pub owner_url: Option<SecretString>,
    /// The login of the service, which `migrate` makes a member of the service roles.
    pub service_role: String,
    /// Connections: 2–4 per core of the database.
    pub pool_size: u32,
    /// How long a request waits for its turn at the database before it is told 503.
    pub pool_wait_milliseconds: u64,
    /// The folder of the embedded cluster and its keys.
    pub folder: PathBuf,
    /// Where files stand: a folder, or `s3://bucket/prefix`; `files` in `folder` where unset.
    pub files: Option<String>,
    /// PostgreSQL's programs; searched for where unset.
    pub pg_bin: Option<PathBuf>,
    /// Base64 of 32 random bytes: wraps the data keys.
    pub key_encryption_key: Option<SecretString>,
    /// Base64 of 32 random bytes: signs access tokens; cursors and samples use keys derived from it.
    pub token_key: Option<SecretString>,
    /// `text` for people, `json` for machines.
    pub log_format: LogFormat,
    /// What to log, in the form of `tracing-subscriber`'s filter.
    pub log: String,
    /// Calls per second of one signed-in account, or of one address that is not signed in.
    pub calls_per_second: u32,
    /// How many of them may come at once.
    pub calls_burst: u32,
    /// How long a stop waits for requests under way.
    pub shutdown_seconds: u64,
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

const DEFAULTS: &str = r#"
listen = "127.0.0.1:8080"
metrics_listen = "127.0.0.1:9464"
service_role = "collegium"
pool_size = 8
pool_wait_milliseconds = 1000
folder = ".collegium"
log_format = "text"
log = "info"
calls_per_second = 2000
calls_burst = 4000
shutdown_seconds = 25
"#;

impl Settings {
    /// Reads the settings; a name that is not known is refused, so that a misspelt one is not silently ignored.
    pub fn read(file: Option<&Path>) -> Result<Self, config::ConfigError> {
        let mut sources =
            config::Config::builder().add_source(config::File::from_str(DEFAULTS, config::FileFormat::Toml));
        if let Some(file) = file {
            sources = sources.add_source(config::File::from(file).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("COLLEGIUM").prefix_separator("_").ignore_empty(true);
        sources.add_source(environment.try_parsing(true)).build()?.try_deserialize()
    }

    /// How long a request waits for its turn at the database.
    pub fn pool_wait(&self) -> Duration {
        Duration::from_millis(self.pool_wait_milliseconds)
    }
}

/// The caller's `PATH`, where PostgreSQL's programs are searched last.
#[expect(clippy::disallowed_methods, reason = "the environment is read in this file alone")]
pub fn path() -> Option<std::ffi::OsString> {
    std::env::var("PATH").ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_complete_and_local() {
        let settings = Settings::read(None).unwrap();
        assert!(settings.listen.ip().is_loopback() && settings.metrics_listen.ip().is_loopback());
        assert!(settings.database_url.is_none());
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let folder = std::env::temp_dir().join(format!("collegium-config-{}", std::process::id()));
        std::fs::write(&folder, "pool_sise = 9\n").unwrap();
        let read = Settings::read(Some(&folder));
        std::fs::remove_file(&folder).unwrap();
        assert!(read.unwrap_err().to_string().contains("pool_sise"));
    }
}
