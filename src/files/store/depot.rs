//! The object store: a folder, or a bucket that speaks S3's protocol. What is written stands at a temporary place until it
//! is whole, and is then kept at the place that its content names.

use std::fmt;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error as StoreError, ObjectStore, ObjectStoreExt, WriteMultipart};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::kernel::{Error, LabId, Result};

/// Bytes that are sent to the store at once: S3 takes no smaller parts than 5 MiB.
const PART_BYTES: usize = 8 * 1_048_576;
/// How long a transaction waits for the store: half of the time after which the database ends one that does nothing.
const PATIENCE: Duration = Duration::from_secs(5);
const TEMPORARY: &str = "incoming";
const KEPT: &str = "blobs";

/// Why files have no place.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The folder cannot be used.
    #[error("COLLEGIUM_FILES: {0}: {1}")]
    Folder(String, #[source] std::io::Error),
    /// The store does not take its settings.
    #[error("COLLEGIUM_FILES: {0}")]
    Store(#[from] StoreError),
    /// Not a folder, and no bucket that this build knows.
    #[error("COLLEGIUM_FILES is a folder or s3://bucket/prefix; {0}")]
    Unknown(&'static str),
}

/// Where the sealed bytes of files stand.
#[derive(Clone)]
pub struct Depot {
    store: Arc<dyn ObjectStore>,
    folder: Option<PathBuf>,
}

impl fmt::Debug for Depot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Depot({})", self.store)
    }
}

/// Bytes at a temporary place.
#[derive(Debug, Clone)]
pub struct Temporary(Path);

impl Depot {
    /// The depot of this setting: a folder, which is made readable by nobody else, or `s3://bucket/prefix`.
    pub fn open(setting: &str) -> Result<Self, DepotError> {
        if setting.starts_with("s3://") {
            return bucket(setting);
        }
        if setting.contains("://") {
            return Err(DepotError::Unknown("no other address is"));
        }
        let wrong = |error| DepotError::Folder(setting.to_owned(), error);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(setting).map_err(wrong)?;
        // A file that was answered for has survived a power failure.
        let store = LocalFileSystem::new_with_prefix(setting)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: Some(setting.into()) })
    }

    /// Begins to write what may become a file.
    pub async fn begin(&self) -> Result<Writing> {
        let at = Path::from(format!("{TEMPORARY}/{}", Uuid::now_v7()));
        let upload = self.store.put_multipart(&at).await.map_err(Error::internal)?;
        Ok(Writing { at, parts: WriteMultipart::new_with_chunk_size(upload, PART_BYTES) })
    }

    /// Lets what was written stand where its content belongs, too. What stands there already has the same content, though not
    /// the same bytes, since each is sealed under a key of its own: it is left alone, for somebody may be reading it.
    pub async fn keep(&self, temporary: &Temporary, lab: LabId, blob: &str) -> Result<()> {
        if self.stands(lab, blob).await? {
            return Ok(());
        }
        match self.store.copy_if_not_exists(&temporary.0, &place(lab, blob)).await {
            Ok(()) | Err(StoreError::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Whether a blob stands in its place.
    pub async fn stands(&self, lab: LabId, blob: &str) -> Result<bool> {
        match self.store.head(&place(lab, blob)).await {
            Ok(_) => Ok(true),
            Err(StoreError::NotFound { .. }) => Ok(false),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Some bytes of a blob.
    pub async fn read(&self, lab: LabId, blob: &str, range: Range<u64>) -> Result<Vec<u8>> {
        let bytes = self.store.get_range(&place(lab, blob), range).await.map_err(Error::internal)?;
        Ok(bytes.into())
    }

    /// Forgets what stood at a temporary place; what cannot be removed now is swept later.
    pub async fn discard(&self, temporary: Temporary) {
        if let Err(error) = self.store.delete(&temporary.0).await {
            tracing::warn!(%error, "an incoming file is left to the sweeper");
        }
    }

    /// Removes a blob; one that is gone already is removed.
    pub async fn remove(&self, lab: LabId, blob: &str) -> Result<()> {
        match self.store.delete(&place(lab, blob)).await {
            Ok(()) | Err(StoreError::NotFound { .. }) => Ok(()),
            Err(error) => Err(Error::internal(error)),
        }
    }

    /// Blobs that were written before this time.
    pub async fn older(&self, than: DateTime<Utc>) -> Result<Vec<(LabId, String)>> {
        let listed = self.store.list(Some(&Path::from(KEPT)));
        let old = listed.try_filter(|meta| std::future::ready(meta.last_modified < than));
        let found = old.try_fold(Vec::new(), |mut found, meta| async move {
            found.extend(belongs(&meta.location));
            Ok(found)
        });
        found.await.map_err(Error::internal)
    }

    /// Removes what was begun before this time and never became a file; says how much.
    pub async fn sweep_incoming(&self, before: DateTime<Utc>) -> Result<usize> {
        if let Some(folder) = self.folder.clone() {
            // A folder's own listing leaves out what was broken off while it was written.
            let swept = tokio::task::spawn_blocking(move || sweep_folder(&folder.join(TEMPORARY), before));
            return swept.await.map_err(Error::internal)?.map_err(Error::internal);
        }
        let listed = self.store.list(Some(&Path::from(TEMPORARY)));
        let old: Vec<_> = listed
            .try_filter(|meta| std::future::ready(meta.last_modified < before))
            .try_collect()
            .await
            .map_err(Error::internal)?;
        for meta in &old {
            self.store.delete(&meta.location).await.map_err(Error::internal)?;
        }
        Ok(old.len())
    }
}

/// Bytes that are being written.
pub struct Writing {
    at: Path,
    parts: WriteMultipart,
}

impl Writing {
    /// Writes more; waits while one part is under way, so that a fast sender fills no memory.
    pub async fn push(&mut self, bytes: Vec<u8>) -> Result<()> {
        self.parts.wait_for_capacity(1).await.map_err(Error::internal)?;
        self.parts.put(bytes.into());
        Ok(())
    }

    /// All was written.
    pub async fn finish(self) -> Result<Temporary> {
        self.parts.finish().await.map_err(Error::internal)?;
        Ok(Temporary(self.at))
    }

    /// Nothing becomes of it.
    pub async fn abort(self) {
        if let Err(error) = self.parts.abort().await {
            tracing::warn!(%error, "an incoming file is left to the sweeper");
        }
    }
}

/// Waits for the store within a transaction, which runs on a thread that may be blocked.
pub(in crate::files) fn wait_for<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let done = Handle::current().block_on(async { tokio::time::timeout(PATIENCE, work).await });
    done.map_err(|_| Error::Unavailable("the store of files is slow"))?
}

/// Where a blob of a lab stands.
fn place(lab: LabId, blob: &str) -> Path {
    Path::from(format!("{KEPT}/{}/{blob}", lab.0))
}

/// The lab and the blob of a place; `None` for what is none of ours.
fn belongs(place: &Path) -> Option<(LabId, String)> {
    let mut parts = place.as_ref().rsplit('/');
    let (blob, lab) = (parts.next()?, parts.next()?);
    Some((LabId(lab.parse().ok()?), blob.to_owned()))
}

fn sweep_folder(folder: &FilePath, before: DateTime<Utc>) -> std::io::Result<usize> {
    let mut swept = 0usize;
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    for entry in entries {
        match sweep_entry(&entry?, before) {
            Ok(removed) => swept = swept.saturating_add(usize::from(removed)),
            // Whoever wrote it, or another instance, was faster.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(swept)
}

fn sweep_entry(entry: &std::fs::DirEntry, before: DateTime<Utc>) -> std::io::Result<bool> {
    let old = DateTime::<Utc>::from(entry.metadata()?.modified()?) < before;
    if old {
        std::fs::remove_file(entry.path())?;
    }
    Ok(old)
}

/// A bucket, with the credentials and the endpoint that `AWS_*` in the environment name.
#[cfg(feature = "s3")]
fn bucket(setting: &str) -> Result<Depot, DepotError> {
    use object_store::RetryConfig;
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey, S3CopyIfNotExists};
    use object_store::prefix::PrefixStore;

    let named = setting.trim_start_matches("s3://");
    let (bucket, prefix) = named.split_once('/').unwrap_or((named, ""));
    if bucket.is_empty() {
        return Err(DepotError::Unknown("the bucket has no name"));
    }
    // The library would try for three minutes; whoever uploads has gone by then.
    let retry = RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(20), ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    if builder.get_config_value(&AmazonS3ConfigKey::CopyIfNotExists).is_none() {
        builder = builder.with_copy_if_not_exists(S3CopyIfNotExists::Multipart);
    }
    let store = builder.build()?;
    Ok(Depot { store: Arc::new(PrefixStore::new(store, prefix)), folder: None })
}

#[cfg(not(feature = "s3"))]
fn bucket(_: &str) -> Result<Depot, DepotError> {
    Err(DepotError::Unknown("this build knows folders alone: build it with the feature s3"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_tells_its_lab_and_blob() {
        let lab = LabId(Uuid::from_u128(7));
        assert_eq!(belongs(&place(lab, "00ff")), Some((lab, "00ff".to_owned())));
        assert_eq!(belongs(&Path::from("blobs/readme")), None);
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for wrong in ["gs://bucket", "https://example.org"] {
            assert!(matches!(Depot::open(wrong), Err(DepotError::Unknown(_))), "{wrong}");
        }
    }
}
