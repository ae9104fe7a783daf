//! Every cent that is reserved is billed or comes back, whatever happens in whatever order.

use collegium::assignments::jobs::expire_leases;
use collegium::kernel::Role;
use collegium::matching::jobs::expire_offers;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::harness::{Someone, World, usd};

/// What can happen, to which project and by whom.
#[derive(Debug, Clone)]
enum Step {
    Post { tasks: usize },
    Claim { by: usize },
    Submit { which: usize, seconds: i32 },
    Review { decision: &'static str },
    Release { which: usize },
    Offer { to: usize, slots: i32 },
    EndOffer { which: usize, declined: bool },
    Expire,
    CancelTask { which: usize },
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1usize..4).prop_map(|tasks| Step::Post { tasks }),
        8 => (0usize..3).prop_map(|by| Step::Claim { by }),
        6 => (0usize..9, 0i32..700).prop_map(|(which, seconds)| Step::Submit { which, seconds }),
        5 => prop::sample::select(&["accept", "accept", "reject", "revise"][..]).prop_map(|decision| Step::Review { decision }),
        2 => (0usize..9).prop_map(|which| Step::Release { which }),
        3 => (0usize..3, 1i32..4).prop_map(|(to, slots)| Step::Offer { to, slots }),
        2 => (0usize..9, any::<bool>()).prop_map(|(which, declined)| Step::EndOffer { which, declined }),
        1 => Just(Step::Expire),
        1 => (0usize..9).prop_map(|which| Step::CancelTask { which }),
        1 => Just(Step::Close),
    ]
}

#[derive(Debug, Clone)]
struct History {
    hourly: bool,
    cents: i64,
    overlap: i16,
    steps: Vec<Step>,
}

fn history() -> impl Strategy<Value = History> {
    (any::<bool>(), 1i64..20_000, 1i16..4, prop::collection::vec(step(), 14..32))
        .prop_map(|(hourly, cents, overlap, steps)| History { hourly, cents, overlap, steps })
}

/// One history under way.
struct Play<'w> {
    world: &'w World,
    lab: &'w Someone,
    crowd: &'w [Someone],
    reviewer: &'w Someone,
    operations: &'w Someone,
    project: String,
    posted: usize,
    tasks: Vec<String>,
    /// Whose, and the claim.
    claims: Vec<(usize, Value)>,
    /// To whom, and the offer.
    offers: Vec<(usize, String)>,
    seconds: i64,
}

impl Play<'_> {
    async fn take(&mut self, step: &Step) {
        match step {
            Step::Post { tasks } => {
                let numbers = self.posted..self.posted + tasks;
                let reply = self.world.post_tasks(self.lab, &self.project, numbers).await;
                if reply.status == 201 {
                    self.posted += tasks;
                    self.tasks.extend(
                        reply.json()["tasks"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()),
                    );
                }
            }
            Step::Claim { by } => {
                let reply = self.crowd[*by].claim(&self.project).await;
                if reply.status == 201 {
                    self.claims.push((*by, reply.json()));
                }
            }
            Step::Submit { which, seconds } => {
                if let Some((by, id, token)) = self.pick(*which).await {
                    let body =
                        json!({"lease_token": token, "answer": {"answer": "So."}, "time_spent_seconds": seconds});
                    // The time of a lease that has only just begun is no limit here.
                    let begun =
                        format!("UPDATE assignment SET leased_seconds = 100000 WHERE id = '{}'", super::uuid(&id));
                    self.world.alter(&begun);
                    self.crowd[by].post(&format!("/v1/assignments/{id}/submissions"), body).await;
                }
            }
            Step::Review { decision } => {
                let taken = self.reviewer.post("/v1/reviews/claim", json!({"project_id": self.project})).await;
                if taken.status == 201 {
                    let submission = taken.json()["submission_id"].as_str().unwrap().to_owned();
                    let mut body = json!({"decision": decision});
                    if *decision != "accept" {
                        body["reason"] = json!("incomplete");
                        body["comment"] = json!("Please say more about the second half of the question asked.");
                    }
                    self.reviewer.review(&submission, body).await;
                }
            }
            Step::Release { which } => {
                if let Some((by, id, _)) = self.pick(*which).await {
                    self.crowd[by].post(&format!("/v1/assignments/{id}/release"), json!({})).await.expect(200);
                }
            }
            Step::Offer { to, slots } => self.offer(*to, *slots).await,
            Step::EndOffer { which, declined } => self.end_offer(*which, *declined).await,
            Step::Expire => self.expire().await,
            Step::CancelTask { which } => {
                if !self.tasks.is_empty() {
                    let task = &self.tasks[which % self.tasks.len()];
                    self.lab.post(&format!("/v1/tasks/{task}/cancel"), json!({})).await;
                }
            }
            Step::Close => {
                self.lab.post(&format!("/v1/projects/{}/close", self.project), json!({})).await;
            }
        }
    }

    async fn offer(&mut self, to: usize, slots: i32) {
        let wish = json!({"expert_id": self.crowd[to].account["expert_id"], "slots": slots});
        let made = self.operations.post(&format!("/v1/projects/{}/offers", self.project), wish).await;
        if made.status == 201 {
            self.offers.push((to, made.id()));
        }
    }

    async fn end_offer(&self, which: usize, declined: bool) {
        if let Some((to, offer)) = self.offers.get(which % self.offers.len().max(1)) {
            let (who, word) = if declined { (&self.crowd[*to], "decline") } else { (self.operations, "withdraw") };
            let ended = who.post(&format!("/v1/offers/{offer}/{word}"), json!({})).await;
            assert!([200, 409].contains(&ended.status.as_u16()), "{}", ended.text());
        }
    }

    /// A claim that its expert is at work on, with the lease that runs now.
    async fn pick(&self, which: usize) -> Option<(usize, String, Value)> {
        let (by, claim) = self.claims.get(which % self.claims.len().max(1))?;
        let id = claim["id"].as_str().unwrap().to_owned();
        let shown = self.crowd[*by].get(&format!("/v1/assignments/{id}")).await.expect(200).json();
        let token = shown["lease"]["token"].clone();
        (!token.is_null()).then_some((*by, id, token))
    }

    async fn expire(&mut self) {
        self.seconds += 2 * 86_400;
        self.world.move_clock(self.seconds);
        let db = &self.world.parts.db;
        while db.write(db.system(), expire_leases).await.unwrap() > 0 {}
        while db.write(db.system(), expire_offers).await.unwrap() > 0 {}
    }

    /// Whatever was done, the lab has what it deposited.
    async fn add_up(&self, after: &str) {
        let cents = |amount: &String| amount.replace('.', "").parse::<i64>().unwrap();
        let balance = self.world.balance(self.lab).await;
        assert_eq!(balance.iter().map(cents).sum::<i64>(), 100_000_000, "after {after}: {balance:?}");
        let reserved = self.world.count(
            "SELECT coalesce(sum((s.free - s.house + s.later + s.offered + s.held) * t.slot_price) * 100, 0)
             FROM task_slots s JOIN task t ON t.id = s.task_id WHERE NOT t.gold",
        );
        assert_eq!(cents(&balance[1]), reserved, "after {after}: reserved");
        let committed = self.world.count("SELECT sum(committed) * 100 FROM project");
        assert_eq!(committed, cents(&balance[1]) + cents(&balance[2]), "after {after}: committed");
    }
}

#[actix_web::test]
async fn whatever_is_reserved_is_billed_or_returned_to_the_cent() {
    let world = World::new().await;
    let (crowd, reviewer) = (world.crowd(3).await, world.staff(Role::Reviewer).await);
    let operations = world.staff(Role::Operations).await;
    let mut offered = 0;
    let mut runner = TestRunner::deterministic();
    for _ in 0..8 {
        // Each history has a lab and so books of its own; others' projects are closed by then.
        let history = history().new_tree(&mut runner).unwrap().current();
        let lab = world.lab("1000000.00").await;
        world.alter(
            "TRUNCATE task, task_slots, assignment, offer, offer_slot CASCADE; UPDATE project SET committed = 0;
             UPDATE seat SET open_claims = 0, offered_slots = 0",
        );
        let rate = usd(&format!("{}.{:02}", history.cents / 100, history.cents % 100));
        let mut terms = json!({"overlap": history.overlap, "bill_rate": rate, "lease_seconds": 3600});
        if history.hourly {
            terms["pricing"] = json!("per_hour");
            terms["bill_rate"] = usd(&format!("{}.{:02}", history.cents / 100 + 1, history.cents % 100));
            terms["max_seconds"] = json!(1_000);
        }
        let project = world.open_project(&lab, terms).await;
        let mut play = Play {
            world: &world,
            lab: &lab,
            crowd: &crowd,
            reviewer: &reviewer,
            operations: &operations,
            project,
            posted: 0,
            tasks: Vec::new(),
            claims: Vec::new(),
            offers: Vec::new(),
            seconds: 0,
        };
        for step in &history.steps {
            play.take(step).await;
            play.add_up(&format!("{step:?} of {history:?}")).await;
        }
        // At the end every lease runs out, every review is done, and the project is closed.
        play.take(&Step::Close).await;
        play.expire().await;
        for _ in 0..40 {
            play.take(&Step::Review { decision: "accept" }).await;
        }
        play.expire().await;
        play.add_up(&format!("the end of {history:?}")).await;
        assert_eq!(world.balance(&lab).await[1], "0.00", "{history:?}");
        assert_eq!(world.count("SELECT coalesce(sum(offered), 0) FROM task_slots"), 0, "{history:?}");
        offered += play.offers.len();
        world.move_clock(0);
    }
    assert!(offered > 3, "{offered} offers were made");
    world.stop().await;
}
