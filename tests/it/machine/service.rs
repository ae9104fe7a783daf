//! The same acts, done to the running service by the people who may, and what it shows of them.

use collegium::assignments::jobs::{auto_accept, expire_leases, expire_reviews, overturn_unresolved};
use collegium::matching::jobs::expire_offers;
use diesel::{PgConnection, QueryableByName, RunQueryDsl};
use serde_json::{Value, json};

use super::command::{Audit, Command, TICK, Verdict};
use super::model::{Cents, LEASE, MAX_SECONDS, Shown, Terms, WorkShown};
use super::rules::Outcome;
use super::working::answer_of;
use crate::harness::{Reply, Someone, World, uuid};

const WORDS: &str = "The second half of the question asked is not answered by this.";

/// Who there is beside labs and experts.
pub struct House {
    pub reviewers: Vec<Someone>,
    pub operations: Someone,
    pub finance: Someone,
}

/// An assignment as its expert knows it.
struct Held {
    id: String,
    by: usize,
    token: Value,
    submission: Option<String>,
}

/// One project of one lab, and who works in it.
pub struct Service<'w> {
    world: &'w World,
    house: &'w House,
    owner: PgConnection,
    lab: Someone,
    experts: Vec<Someone>,
    project: String,
    tasks: Vec<String>,
    works: Vec<Held>,
    disputes: Vec<String>,
    audits: Vec<String>,
    offers: Vec<(String, usize)>,
    seconds: i64,
}

fn cents(amount: &str) -> Cents {
    amount.replace('.', "").parse().unwrap()
}

/// Cents as JSON.
fn usd(cents: Cents) -> Value {
    crate::harness::usd(&format!("{}.{:02}", cents / 100, cents % 100))
}

/// What a reply comes to.
fn told(reply: &Reply) -> Outcome {
    match reply.status.as_u16() {
        200 | 201 => Outcome::Done,
        204 => Outcome::Nothing,
        _ => Outcome::Refused(reply.code()),
    }
}

impl<'w> Service<'w> {
    /// A lab with funds, its open project, and people who have never worked before.
    pub async fn new(world: &'w World, house: &'w House, terms: &Terms, experts: usize) -> Self {
        world.move_clock(0);
        let lab = world.quick_lab((&house.operations, &house.finance), "1000000.00").await;
        // Before the project: whoever comes later is judged by a job.
        let experts = world.crowd(experts).await;
        let review = match terms.levels {
            0 => json!({"mode": "none"}),
            levels => json!({"mode": "all", "levels": levels, "max_revisions": terms.max_revisions}),
        };
        let mut with = json!({"overlap": terms.overlap, "bill_rate": usd(terms.bill_rate), "lease_seconds": LEASE,
            "review": review, "budget": usd(terms.budget())});
        if terms.hourly {
            with["pricing"] = json!("per_hour");
            with["max_seconds"] = json!(MAX_SECONDS);
        }
        Self {
            world,
            house,
            owner: world.db.owner(),
            project: world.open_project(&lab, with).await,
            lab,
            experts,
            tasks: Vec::new(),
            works: Vec::new(),
            disputes: Vec::new(),
            audits: Vec::new(),
            offers: Vec::new(),
            seconds: 0,
        }
    }

    /// Does it, and says what the service says.
    pub async fn act(&mut self, act: Command<usize>) -> Outcome {
        use Command as C;
        let project = format!("/v1/projects/{}", self.project);
        let nothing = json!({});
        match act {
            C::Import { tasks, priority } => self.import(tasks, priority).await,
            C::CancelTask { which } => {
                told(&self.lab.post(&format!("/v1/tasks/{}/cancel", self.tasks[which]), nothing).await)
            }
            C::Pause => told(&self.lab.post(&format!("{project}/pause"), nothing).await),
            C::Resume => told(&self.lab.post(&format!("{project}/open"), nothing).await),
            C::Close => told(&self.lab.post(&format!("{project}/close"), nothing).await),
            C::Claim { by } => self.claim(by).await,
            C::Renew { which } => told(&self.of_own_work(which, "renew", nothing).await),
            C::Release { which } => told(&self.of_own_work(which, "release", nothing).await),
            C::Submit { which, seconds, own_token } => self.submit(which, seconds, own_token).await,
            C::TakeReview { by } => self.take_review(by).await,
            C::Review { by, which, verdict } => self.review(by, which, verdict).await,
            C::Dispute { which } => {
                let reply = self.of_own_work(which, "disputes", json!({"grounds": WORDS})).await;
                made(&reply, &mut self.disputes)
            }
            C::Resolve { which, overturned } => {
                let body = json!({"outcome": if overturned { "overturned" } else { "upheld" }, "note": "Seen again."});
                told(&self.house.operations.post(&format!("/v1/disputes/{}/resolve", self.disputes[which]), body).await)
            }
            C::Audit { which, verdict } => self.audit(which, verdict).await,
            C::DecideRefund { which, approve } => {
                let verb = if approve { "approve" } else { "refuse" };
                told(&self.house.finance.post(&format!("/v1/audits/{}/{verb}", self.audits[which]), nothing).await)
            }
            C::Offer { to, slots } => {
                let body = json!({"expert_id": self.experts[to].expert(), "slots": slots});
                let reply = self.house.operations.post(&format!("{project}/offers"), body).await;
                let mut ids = Vec::new();
                let outcome = made(&reply, &mut ids);
                self.offers.extend(ids.into_iter().map(|id| (id, to)));
                outcome
            }
            C::AcceptOffer { which } => self.answer_offer(which, "accept").await,
            C::DeclineOffer { which } => self.answer_offer(which, "decline").await,
            C::WithdrawOffer { which } => {
                let path = format!("/v1/offers/{}/withdraw", self.offers[which].0);
                told(&self.house.operations.post(&path, nothing).await)
            }
            C::Wait { ticks } => self.wait(ticks).await,
        }
    }

    async fn import(&mut self, tasks: usize, priority: i16) -> Outcome {
        let numbers = self.tasks.len()..self.tasks.len() + tasks;
        let mut lines: Vec<Value> = numbers.map(crate::harness::task).collect();
        lines.iter_mut().for_each(|line| line["priority"] = json!(priority));
        let reply = self.lab.post(&format!("/v1/projects/{}/tasks", self.project), json!({"tasks": lines})).await;
        if reply.status == 201 {
            let ids = reply.json()["tasks"].as_array().unwrap().clone();
            self.tasks.extend(ids.iter().map(|id| id.as_str().unwrap().to_owned()));
        }
        told(&reply)
    }

    async fn claim(&mut self, by: usize) -> Outcome {
        let reply = self.experts[by].claim(&self.project).await;
        if reply.status != 201 {
            return told(&reply);
        }
        let claim = reply.json();
        self.works.push(Held { id: reply.id(), by, token: claim["lease"]["token"].clone(), submission: None });
        let task = self.tasks.iter().position(|id| claim["task"]["id"] == **id).unwrap();
        Outcome::Claimed(task, claim["draft"]["answer"].as_str().map(str::to_owned))
    }

    async fn of_own_work(&self, which: usize, verb: &str, body: Value) -> Reply {
        let work = &self.works[which];
        self.experts[work.by].post(&format!("/v1/assignments/{}/{verb}", work.id), body).await
    }

    /// An assignment, as its expert sees it.
    async fn look(&self, which: usize) -> Value {
        let work = &self.works[which];
        self.experts[work.by].get(&format!("/v1/assignments/{}", work.id)).await.expect(200).json()
    }

    async fn submit(&mut self, which: usize, seconds: i64, own_token: bool) -> Outcome {
        let token = if own_token { self.works[which].token.clone() } else { json!(uuid::Uuid::nil()) };
        let answer = json!({"answer": answer_of(which)});
        let body = json!({"lease_token": token, "answer": answer, "time_spent_seconds": seconds});
        let reply = self.of_own_work(which, "submissions", body).await;
        if reply.status == 201 {
            self.works[which].submission = Some(reply.id());
        }
        told(&reply)
    }

    async fn take_review(&mut self, by: usize) -> Outcome {
        let reply = self.house.reviewers[by].post("/v1/reviews/claim", json!({"project_id": self.project})).await;
        if reply.status != 201 {
            return told(&reply);
        }
        let submission = reply.json()["submission_id"].as_str().map(str::to_owned);
        Outcome::Reviewing(self.works.iter().position(|work| work.submission == submission).unwrap())
    }

    async fn review(&mut self, by: usize, which: usize, verdict: Verdict) -> Outcome {
        let submission = self.works[which].submission.clone().unwrap();
        let body = match verdict {
            Verdict::Accept => json!({"decision": "accept"}),
            Verdict::AcceptHalf => {
                let reported = self.look(which).await["time_spent_seconds"].as_i64().unwrap();
                json!({"decision": "accept", "reason": "time", "approved_seconds": reported / 2})
            }
            Verdict::Reject => json!({"decision": "reject", "reason": "incomplete", "comment": WORDS}),
            Verdict::Revise => json!({"decision": "revise", "reason": "incomplete", "comment": WORDS}),
        };
        let reply = self.house.reviewers[by].review(&submission, body).await;
        if reply.status == 201 && verdict == Verdict::Revise {
            self.works[which].token = self.look(which).await["lease"]["token"].clone();
        }
        told(&reply)
    }

    async fn audit(&mut self, which: usize, verdict: Audit) -> Outcome {
        let body = match verdict {
            Audit::Good => json!({"verdict": "good"}),
            Audit::Rework => json!({"verdict": "rework", "reason": "incorrect", "comment": WORDS}),
            Audit::Refund => json!({"verdict": "refund", "reason": "incorrect", "comment": WORDS}),
        };
        let reply = self.lab.post(&format!("/v1/assignments/{}/audits", self.works[which].id), body).await;
        made(&reply, &mut self.audits)
    }

    async fn answer_offer(&self, which: usize, verb: &str) -> Outcome {
        let (id, to) = &self.offers[which];
        told(&self.experts[*to].post(&format!("/v1/offers/{id}/{verb}"), json!({})).await)
    }

    /// Moves the clock and lets everything run that runs by itself.
    async fn wait(&mut self, ticks: i64) -> Outcome {
        self.seconds += ticks * TICK;
        self.world.move_clock(self.seconds);
        let db = &self.world.parts.db;
        for job in [expire_leases, expire_reviews, auto_accept, expire_offers, overturn_unresolved] {
            while db.write(db.system(), job).await.unwrap() > 0 {}
        }
        Outcome::Done
    }

    /// What it shows now. Tasks and money are asked for as the lab does; of assignments more is compared than any one
    /// person may see.
    pub async fn shown(&mut self) -> Shown {
        let path = format!("/v1/projects/{}/tasks?limit=200", self.project);
        let listed = self.lab.get(&path).await.expect(200).json()["data"].clone();
        let tasks = self.tasks.iter().map(|id| {
            let task = listed.as_array().unwrap().iter().find(|task| task["id"] == **id).unwrap();
            let slots =
                ["free", "offered", "held", "filled"].map(|name| task["slots"][name].as_u64().unwrap() as usize);
            (task["state"].as_str().unwrap().to_owned(), slots)
        });
        let tasks = tasks.collect();
        let money = self.world.balance(&self.lab).await.map(|amount| cents(&amount));
        let seen = self.see();
        let works = seen["works"].as_array().unwrap().iter().map(|work| self.work(work)).collect();
        let offers = seen["offers"].as_array().unwrap().iter();
        let offers = offers.map(|offer| (word(&offer["state"]), offer["claimed"].as_u64().unwrap() as usize)).collect();
        Shown { tasks, works, offers, money, committed: seen["committed"].as_i64().unwrap() }
    }

    fn work(&self, seen: &Value) -> WorkShown {
        WorkShown {
            task: self.tasks.iter().position(|id| uuid(id) == seen["task"]).unwrap(),
            expert: self.experts.iter().position(|expert| uuid(&expert.expert()) == seen["expert"]).unwrap(),
            rework: seen["kind"] == "rework",
            state: word(&seen["state"]),
            delivered: seen["delivered"].as_bool().unwrap(),
            billed: seen["billed"].as_i64(),
            paid: seen["paid"].as_i64(),
        }
    }

    /// Assignments and offers in the order in which they came about, and the project's committed money.
    fn see(&mut self) -> Value {
        #[derive(QueryableByName)]
        struct Seen {
            #[diesel(sql_type = diesel::sql_types::Text)]
            seen: String,
        }
        let query = format!(
            "SELECT json_build_object(
                'committed', (committed * 100)::bigint,
                'works', (SELECT coalesce(json_agg(json_build_object('task', task_id, 'expert', expert_id, 'kind', kind,
                        'state', state, 'delivered', state = 'accepted' AND counted, 'billed', (billed * 100)::bigint,
                        'paid', (paid * 100)::bigint) ORDER BY id), '[]')
                    FROM assignment WHERE project_id = project.id),
                'offers', (SELECT coalesce(json_agg(json_build_object('state', state, 'claimed', claimed) ORDER BY id), '[]')
                    FROM offer WHERE project_id = project.id))::text AS seen
            FROM project WHERE id = '{}'",
            uuid(&self.project)
        );
        let seen: Seen = diesel::sql_query(query).get_result(&mut self.owner).unwrap();
        serde_json::from_str(&seen.seen).unwrap()
    }
}

fn word(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// The same of a reply that may have made something, whose id is kept.
fn made(reply: &Reply, ids: &mut Vec<String>) -> Outcome {
    if reply.status == 201 {
        ids.push(reply.id());
    }
    told(reply)
}
