//! Who may work where, as what they did changes; and that keeping it true keeps nobody waiting.

use std::time::Duration;

use collegium::experts::ELIGIBILITY_LOCK;
use collegium::matching::jobs::refresh_due;
use diesel::{RunQueryDsl, sql_query};
use serde_json::json;

use collegium::kernel::Role;

use crate::harness::{World, usd};

#[actix_web::test]
async fn accepted_tasks_open_what_asks_for_just_so_many() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let first = world.open_project(&lab, json!({"review": {"mode": "none"}, "bill_rate": usd("10.00")})).await;
    let with = json!({"requirement": {"all": [{"accepted_tasks": {"at_least": 2}}]}, "bill_rate": usd("10.00")});
    let second = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &first, 1..4).await.expect(201);
    world.post_tasks(&lab, &second, 1..2).await.expect(201);
    world.settle().await;
    // Nothing looks at what is due before it is asked to: only the second acceptance changes anything.
    for due in [0, 1, 1] {
        expert.claim(&second).await.expect(204);
        let claim = expert.claim(&first).await.expect(201).json();
        expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201);
        assert_eq!(world.count("SELECT count(*) FROM eligibility_due"), due);
    }
    world.settle().await;
    expert.claim(&second).await.expect(201);
    world.stop().await;
}

#[actix_web::test]
async fn one_requirement_that_cannot_be_read_keeps_no_other_from_being_judged() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (broken, good) = (world.open_project(&lab, json!({})).await, world.open_project(&lab, json!({})).await);
    world.post_tasks(&lab, &good, 1..2).await.expect(201);
    let id = broken.parse::<collegium::kernel::ProjectId>().unwrap().0;
    let spoil = format!("UPDATE project SET requirement = '{{\"all\": []}}' WHERE id = '{id}'");
    sql_query(spoil).execute(&mut world.db.owner()).unwrap();
    let expert = world.bare_expert().await;
    sql_query(format!("INSERT INTO eligibility_due (id, project_id) VALUES (gen_random_uuid(), '{id}')"))
        .execute(&mut world.db.owner())
        .unwrap();
    world.settle().await;
    assert_eq!(world.count("SELECT count(*) FROM eligibility"), 1);
    expert.claim(&good).await.expect(201);
    world.stop().await;
}

/// A run ends after some thousands, so that whoever waits for it waits for a moment; the next ones go on where it ended.
#[actix_web::test]
async fn a_project_that_many_may_do_is_judged_in_several_runs() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let many = "INSERT INTO expert (id, display_name, country, timezone, weekly_hours, state)
        SELECT gen_random_uuid(), 'Jo', 'US', 'UTC', 10, CASE n % 10 WHEN 0 THEN 'paused' ELSE 'active' END
        FROM generate_series(1, 9000) AS n";
    sql_query(many).execute(&mut world.db.owner()).unwrap();
    world.open_project(&lab, json!({"requirement": {"country": {"in": ["US"]}}})).await;
    assert_eq!(world.count("SELECT count(*) FROM eligibility"), 8_100);
    // Some leave, and the requirement is looked at anew.
    sql_query("UPDATE expert SET state = 'left' WHERE id < '40000000-0000-0000-0000-000000000000'")
        .execute(&mut world.db.owner())
        .unwrap();
    sql_query("INSERT INTO eligibility_due (id, project_id) SELECT gen_random_uuid(), id FROM project")
        .execute(&mut world.db.owner())
        .unwrap();
    let db = &world.parts.db;
    let mut runs = 0;
    while db.write(db.system(), refresh_due).await.unwrap() > 0 {
        runs += 1;
        let left = world.count("SELECT count(*) FROM eligibility_due");
        assert_eq!(left == 0, runs == 2, "run {runs}");
    }
    assert_eq!(runs, 2);
    let active = world.count("SELECT count(*) FROM expert WHERE state = 'active'");
    assert!((5_001..8_100).contains(&active), "{active}");
    assert_eq!(world.count("SELECT count(*) FROM eligibility"), active);
    world.stop().await;
}

/// A revocation waits for the run that is under way, and longer than for any other lock.
#[actix_web::test]
async fn a_revocation_is_served_after_a_run_that_takes_its_time() {
    let world = World::new().await;
    let expert = world.bare_expert().await;
    let degree = world.state_degree(&expert, "0511", "doctoral").await;
    world.verify(&degree).await;
    let operations = world.staff(Role::Operations).await;
    let mut busy = world.db.service();
    let (held, holds) = std::sync::mpsc::channel();
    let run = std::thread::spawn(move || -> diesel::QueryResult<usize> {
        sql_query(format!("SELECT pg_advisory_lock({ELIGIBILITY_LOCK})")).execute(&mut busy)?;
        held.send(()).unwrap();
        // Longer than the second that a transaction waits for any other lock.
        std::thread::sleep(Duration::from_millis(1_500));
        sql_query(format!("SELECT pg_advisory_unlock({ELIGIBILITY_LOCK})")).execute(&mut busy)
    });
    holds.recv().unwrap();
    let reason = json!({"reason": "The university knows of no such degree."});
    let revoked = operations.post(&format!("/v1/credentials/{degree}/revoke"), reason).await.expect(200);
    assert_eq!(revoked.json()["state"], "revoked");
    run.join().unwrap().unwrap();
    world.stop().await;
}
