//! Tasks whose right answer is known, and claims of them.

use collegium::assignments::jobs::auto_accept;
use collegium::kernel::{Ctx, ExpertId, ProjectId, Result, Role, TaskId};
use collegium::projects::brief::{gold_object, input_object};
use collegium::trust::Owner;
use diesel::sql_types::{Binary, Bool, Integer, Text, Uuid as SqlUuid};
use diesel::{PgConnection, QueryableByName, RunQueryDsl, sql_query};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::harness::{Someone, World, usd};

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

/// A project whose answers are a verdict, which is its label, and free words.
pub fn verdicts(with: Value) -> Value {
    let mut body = json!({
        "output_schema": {"type": "object", "required": ["verdict"], "properties": {"verdict": {"type": "string"},
            "score": {"type": "number"}, "why": {"type": "string"}}},
        "labels": [{"name": "verdict", "pointer": "/verdict", "level": "nominal"},
            {"name": "score", "pointer": "/score", "level": "ordinal"}],
        "bill_rate": usd("100.00"),
    });
    for (name, value) in with.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

impl World {
    /// A draft with such terms.
    pub async fn draft(&self, owner: &Someone, with: Value) -> String {
        let mut body = verdicts(json!({"name": "Project Wren", "task_type": "grading", "instructions": "Judge.",
            "requirement": {"accepted_tasks": {"at_least": 0}}, "budget": usd("100000.00")}));
        for (name, value) in with.as_object().unwrap() {
            body[name] = value.clone();
        }
        owner.post("/v1/projects", body).await.expect(201).id()
    }

    /// So many tasks whose right answer is the verdict `OK` with a score of 4.
    pub async fn plant_gold(&self, project: &str, many: usize, training: bool) -> Vec<TaskId> {
        let (id, door, db) = (project.parse::<ProjectId>().unwrap(), self.parts.door.clone(), self.parts.db.clone());
        let plant = move |conn: &mut PgConnection, ctx: &Ctx| -> Result<Vec<TaskId>> {
            let lab: Id = sql_query("SELECT lab_id AS id FROM project WHERE id = $1")
                .bind::<SqlUuid, _>(id.0)
                .get_result(conn)?;
            let owner = Owner::Lab(collegium::kernel::LabId(lab.id));
            let mut tasks = Vec::new();
            for _ in 0..many {
                let task = TaskId(ctx.ids.next());
                let known = json!({"answer": {"verdict": "OK", "score": 4}, "explanation": "Both sources agree."});
                let input = door.seal(conn, ctx, owner, input_object(task), b"{\"question\":\"Known?\"}")?;
                let known = door.seal(conn, ctx, owner, gold_object(task), known.to_string().as_bytes())?;
                sql_query(
                    "WITH planted AS (
                        INSERT INTO task (id, lab_id, project_id, external_id, digest, sealed_input, input_bytes, currency,
                            bill_rate, slot_price, overlap, gold)
                        SELECT $1, lab_id, id, $1::text, '', $3, 21, currency, bill_rate, slot_price, overlap, true
                        FROM project WHERE id = $2 RETURNING *),
                    slots AS (
                        INSERT INTO task_slots (task_id, lab_id, project_id, urgency, free, open)
                        SELECT id, lab_id, project_id, 50, 0, false FROM planted)
                    INSERT INTO gold (task_id, lab_id, project_id, training, sealed_gold)
                    SELECT id, lab_id, project_id, $4, $5 FROM planted",
                )
                .bind::<SqlUuid, _>(task.0)
                .bind::<SqlUuid, _>(id.0)
                .bind::<Binary, _>(input)
                .bind::<Bool, _>(training)
                .bind::<Binary, _>(known)
                .execute(conn)?;
                tasks.push(task);
            }
            Ok(tasks)
        };
        db.write(db.system(), plant).await.unwrap()
    }

    /// What a claim of such a task leaves behind: an assignment that holds no slot, and one open claim more. Gives it as its
    /// expert sees it.
    pub async fn hand_out(&self, expert: &Someone, task: TaskId, kind: &'static str) -> Value {
        let (who, db) = (expert.expert().parse::<ExpertId>().unwrap(), self.parts.db.clone());
        let insert = move |conn: &mut PgConnection, ctx: &Ctx| -> Result<Uuid> {
            let id = ctx.ids.next();
            let made: Id = sql_query(
                "WITH made AS (
                    INSERT INTO assignment (id, lab_id, project_id, task_id, expert_id, kind, currency, bill_rate, slot_price,
                        pay_rate, pricing, max_seconds, brief_version, lease_token, lease_started_at, lease_expires_at)
                    SELECT $1, task.lab_id, task.project_id, task.id, $3, $4, task.currency, task.bill_rate, task.slot_price,
                        CASE $4 WHEN 'qualification' THEN project.qualification_pay ELSE project.pay_rate END,
                        project.pricing, project.max_seconds, project.brief_version, gen_random_uuid(), collegium_now(),
                        collegium_now() + make_interval(secs => project.lease_seconds)
                    FROM task JOIN project ON project.id = task.project_id WHERE task.id = $2 RETURNING *),
                sat AS (
                    INSERT INTO seat (expert_id, open_claims) SELECT expert_id, 1 FROM made
                    ON CONFLICT (expert_id) DO UPDATE SET open_claims = seat.open_claims + 1),
                met AS (
                    INSERT INTO engagement (expert_id, project_id, lab_id, brief_version, tasks)
                    SELECT expert_id, project_id, lab_id, brief_version, 1 FROM made
                    ON CONFLICT (expert_id, project_id) DO UPDATE SET tasks = engagement.tasks + 1)
                SELECT id FROM made",
            )
            .bind::<SqlUuid, _>(id)
            .bind::<SqlUuid, _>(task.0)
            .bind::<SqlUuid, _>(who.0)
            .bind::<Text, _>(kind)
            .get_result(conn)?;
            Ok(made.id)
        };
        let id = db.write(db.system(), insert).await.unwrap();
        expert.get(&format!("/v1/assignments/{}", collegium::kernel::AssignmentId(id))).await.expect(200).json()
    }

    /// How somebody did on a project's gold, as if they had met it.
    pub fn measure(&self, expert: &Someone, project: &str, (right, seen): (i32, i32)) {
        let id = expert.expert().parse::<ExpertId>().unwrap();
        let made = sql_query(
            "INSERT INTO engagement (expert_id, project_id, lab_id, brief_version, gold_right, gold_seen)
            SELECT $1, id, lab_id, 1, $3, $4 FROM project WHERE id = $2
            ON CONFLICT (expert_id, project_id) DO UPDATE SET gold_right = $3, gold_seen = $4",
        );
        let made = made
            .bind::<SqlUuid, _>(id.0)
            .bind::<SqlUuid, _>(project.parse::<ProjectId>().unwrap().0)
            .bind::<Integer, _>(right)
            .bind::<Integer, _>(seen);
        made.execute(&mut self.db.owner()).unwrap();
    }

    /// Everything that is overdue is accepted.
    pub async fn accept_overdue(&self) -> usize {
        let db = &self.parts.db;
        db.write(db.system(), auto_accept).await.unwrap()
    }

    /// Everything that changed is looked at.
    pub async fn settle(&self) {
        let db = &self.parts.db;
        while db.write(db.system(), collegium::matching::jobs::settle).await.unwrap() > 0 {}
    }

    /// The books as the proof sees them.
    pub async fn books_are_equal(&self) {
        let proof = self.staff(Role::Finance).await.get("/v1/ledger/proof").await.expect(200).json();
        assert_eq!((&proof["equal"], &proof["differences"]), (&json!(true), &json!([])), "{proof}");
    }
}

/// What an expert sees of an assignment.
pub async fn shown(expert: &Someone, assignment: &Value) -> Value {
    expert.get(&format!("/v1/assignments/{}", assignment["id"].as_str().unwrap())).await.expect(200).json()
}
