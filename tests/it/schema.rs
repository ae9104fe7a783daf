//! The schema: migrations go down and up again to the very same one, `schema.rs` is what it prints, and the service's
//! own role cannot touch history.

use std::collections::BTreeSet;
use std::process::Command;

use collegium::db::{self, MIGRATIONS, SERVICE};
use collegium::kernel::Role;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_migrations::MigrationHarness;
use serde_json::json;

use crate::harness::{TestDb, World, usd};

fn dump(db: &TestDb) -> String {
    let (programs, url) = db.programs();
    let out = Command::new(programs.join("pg_dump")).args(["--schema-only", &url]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    // A dump names a random session key and monthly partitions are made by the day of the run.
    let stable = text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    stable.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_migration_goes_down_and_up_again() {
    let db = TestDb::empty();
    let mut owner = db.owner();
    let empty = dump(&db);
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    let full = dump(&db);
    owner.revert_all_migrations(MIGRATIONS).unwrap();
    let mut bare = dump(&db);
    // diesel keeps its own table of what ran.
    let table = bare.find("__diesel_schema_migrations").is_some();
    assert!(table);
    diesel::sql_query("DROP TABLE __diesel_schema_migrations").execute(&mut owner).unwrap();
    bare = dump(&db);
    assert_eq!(bare, empty, "down.sql leaves something behind");
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(dump(&db), full, "a second up gives another schema");
}

/// Down and up over data that the older schema had no words for: a stage before the work that pays nothing, one of the
/// marketplace's own people who is an expert, a review that ran out.
#[actix_web::test]
async fn migrations_go_down_and_up_over_data() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let stage = json!({"tasks": 1, "pass_at": 0.5, "attempts": 1, "pay": usd("0.00")});
    let with = json!({"gold": {"rate": 0.5}, "qualification": stage, "label_pointer": "/answer", "overlap": 2});
    let mut body = json!({"name": "Project Nightjar", "task_type": "demonstration", "instructions": "Answer.",
        "output_schema": {"type": "object", "properties": {"answer": {"type": "string"}}},
        "requirement": {"accepted_tasks": {"at_least": 0}}, "bill_rate": usd("100.00"), "budget": usd("1000.00")});
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    let project = lab.post("/v1/projects", body).await.expect(201).id();
    let known = json!({"external_id": "g1", "input": {"question": "Known?"}, "gold": {"answer": {"answer": "yes"}, "explanation": "It is known."}});
    let tasks = json!({"tasks": [known, crate::harness::task(1)]});
    lab.post(&format!("/v1/projects/{project}/tasks"), tasks).await.expect(201);
    lab.post(&format!("/v1/projects/{project}/open"), json!({})).await.expect(200);
    let claim = expert.claim(&project).await.expect(201).json();
    assert_eq!(claim["pay_rate"], usd("0.00"));
    expert.submit(&claim, json!({"answer": "yes"})).await.expect(201);
    let work = expert.claim(&project).await.expect(201).json();
    expert.submit(&work, json!({"answer": "So."})).await.expect(201);
    let reviewer = world.staff_who_is(Role::Reviewer, &world.bare_expert().await).await;
    let review = reviewer.post("/v1/reviews/claim", json!({})).await.expect(201).json();
    reviewer.get(&format!("/v1/reviews/{}", review["id"].as_str().unwrap())).await.expect(200);
    let seen = "SELECT count(*) FROM sight";
    assert_eq!(world.count(seen), 2);
    let mut owner = world.db.owner();
    diesel::sql_query("DELETE FROM review").execute(&mut owner).unwrap();
    let full = dump(&world.db);
    while owner.revert_last_migration(MIGRATIONS).unwrap().to_string() != "20261124000101" {}
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(dump(&world.db), full);
    // The link went with its column's meaning; what was served is in the access log.
    assert_eq!(world.count(seen), 1);
    owner.revert_all_migrations(MIGRATIONS).unwrap();
    owner.run_pending_migrations(MIGRATIONS).unwrap();
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 0);
    world.stop().await;
}

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    udt_name: String,
    #[diesel(sql_type = Bool)]
    nullable: bool,
}

fn rust_type(column: &Column) -> String {
    let base = match column.udt_name.trim_start_matches('_') {
        "uuid" => "Uuid",
        "text" => "Text",
        "int2" => "Int2",
        "int4" => "Int4",
        "int8" => "Int8",
        "bool" => "Bool",
        "numeric" => "Numeric",
        "timestamptz" => "Timestamptz",
        "date" => "Date",
        "jsonb" => "Jsonb",
        "bytea" => "Bytea",
        "xid8" => "Xid8",
        other => panic!("schema.rs has no word for {other}"),
    };
    let one = if column.udt_name.starts_with('_') { format!("Array<Nullable<{base}>>") } else { base.to_owned() };
    if column.nullable { format!("Nullable<{one}>") } else { one }
}

#[test]
fn schema_rs_is_what_the_database_prints() {
    let db = TestDb::new();
    let columns: Vec<Column> = diesel::sql_query(
        "SELECT c.table_name::text, c.column_name::text, c.udt_name::text, c.is_nullable = 'YES' AS nullable
         FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name
         WHERE c.table_schema = 'public' AND NOT t.relispartition AND t.relkind IN ('r', 'p')
           AND c.table_name <> '__diesel_schema_migrations'
         ORDER BY c.table_name, c.ordinal_position",
    )
    .load(&mut db.owner())
    .unwrap();
    let printed: BTreeSet<String> =
        columns.iter().map(|c| format!("{}.{} -> {},", c.table_name, c.column_name, rust_type(c))).collect();
    let mut written = BTreeSet::new();
    let mut table = String::new();
    for line in include_str!("../../src/db/schema.rs").lines().map(str::trim) {
        if let Some((name, rest)) = line.split_once(" (")
            && rest.ends_with(") {")
        {
            table = name.to_owned();
        } else if line.contains(" -> ") && line.ends_with(',') && !line.starts_with("diesel::") {
            written.insert(format!("{table}.{line}"));
        }
    }
    assert_eq!(written, printed);
}

#[test]
fn the_service_owns_nothing_and_cannot_rewrite_history() {
    let db = TestDb::new();
    let owned: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
         WHERE r.rolname IN ('collegium', 'collegium_market', 'collegium_lab')",
    )
    .get_result(&mut db.owner())
    .unwrap();
    assert_eq!(owned, 0);
    let mut service = db.service();
    assert!(!db::may_change_history(&mut service).unwrap());
    for table in ["journal_entry", "journal_line", "audit_event", "access_log", "outbox"] {
        for statement in [
            format!("UPDATE {table} SET id = id"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("DROP TABLE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
        ] {
            let refused = diesel::sql_query(&statement).execute(&mut service).unwrap_err().to_string();
            assert!(
                refused.contains("permission denied") || refused.contains("must be owner"),
                "{statement}: {refused}"
            );
        }
    }
    assert!(!SERVICE.is_empty());
}

#[test]
fn every_table_of_the_service_has_row_level_security() {
    let db = TestDb::new();
    #[derive(QueryableByName)]
    struct Open {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let open: Vec<Open> = diesel::sql_query(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
         AND relkind IN ('r', 'p') AND NOT relispartition AND NOT relrowsecurity ORDER BY 1",
    )
    .load(&mut db.owner())
    .unwrap();
    let open: Vec<&str> = open.iter().map(|row| row.name.as_str()).collect();
    // Neither holds a lab's data: digests of calls, closed months, diesel's own list.
    assert_eq!(open, ["__diesel_schema_migrations", "accounting_period", "idempotency"]);
}

#[test]
fn a_labs_transaction_without_its_lab_sees_nothing() {
    let db = TestDb::new();
    let mut owner = db.owner();
    diesel::sql_query(
        "INSERT INTO lab (id, code_name, name, country, billing_currency, billing_exponent)
         SELECT gen_random_uuid(), 'client-' || n, 'Lab ' || n, 'US', 'USD', 2 FROM generate_series(1, 2) n",
    )
    .execute(&mut owner)
    .unwrap();
    let count = |conn: &mut PgConnection| -> i64 {
        diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT count(id) FROM lab").get_result(conn).unwrap()
    };
    let mut service = db.service();
    assert_eq!(count(&mut service), 2);
    service.test_transaction::<_, diesel::result::Error, _>(|conn| {
        diesel::sql_query("SET LOCAL ROLE collegium_lab").execute(conn)?;
        assert_eq!(count(conn), 0, "no lab is set: nothing is seen");
        diesel::sql_query("SELECT set_config('collegium.lab', (SELECT '00000000-0000-0000-0000-000000000001'), true)")
            .execute(conn)?;
        assert_eq!(count(conn), 0, "a lab that does not exist sees nothing");
        Ok(())
    });
}
