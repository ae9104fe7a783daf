//! The server's process: whether it runs, starting it, waiting for it, stopping it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::{Connection, PgConnection};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::layout::{Layout, PORT};
use super::{EmbeddedError, SUPERUSER};

/// Replaying the log after a crash is part of a start.
const START_DEADLINE: Duration = Duration::from_secs(120);
/// A fast shutdown writes a checkpoint, and disks can be slow.
const FAST_STOP_DEADLINE: Duration = Duration::from_secs(60);
/// An immediate shutdown kills its own stragglers after 5 s.
const IMMEDIATE_STOP_DEADLINE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(10);

/// Modest, for a machine that does other things too. fsync, WAL and autovacuum stay as PostgreSQL has them.
const SETTINGS: [(&str, &str); 7] = [
    ("max_connections", "100"),
    ("shared_buffers", "128MB"),
    ("lc_messages", "C"),
    ("timezone", "UTC"),
    ("log_timezone", "UTC"),
    // A query whose client was killed ends within this time instead of blocking the next start.
    ("client_connection_check_interval", "5s"),
    ("cluster_name", "collegium"),
];

/// The process id of the folder's running server.
pub(super) fn running(layout: &Layout) -> Option<i32> {
    recorded(layout).map(|(pid, _)| pid).filter(|pid| serves(*pid, &layout.data))
}

/// Starts the server and waits until it answers. Only to be called in turn, when none is running.
pub(super) fn launch(layout: &Layout, bin: &Path, settings: &[(String, String)]) -> Result<Child, EmbeddedError> {
    clear_stale(layout)?;
    let deadline = Instant::now() + START_DEADLINE;
    loop {
        let mut child = spawn(layout, bin, settings)?;
        match await_answer(layout, Some(&mut child), deadline) {
            Ok(()) => return Ok(child),
            // Queries of a server that was killed outlive it for a moment, and PostgreSQL waits for no one.
            Err(EmbeddedError::Died { said, .. }) if outlived(&said) && Instant::now() < deadline => {
                tracing::warn!("queries of a killed PostgreSQL are still ending: waiting for them");
                sleep(POLL.saturating_mul(50));
            }
            Err(error) => {
                if let Ok(None) = child.try_wait() {
                    let pid = i32::try_from(child.id()).unwrap_or_default();
                    stop(layout, pid, Some(&mut child))?;
                }
                return Err(error);
            }
        }
    }
}

/// Waits until the server that was joined answers.
pub(super) fn await_joined(layout: &Layout) -> Result<(), EmbeddedError> {
    await_answer(layout, None, Instant::now() + START_DEADLINE)
}

/// Stops a server the fast way (sessions are ended, a checkpoint is written), after a deadline the hard way.
pub(super) fn stop(layout: &Layout, pid: i32, mut child: Option<&mut Child>) -> Result<(), EmbeddedError> {
    let steps = [(Signal::SIGINT, FAST_STOP_DEADLINE), (Signal::SIGQUIT, IMMEDIATE_STOP_DEADLINE)];
    for (signal, patience) in steps {
        if pid > 1 {
            // Failing means that it has ended, or that it is not ours to stop; waiting tells the two apart.
            let _ = kill(Pid::from_raw(pid), signal);
        }
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let gone = match child.as_deref_mut().filter(|child| i32::try_from(child.id()) == Ok(pid)) {
                Some(child) => !matches!(child.try_wait(), Ok(None)),
                None => !serves(pid, &layout.data),
            };
            if gone {
                return Ok(());
            }
            sleep(POLL);
        }
        tracing::warn!(pid, %signal, "PostgreSQL did not stop in time");
    }
    Err(EmbeddedError::WillNotStop { pid, log: layout.log.clone(), said: layout.log_tail() })
}

fn spawn(layout: &Layout, bin: &Path, settings: &[(String, String)]) -> Result<Child, EmbeddedError> {
    let program = bin.join("postgres");
    let log = layout.open_log()?;
    let errors = log.try_clone().map_err(EmbeddedError::io("open", &layout.log))?;
    let mut command = layout.runner.command(&program);
    command.arg("-D").arg(&layout.data);
    let ours = SETTINGS.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    for (name, value) in ours.chain(settings.iter().cloned()) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    // Last, and on the command line, so that neither the caller nor ALTER SYSTEM can open the server: who can
    // reach it is trusted.
    command.args(["-c", "listen_addresses=", "-c", "unix_socket_permissions=0700", "-p", &PORT.to_string()]);
    command.arg("-k").arg(quoted(layout.sockets.as_os_str()));
    // Its own group, so that a terminal's interrupt reaches us alone and we stop it after our last query.
    command.process_group(0).stdout(log).stderr(errors);
    command.spawn().map_err(EmbeddedError::io("start", &program))
}

/// An entry of a list of folders as PostgreSQL reads one.
fn quoted(folder: &OsStr) -> OsString {
    let mut quoted = OsString::from("\"");
    for (place, part) in folder.as_bytes().split(|byte| *byte == b'"').enumerate() {
        if place > 0 {
            quoted.push("\"\"");
        }
        quoted.push(OsStr::from_bytes(part));
    }
    quoted.push("\"");
    quoted
}

fn await_answer(layout: &Layout, mut child: Option<&mut Child>, deadline: Instant) -> Result<(), EmbeddedError> {
    let started = Instant::now();
    let url = layout.url(SUPERUSER, SUPERUSER);
    let wanted = child.as_ref().map(|child| i32::try_from(child.id()).unwrap_or_default());
    loop {
        if let Some(child) = child.as_deref_mut()
            && !matches!(child.try_wait(), Ok(None))
        {
            return Err(EmbeddedError::Died { log: layout.log.clone(), said: layout.log_tail() });
        }
        // The file is read first because connecting too early fills the log with refusals.
        let ready = recorded(layout).is_some_and(|(pid, ready)| ready && wanted.is_none_or(|wanted| wanted == pid));
        if ready && PgConnection::establish(&url).is_ok() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let waited_seconds = started.elapsed().as_secs();
            return Err(EmbeddedError::NoAnswer { waited_seconds, log: layout.log.clone(), said: layout.log_tail() });
        }
        sleep(POLL);
    }
}

fn outlived(said: &str) -> bool {
    said.contains("pre-existing shared memory block")
}

/// What `postmaster.pid` says: the process (line 1) and whether it takes connections (line 8).
fn recorded(layout: &Layout) -> Option<(i32, bool)> {
    let text = fs::read(layout.data.join("postmaster.pid")).ok()?;
    let mut lines = text.split(|byte| *byte == b'\n').map(|line| String::from_utf8_lossy(line));
    let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
    Some((pid, lines.nth(6).is_some_and(|state| state.trim() == "ready")))
}

/// Whether this process is a server of these data: a number alone may by now belong to anything, and a process
/// that has ended may still be in the table.
fn serves(pid: i32, data: &Path) -> bool {
    let data = data.as_os_str().as_bytes();
    if Path::new("/proc/self/cmdline").exists() {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        return line.split(|byte| *byte == 0).any(|argument| argument == data);
    }
    match Command::new("ps").args(["-ww", "-o", "command=", "-p", &pid.to_string()]).output() {
        Ok(listed) => listed.stdout.windows(data.len().max(1)).any(|part| part == data),
        Err(_) => kill(Pid::from_raw(pid), None).is_ok(),
    }
}

/// Clears away what a killed server left and PostgreSQL itself would stumble over: it takes any living process
/// with the recorded number for its predecessor, and after a container's restart there often is one.
fn clear_stale(layout: &Layout) -> Result<(), EmbeddedError> {
    let socket = layout.sockets.join(format!(".s.PGSQL.{PORT}"));
    if UnixStream::connect(&socket).is_ok() {
        return Err(EmbeddedError::RunsElsewhere { folder: layout.folder.clone() });
    }
    let record = recorded(layout);
    let mut stale = vec![socket.clone(), layout.sockets.join(format!(".s.PGSQL.{PORT}.lock"))];
    if record.is_some() {
        tracing::warn!(data = %layout.data.display(), "PostgreSQL was not shut down: it recovers now");
    }
    // Otherwise the record stays, for PostgreSQL's own check of what its process may have left running.
    if record.is_some_and(|(pid, _)| kill(Pid::from_raw(pid), None).is_ok()) {
        stale.push(layout.data.join("postmaster.pid"));
    }
    for path in stale.iter().filter(|path| fs::symlink_metadata(path).is_ok()) {
        fs::remove_file(path).map_err(EmbeddedError::io("remove the stale", path))?;
    }
    Ok(())
}
