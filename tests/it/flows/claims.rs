//! Who gets what: turns between projects, limits, offers, and leases that end by the hundred.

use std::collections::BTreeMap;

use collegium::assignments::jobs::expire_leases;
use collegium::kernel::Role;
use collegium::matching::jobs::expire_offers;
use diesel::RunQueryDsl;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Reply, Someone, World};

/// Claims whatever there is.
async fn claim_any(expert: &Someone) -> Reply {
    expert.post("/v1/assignments", json!({})).await
}

fn project_of(claimed: &Reply) -> String {
    claimed.json()["project"]["id"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn projects_take_turns_by_what_they_have_open() {
    let world = World::new().await;
    let lab = world.lab("100000.00").await;
    let crowd = world.crowd(2).await;
    let large = world.open_project(&lab, json!({})).await;
    let small = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &large, 1..91).await.expect(201);
    world.post_tasks(&lab, &small, 1..31).await.expect(201);
    let mut claims: BTreeMap<String, i32> = BTreeMap::new();
    for expert in crowd.iter().chain(&crowd).cycle().take(40) {
        let claimed = claim_any(expert).await.expect(201);
        *claims.entry(project_of(&claimed)).or_default() += 1;
    }
    // Three quarters of what is open is the large one's, so are three quarters of the claims, to within one.
    assert!((claims[&large] - 30).abs() <= 1, "{claims:?}");
    // Counted by the minute, the turns go on from where they were.
    let db = &world.parts.db;
    world.move_clock(60);
    db.write(db.system(), collegium::assignments::jobs::count_pulse).await.unwrap();
    assert_eq!(world.count("SELECT sum(claims) FROM project_minute"), 40);
    assert_eq!(world.count("SELECT sum(open_slots) FROM project_pulse"), 80);
    world.stop().await;
}

#[actix_web::test]
async fn what_is_urgent_comes_first_whosever_turn_it_is() {
    let world = World::new().await;
    let lab = world.lab("100000.00").await;
    let expert = world.bare_expert().await;
    let usual = world.open_project(&lab, json!({})).await;
    let urgent = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &usual, 1..31).await.expect(201);
    let task = |n: usize| json!({"external_id": format!("u{n}"), "input": {"question": "Now?"}, "priority": 90});
    let tasks: Vec<Value> = (0..3).map(task).collect();
    lab.post(&format!("/v1/projects/{urgent}/tasks"), json!({"tasks": tasks})).await.expect(201);
    let mut order = Vec::new();
    for _ in 0..5 {
        order.push(project_of(&claim_any(&expert).await.expect(201)));
    }
    assert_eq!(order, [&urgent, &urgent, &urgent, &usual, &usual].map(Clone::clone));
    world.stop().await;
}

#[actix_web::test]
async fn nobody_has_more_of_a_project_than_it_allows() {
    let world = World::wide().await;
    let lab = world.lab("100000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, json!({"max_tasks_per_expert": 3})).await;
    world.post_tasks(&lab, &project, 1..31).await.expect(201);
    let replies = join_all((0..20).map(|_| expert.claim(&project))).await;
    let claimed: Vec<Value> = replies.iter().filter(|reply| reply.status == 201).map(Reply::json).collect();
    let others: Vec<&Reply> = replies.iter().filter(|reply| reply.status != 201 && reply.status != 204).collect();
    assert_eq!((claimed.len(), others.len()), (3, 0), "{others:?}");
    // What is given back does not count.
    expert
        .post(&format!("/v1/assignments/{}/release", claimed[0]["id"].as_str().unwrap()), json!({}))
        .await
        .expect(200);
    expert.claim(&project).await.expect(201);
    expert.claim(&project).await.expect(204);
    assert_eq!(world.count("SELECT tasks FROM engagement"), 3);
    world.stop().await;
}

#[actix_web::test]
async fn an_offer_keeps_its_slots_for_one_expert_until_it_ends() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let operations = world.staff(Role::Operations).await;
    let crowd = world.crowd(2).await;
    let (chosen, other) = (&crowd[0], &crowd[1]);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..6).await.expect(201);
    let path = format!("/v1/projects/{project}/offers");
    let expert = chosen.account["expert_id"].clone();
    let wrong = operations.post(&path, json!({"expert_id": expert, "slots": 0})).await.expect(422);
    assert_eq!(wrong.pointers(), ["/slots"]);
    let offer = operations.post(&path, json!({"expert_id": expert, "slots": 3})).await.expect(201);
    assert_eq!((offer.json()["slots"].as_i64(), offer.json()["state"].as_str()), (Some(3), Some("open")));
    // The other one finds what is left and no more.
    for status in [201, 201, 204] {
        other.claim(&project).await.expect(status);
    }
    let offer = offer.id();
    other.get(&format!("/v1/offers/{offer}")).await.expect(404);
    let seen = chosen.get("/v1/offers").await.expect(200).json();
    assert_eq!((&seen["data"][0]["id"], &seen["data"][0]["expert_id"]), (&json!(offer), &Value::Null));
    let accepted = chosen.post(&format!("/v1/offers/{offer}/accept"), json!({})).await.expect(200);
    assert_eq!(accepted.json()["state"], "accepted");
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 2, "accepting starts no lease");
    claim_any(chosen).await.expect(201);
    assert_eq!(world.count("SELECT claimed FROM offer"), 1);
    assert_eq!(world.count("SELECT offered_slots FROM seat WHERE offered_slots > 0"), 2);
    // What is left goes back to the queue when the time is over.
    world.move_clock(86_401);
    let db = &world.parts.db;
    assert_eq!(db.write(db.system(), expire_offers).await.unwrap(), 1);
    assert_eq!(chosen.get(&format!("/v1/offers/{offer}")).await.expect(200).json()["state"], "expired");
    assert_eq!(world.count("SELECT sum(free) FROM task_slots"), 2);
    assert_eq!(world.count("SELECT sum(offered_slots) FROM seat"), 0);
    chosen.post(&format!("/v1/offers/{offer}/decline"), json!({})).await.expect(409);
    // Where the work has ended, the money goes back to the lab.
    let last = operations.post(&path, json!({"expert_id": expert, "slots": 9})).await.expect(201);
    assert_eq!(last.json()["slots"], 2);
    operations.post(&path, json!({"expert_id": expert, "slots": 1})).await.expect(409);
    lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    chosen.claim(&project).await.expect(204);
    assert_eq!(world.balance(&lab).await, ["500.00", "500.00", "0.00"]);
    assert_eq!(db.write(db.system(), expire_offers).await.unwrap(), 1);
    assert_eq!(db.write(db.system(), expire_offers).await.unwrap(), 0);
    assert_eq!(chosen.get(&format!("/v1/offers/{}", last.id())).await.expect(200).json()["state"], "withdrawn");
    assert_eq!(world.balance(&lab).await, ["700.00", "300.00", "0.00"]);
    world.stop().await;
}

const LONG_GONE: &str = "
WITH gone AS (
    UPDATE task_slots SET free = 0, held = 1, open = false
    WHERE task_id IN (SELECT task_id FROM task_slots ORDER BY task_id LIMIT 3000) RETURNING task_id),
numbered AS (
    SELECT gen_random_uuid() AS id, n FROM generate_series(0, 299) n),
people AS (
    INSERT INTO expert (id, display_name, country, timezone, weekly_hours) SELECT id, 'Gone', 'US', 'UTC', 1 FROM numbered),
seats AS (
    INSERT INTO seat (expert_id, open_claims, claims) SELECT id, 10, 10 FROM numbered),
engaged AS (
    INSERT INTO engagement (expert_id, project_id, lab_id, tasks, brief_version)
    SELECT numbered.id, project.id, project.lab_id, 10, 1 FROM numbered, project)
INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, currency, bill_rate, slot_price, pay_rate, pricing, max_seconds,
    brief_version, lease_token, lease_expires_at, lease_started_at)
SELECT gen_random_uuid(), task.lab_id, task.project_id, task.id, numbered.id, 'USD', 100, 100, 60, 'per_task', 3600, 1,
    gen_random_uuid(), now() - interval '1 second', now() - interval '1 hour'
FROM (SELECT task_id, row_number() OVER (ORDER BY task_id) AS nth FROM gone) AS gone
JOIN task ON task.id = gone.task_id
JOIN numbered ON numbered.n = gone.nth % 300";

#[actix_web::test]
async fn leases_that_end_by_the_thousand_hold_nobody_up() {
    let world = World::wide().await;
    let lab = world.lab("1000000.00").await;
    let crowd = world.crowd(8).await;
    let project = world.open_project(&lab, json!({})).await;
    for first in (1..4_001).step_by(1_000) {
        world.post_tasks(&lab, &project, first..first + 1_000).await.expect(201);
    }
    // Three thousand claims of people who have long gone.
    diesel::sql_query(LONG_GONE).execute(&mut world.db.owner()).unwrap();
    let db = &world.parts.db;
    let expire = async {
        let mut ended = 0;
        loop {
            match db.write(db.system(), expire_leases).await.unwrap() {
                0 => return ended,
                some => ended += some,
            }
        }
    };
    let work = join_all(crowd.iter().map(|expert| async {
        for _ in 0..20 {
            expert.claim(&project).await.expect(201);
        }
    }));
    let (ended, _) = futures_util::future::join(expire, work).await;
    assert_eq!(ended, 3_000);
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state = 'claimed'"), 160);
    assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 160);
    assert_eq!(world.count("SELECT sum(free) FROM task_slots"), 3_840);
    assert_eq!(world.count("SELECT sum(open_claims) FROM seat"), 160);
    assert_eq!(world.count("SELECT sum(tasks) FROM engagement"), 160);
    world.stop().await;
}

#[actix_web::test]
async fn gold_hides_among_the_claims_and_a_qualification_comes_first() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let body = json!({
        "output_schema": {"type": "object", "required": ["answer"], "properties": {"answer": {"type": "string"}}},
        "label_pointer": "/answer", "gold": {"rate": 1},
        "qualification": {"tasks": 2, "pass_at": 0.5, "attempts": 1, "pay": {"amount": "5.00", "currency": "USD"}},
        "name": "Project Nightjar", "task_type": "classification", "instructions": "Answer.",
        "requirement": {"accepted_tasks": {"at_least": 0}}, "bill_rate": {"amount": "100.00", "currency": "USD"},
        "budget": {"amount": "1000.00", "currency": "USD"},
    });
    let project = lab.post("/v1/projects", body).await.expect(201).id();
    let gold = |n: usize| {
        json!({"external_id": format!("g{n}"), "input": {"question": "Known?"},
            "gold": {"answer": {"answer": "yes"}, "explanation": "It is known."}})
    };
    let mut tasks: Vec<Value> = (1..4).map(gold).collect();
    tasks.push(json!({"external_id": "t1", "input": {"question": "Unknown?"}}));
    lab.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": tasks})).await.expect(201);
    lab.post(&format!("/v1/projects/{project}/open"), json!({})).await.expect(200);
    assert_eq!(world.balance(&lab).await, ["900.00", "100.00", "0.00"]);
    let kinds = "SELECT count(*) FROM assignment WHERE kind = ";
    for answer in ["yes", "no"] {
        let claim = expert.claim(&project).await.expect(201).json();
        expert.claim(&project).await.expect(204);
        expert.submit(&claim, json!({"answer": answer})).await.expect(201);
    }
    assert_eq!(world.count(&format!("{kinds}'qualification' AND state = 'accepted' AND paid = 5")), 2);
    // Half of them right is enough: now the work, and gold in its place as long as there is some unseen.
    let hidden = expert.claim(&project).await.expect(201).json();
    let ordinary = expert.claim(&project).await.expect(201).json();
    assert_eq!((world.count(&format!("{kinds}'gold'")), world.count(&format!("{kinds}'ordinary'"))), (1, 1));
    assert_eq!((&hidden["pay_rate"], &hidden["max_seconds"]), (&ordinary["pay_rate"], &ordinary["max_seconds"]));
    assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 1);
    expert.claim(&project).await.expect(204);
    expert.post(&format!("/v1/assignments/{}/release", hidden["id"].as_str().unwrap()), json!({})).await.expect(200);
    assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 1);
    let told = "SELECT count(*) FROM outbox JOIN assignment a ON a.id = object_id WHERE a.kind <> 'ordinary' AND outbox.lab_id IS NOT NULL";
    assert_eq!(world.count(told), 0);
    world.stop().await;
}

#[actix_web::test]
async fn changed_instructions_are_told_at_the_next_claim_and_acknowledged() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..4).await.expect(201);
    let before = expert.claim(&project).await.expect(201).json();
    assert_eq!(
        (&before["project"]["instructions_version"], &before["project"]["instructions_changed"]),
        (&json!(1), &json!(false))
    );
    let tag = lab.get(&format!("/v1/projects/{project}")).await.expect(200).etag();
    let patch = json!({"instructions": "Answer the question, name your sources, and be brief."});
    lab.patch(&format!("/v1/projects/{project}"), &tag, patch).await.expect(200);
    let after = expert.claim(&project).await.expect(201).json();
    assert_eq!(
        (&after["project"]["instructions_version"], &after["project"]["instructions_changed"]),
        (&json!(2), &json!(true))
    );
    expert.submit(&before, json!({"answer": "As it was asked."})).await.expect(201);
    let wrong = expert.submit(&after, json!({"answer": "As it was asked."})).await.expect(422);
    assert_eq!(wrong.pointers(), ["/acknowledged_version"]);
    let known = json!({"lease_token": after["lease"]["token"], "answer": {"answer": "As it is asked."}, "time_spent_seconds": 60,
        "acknowledged_version": 2});
    expert.post(&format!("/v1/assignments/{}/submissions", after["id"].as_str().unwrap()), known).await.expect(201);
    world.stop().await;
}
