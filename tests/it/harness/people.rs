//! People at work: experts with verified credentials, open projects, tasks.

use collegium::kernel::{AccountId, Role, SessionId};
use diesel::{QueryableByName, RunQueryDsl};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, Reply, Someone, World};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    id: uuid::Uuid,
}

/// Money in US dollars, as JSON.
pub fn usd(amount: &str) -> Value {
    json!({"amount": amount, "currency": "USD"})
}

impl World {
    /// An expert who has signed up and says nothing of themselves yet.
    pub async fn bare_expert(&self) -> Someone {
        let email = self.email();
        let body = json!({"email": email, "password": PASSWORD, "display_name": "Jo Doe", "country": "US",
            "languages": [{"code": "en", "level": "C2"}], "timezone": "America/New_York", "weekly_hours": 40});
        self.nobody.post("/v1/experts", body).await.expect(201);
        self.log_in(&email).await
    }

    /// So many experts who have signed up. They get their sessions from the schema's owner: a service lets nobody sign in
    /// two hundred times from one address.
    pub async fn crowd(&self, many: usize) -> Vec<Someone> {
        let mut crowd = Vec::with_capacity(many);
        for _ in 0..many {
            let body = json!({"email": self.email(), "password": PASSWORD, "display_name": "Jo Doe", "country": "US",
                "languages": [], "timezone": "America/New_York", "weekly_hours": 40});
            let expert = self.nobody.post("/v1/experts", body).await.expect(201).id();
            let (account, token) = self.session_of(&expert);
            crowd.push(self.nobody.with(&token, json!({"id": account, "expert_id": expert})));
        }
        crowd
    }

    /// A lab with funds, whose owner gets their session from the schema's owner as well.
    pub async fn quick_lab(&self, (operations, finance): (&Someone, &Someone), funds: &str) -> Someone {
        let body = json!({"name": "Acme Intelligence", "email": self.email(), "password": PASSWORD,
            "billing_currency": "USD", "country": "US"});
        let lab = self.nobody.post("/v1/labs", body).await.expect(201).id();
        let (account, token) = self.session_of(&lab);
        operations.post(&format!("/v1/labs/{lab}/activate"), json!({})).await.expect(200);
        let today = self.parts.db.clock().now().date_naive();
        let deposit = json!({"amount": usd(funds), "reference": "wire 1", "received_on": today});
        finance.post(&format!("/v1/labs/{lab}/deposits"), deposit).await.expect(201);
        self.nobody.with(&token, json!({"id": account, "lab_id": lab}))
    }

    /// The account of an expert, or of a lab that has one member, and the token of a session.
    fn session_of(&self, whose: &str) -> (AccountId, String) {
        let session = SessionId(self.parts.db.ids().next());
        let insert = format!(
            "INSERT INTO session (id, account_id, expires_at)
            SELECT '{}', id, now() + interval '30 days' FROM account
            WHERE '{}' IN (expert_id, lab_id) AND role IN ('expert', 'lab_owner') RETURNING account_id AS id",
            session.0,
            uuid(whose)
        );
        let account: Id = diesel::sql_query(insert).get_result(&mut self.db.owner()).unwrap();
        let account = AccountId(account.id);
        (account, self.parts.identity.tokens().issue(account, session).unwrap())
    }

    /// A degree stated with its evidence, waiting to be verified.
    pub async fn state_degree(&self, expert: &Someone, field: &str, level: &str) -> String {
        let body = json!({"kind": "degree", "field": field, "level": level, "title": "A degree",
            "institution": "Johns Hopkins University", "awarded_on": "2012-06-15"});
        let id = expert.post("/v1/experts/me/credentials", body).await.expect(201).id();
        let scan = b"%PDF-1.7\n% A scan.\n%%EOF\n".to_vec();
        expert.send(Method::PUT, &format!("/v1/credentials/{id}/evidence"), &[], scan).await.expect(201);
        id
    }

    /// Operations have looked at a credential and found it true.
    pub async fn verify(&self, credential: &str) {
        let operations = self.staff(Role::Operations).await;
        let seen = json!({"evidence_note": "Confirmed with the registrar by telephone."});
        operations.post(&format!("/v1/credentials/{credential}/verify"), seen).await.expect(200);
    }

    /// A way to be paid, and a tax form under which nothing is withheld.
    pub async fn hand_in_papers(&self, expert: &Someone) {
        let method = json!({"method": "ach", "routing_number": "021000021", "account_number": "4000100037",
            "account_type": "checking"});
        let tax = json!({"form": "w9", "name": "Jo Doe", "tin": "219090100", "tin_type": "ssn",
            "address": "1 Main Street, Springfield", "certified": true, "place_of_performance": "US"});
        for (paper, body) in [("payout-method", method), ("tax-form", tax)] {
            let reply = expert.put(&format!("/v1/experts/me/{paper}"), None, body).await;
            assert!(reply.status.is_success(), "{paper}: {}", reply.text());
        }
    }

    /// An expert with a verified degree and all papers.
    pub async fn expert(&self, field: &str, level: &str) -> Someone {
        let expert = self.bare_expert().await;
        let degree = self.state_degree(&expert, field, level).await;
        self.verify(&degree).await;
        self.hand_in_papers(&expert).await;
        expert
    }

    /// A project of this lab, open to whoever meets its requirement; members of `with` replace the usual ones.
    pub async fn open_project(&self, owner: &Someone, with: Value) -> String {
        let mut body = json!({"name": "Project Nightjar", "task_type": "demonstration",
            "instructions": "Answer the question and name your sources.",
            "input_schema": {"type": "object", "required": ["question"], "properties": {"question": {"type": "string"}}},
            "output_schema": {"type": "object", "required": ["answer"], "additionalProperties": false,
                "properties": {"answer": {"type": "string", "minLength": 1}}},
            "requirement": {"accepted_tasks": {"at_least": 0}},
            "bill_rate": usd("100.00"), "overlap": 1, "lease_seconds": 3600, "budget": usd("100000000.00")});
        for (name, value) in with.as_object().expect("members") {
            body[name] = value.clone();
        }
        let project = owner.post("/v1/projects", body).await.expect(201).id();
        owner.post(&format!("/v1/projects/{project}/open"), json!({})).await.expect(200);
        project
    }

    /// So many tasks with these names: `t1`, `t2`, …
    pub async fn post_tasks(&self, owner: &Someone, project: &str, numbers: std::ops::Range<usize>) -> Reply {
        let tasks: Vec<Value> = numbers.map(task).collect();
        owner.post(&format!("/v1/projects/{project}/tasks"), json!({"tasks": tasks})).await
    }

    /// What a lab has: available, reserved, spent.
    pub async fn balance(&self, owner: &Someone) -> [String; 3] {
        let balance = owner.get(&format!("/v1/labs/{}/balance", owner.lab())).await.expect(200).json();
        ["available", "reserved", "spent"].map(|name| balance[name]["amount"].as_str().unwrap().to_owned())
    }

    /// The one number that a query of the schema's owner gives.
    pub fn count(&self, sql: &str) -> i64 {
        let row: Count = diesel::sql_query(format!("SELECT ({sql})::bigint AS count"))
            .get_result(&mut self.db.owner())
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        row.count
    }

    /// Moves the clock to so many seconds from the machine's time.
    pub fn move_clock(&self, seconds: i64) {
        self.parts.db.clock().set_offset_seconds(seconds);
    }
}

impl Someone {
    /// Claims in this project.
    pub async fn claim(&self, project: &str) -> Reply {
        self.post("/v1/assignments", json!({"project_id": project})).await
    }

    /// Hands in an answer to a claimed assignment.
    pub async fn submit(&self, claimed: &Value, answer: Value) -> Reply {
        let (id, token) = (claimed["id"].as_str().unwrap(), &claimed["lease"]["token"]);
        let body = json!({"lease_token": token, "answer": answer, "time_spent_seconds": 60});
        self.post(&format!("/v1/assignments/{id}/submissions"), body).await
    }

    /// Decides about a submission.
    pub async fn review(&self, submission: &str, decision: Value) -> Reply {
        self.post(&format!("/v1/submissions/{submission}/reviews"), decision).await
    }
}

/// The task of this number.
pub fn task(number: usize) -> Value {
    json!({"external_id": format!("t{number}"), "input": {"question": format!("What of case {number}?")}})
}

/// The id behind a TypeID, as SQL writes it.
pub fn uuid(id: &str) -> String {
    let (prefix, _) = id.split_once('_').unwrap();
    collegium::kernel::id::from_typeid(prefix, id).unwrap().to_string()
}
