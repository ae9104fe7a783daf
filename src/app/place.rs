//! Where the service works: an external database with keys of its own, or the embedded cluster that makes both once.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use secrecy::ExposeSecret;

use crate::config::{self, Settings};
use crate::db::embedded::{Cluster, Options};
use crate::db::{self, SERVICE, Settings as PoolSettings, Urls};
use crate::files::Depot;
use crate::kernel::{Error, Result};
use crate::vault::ServiceKeys;

/// The name of the database in the embedded cluster.
const DATABASE: &str = "collegium";
const KEYS_FILE: &str = "keys.toml";
/// Where files stand beside the embedded cluster, unless told otherwise.
const FILES_FOLDER: &str = "files";

/// A database that is ready, and the keys that go with it.
pub struct Place {
    /// How to reach it.
    pub pool: PoolSettings,
    /// The service's secrets.
    pub keys: ServiceKeys,
    /// Where its files stand.
    pub depot: Depot,
    /// The embedded cluster, where it is one; kept so that it runs.
    pub cluster: Option<Cluster>,
}

impl Place {
    /// Opens the place for the one service: the embedded cluster is started and migrated, an external database is taken
    /// as it is.
    pub fn open(settings: &Settings) -> Result<Self> {
        Self::enter(settings, Cluster::start)
    }

    /// Opens the place beside a service that may be running on it.
    pub fn join(settings: &Settings) -> Result<Self> {
        Self::enter(settings, Cluster::start_or_join)
    }

    fn enter(
        settings: &Settings,
        start: impl FnOnce(&Options) -> std::result::Result<Cluster, db::embedded::EmbeddedError>,
    ) -> Result<Self> {
        if let Some(url) = &settings.database_url {
            let keys = external_keys(settings)?;
            let pool = pool(settings, url.expose_secret().to_owned());
            return Ok(Self { pool, keys, depot: external_depot(settings)?, cluster: None });
        }
        let cluster = start(&Options {
            folder: settings.folder.clone(),
            pg_bin: settings.pg_bin.clone(),
            path_var: config::path(),
            settings: Vec::new(),
        })
        .map_err(Error::internal)?;
        let urls: Urls = db::provision(&cluster, DATABASE)?;
        db::migrate(&urls.owner, SERVICE)?;
        let keys = own_keys(&settings.folder)?;
        let beside = || settings.folder.join(FILES_FOLDER).to_string_lossy().into_owned();
        let depot = Depot::open(&settings.files.clone().unwrap_or_else(beside)).map_err(Error::internal)?;
        Ok(Self { pool: pool(settings, urls.service), keys, depot, cluster: Some(cluster) })
    }
}

fn pool(settings: &Settings, url: String) -> PoolSettings {
    PoolSettings { url, size: settings.pool_size, wait: settings.pool_wait() }
}

/// The files of a service on an external database: named in the settings, because a folder that one instance made up would
/// be unknown to the others.
pub fn external_depot(settings: &Settings) -> Result<Depot> {
    let missing = "with an external database COLLEGIUM_FILES must be set: a folder that every instance sees, or s3://bucket/prefix";
    let place = settings.files.as_deref().ok_or_else(|| Error::internal(missing))?;
    Depot::open(place).map_err(Error::internal)
}

/// The keys of a service on an external database: from the settings, with no default.
pub fn external_keys(settings: &Settings) -> Result<ServiceKeys> {
    let missing = |name: &str| {
        Error::internal(format!("with an external database {name} must be set; make one with: openssl rand -base64 32"))
    };
    let wrapping = settings.key_encryption_key.as_ref().ok_or_else(|| missing("COLLEGIUM_KEY_ENCRYPTION_KEY"))?;
    let signing = settings.token_key.as_ref().ok_or_else(|| missing("COLLEGIUM_TOKEN_KEY"))?;
    ServiceKeys::parse(wrapping.expose_secret(), signing.expose_secret()).map_err(Error::internal)
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    key_encryption_key: String,
    token_key: String,
}

/// The keys of the embedded cluster: made once, readable by nobody else.
fn own_keys(folder: &Path) -> Result<ServiceKeys> {
    let file = folder.join(KEYS_FILE);
    if !file.exists() {
        let (wrapping, signing) = ServiceKeys::generate().map_err(Error::internal)?;
        let text = format!(
            "# Without these nothing that is sealed in this cluster can be opened again.\nkey_encryption_key = \"{wrapping}\"\ntoken_key = \"{signing}\"\n"
        );
        let mut options = fs::OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&file) {
            Ok(mut made) => {
                made.write_all(text.as_bytes()).map_err(Error::internal)?;
                made.sync_all().map_err(Error::internal)?;
            }
            // Another process was first; its keys are the ones.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Error::internal(format!("cannot write {}: {error}", file.display()))),
        }
    }
    let wrong = |error: ::config::ConfigError| Error::internal(format!("{}: {error}", file.display()));
    let source = ::config::File::from(file.as_path()).format(::config::FileFormat::Toml);
    let read: KeysFile = ::config::Config::builder()
        .add_source(source)
        .build()
        .and_then(::config::Config::try_deserialize)
        .map_err(wrong)?;
    ServiceKeys::parse(&read.key_encryption_key, &read.token_key).map_err(Error::internal)
}
