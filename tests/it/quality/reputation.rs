//! Reputation: what judgements come to, who may see it, and what follows.

use collegium::kernel::{AssignmentId, Ctx, ExpertId, LabId, ProjectId, Role};
use collegium::quality::{Judged, Judgement, record};
use serde_json::{Value, json};

use crate::harness::{Someone, World, usd};

/// Writes judgements about an expert's work in a project down, so many of them good.
async fn judge(world: &World, expert: &Someone, project: &str, lab: &Someone, (good, all): (usize, usize)) {
    let (expert, project): (ExpertId, ProjectId) = (expert.expert().parse().unwrap(), project.parse().unwrap());
    let (lab, db) = (lab.lab().parse::<LabId>().unwrap(), world.parts.db.clone());
    let write = move |conn: &mut diesel::PgConnection, ctx: &Ctx| {
        let judgements: Vec<Judgement> = (0..all)
            .map(|number| Judgement {
                expert,
                lab,
                project,
                assignment: AssignmentId(ctx.ids.next()),
                as_reviewer: false,
                kind: Judged::Review,
                good: number < good,
            })
            .collect();
        record(conn, ctx, &judgements)
    };
    db.write(db.system(), write).await.unwrap();
}

#[actix_web::test]
async fn judgements_make_a_reputation_in_the_fields_of_their_projects() {
    let world = World::new().await;
    let lab = world.lab("1000.00").await;
    let expert = world.expert("0511", "doctoral").await;
    let biology = json!({"requirement": {"credential": {"field": "051"}}});
    let biology = world.open_project(&lab, biology).await;
    let other = world.open_project(&lab, json!({})).await;
    let at_least = |share: f64, field: Value| json!({"reputation": {"at_least": share, "field": field}});
    let asked =
        world.open_project(&lab, json!({"requirement": at_least(0.85, json!("05")), "bill_rate": usd("10.00")})).await;
    world.post_tasks(&lab, &asked, 1..2).await.expect(201);
    let path = format!("/v1/experts/me/eligibility?project_id={asked}");
    assert_eq!(expert.get(&path).await.expect(200).json()["eligible"], false);
    expert.claim(&asked).await.expect(204);
    // (4 + 9) / (5 + 10) = 0.8666…, in biology alone; all together (4 + 9) / (5 + 20) = 0.52.
    judge(&world, &expert, &biology, &lab, (9, 10)).await;
    judge(&world, &expert, &other, &lab, (0, 10)).await;
    let shown = expert.get("/v1/experts/me/reputation").await.expect(200).json();
    assert_eq!((&shown["mean"], &shown["n"]), (&json!(0.52), &json!(20)));
    let fields = shown["by_field"].as_array().unwrap();
    let told: Vec<(&str, f64, u64)> = fields
        .iter()
        .map(|one| (one["field"].as_str().unwrap(), one["mean"].as_f64().unwrap(), one["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("05", 0.8666, 10), ("051", 0.8666, 10)]);
    assert_eq!(shown["as_reviewer"], json!({"mean": 0.8, "n": 0}));
    world.settle().await;
    assert_eq!(expert.get(&path).await.expect(200).json()["eligible"], true);
    expert.claim(&asked).await.expect(201);
    let id = expert.expert();
    let staff = world.staff(Role::Operations).await;
    assert_eq!(staff.get(&format!("/v1/experts/{id}/reputation")).await.expect(200).json(), shown);
    world.bare_expert().await.get(&format!("/v1/experts/{id}/reputation")).await.expect(404);
    lab.get(&format!("/v1/experts/{id}/reputation")).await.expect(403);
    staff.get("/v1/experts/exp_01h455vb4pex5vsknk084sn02q/reputation").await.expect(404);
    world.stop().await;
}
