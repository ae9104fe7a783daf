//! The stage before the work: told and paid at once, and what it opens.

use serde_json::{Value, json};

use super::kit::shown;
use crate::harness::{World, usd};

fn stage(tasks: i16, attempts: i16) -> Value {
    json!({"tasks": tasks, "pass_at": 0.5, "attempts": attempts, "pay": usd("5.00")})
}

#[actix_web::test]
async fn two_right_answers_of_the_second_attempt_qualify() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.bare_expert().await;
    let school = world.draft(&lab, json!({"qualification": stage(2, 2)})).await;
    world.plant_gold(&school, 1, false).await;
    let opened = lab.post(&format!("/v1/projects/{school}/open"), json!({})).await.expect(409);
    assert_eq!(opened.code(), "gold_missing");
    world.plant_gold(&school, 3, false).await;
    lab.post(&format!("/v1/projects/{school}/open"), json!({})).await.expect(200);
    let with =
        json!({"requirement": {"all": [{"accepted_tasks": {"at_least": 0}}, {"qualified": {"project": school}}]}});
    let project = world.draft(&lab, with).await;
    lab.post(&format!("/v1/projects/{project}/open"), json!({})).await.expect(200);
    world.post_tasks(&lab, &project, 1..2).await.expect(201);
    let path = format!("/v1/experts/me/eligibility?project_id={project}");
    let why = expert.get(&path).await.expect(200).json();
    assert_eq!((&why["eligible"], &why["failing"][0]["pointer"]), (&json!(false), &json!("/all/1/qualified")));
    expert.claim(&project).await.expect(204);
    let mut golds = Vec::new();
    for verdict in ["BAD", "BAD", "OK", "OK"] {
        let next = world.plant_gold(&school, 1, false).await[0];
        let claimed = world.hand_out(&expert, next, "qualification").await;
        let told = expert.submit(&claimed, json!({"verdict": verdict, "score": 4})).await.expect(201).json();
        let right = json!({"right": verdict == "OK", "explanation": "Both sources agree."});
        let done = shown(&expert, &claimed).await;
        assert_eq!((&told["known"], &done["known"]), (&right, &right));
        assert_eq!((&done["state"], &done["paid"]), (&json!("accepted"), &usd("5.00")));
        golds.push(
            world.count("SELECT qualifying_attempt * 100 + qualifying_seen * 10 + qualifying_right FROM engagement"),
        );
    }
    assert_eq!(golds, [10, 100, 111, 122]);
    assert_eq!(world.count("SELECT count(*) FROM engagement WHERE qualified_at IS NOT NULL AND gold_seen = 0"), 1);
    world.settle().await;
    let why = expert.get(&path).await.expect(200).json();
    assert_eq!((&why["eligible"], &why["failing"]), (&json!(true), &json!([])));
    expert.claim(&project).await.expect(201);
    // The stage is neither work nor a judgement, and no lab pays for it.
    assert_eq!(world.count("SELECT count(*) FROM judgement"), 0);
    assert_eq!(world.count("SELECT count(*) FROM journal_entry WHERE kind = 'qualification'"), 4);
    assert_eq!(expert.get("/v1/experts/me/earnings").await.expect(200).json()[0]["earned"], usd("20.00"));
    assert_eq!(world.balance(&lab).await, ["900.00", "100.00", "0.00"]);
    world.books_are_equal().await;
    world.stop().await;
}

#[actix_web::test]
async fn only_a_qualification_of_the_same_lab_may_be_asked_for() {
    let world = World::new().await;
    let (mine, theirs) = (world.lab("100.00").await, world.lab("100.00").await);
    let (own, foreign) = (world.draft(&mine, json!({})).await, world.draft(&theirs, json!({})).await);
    let asked = |project: &str| {
        json!({"name": "n", "task_type": "custom", "instructions": "i", "output_schema": {},
            "requirement": {"qualified": {"project": project}}, "bill_rate": usd("10.00"), "budget": usd("10.00"),
            "review": {"requirement": {"not": {"qualified": {"project": project}}}}})
    };
    mine.post("/v1/projects", asked(&own)).await.expect(201);
    for project in [foreign.as_str(), "prj_01h455vb4pex5vsknk084sn02q"] {
        let refused = mine.post("/v1/projects", asked(project)).await.expect(422);
        let pointers = ["/requirement/qualified/project", "/review/requirement/not/qualified/project"];
        assert_eq!(refused.pointers(), pointers);
        assert_eq!(refused.json()["errors"][0]["code"], "not_found");
    }
    world.stop().await;
}

#[actix_web::test]
async fn whoever_has_no_attempt_left_is_paid_and_gets_no_further() {
    let world = World::new().await;
    let lab = world.lab("100.00").await;
    let expert = world.bare_expert().await;
    let school = world.draft(&lab, json!({"qualification": stage(1, 1)})).await;
    let gold = world.plant_gold(&school, 2, false).await;
    lab.post(&format!("/v1/projects/{school}/open"), json!({})).await.expect(200);
    let claimed = [
        world.hand_out(&expert, gold[0], "qualification").await,
        world.hand_out(&expert, gold[1], "qualification").await,
    ];
    expert.submit(&claimed[0], json!({"verdict": "BAD"})).await.expect(201);
    expert.submit(&claimed[1], json!({"verdict": "OK", "score": 4})).await.expect(201);
    assert_eq!(world.count("SELECT count(*) FROM engagement WHERE qualified_at IS NULL AND qualifying_attempt = 1"), 1);
    assert_eq!(expert.get("/v1/experts/me/earnings").await.expect(200).json()[0]["earned"], usd("10.00"));
    world.books_are_equal().await;
    world.stop().await;
}
