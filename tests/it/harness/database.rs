//! One cluster for the run, a database for every test from a migrated template, dropped when the test ends.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use collegium::db::embedded::{Cluster, Options, SUPERUSER};
use collegium::db::{self, SERVICE, Urls};
use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};

/// The cluster lives as long as a test needs it; the last one to go stops it.
static CLUSTER: Mutex<Weak<Running>> = Mutex::new(Weak::new());
static NEXT: AtomicU32 = AtomicU32::new(1);

struct Running {
    cluster: Option<Cluster>,
    template: String,
}

impl Running {
    fn cluster(&self) -> &Cluster {
        self.cluster.as_ref().expect("the cluster runs")
    }

    fn superuser(&self) -> PgConnection {
        PgConnection::establish(&self.cluster().url("postgres", SUPERUSER)).expect("the cluster answers")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.superuser()
            .batch_execute(&format!("DROP DATABASE IF EXISTS {}", self.template))
            .expect("template dropped");
        self.cluster.take().expect("the cluster runs").stop().expect("the cluster stops");
    }
}

fn running() -> Arc<Running> {
    let mut known = CLUSTER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = known.upgrade() {
        return running;
    }
    let options = Options {
        folder: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("it-cluster"),
        // Tests that kill nothing need no disk; the ones that do start a cluster of their own.
        settings: [
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("max_connections", "300"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        ..Options::default()
    };
    let cluster = Cluster::start_or_join(&options).expect("the embedded cluster starts");
    let template = format!("template_{}", std::process::id());
    db::provision(&cluster, "postgres").expect("roles");
    let mut superuser = PgConnection::establish(&cluster.url("postgres", SUPERUSER)).expect("the cluster answers");
    superuser
        .batch_execute(&format!("DROP DATABASE IF EXISTS {template} WITH (FORCE)"))
        .and_then(|()| superuser.batch_execute(&format!("CREATE DATABASE {template} OWNER {}", db::OWNER)))
        .expect("template");
    db::migrate(&Urls::of(&cluster, &template).owner, SERVICE).expect("migrations run");
    let running = Arc::new(Running { cluster: Some(cluster), template });
    *known = Arc::downgrade(&running);
    running
}

/// A database of one's own.
pub struct TestDb {
    running: Arc<Running>,
    name: String,
    /// How to reach it.
    pub urls: Urls,
}

impl TestDb {
    /// A migrated one.
    pub fn new() -> Self {
        Self::made(|running| format!(" TEMPLATE {}", running.template))
    }

    /// An empty one.
    pub fn empty() -> Self {
        Self::made(|_| String::new())
    }

    fn made(from: impl Fn(&Running) -> String) -> Self {
        let running = running();
        let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let template = from(&running);
        // Two copies of one template cannot be made at a time.
        static ONE: Mutex<()> = Mutex::new(());
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let make = format!("CREATE DATABASE {name} OWNER {}{template}", db::OWNER);
        running.superuser().batch_execute(&make).expect("a database");
        drop(turn);
        let urls = Urls::of(running.cluster(), &name);
        Self { running, name, urls }
    }

    /// A connection as the owner of the schema: what nobody but a test and a migration uses.
    pub fn owner(&self) -> PgConnection {
        PgConnection::establish(&self.urls.owner).expect("the owner connects")
    }

    /// A connection as the service.
    pub fn service(&self) -> PgConnection {
        PgConnection::establish(&self.urls.service).expect("the service connects")
    }

    /// Lets nobody in and ends every connection, also one that was being made in that moment: a name can only be changed where
    /// nobody is connected or about to be.
    pub fn go_away(&self) {
        let name = &self.name;
        let mut superuser = self.running.superuser();
        superuser.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).expect("nobody comes in");
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        let empty = format!("BEGIN; ALTER DATABASE {name} RENAME TO {name}_away; ROLLBACK");
        for _ in 0..5 {
            superuser.batch_execute(&end).expect("connections are ended");
            if superuser.batch_execute(&empty).is_ok() {
                return;
            }
            superuser.batch_execute("ROLLBACK").expect("the superuser goes on");
        }
        panic!("somebody is still connected to {name}");
    }

    /// Lets everybody in again.
    pub fn come_back(&self) {
        let open = format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name);
        self.running.superuser().batch_execute(&open).expect("the database is open");
    }

    /// Where PostgreSQL's programs are, and how they reach this database as the owner.
    pub fn programs(&self) -> (PathBuf, String) {
        (self.running.cluster().bin_dir().to_owned(), self.urls.owner.clone())
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let dropped = self.running.superuser().batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        if !std::thread::panicking() {
            dropped.expect("the database is dropped");
        }
    }
}
