//! Who runs PostgreSQL's programs: ourselves, or, because PostgreSQL refuses to run as root, another user for root.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User, geteuid};

use super::EmbeddedError;

/// Whom root runs PostgreSQL as, best first.
pub(super) const SERVICE_USERS: [&str; 2] = ["postgres", "nobody"];

/// A user other than ourselves.
#[derive(Debug, Clone)]
struct Account {
    uid: u32,
    gid: u32,
    name: String,
}

/// Starts programs as the right user, with nothing of our environment in them: it may hold keys, and what a
/// server's process has in its environment its superuser can read.
#[derive(Debug, Clone)]
pub(super) struct Runner {
    other: Option<Account>,
    path_var: Option<OsString>,
}

impl Runner {
    /// The owner of existing data; without data ourselves, or a user without rights when we are root.
    pub(super) fn choose(data: &Path, path_var: Option<&OsString>) -> Result<Self, EmbeddedError> {
        let owner = fs::symlink_metadata(data).ok();
        let me = geteuid();
        let other = match owner {
            Some(owner) if owner.uid() == me.as_raw() && !me.is_root() => None,
            Some(_) if me.is_root() && owner.as_ref().is_some_and(|owner| owner.uid() == 0) => {
                return Err(EmbeddedError::OwnedByRoot { data: data.to_owned() });
            }
            Some(owner) if me.is_root() => Some(account_of(owner.uid(), owner.gid())),
            Some(owner) => {
                return Err(EmbeddedError::Foreign {
                    data: data.to_owned(),
                    owner: account_of(owner.uid(), owner.gid()).name,
                });
            }
            None if me.is_root() => Some(service_account()?),
            None => None,
        };
        Ok(Self { other, path_var: path_var.cloned() })
    }

    /// Whether the programs run as another user than ourselves.
    pub(super) fn is_other(&self) -> bool {
        self.other.is_some()
    }

    /// A command that runs as the chosen user, in `/`, silent, with a bare environment.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // A fixed locale keeps the messages that we look for in English, and macOS's server needs a valid one.
        command.env_clear().env("LC_ALL", "C").current_dir("/");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        if let Some(path) = &self.path_var {
            command.env("PATH", path);
        }
        if let Some(account) = &self.other {
            // Root's supplementary groups are dropped by the standard library along with the uid.
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Gives something that we made to the chosen user.
    pub(super) fn give(&self, path: &Path) -> Result<(), EmbeddedError> {
        let Some(account) = &self.other else { return Ok(()) };
        chown(path, Some(account.uid), Some(account.gid)).map_err(EmbeddedError::io("give to another user", path))
    }

    /// The uid of the chosen user.
    pub(super) fn uid(&self) -> u32 {
        self.other.as_ref().map_or_else(|| geteuid().as_raw(), |account| account.uid)
    }

    /// Refuses a folder that the chosen user cannot enter, naming the first closed one on the way there.
    pub(super) fn check_reach(&self, folder: &Path, bin: &Path) -> Result<(), EmbeddedError> {
        let Some(account) = &self.other else { return Ok(()) };
        if self.enters(folder, bin) {
            return Ok(());
        }
        let mut way: Vec<&Path> = folder.ancestors().collect();
        way.reverse();
        let closed = way.into_iter().find(|step| !self.enters(step, bin)).unwrap_or(folder);
        Err(EmbeddedError::Unreachable { user: account.name.clone(), closed: PathBuf::from(closed) })
    }

    /// The kernel's own answer, access lists included: a harmless program is started there as that user.
    fn enters(&self, folder: &Path, bin: &Path) -> bool {
        let status = self.command(&bin.join("postgres")).arg("--version").current_dir(folder).status();
        !matches!(status, Err(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }
}

fn account_of(uid: u32, gid: u32) -> Account {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => Account { uid, gid: user.gid.as_raw(), name: user.name },
        _ => Account { uid, gid, name: format!("the user with id {uid}") },
    }
}

fn service_account() -> Result<Account, EmbeddedError> {
    SERVICE_USERS
        .into_iter()
        .find_map(|name| User::from_name(name).ok().flatten())
        .map(|user| Account { uid: user.uid.as_raw(), gid: user.gid.as_raw(), name: user.name })
        .ok_or(EmbeddedError::NoServiceUser)
}
