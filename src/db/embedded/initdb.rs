//! Makes the cluster's data, all or nothing.

use std::fs::{self, File};
use std::process::Stdio;

use super::layout::{Layout, tail};
use super::{EmbeddedError, SUPERUSER};

/// Sorted by bytes everywhere. macOS does not know `C.UTF-8`; there only ASCII letters change case.
const LOCALE: &str = if cfg!(target_os = "macos") { "C" } else { "C.UTF-8" };

/// Runs `initdb` beside the final place and moves the result there, so that a half-made cluster is never taken
/// for a whole one. Only to be called in turn, without data.
pub(super) fn create(layout: &Layout, bin: &std::path::Path) -> Result<(), EmbeddedError> {
    let growing = layout.folder.join("data.new");
    if fs::symlink_metadata(&growing).is_ok() {
        fs::remove_dir_all(&growing).map_err(EmbeddedError::io("remove the unfinished", &growing))?;
    }
    layout.make_private(&growing)?;
    tracing::info!(data = %layout.data.display(), "making a PostgreSQL cluster");
    let program = bin.join("initdb");
    let output = layout
        .runner
        .command(&program)
        .arg("-D")
        .arg(&growing)
        .args(["-U", SUPERUSER, "-A", "peer", "--auth-local=trust", "-E", "UTF8", "--data-checksums"])
        .args([format!("--locale={LOCALE}").as_str(), "--no-instructions"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .map_err(EmbeddedError::io("start", &program))?;
    if !output.status.success() {
        let said = tail(if output.stderr.is_empty() { &output.stdout } else { &output.stderr });
        return Err(EmbeddedError::InitDb { data: layout.data.clone(), said });
    }
    fs::rename(&growing, &layout.data)
        .and_then(|()| File::open(&layout.folder)?.sync_all())
        .map_err(EmbeddedError::io("put the new cluster in place at", &layout.data))
}
