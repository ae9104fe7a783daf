//! Many at once: whoever comes first gets it, nobody gets it twice, and the counters stay right.

use std::collections::BTreeSet;
use std::time::Duration;

use collegium::assignments::jobs::expire_leases;
use collegium::kernel::Role;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::harness::{Reply, Someone, World, usd};

/// How many answers have this status.
fn with_status(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// The statuses of all answers, for the message of a failed assertion.
fn statuses(replies: &[Reply]) -> Vec<String> {
    replies.iter().map(|reply| format!("{} {}", reply.status.as_u16(), reply.code())).collect()
}

/// Ends the leases that have run out; says how many.
async fn expire(world: &World) -> usize {
    let db = &world.parts.db;
    db.write(db.system(), expire_leases).await.unwrap()
}

/// What must hold whatever happened: slots, seats and money tell one story, and it is that of the assignments.
async fn assert_invariants(world: &World) {
    let live = "state IN ('claimed', 'revision_requested', 'submitted', 'in_review')";
    let queries = [
        ("slots add up to the overlap", "SELECT count(*) FROM task_slots s JOIN task t ON t.id = s.task_id
            WHERE NOT s.cancelled AND s.free + s.held + s.filled <> t.overlap".to_owned()),
        ("held slots are live assignments", format!("SELECT count(*) FROM task_slots s WHERE s.held <>
            (SELECT count(*) FROM assignment a WHERE a.task_id = s.task_id AND a.{live})")),
        ("filled slots are accepted assignments", "SELECT count(*) FROM task_slots s WHERE s.filled <>
            (SELECT count(*) FROM assignment a WHERE a.task_id = s.task_id AND a.state = 'accepted')".to_owned()),
        ("seats count live assignments", format!("SELECT count(*) FROM seat WHERE open_claims <>
            (SELECT count(*) FROM assignment a WHERE a.expert_id = seat.expert_id AND a.{live})")),
        ("nobody is twice on a task", "SELECT count(*) FROM (SELECT 1 FROM assignment
            WHERE state NOT IN ('released', 'expired') GROUP BY task_id, expert_id HAVING count(*) > 1) AS twice".to_owned()),
        ("what is reserved is what slots hold", "SELECT count(*) FROM lab WHERE
            (SELECT coalesce(sum((CASE WHEN s.cancelled THEN 0 ELSE s.free END + s.held) * t.slot_price), 0)
             FROM task_slots s JOIN task t ON t.id = s.task_id WHERE t.lab_id = lab.id)
            <> (SELECT coalesce(sum(CASE account.id WHEN l.credit_id THEN l.amount ELSE -l.amount END), 0)
                FROM ledger_account AS account JOIN journal_line l ON account.id IN (l.credit_id, l.debit_id)
                WHERE account.lab_id = lab.id AND account.kind = 'lab_reserved')".to_owned()),
        ("every acceptance is in the journal once", "SELECT (SELECT count(*) FROM assignment WHERE state = 'accepted')
            - (SELECT count(*) FROM journal_entry WHERE kind = 'acceptance')".to_owned()),
    ];
    for (what, query) in &queries {
        assert_eq!(world.count(query), 0, "{what}");
    }
    let proof = world.staff(Role::Finance).await.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!((&proof["equal"], &proof["differences"]), (&json!(true), &json!([])));
}

#[actix_web::test]
async fn two_hundred_clients_and_one_slot() {
    let world = World::new().await;
    let lab = world.lab("100.00").await;
    let crowd = world.crowd(200).await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let replies = join_all(crowd.iter().map(|expert| expert.claim(&project))).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 204)), (1, 199), "{:?}", statuses(&replies));
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 1);
    assert_eq!(world.count("SELECT count(*) FROM task_slots WHERE free = 0 AND held = 1 AND NOT open"), 1);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn one_expert_holds_twenty_five_and_never_one_task_twice() {
    let world = World::new().await;
    let lab = world.lab("1000000.00").await;
    let expert = world.bare_expert().await;
    for (overlap, tasks) in [(1, 100), (3, 30)] {
        let project = world.open_project(&lab, json!({"overlap": overlap})).await;
        world.post_tasks(&lab, &project, 1..tasks + 1).await.expect(201);
        let replies = join_all((0..30).map(|_| expert.claim(&project))).await;
        assert_eq!(with_status(&replies, 201), 25, "overlap {overlap}: {:?}", statuses(&replies));
        assert_eq!(with_status(&replies, 409), 5, "overlap {overlap}: {:?}", statuses(&replies));
        let refused = replies.iter().filter(|reply| reply.status == 409);
        assert!(refused.into_iter().all(|reply| reply.code() == "too_many_claims"));
        let claimed: Vec<Value> = replies.iter().filter(|reply| reply.status == 201).map(Reply::json).collect();
        let tasks: BTreeSet<&str> = claimed.iter().map(|claim| claim["task"]["id"].as_str().unwrap()).collect();
        assert_eq!(tasks.len(), 25);
        assert_eq!(world.count("SELECT open_claims FROM seat"), 25);
        assert_invariants(&world).await;
        let release = |claim: &Value| format!("/v1/assignments/{}/release", claim["id"].as_str().unwrap());
        let released = join_all(claimed.iter().map(|claim| expert.post_owned(release(claim)))).await;
        assert_eq!(with_status(&released, 200), 25, "{:?}", statuses(&released));
        assert_eq!(world.count("SELECT open_claims FROM seat"), 0);
    }
    assert_invariants(&world).await;
    world.stop().await;
}

impl Someone {
    /// A POST of nothing to a path that nobody else keeps.
    async fn post_owned(&self, path: String) -> Reply {
        self.post(&path, json!({})).await
    }
}

#[actix_web::test]
async fn one_key_fifty_times_claims_once() {
    let world = World::new().await;
    let lab = world.lab("5000.00").await;
    let expert = world.bare_expert().await;
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..51).await.expect(201);
    let body = json!({"project_id": project});
    let calls = (0..50).map(|_| expert.post_with("/v1/assignments", &[("idempotency-key", "same")], body.clone()));
    let replies = join_all(calls).await;
    let made: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 201).collect();
    let ids: BTreeSet<String> = made.iter().map(|reply| reply.id()).collect();
    assert_eq!((made.is_empty(), ids.len()), (false, 1), "{:?}", statuses(&replies));
    let fresh = made.iter().filter(|reply| reply.header("idempotent-replayed").is_none()).count();
    assert_eq!(fresh, 1);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        assert_eq!((reply.status.as_u16(), reply.code().as_str()), (409, "idempotency_in_progress"));
    }
    assert_eq!(world.count("SELECT count(*) FROM assignment"), 1);
    assert_eq!(world.count("SELECT open_claims FROM seat"), 1);
    assert_invariants(&world).await;
    world.stop().await;
}

/// The clock passes the end of the lease while the answer is on its way. Whoever gets the row first wins, and the other
/// one does nothing.
#[actix_web::test]
async fn a_lease_runs_out_while_its_answer_is_handed_in() {
    let world = World::new().await;
    let lab = world.lab("2000.00").await;
    let expert = world.bare_expert().await;
    let with = json!({"lease_seconds": 60, "max_seconds": 60, "review": {"mode": "none"}});
    let project = world.open_project(&lab, with).await;
    world.post_tasks(&lab, &project, 1..21).await.expect(201);
    let (mut in_time, mut late) = (0, 0);
    for round in 0..20u64 {
        let before = i64::try_from(round).unwrap() * 70;
        world.move_clock(before);
        let claim = expert.claim(&project).await.expect(201).json();
        let answer = json!({"answer": format!("Round {round}.")});
        let at_the_edge = async {
            tokio::time::sleep(Duration::from_millis(round % 10)).await;
            world.move_clock(before + 60);
            expire(&world).await
        };
        let (submitted, expired) = join(expert.submit(&claim, answer.clone()), at_the_edge).await;
        let path = format!("/v1/assignments/{}", claim["id"].as_str().unwrap());
        if submitted.status == 201 {
            assert_eq!((expired, expire(&world).await), (0, 0));
            assert_eq!(expert.get(&path).await.expect(200).json()["state"], "accepted");
            in_time += 1;
        } else {
            assert_eq!(submitted.expect(409).code(), "lease_expired");
            assert_eq!(expired + expire(&world).await, 1);
            let gone = expert.get(&path).await.expect(200).json();
            assert_eq!((&gone["state"], &gone["draft"]), (&json!("expired"), &answer));
            assert_eq!(expert.submit(&claim, answer.clone()).await.expect(409).code(), "lease_expired");
            let again = expert.claim(&project).await.expect(201).json();
            assert_eq!((&again["task"]["id"], &again["draft"]), (&claim["task"]["id"], &answer));
            expert.submit(&again, answer).await.expect(201);
            late += 1;
        }
        assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 0);
        assert_eq!(world.count("SELECT sum(filled) FROM task_slots"), i64::try_from(round + 1).unwrap());
        assert_eq!(world.count("SELECT open_claims FROM seat"), 0);
    }
    assert_eq!(in_time + late, 20);
    assert_eq!(world.balance(&lab).await, ["0.00", "0.00", "2000.00"]);
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state = 'expired'"), late);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn of_two_reviewers_one_decides() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let (expert, one, other) =
        (world.bare_expert().await, world.staff(Role::Reviewer).await, world.staff(Role::Reviewer).await);
    let project = world.open_project(&lab, json!({})).await;
    world.post_tasks(&lab, &project, 1..11).await.expect(201);
    let reject = json!({"decision": "reject", "reason": "incorrect",
        "comment": "The second step does not follow from the first one at all."});
    for _ in 0..10 {
        let claim = expert.claim(&project).await.expect(201).json();
        let submission = expert.submit(&claim, json!({"answer": "Yes."})).await.expect(201).id();
        let accepts = one.review(&submission, json!({"decision": "accept"}));
        let (first, second) = join(accepts, other.review(&submission, reject.clone())).await;
        let accepted = first.status == 201;
        let (made, refused) = if accepted { (first, second) } else { (second, first) };
        assert_eq!((made.expect(201).status.as_u16(), refused.expect(409).code().as_str()), (201, "already_reviewed"));
        let state = expert.get(&format!("/v1/assignments/{}", claim["id"].as_str().unwrap())).await.json();
        assert_eq!(state["state"], if accepted { "accepted" } else { "rejected" });
    }
    assert_eq!(world.count("SELECT count(*) FROM review"), 10);
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn two_slots_are_never_three() {
    let world = World::new().await;
    let lab = world.lab("4000.00").await;
    let crowd = world.crowd(2).await;
    let project = world.open_project(&lab, json!({"overlap": 2})).await;
    for number in 1..11 {
        world.post_tasks(&lab, &project, number..number + 1).await.expect(201);
        let calls = crowd.iter().chain(&crowd).chain(&crowd).map(|expert| expert.claim(&project));
        let replies = join_all(calls).await;
        assert_eq!((with_status(&replies, 201) <= 2, with_status(&replies, 500)), (true, 0), "{:?}", statuses(&replies));
        // Somebody may have gone past a slot that was locked for the other one; it is still there for them.
        for expert in &crowd {
            expert.claim(&project).await;
        }
        assert_eq!(world.count("SELECT sum(held) FROM task_slots"), 2 * i64::try_from(number).unwrap());
        let on_it = "SELECT count(DISTINCT expert_id) FROM assignment WHERE task_id = (SELECT max(id::text) FROM task)::uuid";
        assert_eq!(world.count(on_it), 2);
    }
    assert_invariants(&world).await;
    world.stop().await;
}

#[actix_web::test]
async fn funds_are_set_aside_once() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let one = world.open_project(&lab, json!({})).await;
    let other = world.open_project(&lab, json!({})).await;
    let (first, second) = join(world.post_tasks(&lab, &one, 1..7), world.post_tasks(&lab, &other, 1..7)).await;
    let (made, refused) = if first.status == 201 { (first, second) } else { (second, first) };
    assert_eq!((made.expect(201).json()["created"].as_u64(), refused.expect(402).code().as_str()), (Some(6), "insufficient_funds"));
    assert_eq!(world.balance(&lab).await, ["400.00", "600.00", "0.00"]);
    let calls = (0..12).map(|n| world.post_tasks(&lab, if n % 2 == 0 { &one } else { &other }, 100 + n..101 + n));
    let replies = join_all(calls).await;
    assert_eq!((with_status(&replies, 201), with_status(&replies, 402)), (4, 8), "{:?}", statuses(&replies));
    assert_eq!(world.balance(&lab).await, ["0.00", "1000.00", "0.00"]);
    assert_invariants(&world).await;
    world.stop().await;
}

/// What one expert does in the bustle: claims, then hands in, gives back, or forgets.
async fn work(expert: &Someone, reviewer: &Someone, project: &str, turn: usize) -> Vec<Reply> {
    let claimed = expert.claim(project).await;
    if claimed.status != 201 {
        return vec![claimed];
    }
    let claim = claimed.json();
    match turn % 4 {
        0 => vec![claimed],
        1 => vec![expert.post_owned(format!("/v1/assignments/{}/release", claim["id"].as_str().unwrap())).await],
        _ => {
            let submitted = expert.submit(&claim, json!({"answer": "So it is."})).await;
            let revise = json!({"decision": "revise", "reason": "sources",
                "comment": "Please name the page of the second source, and its edition."});
            let decision = if turn % 4 == 2 { json!({"decision": "accept"}) } else { revise };
            let reviewed = reviewer.review(&submitted.id(), decision).await;
            vec![claimed, submitted, reviewed]
        }
    }
}

#[actix_web::test]
async fn a_bustle_of_everything_leaves_the_counters_right() {
    let world = World::new().await;
    let lab = world.lab("100000.00").await;
    let (crowd, reviewer) = (world.crowd(6).await, world.staff(Role::Reviewer).await);
    let mut projects = Vec::new();
    for overlap in [1, 2, 3] {
        let project = world.open_project(&lab, json!({"overlap": overlap, "bill_rate": usd("37.10")})).await;
        world.post_tasks(&lab, &project, 1..21).await.expect(201);
        projects.push(project);
    }
    let working = join_all((0..40).map(|turn| work(&crowd[turn % 6], &reviewer, &projects[turn % 3], turn)));
    let posting = join_all((0..5).map(|n| world.post_tasks(&lab, &projects[n % 3], 100 + n..103 + n)));
    let cancelling = async {
        let tasks = lab.get(&format!("/v1/projects/{}/tasks?limit=200", projects[1])).await.expect(200).json();
        let paths = tasks["data"].as_array().unwrap().iter().rev().take(4);
        let paths = paths.map(|task| format!("/v1/tasks/{}/cancel", task["id"].as_str().unwrap()));
        join_all(paths.map(|path| lab.post_owned(path))).await
    };
    let expiring = async {
        for _ in 0..10 {
            expire(&world).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let ((worked, posted), (cancelled, ())) = join(join(working, posting), join(cancelling, expiring)).await;
    let worked: Vec<Reply> = worked.into_iter().flatten().collect();
    for replies in [&worked, &posted, &cancelled] {
        assert!(replies.iter().all(|reply| reply.status.as_u16() < 500), "{:?}", statuses(replies));
    }
    assert!(with_status(&worked, 201) > 20, "{:?}", statuses(&worked));
    assert_invariants(&world).await;
    // A day later every lease has run out, a revision's too.
    world.move_clock(2 * 86_400);
    while expire(&world).await > 0 {}
    assert_eq!(world.count("SELECT count(*) FROM assignment WHERE state IN ('claimed', 'revision_requested')"), 0);
    assert_invariants(&world).await;
    for project in &projects {
        lab.post(&format!("/v1/projects/{project}/close"), json!({})).await.expect(200);
    }
    assert_eq!(world.balance(&lab).await[1], "0.00");
    world.stop().await;
}
