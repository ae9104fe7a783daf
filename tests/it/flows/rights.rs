//! What somebody may do who does not agree: disputes, adjudication, the lab's audits; and reviewers who are experts.

mod adjudication;
mod audits;
mod disputes;
mod reviewers;
mod sight;
mod statement;

use collegium::kernel::Role;
use serde_json::{Value, json};

use crate::harness::{Reply, Someone, World};

/// Enough words for whoever must be told something.
const WORDS: &str = "The second source does not say what the answer claims of it.";

fn reject() -> Value {
    json!({"decision": "reject", "reason": "sources", "comment": WORDS})
}

/// Claims in a project and hands in an answer: the claim, and the id of the submission.
async fn answered(expert: &Someone, project: &str, answer: &str) -> (Value, String) {
    let claim = expert.claim(project).await.expect(201).json();
    let submission = expert.submit(&claim, json!({"answer": answer})).await.expect(201).id();
    (claim, submission)
}

fn path_of(claim: &Value) -> String {
    format!("/v1/assignments/{}", claim["id"].as_str().unwrap())
}

/// Answers and is rejected: the path of the assignment.
async fn rejected(expert: &Someone, reviewer: &Someone, project: &str) -> String {
    let (claim, submission) = answered(expert, project, "As the sources say.").await;
    reviewer.review(&submission, reject()).await.expect(201);
    path_of(&claim)
}

async fn dispute(expert: &Someone, assignment: &str) -> Reply {
    expert.post(&format!("{assignment}/disputes"), json!({"grounds": WORDS})).await
}

async fn resolve(who: &Someone, dispute: &str, outcome: &str) -> Reply {
    who.post(&format!("/v1/disputes/{dispute}/resolve"), json!({"outcome": outcome, "note": "Seen again."})).await
}

async fn earned(expert: &Someone) -> Value {
    expert.get("/v1/experts/me/earnings").await.expect(200).json()[0]["earned"]["amount"].clone()
}

/// The lines of a lab's results, without the last one.
async fn results(lab: &Someone, project: &str) -> Vec<Value> {
    let text = lab.get(&format!("/v1/projects/{project}/results")).await.expect(200).text();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["_end"] != true).collect()
}

async fn assert_proved(world: &World) {
    let proof = world.staff(Role::Finance).await.get("/v1/ledger/proof").await.expect(200).json();
    assert_eq!((&proof["equal"], &proof["differences"]), (&json!(true), &json!([])));
}

/// How many judgements of this kind there are about an expert.
fn judgements(world: &World, expert: &Someone, kind: &str, good: bool) -> i64 {
    let id: collegium::kernel::ExpertId = expert.expert().parse().unwrap();
    world.count(&format!(
        "SELECT count(*) FROM judgement WHERE expert_id = '{}' AND kind = '{kind}' AND good = {good}",
        id.0
    ))
}
