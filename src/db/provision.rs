//! Making a database ready: the roles and the database of the embedded cluster, the migrations, what the service may read
//! of them.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::embedded::{Cluster, SUPERUSER};
use crate::kernel::{Error, Result};

/// Every migration, in the binary.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!();

/// Owns the schema and migrates it; never used by the service.
pub const OWNER: &str = "collegium_owner";
/// The service's own login: a member of `collegium_market` and `collegium_lab`, owner of nothing.
pub const SERVICE: &str = "collegium";

/// Where a database is, for its owner and for the service.
#[derive(Debug, Clone)]
pub struct Urls {
    /// For migrations.
    pub owner: String,
    /// For the service.
    pub service: String,
}

impl Urls {
    /// The addresses of a database of the embedded cluster.
    pub fn of(cluster: &Cluster, database: &str) -> Self {
        Self { owner: cluster.url(database, OWNER), service: cluster.url(database, SERVICE) }
    }
}

diesel::table! {
    pg_roles (rolname) {
        rolname -> Text,
    }
}
diesel::table! {
    pg_database (datname) {
        datname -> Text,
    }
}

/// Makes the roles and the database in the embedded cluster, where they are missing.
pub fn provision(cluster: &Cluster, database: &str) -> Result<Urls> {
    let mut conn = connect(&cluster.url("postgres", SUPERUSER))?;
    for (role, may) in [(OWNER, "LOGIN CREATEROLE"), (SERVICE, "LOGIN")] {
        let known: bool = diesel::select(diesel::dsl::exists(pg_roles::table.filter(pg_roles::rolname.eq(role))))
            .get_result(&mut conn)?;
        if !known {
            conn.batch_execute(&format!("CREATE ROLE {role} {may}"))?;
        }
    }
    let known: bool = diesel::select(diesel::dsl::exists(pg_database::table.filter(pg_database::datname.eq(database))))
        .get_result(&mut conn)?;
    if !known {
        conn.batch_execute(&format!("CREATE DATABASE {database} OWNER {OWNER}"))?;
    }
    Ok(Urls::of(cluster, database))
}

/// Runs what is pending; says which migrations ran. `service` is the login that becomes a member of the service roles.
pub fn migrate(owner_url: &str, service: &str) -> Result<Vec<String>> {
    if service.is_empty() || !service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Error::internal("the service's role is a name of letters, digits and underscores"));
    }
    let mut conn = connect(owner_url)?;
    // Two instances that start together migrate one after the other.
    conn.batch_execute("SELECT pg_advisory_lock(hashtext('collegium_migrate'))")?;
    let ran = conn.run_pending_migrations(MIGRATIONS).map_err(|error| Error::internal(error.to_string()))?;
    let ran = ran.iter().map(ToString::to_string).collect();
    conn.batch_execute("GRANT SELECT ON __diesel_schema_migrations TO collegium_market")?;
    if diesel::select(diesel::dsl::exists(pg_roles::table.filter(pg_roles::rolname.eq(service))))
        .get_result(&mut conn)?
    {
        conn.batch_execute(&format!("GRANT collegium_market, collegium_lab TO {service}"))?;
    }
    conn.batch_execute(
        "SELECT collegium_make_partitions((now() - interval '1 month')::date, (now() + interval '3 months')::date)",
    )?;
    Ok(ran)
}

/// The first migration that the database still lacks, as seen by the service; `None` when it is up to date.
pub fn pending(conn: &mut PgConnection) -> Result<Option<String>> {
    diesel::table! {
        __diesel_schema_migrations (version) {
            version -> Text,
        }
    }
    use diesel::migration::{Migration, MigrationSource};
    let known: Vec<String> =
        __diesel_schema_migrations::table.select(__diesel_schema_migrations::version).load(conn)?;
    let all: Vec<Box<dyn Migration<diesel::pg::Pg>>> =
        MIGRATIONS.migrations().map_err(|error| Error::internal(error.to_string()))?;
    let mut missing: Vec<String> = all
        .iter()
        .map(|migration| migration.name().version().to_string())
        .filter(|version| !known.contains(version))
        .collect();
    missing.sort();
    Ok(missing.into_iter().next())
}

fn connect(url: &str) -> Result<PgConnection> {
    PgConnection::establish(url).map_err(Error::internal)
}

/// Whether the role that is connected may change history: it must not.
pub fn may_change_history(conn: &mut PgConnection) -> Result<bool> {
    diesel::define_sql_function! {
        fn has_table_privilege(table: Text, privilege: Text) -> Bool;
    }
    Ok(diesel::select(has_table_privilege("journal_line", "UPDATE, DELETE")).get_result(conn)?)
}
