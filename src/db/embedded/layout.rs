//! What lies where in the folder, with which mode and whose it is; and the URL that follows from it.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use super::EmbeddedError;
use super::account::Runner;

/// The socket's name is `.s.PGSQL.` and this; no TCP port is ever opened.
pub(super) const PORT: u16 = 5432;

/// A socket's path has at most 107 bytes on Linux and 103 on the BSDs and macOS; `/.s.PGSQL.5432` takes 14.
const SOCKET_DIR_MAX_BYTES: usize = if cfg!(target_os = "linux") { 107 - 14 } else { 103 - 14 };

/// A log this large is set aside at the next start.
const LOG_MAX_BYTES: u64 = 16 << 20;

/// How much of the log's end goes into an error.
const TAIL_BYTES: usize = 4096;
const TAIL_LINES: usize = 12;

const PRIVATE: u32 = 0o700;
/// For root's folder: the server's user has to pass through it and has no business listing it.
const PASSABLE: u32 = 0o711;

/// The paths of one cluster.
#[derive(Debug)]
pub(super) struct Layout {
    /// Absolute, without symbolic links.
    pub(super) folder: PathBuf,
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    /// Empty until `settle_sockets`.
    pub(super) sockets: PathBuf,
    pub(super) runner: Runner,
}

impl Layout {
    /// Creates the folder where it is missing and finds out who runs the cluster in it.
    pub(super) fn open(folder: &Path, path_var: Option<&OsString>) -> Result<Self, EmbeddedError> {
        if !folder.exists() {
            let mode = if geteuid().is_root() { PASSABLE } else { PRIVATE };
            fs::create_dir_all(folder)
                .and_then(|()| fs::set_permissions(folder, Permissions::from_mode(mode)))
                .map_err(EmbeddedError::io("create the folder", folder))?;
        }
        let folder = fs::canonicalize(folder).map_err(EmbeddedError::io("find the folder", folder))?;
        let data = folder.join("data");
        let runner = Runner::choose(&data, path_var)?;
        Ok(Self { data, log: folder.join("postgres.log"), sockets: PathBuf::new(), runner, folder })
    }

    /// The major version that made the data; `None` where there are none yet.
    pub(super) fn major(&self) -> Result<Option<u32>, EmbeddedError> {
        if fs::symlink_metadata(&self.data).is_err() {
            return Ok(None);
        }
        let version = fs::read_to_string(self.data.join("PG_VERSION")).unwrap_or_default();
        match version.trim().parse() {
            Ok(major) => Ok(Some(major)),
            Err(_) => Err(EmbeddedError::NotACluster { data: self.data.clone() }),
        }
    }

    /// Decides on the socket's folder and makes it. A folder too deep for a socket gets a short one among the
    /// temporary files, which it remembers, so that others find it and no second one is made.
    pub(super) fn settle_sockets(&mut self) -> Result<(), EmbeddedError> {
        let near = self.folder.join("socket");
        if fits_a_socket(&near) {
            self.make_private(&near)?;
            self.sockets = near;
            return Ok(());
        }
        let note = self.socket_note();
        let remembered = fs::read(&note).map(|bytes| PathBuf::from(OsString::from_vec(bytes)));
        self.sockets = match remembered {
            Ok(known) if self.is_private(&known) => known,
            _ => {
                let made = self.make_temporary()?;
                fs::write(&note, made.as_os_str().as_bytes()).map_err(EmbeddedError::io("write", &note))?;
                made
            }
        };
        Ok(())
    }

    /// Removes a socket folder among the temporary files; the server must have stopped.
    pub(super) fn forget_temporary_sockets(&self) {
        if !self.sockets.starts_with(&self.folder) && fs::remove_dir(&self.sockets).is_ok() {
            // A note about a folder that is gone is ignored, so failing here does no harm.
            let _ = fs::remove_file(self.socket_note());
        }
    }

    /// A new folder of mode 0700 that belongs to whoever runs the cluster; an existing one is made so.
    pub(super) fn make_private(&self, path: &Path) -> Result<(), EmbeddedError> {
        match DirBuilder::new().mode(PRIVATE).create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !is_real_dir(path) => {
                return Err(EmbeddedError::io("create the folder", path)(error));
            }
            _ => {}
        }
        fs::set_permissions(path, Permissions::from_mode(PRIVATE)).map_err(EmbeddedError::io("close", path))?;
        self.runner.give(path)
    }

    /// Opens a file of ours for reading and writing, creating it 0600. Root may run this in another user's
    /// folder, so a symbolic link is not followed.
    pub(super) fn open_own(&self, path: &Path) -> Result<File, EmbeddedError> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file =
            options.custom_flags(OFlag::O_NOFOLLOW.bits()).open(path).map_err(EmbeddedError::io("open", path))?;
        self.runner.give(path)?;
        Ok(file)
    }

    /// The server's log, to append to. An overlong one is kept once as `postgres.log.old`.
    pub(super) fn open_log(&self) -> Result<File, EmbeddedError> {
        if fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_MAX_BYTES) {
            let old = self.folder.join("postgres.log.old");
            fs::rename(&self.log, &old).map_err(EmbeddedError::io("set aside", &self.log))?;
        }
        self.open_own(&self.log)?;
        let mut options = OpenOptions::new();
        options.append(true).custom_flags(OFlag::O_NOFOLLOW.bits());
        options.open(&self.log).map_err(EmbeddedError::io("open", &self.log))
    }

    /// The last lines of the log, for an error.
    pub(super) fn log_tail(&self) -> String {
        tail(&fs::read(&self.log).unwrap_or_default())
    }

    /// A libpq URL through the socket.
    pub(super) fn url(&self, database: &str, user: &str) -> String {
        let host = percent(self.sockets.as_os_str());
        // The port is spelled out because a PGPORT in the environment would count otherwise.
        format!("postgresql://{}@{host}:{PORT}/{}", percent(OsStr::new(user)), percent(OsStr::new(database)))
    }

    fn socket_note(&self) -> PathBuf {
        self.folder.join("socket-folder")
    }

    /// Whether this is a folder that nobody but the cluster's user can have put there.
    fn is_private(&self, path: &Path) -> bool {
        fs::symlink_metadata(path)
            .is_ok_and(|found| found.is_dir() && found.uid() == self.runner.uid() && found.mode() & 0o777 == PRIVATE)
    }

    /// Creation fails on a name that exists, so that nobody can prepare the folder for us.
    fn make_temporary(&self) -> Result<PathBuf, EmbeddedError> {
        let places = [env::temp_dir(), PathBuf::from("/tmp")];
        let mut failed = EmbeddedError::Io {
            what: "make a short folder for the socket in",
            path: env::temp_dir(),
            source: io::ErrorKind::InvalidFilename.into(),
        };
        for place in places {
            for attempt in 0..100u32 {
                let path = place.join(format!("collegium-{}-{attempt}", std::process::id()));
                if !fits_a_socket(&path) {
                    break;
                }
                match DirBuilder::new().mode(PRIVATE).create(&path) {
                    Ok(()) => return self.make_private(&path).map(|()| path),
                    Err(error) => failed = EmbeddedError::io("create the folder", &path)(error),
                }
            }
        }
        Err(failed)
    }
}

/// libpq and the server both split lists of hosts at commas.
fn fits_a_socket(path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    bytes.len() <= SOCKET_DIR_MAX_BYTES && !bytes.iter().any(|byte| *byte == b',' || byte.is_ascii_control())
}

fn is_real_dir(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// Everything but RFC 3986's unreserved characters, percent-encoded.
fn percent(text: &OsStr) -> String {
    text.as_bytes().iter().fold(String::new(), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(*byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
        out
    })
}

/// The last lines of some output.
pub(super) fn tail(output: &[u8]) -> String {
    let from = output.len().saturating_sub(TAIL_BYTES);
    let text = String::from_utf8_lossy(output.get(from..).unwrap_or_default());
    let mut lines: Vec<&str> = text.lines().rev().take(TAIL_LINES).collect();
    lines.reverse();
    lines.join("\n")
}
