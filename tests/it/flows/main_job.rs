//! The main job: from a posted task to a reconciled payout, over HTTP, with exact figures after every step.
//!
//! A task is billed 1,000,000.00 and pays 100,000.00; seven are accepted, a tool cost 12,345.67. The margin is
//! 7 × 900,000.00 − 12,345.67 = 6,287,654.33, of which 20% above five million are 257,530.866.

mod money;

use std::collections::BTreeMap;

use collegium::kernel::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::harness::{Someone, World, task, usd};

/// Everybody who plays, and what each side has been told so far.
struct Cast {
    world: World,
    lab: Someone,
    expert: Someone,
    finance: Someone,
    checker: Someone,
    operations: Someone,
    reviewer: Someone,
    told_lab: Vec<String>,
    told_experts: Vec<String>,
}

#[actix_web::test]
async fn from_a_posted_task_to_a_reconciled_payout() {
    let mut cast = a_lab_with_funds().await;
    let degree = an_expert_who_is_not_verified(&cast).await;
    let project = a_project(&mut cast).await;
    the_expert_becomes_eligible(&cast, &project, &degree).await;
    tasks_as_far_as_funds_go(&mut cast, &project).await;
    let late = the_work(&mut cast, &project).await;
    the_last_task(&mut cast, &project, &late).await;
    the_books_prove(&cast).await;
    the_results_are_whole(&mut cast, &project).await;
    each_side_looks_around(&mut cast, &project).await;
    nobody_learned_of_the_other_side(&cast);
    money::the_executive_is_paid(&cast).await;
    money::the_payout_is_reconciled(&cast).await;
    cast.world.stop().await;
}

async fn a_lab_with_funds() -> Cast {
    let world = World::new().await;
    let (finance, checker) = (world.staff(Role::Finance).await, world.staff(Role::Finance).await);
    let (operations, reviewer) = (world.staff(Role::Operations).await, world.staff(Role::Reviewer).await);
    let lab = world.pending_lab().await;
    let cast = Cast {
        expert: world.bare_expert().await,
        told_lab: Vec::new(),
        told_experts: Vec::new(),
        world,
        lab,
        finance,
        checker,
        operations,
        reviewer,
    };
    let early = cast.finance.post(&cast.deposits(), cast.deposit("3000000.00", "wire 1")).await.expect(409);
    assert_eq!(early.code(), "lab_not_active");
    cast.operations.post(&format!("/v1/labs/{}/activate", cast.lab.lab()), json!({})).await.expect(200);
    cast.balance_is(["0.00", "0.00", "0.00"]).await;
    cast.finance.post(&cast.deposits(), cast.deposit("3000000.00", "wire 1")).await.expect(201);
    cast.balance_is(["3000000.00", "0.00", "0.00"]).await;
    assert_eq!(cast.account("cash").await, "3000000.00");
    assert_eq!(cast.account("lab_available").await, "3000000.00");
    cast
}

impl Cast {
    fn deposits(&self) -> String {
        format!("/v1/labs/{}/deposits", self.lab.lab())
    }

    fn today(&self) -> chrono::NaiveDate {
        self.world.parts.db.clock().now().date_naive()
    }

    fn deposit(&self, amount: &str, reference: &str) -> Value {
        json!({"amount": usd(amount), "reference": reference, "received_on": self.today()})
    }

    async fn balance_is(&self, figures: [&str; 3]) {
        assert_eq!(self.world.balance(&self.lab).await, figures);
    }

    /// The balance of the account of this kind; there is one of each in this story.
    async fn account(&self, kind: &str) -> String {
        let accounts = self.finance.get("/v1/ledger/accounts?limit=200").await.expect(200).json();
        let found = accounts["data"].as_array().unwrap().iter().filter(|account| account["kind"] == kind);
        let found: Vec<&str> = found.map(|account| account["balance"]["amount"].as_str().unwrap()).collect();
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        found[0].to_owned()
    }
}

async fn an_expert_who_is_not_verified(cast: &Cast) -> String {
    let wrong = json!({"kind": "degree", "field": "0511", "level": "doctoral", "title": "PhD", "institution": "JHU",
        "ror_id": "https://ror.org/00za53h96", "orcid": "0000-0002-1825-0098", "awarded_on": "2012-06-15"});
    let found = cast.expert.post("/v1/experts/me/credentials", wrong).await.expect(422);
    assert_eq!(found.pointers(), ["/ror_id", "/orcid"]);
    cast.world.hand_in_papers(&cast.expert).await;
    cast.world.state_degree(&cast.expert, "0511", "doctoral").await
}

async fn a_project(cast: &mut Cast) -> String {
    let requirement = json!({"all": [{"credential": {"field": "051", "level": "doctoral"}},
        {"language": {"code": "en", "at_least": "C1"}}, {"not": {"country": {"in": ["KP"]}}}]});
    let with = json!({"requirement": requirement, "bill_rate": usd("1000000.00"), "budget": usd("50000000.00")});
    let project = cast.world.open_project(&cast.lab, with).await;
    let path = format!("/v1/projects/{project}/pay-rate");
    let rate = cast.operations.get(&path).await.expect(200);
    let over = json!({"pay_rate": usd("900000.01")});
    let over = cast.operations.put(&path, Some(&rate.etag()), over).await.expect(422);
    assert_eq!(over.pointers(), ["/pay_rate/amount"]);
    let set = json!({"pay_rate": usd("100000.00")});
    cast.operations.put(&path, Some(&rate.etag()), set).await.expect(200);
    let shown = cast.lab.get(&format!("/v1/projects/{project}")).await.expect(200);
    assert_eq!(shown.json()["slot_price"], usd("1000000.00"));
    cast.told_lab.push(shown.text());
    cast.balance_is(["3000000.00", "0.00", "0.00"]).await;
    project
}

async fn the_expert_becomes_eligible(cast: &Cast, project: &str, degree: &str) {
    cast.world.post_tasks(&cast.lab, project, 1..2).await.expect(201);
    cast.balance_is(["2000000.00", "1000000.00", "0.00"]).await;
    cast.expert.claim(project).await.expect(204);
    let path = format!("/v1/experts/me/eligibility?project_id={project}");
    let why = cast.expert.get(&path).await.expect(200).json();
    assert_eq!((&why["eligible"], &why["failing"][0]["pointer"]), (&json!(false), &json!("/all/0/credential")));
    assert_eq!(why["failing"].as_array().unwrap().len(), 1);
    cast.world.verify(degree).await;
    let why = cast.expert.get(&path).await.expect(200).json();
    assert_eq!((&why["eligible"], &why["failing"]), (&json!(true), &json!([])));
}

async fn tasks_as_far_as_funds_go(cast: &mut Cast, project: &str) {
    let again = cast.world.post_tasks(&cast.lab, project, 1..3).await.expect(201).json();
    assert_eq!((&again["created"], &again["duplicates"]), (&json!(1), &json!(1)));
    cast.balance_is(["1000000.00", "2000000.00", "0.00"]).await;
    let changed = json!({"external_id": "t1", "input": {"question": "Another?"}});
    let path = format!("/v1/projects/{project}/tasks");
    let refused = cast.lab.post(&path, json!({"tasks": [task(3), changed, {"external_id": "x", "input": {}}]})).await;
    assert_eq!(refused.expect(422).pointers(), ["/tasks/1/external_id", "/tasks/2/input"]);
    let lines = [task(2).to_string(), json!({"external_id": "bad", "input": {"question": 7}}).to_string()];
    let more = [changed.to_string(), "{not json".to_owned()];
    let new = (3..6).map(|number| task(number).to_string());
    let file: String = lines.into_iter().chain(more).chain(new).map(|line| line + "\n").collect();
    let stopped = cast.import(project, &file).await.expect(402).json();
    assert_eq!((&stopped["code"], &stopped["because"]), (&json!("import_stopped"), &json!("insufficient_funds")));
    assert_eq!(stopped["resume_at_line"], 6);
    assert_eq!(counts(&stopped), [5, 1, 1, 3]);
    let told: Vec<(u64, &str, Option<&str>)> = stopped["errors"].as_array().unwrap().iter().map(told).collect();
    assert_eq!((told[0].0, told[0].1, told[0].2), (2, "/input/question", Some("bad")));
    assert_eq!((told[1].0, told[1].1, told[1].2), (3, "/external_id", Some("t1")));
    assert_eq!((told[2].0, told[2].2), (4, None));
    cast.balance_is(["0.00", "3000000.00", "0.00"]).await;
    let short = cast.world.post_tasks(&cast.lab, project, 6..8).await.expect(402);
    assert_eq!(short.code(), "insufficient_funds");
    cast.balance_is(["0.00", "3000000.00", "0.00"]).await;
    cast.finance.post(&cast.deposits(), cast.deposit("5000000.00", "wire 2")).await.expect(201);
    let whole = cast.import(project, &file).await.expect(200);
    assert_eq!(counts(&whole.json()), [7, 2, 2, 3]);
    cast.balance_is(["3000000.00", "5000000.00", "0.00"]).await;
    let posted = cast.world.post_tasks(&cast.lab, project, 6..8).await.expect(201);
    cast.balance_is(["1000000.00", "7000000.00", "0.00"]).await;
    cast.told_lab.extend([whole.text(), posted.text()]);
}

impl Cast {
    async fn import(&self, project: &str, file: &str) -> crate::harness::Reply {
        let path = format!("/v1/projects/{project}/tasks/import");
        let headers = [("content-type", "application/x-ndjson")];
        self.lab.send(Method::POST, &path, &headers, file.as_bytes().to_vec()).await
    }
}

fn counts(import: &Value) -> [u64; 4] {
    ["lines", "created", "duplicates", "rejected"].map(|name| import[name].as_u64().unwrap())
}

fn told(error: &Value) -> (u64, &str, Option<&str>) {
    (error["line"].as_u64().unwrap(), error["pointer"].as_str().unwrap(), error["external_id"].as_str())
}

/// Six tasks of the first expert, one of them after a revision, and one of the second, who is turned away. Gives the
/// second expert.
async fn the_work(cast: &mut Cast, project: &str) -> Someone {
    let second = cast.world.expert("0512", "doctoral").await;
    let mut claimed = BTreeMap::new();
    for number in 0..7 {
        let who = if number == 6 { &second } else { &cast.expert };
        let reply = who.claim(project).await.expect(201);
        assert_eq!(reply.json()["pay_rate"], usd("100000.00"));
        claimed.insert(number, reply.json());
        cast.told_experts.push(reply.text());
    }
    assert_eq!(claimed[&0]["task"]["input"]["question"], "What of case 1?");
    cast.expert.claim(project).await.expect(204);
    let misfit = cast.expert.submit(&claimed[&0], json!({"answer": 7, "more": 1})).await.expect(422);
    assert_eq!(misfit.pointers(), ["/answer/answer", "/answer"], "{}", misfit.text());
    let good = json!({"answer": "As the sources say."});
    let stranger = second.submit(&claimed[&0], good.clone()).await.expect(404);
    assert_eq!(stranger.code(), "not_found");
    let comment = "Neither of the two sources says what the answer claims of it.";
    let mut accepted = 0;
    for (number, claim) in &claimed {
        let who = if *number == 6 { &second } else { &cast.expert };
        let reply = who.submit(claim, good.clone()).await.expect(201);
        cast.told_experts.push(reply.text());
        let decision = match number {
            3 => json!({"decision": "revise", "reason": "incomplete", "comment": comment}),
            6 => json!({"decision": "reject", "reason": "sources", "comment": comment}),
            _ => json!({"decision": "accept"}),
        };
        cast.reviewer.review(&reply.id(), decision).await.expect(201);
        accepted += u64::from(!matches!(number, 3 | 6));
        let [reserved, spent] = [7 - accepted, accepted].map(|tasks| format!("{}.00", tasks * 1_000_000));
        cast.balance_is(["1000000.00", &reserved, &spent]).await;
    }
    revise(cast, &claimed[&3], comment).await;
    cast.balance_is(["1000000.00", "1000000.00", "6000000.00"]).await;
    second
}

async fn revise(cast: &mut Cast, claim: &Value, comment: &str) {
    let path = format!("/v1/assignments/{}", claim["id"].as_str().unwrap());
    let again = cast.expert.get(&path).await.expect(200);
    assert_eq!(again.json()["state"], "revision_requested");
    assert_ne!(again.json()["lease"]["token"], claim["lease"]["token"]);
    let old = cast.expert.submit(claim, json!({"answer": "Too old a token."})).await.expect(409);
    assert_eq!(old.code(), "lease_expired");
    let first = cast.expert.get(&format!("{path}/submissions")).await.expect(200).json()["data"][0]["id"].clone();
    let reasons = cast.expert.get(&format!("/v1/submissions/{}/reviews", first.as_str().unwrap())).await.expect(200);
    assert_eq!(reasons.json()["data"][0]["comment"], comment);
    assert_eq!(reasons.json()["data"][0]["reviewer_id"], Value::Null);
    let second = cast.expert.submit(&again.json(), json!({"answer": "With better sources."})).await.expect(201);
    assert_eq!(second.json()["number"], 2);
    cast.reviewer.review(&second.id(), json!({"decision": "accept"})).await.expect(201);
    let done = cast.expert.get(&path).await.expect(200);
    assert_eq!((&done.json()["state"], &done.json()["paid"]), (&json!("accepted"), &usd("100000.00")));
    cast.told_experts.extend([again.text(), reasons.text(), second.text(), done.text()]);
}

/// The task that the second expert was turned away from is free again, but not for them.
async fn the_last_task(cast: &mut Cast, project: &str, second: &Someone) {
    second.claim(project).await.expect(204);
    let claimed = cast.expert.claim(project).await.expect(201);
    let submitted = cast.expert.submit(&claimed.json(), json!({"answer": "As the sources say."})).await.expect(201);
    let decided = cast.reviewer.review(&submitted.id(), json!({"decision": "accept"})).await.expect(201);
    let twice = cast.reviewer.review(&submitted.id(), json!({"decision": "accept"})).await.expect(409);
    assert_eq!((decided.json()["decision"].as_str(), twice.code().as_str()), (Some("accept"), "already_reviewed"));
    cast.balance_is(["1000000.00", "0.00", "7000000.00"]).await;
    let earned = cast.expert.get("/v1/experts/me/earnings").await.expect(200);
    assert_eq!(earned.json(), json!([{"earned": usd("700000.00"), "paid": usd("0.00"), "payable": usd("700000.00")}]));
    let nothing = second.get("/v1/experts/me/earnings").await.expect(200).json();
    assert!(nothing.as_array().unwrap().iter().all(|row| row["earned"] == usd("0.00")), "{nothing}");
    cast.told_experts.extend([claimed.text(), submitted.text(), earned.text()]);
    let list = cast.expert.get("/v1/assignments?limit=200").await.expect(200);
    assert_eq!(list.json()["data"].as_array().unwrap().len(), 7);
    cast.told_experts.push(list.text());
}

async fn the_books_prove(cast: &Cast) {
    let proof = cast.finance.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!((&proof["equal"], &proof["differences"]), (&json!(true), &json!([])));
    assert_eq!(proof["totals"][0]["debits"], proof["totals"][0]["credits"]);
    let kinds = [
        ("cash", "8000000.00"),
        ("revenue", "7000000.00"),
        ("cost_of_experts", "700000.00"),
        ("expert_payable", "700000.00"),
    ];
    for (kind, figure) in kinds {
        assert_eq!(cast.account(kind).await, figure, "{kind}");
    }
}

async fn the_results_are_whole(cast: &mut Cast, project: &str) {
    let export = cast.lab.get(&format!("/v1/projects/{project}/results")).await.expect(200);
    let text = export.text();
    let (lines, end) = text.trim_end_matches('\n').rsplit_once('\n').unwrap();
    let end: Value = serde_json::from_str(end).unwrap();
    let sum: String = Sha256::digest(format!("{lines}\n")).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((&end["_end"], &end["count"], &end["sha256"]), (&json!(true), &json!(7), &json!(sum)));
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut names: Vec<&str> = lines.iter().map(|line| line["external_id"].as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["t1", "t2", "t3", "t4", "t5", "t6", "t7"]);
    assert!(lines.iter().all(|line| line["billed"] == usd("1000000.00") && line["expert"] == lines[0]["expert"]));
    assert!(lines[0]["expert"].as_str().unwrap().starts_with("xpn_"));
    let revised: Vec<&Value> = lines.iter().filter(|line| line["number"] == 2).collect();
    assert_eq!((revised.len(), &revised[0]["answer"]), (1, &json!({"answer": "With better sources."})));
    let progress = cast.lab.get(&format!("/v1/projects/{project}/progress")).await.expect(200);
    assert_eq!((&progress.json()["accepted"], &progress.json()["billed"]), (&json!(7), &usd("7000000.00")));
    let tasks = cast.lab.get(&format!("/v1/projects/{project}/tasks?limit=200")).await.expect(200);
    let reach = cast.lab.get(&format!("/v1/projects/{project}/reach")).await.expect(200);
    assert_eq!(reach.json()["eligible_experts"], "<5");
    cast.told_lab.extend([text, progress.text(), tasks.text(), reach.text()]);
}

/// Whatever each side may read, and what it may not.
async fn each_side_looks_around(cast: &mut Cast, project: &str) {
    let tasks = cast.lab.get(&format!("/v1/projects/{project}/tasks?limit=200")).await.expect(200).json();
    let task = format!("/v1/tasks/{}", tasks["data"][0]["id"].as_str().unwrap());
    let mine = cast.expert.get("/v1/assignments?limit=200").await.expect(200).json()["data"].clone();
    let assignment = format!("/v1/assignments/{}", mine[0]["id"].as_str().unwrap());
    let versions = cast.expert.get(&format!("{assignment}/submissions")).await.expect(200).json();
    let submission = format!("/v1/submissions/{}", versions["data"][0]["id"].as_str().unwrap());
    for path in ["/v1/projects?limit=200", &task, &submission, &format!("/v1/labs/{}/balance", cast.lab.lab())] {
        cast.told_lab.push(cast.lab.get(path).await.expect(200).text());
    }
    for path in [assignment.as_str(), &submission, &format!("/v1/experts/me/eligibility?project_id={project}")] {
        cast.told_experts.push(cast.expert.get(path).await.expect(200).text());
    }
    let (pay, reviews) = (format!("/v1/projects/{project}/pay-rate"), format!("{submission}/reviews"));
    let experts = format!("/v1/experts/{}", cast.expert.expert());
    for path in [pay.as_str(), &reviews, &experts, "/v1/assignments", "/v1/ledger/entries"] {
        cast.lab.get(path).await.expect(403);
    }
    let (results, shown) = (format!("/v1/projects/{project}/results"), format!("/v1/projects/{project}"));
    let lab = format!("/v1/labs/{}", cast.lab.lab());
    for path in [results.as_str(), &shown, &task, &pay, &lab, "/v1/ledger/entries"] {
        let refused = cast.expert.get(path).await;
        assert!(matches!(refused.status.as_u16(), 403 | 404), "{path}: {}", refused.text());
    }
}

fn nobody_learned_of_the_other_side(cast: &Cast) {
    assert!(cast.told_experts.len() == 25 && cast.told_lab.len() == 11);
    let lab = cast.lab.lab();
    for told in &cast.told_experts {
        for secret in [lab.as_str(), "Acme", "Nightjar", "bill_rate", "billed", "slot_price", "1000000"] {
            assert!(!told.contains(secret), "an expert was told {secret}: {told}");
        }
    }
    let expert = cast.expert.expert();
    for told in &cast.told_lab {
        for secret in [expert.as_str(), "pay_rate", "\"paid\"", "\"100000.00\"", "Jo Doe", "exp_"] {
            assert!(!told.contains(secret), "the lab was told {secret}: {told}");
        }
    }
}
