//! The marketplace that claims and acceptances are measured in: a database, the service's parts, whoever may sign in.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use collegium::app::{self, Parts};
use collegium::db::embedded::{Cluster, Options, SUPERUSER};
use collegium::db::{self, SERVICE, Settings};
use collegium::files::Depot;
use collegium::identity::{Passwords, Tokens};
use collegium::kernel::{AccountId, SessionId};
use collegium::vault::ServiceKeys;
use diesel::connection::SimpleConnection;
use diesel::sql_types::BigInt;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl};
use uuid::Uuid;

use crate::seed::{self, SIGNED_IN};

pub type Failure = Box<dyn std::error::Error>;

/// How much log a case may write before it makes new files.
const LOG_MIB: u64 = 2_048;

/// Ids that a number tells, and new ones as the service makes them.
const FUNCTIONS: &str = "
CREATE FUNCTION bench_expert(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION bench_project(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid $$;
CREATE FUNCTION bench_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT encode(overlay(uuid_send(gen_random_uuid()) PLACING
        substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 'hex')::uuid $$;
CREATE TABLE bench_commit (n bigint NOT NULL);
";

/// A marketplace to measure.
pub struct Market {
    pub cluster: Cluster,
    pub folder: PathBuf,
    pub parts: Parts,
    /// As the owner of the schema.
    pub owner: PgConnection,
    pub owner_url: String,
    issuer: Tokens,
    superuser: PgConnection,
}

/// A figure that a query counts.
#[derive(QueryableByName)]
pub struct Count {
    #[diesel(sql_type = BigInt)]
    pub wrong: i64,
}

impl Market {
    /// Starts a database and puts a service together; nobody is there yet.
    pub fn open() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("collegium-bench-{}", std::process::id()));
        let settings = [("shared_buffers", "1GB"), ("max_wal_size", "8GB"), ("checkpoint_timeout", "30min")];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let cluster = Cluster::start(&Options { folder: folder.clone(), settings, ..Options::default() })?;
        let urls = db::provision(&cluster, "bench")?;
        db::migrate(&urls.owner, SERVICE)?;
        let (wrapping, signing) = ServiceKeys::generate()?;
        let keys = ServiceKeys::parse(&wrapping, &signing)?;
        let pool = Settings { url: urls.service.clone(), size: 8, wait: Duration::from_secs(5) };
        let depot = Depot::open(&folder.join("files").to_string_lossy())?;
        let parts = Parts::new(&pool, &keys, depot, Passwords::new(2)?, (1_000_000, 1_000_000))?;
        let mut owner = PgConnection::establish(&urls.owner)?;
        owner.batch_execute(FUNCTIONS)?;
        let issuer = Tokens::new(&keys.derived("access tokens"));
        let superuser = PgConnection::establish(&cluster.url("bench", SUPERUSER))?;
        Ok(Self { cluster, folder, parts, owner, owner_url: urls.owner, issuer, superuser })
    }

    /// The same with so many open tasks in so many projects, and experts who may claim them.
    pub fn with_work(size: (u64, u64)) -> Result<Self, Failure> {
        let mut market = Self::open()?;
        seed::seed(&market.parts, &mut market.owner, size)?;
        Ok(market)
    }

    /// A bearer token for an account and its session, which share an id.
    pub fn token(&self, id: Uuid) -> Result<String, Failure> {
        Ok(self.issuer.issue(AccountId(id), SessionId(id))?)
    }

    /// Bearer tokens of every expert who can sign in.
    pub fn experts(&self) -> Result<Vec<String>, Failure> {
        (1..=SIGNED_IN).map(|n| self.token(seed::expert(n))).collect()
    }

    /// Ends what seeding began and leaves a log that has its files, as any database has that has run for an hour: making a
    /// new one stops everybody who commits for a tenth of a second. What was written before the checkpoint is written over
    /// after it.
    pub fn settle(&mut self) -> Result<(), Failure> {
        for _ in 0..LOG_MIB / 16 {
            self.superuser
                .batch_execute("SELECT pg_logical_emit_message(false, 'bench', repeat('x', 16 * 1024 * 1024))")?;
        }
        Ok(self.superuser.batch_execute("CHECKPOINT")?)
    }

    /// What a query counts, of things that should not be.
    pub fn wrong(&mut self, sql: &str) -> Result<i64, Failure> {
        let count: Count = diesel::sql_query(sql).get_result(&mut self.owner)?;
        Ok(count.wrong)
    }

    /// Stops the database and leaves nothing behind.
    pub fn close(self) -> Result<(), Failure> {
        let Self { cluster, folder, owner, superuser, .. } = self;
        drop((owner, superuser));
        cluster.stop()?;
        Ok(std::fs::remove_dir_all(folder)?)
    }
}

/// Runs clients against a service that listens for as long as that takes.
pub fn served<T>(parts: &Parts, clients: impl AsyncFnOnce(SocketAddr) -> Result<T, Failure>) -> Result<T, Failure> {
    actix_web::rt::System::new().block_on(async move {
        let any: SocketAddr = "127.0.0.1:0".parse()?;
        let service = app::serve(parts, any, any, 2)?;
        let handle = service.server.handle();
        actix_web::rt::spawn(service.server);
        actix_web::rt::spawn(service.metrics_server);
        let done = clients(service.address).await;
        handle.stop(true).await;
        done
    })
}
