//! A running service on a database of its own, and the people of a marketplace.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use collegium::app::{self, Parts};
use collegium::db::Settings;
use collegium::files::Depot;
use collegium::identity::{NewAccount, Passwords, create_account};
use collegium::kernel::{ExpertId, Role};
use collegium::vault::ServiceKeys;
use futures_util::future::join_all;
use serde_json::json;

use super::{Someone, TestDb};

/// Everybody's password.
pub const PASSWORD: &str = "correct horse battery stapled";

/// Connections of a service.
const POOL: u32 = 8;
/// How long they wait for each other.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a service has to work with.
struct Means<'a> {
    pool: u32,
    /// How long a call waits for a connection.
    wait: Duration,
    /// Where its files stand, as `COLLEGIUM_FILES` says it.
    files: Option<&'a str>,
}

const WIDE: Means<'static> = Means { pool: 20, wait: Duration::from_secs(10), files: None };

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A service that is up.
pub struct World {
    pub db: TestDb,
    pub parts: Parts,
    pub nobody: Someone,
    handle: ServerHandle,
    pub metrics: String,
    /// Where its files stand, unless they were told to stand elsewhere.
    pub files: PathBuf,
}

impl World {
    pub async fn new() -> Self {
        let db = TestDb::new();
        let (wrapping, signing) = ServiceKeys::generate().unwrap();
        let keys = ServiceKeys::parse(&wrapping, &signing).unwrap();
        Self::on(db, &keys).await
    }

    /// A service that does twenty things at a time, for tests that want them to meet.
    pub async fn wide() -> Self {
        let (wrapping, signing) = ServiceKeys::generate().unwrap();
        let keys = ServiceKeys::parse(&wrapping, &signing).unwrap();
        Self::with(TestDb::new(), &keys, WIDE).await
    }

    /// A wide service whose files stand where this setting says, which is that of `COLLEGIUM_FILES`.
    #[cfg(feature = "s3")]
    pub async fn with_files(setting: &str) -> Self {
        let (wrapping, signing) = ServiceKeys::generate().unwrap();
        let keys = ServiceKeys::parse(&wrapping, &signing).unwrap();
        Self::with(TestDb::new(), &keys, Means { files: Some(setting), ..WIDE }).await
    }

    /// A service that gives up on its database after a second.
    pub async fn hasty() -> Self {
        let (wrapping, signing) = ServiceKeys::generate().unwrap();
        let keys = ServiceKeys::parse(&wrapping, &signing).unwrap();
        Self::with(TestDb::new(), &keys, Means { wait: Duration::from_secs(1), ..WIDE }).await
    }

    /// A service on this database; two of them share it when asked to.
    pub async fn on(db: TestDb, keys: &ServiceKeys) -> Self {
        Self::with(db, keys, Means { pool: POOL, ..WIDE }).await
    }

    async fn with(db: TestDb, keys: &ServiceKeys, means: Means<'_>) -> Self {
        let settings = Settings { url: db.urls.service.clone(), size: means.pool, wait: means.wait };
        let folder = format!("collegium-files-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let files = std::env::temp_dir().join(folder);
        let depot = Depot::open(means.files.unwrap_or(files.to_str().unwrap())).unwrap();
        let parts = Parts::new(&settings, keys, depot, Passwords::cheap().unwrap(), (100_000, 100_000)).unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        let service = app::serve(&parts, any, any, 2).unwrap();
        let handle = service.server.handle();
        actix_web::rt::spawn(service.server);
        actix_web::rt::spawn(service.metrics_server);
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let nobody = Someone::nobody(http, &format!("http://{}", service.address));
        Self { db, parts, nobody, handle, metrics: format!("http://{}", service.metrics_address), files }
    }

    /// Whether all connections of the pool can be had at one moment: nobody holds one and waits for something else.
    pub async fn has_its_whole_pool(&self) -> bool {
        let met = Arc::new((Mutex::new(0), Condvar::new()));
        let all = (0..POOL).map(|_| {
            let (db, met) = (&self.parts.db, met.clone());
            db.read(db.system(), move |_, _| {
                let (count, everybody) = &*met;
                let mut count = count.lock().unwrap();
                *count += 1;
                everybody.notify_all();
                let waited = everybody.wait_timeout_while(count, PATIENCE, |count| *count < POOL).unwrap();
                Ok(!waited.1.timed_out())
            })
        });
        join_all(all).await.into_iter().all(|met| met.unwrap_or(false))
    }

    /// Stops the service before its database goes.
    pub async fn stop(self) {
        self.handle.stop(false).await;
        let _ = std::fs::remove_dir_all(&self.files);
    }

    /// A fresh e-mail address.
    pub fn email(&self) -> String {
        format!("person-{}@example.org", NEXT.fetch_add(1, Ordering::SeqCst))
    }

    /// Signs in.
    pub async fn log_in(&self, email: &str) -> Someone {
        let reply = self.nobody.post("/v1/auth/login", json!({"email": email, "password": PASSWORD})).await.expect(200);
        let body = reply.json();
        self.nobody.with(body["access_token"].as_str().unwrap(), body["account"].clone())
    }

    /// Somebody of the marketplace's own people, signed in.
    pub async fn staff(&self, role: Role) -> Someone {
        self.staff_beside(role, None).await
    }

    /// One of the marketplace's own people who is this expert beside it, signed in.
    pub async fn staff_who_is(&self, role: Role, expert: &Someone) -> Someone {
        self.staff_beside(role, Some(expert.expert().parse().unwrap())).await
    }

    async fn staff_beside(&self, role: Role, expert: Option<ExpertId>) -> Someone {
        let email = self.email();
        let new = NewAccount {
            email: email.clone(),
            display_name: format!("{role} person"),
            password: self.parts.passwords.hash_now(PASSWORD).unwrap(),
            role,
            lab: None,
            expert,
        };
        let db = self.parts.db.clone();
        let made = db.write(db.system(), move |conn, ctx| create_account(conn, ctx, new.clone())).await;
        made.unwrap();
        self.log_in(&email).await
    }

    /// A lab's owner, signed in; the lab is pending.
    pub async fn pending_lab(&self) -> Someone {
        let email = self.email();
        let body = json!({"name": "Acme Intelligence", "email": email, "password": PASSWORD,
            "billing_currency": "USD", "country": "US"});
        self.nobody.post("/v1/labs", body).await.expect(201);
        self.log_in(&email).await
    }

    /// A lab's owner, signed in; the lab is active and has this much to spend.
    pub async fn lab(&self, funds: &str) -> Someone {
        let owner = self.pending_lab().await;
        let lab = owner.lab();
        self.staff(Role::Operations).await.post(&format!("/v1/labs/{lab}/activate"), json!({})).await.expect(200);
        let today = self.parts.db.clock().now().date_naive();
        let deposit =
            json!({"amount": {"amount": funds, "currency": "USD"}, "reference": "wire 1", "received_on": today});
        self.staff(Role::Finance).await.post(&format!("/v1/labs/{lab}/deposits"), deposit).await.expect(201);
        owner
    }

    /// Another member of an owner's lab, signed in.
    pub async fn member(&self, owner: &Someone, role: Role) -> Someone {
        let email = self.email();
        let wish = json!({"email": email, "role": role});
        let token =
            owner.post(&format!("/v1/labs/{}/members", owner.lab()), wish).await.expect(201).json()["token"].clone();
        let accept = json!({"token": token, "password": PASSWORD});
        self.nobody.post("/v1/invitations/accept", accept).await.expect(201);
        self.log_in(&email).await
    }

    /// An expert without any credential, signed in.
    pub async fn plain_expert(&self) -> Someone {
        let email = self.email();
        let wish = json!({"email": email, "password": PASSWORD, "display_name": "Ada", "country": "US",
            "languages": [{"code": "en", "level": "native"}], "timezone": "America/New_York", "weekly_hours": 20});
        self.nobody.post("/v1/experts", wish).await.expect(201);
        self.log_in(&email).await
    }
}
