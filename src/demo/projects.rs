//! Five projects of three labs, and how much of each is posted in a month.

use serde_json::{Value, json};

use super::cast::Field;
use super::months::Story;
use super::people::People;
use super::stage::{Player, Stage, form};
use crate::kernel::{ProjectId, Result};
use crate::projects::operations;

/// A project on the stage.
pub struct Posted {
    pub id: ProjectId,
    pub part: &'static Part,
}

/// What a project is about.
pub struct Part {
    pub key: &'static str,
    pub lab: usize,
    pub fields: &'static [Field],
    pub bill: &'static str,
    /// Tasks over the whole story.
    pub tasks: usize,
    pub overlap: i16,
    /// Seconds that an expert spends on one.
    pub seconds: i32,
    pub name: &'static str,
    /// What experts see before a claim.
    pub title: &'static str,
    pub task_type: &'static str,
    pub instructions: &'static str,
    pub review: &'static str,
    pub requirement: &'static str,
}

/// The projects. The first one earns the margin: a dossier is forty hours of a specialist.
pub const PARTS: [Part; 5] = [
    Part {
        key: "dossiers",
        lab: 0,
        fields: &[Field::Medicine, Field::Biology],
        bill: "12000.00",
        tasks: 1_090,
        overlap: 1,
        seconds: 144_000,
        name: "Trial protocol dossiers",
        title: "Clinical and laboratory protocols",
        task_type: "demonstration",
        instructions: "Write the protocol that the question asks for and defend every choice in it with a source.",
        review: r#"{"mode":"sample","sample_rate":"0.10"}"#,
        requirement: r#"{"any":[{"credential":{"field":"0912","level":"professional"}},{"credential":{"field":"0511","level":"doctoral"}}]}"#,
    },
    Part {
        key: "anaesthesia",
        lab: 0,
        fields: &[Field::Medicine],
        bill: "60.00",
        tasks: 45,
        overlap: 5,
        seconds: 420,
        name: "Fitness for anaesthesia",
        title: "Grading of patient charts",
        task_type: "classification",
        instructions: "Grade the patient's fitness for a general anaesthetic from 1 to 4.",
        review: r#"{"mode":"none"}"#,
        requirement: r#"{"credential":{"field":"0912","level":"professional"}}"#,
    },
    Part {
        key: "contracts",
        lab: 1,
        fields: &[Field::Law],
        bill: "180.00",
        tasks: 100,
        overlap: 2,
        seconds: 2_700,
        name: "Indemnity clauses, second reading",
        title: "Contract clauses, New York law",
        task_type: "comparison",
        instructions: "Say which of two readings of the clause a New York court would follow, and why.",
        review: r#"{"mode":"all"}"#,
        requirement: r#"{"license":{"title":"bar","jurisdiction":"US-NY"}}"#,
    },
    Part {
        key: "proofs",
        lab: 1,
        fields: &[Field::Mathematics],
        bill: "150.00",
        tasks: 80,
        overlap: 2,
        seconds: 3_600,
        name: "Grading of formal proofs",
        title: "Checking mathematical proofs",
        task_type: "grading",
        instructions: "Find the first step that does not follow, or say that every step does.",
        review: r#"{"mode":"all"}"#,
        requirement: r#"{"credential":{"field":"0541","level":"doctoral"}}"#,
    },
    Part {
        key: "biosafety",
        lab: 2,
        fields: &[Field::Biology],
        bill: "220.00",
        tasks: 90,
        overlap: 1,
        seconds: 3_000,
        name: "Biology answers, adversarial review",
        title: "Finding errors in biology answers",
        task_type: "red_team",
        instructions: "Find the most serious error in the model's answer and write the question that exposes it.",
        review: r#"{"mode":"all"}"#,
        requirement: r#"{"all":[{"credential":{"field":"051","level":"doctoral"}},{"language":{"code":"en","at_least":"C1"}}]}"#,
    },
];

impl Part {
    /// How many of its tasks are posted in the n-th of so many months.
    pub fn share(&self, month: usize, months: usize) -> std::ops::Range<usize> {
        (self.tasks * month / months)..(self.tasks * (month + 1) / months)
    }

    /// The task of this number.
    fn task(&self, n: usize) -> Value {
        match self.key {
            "anaesthesia" => {
                let patient = format!("patient-{:02}", n + 1);
                json!({"external_id": patient, "input": {"patient": patient, "form": "pre-operative assessment"}})
            }
            key => json!({"external_id": format!("{key}-{n:04}"),
                "input": {"case": n, "question": format!("{} Case {n}.", self.instructions)}}),
        }
    }
}

/// Drafts and opens every project; the first month's tasks come with the first month.
pub fn post(stage: &Stage, people: &People, story: &Story) -> Result<Vec<Posted>> {
    let mut posted = Vec::new();
    for part in &PARTS {
        let owner = people.lab(part.lab)?;
        story.fund(stage, people, part.lab, 0)?;
        let wish = form(draft(part)?)?;
        let id = stage.act(owner, |conn, ctx| operations::create(conn, ctx, stage.door(), &wish))?;
        stage.act(owner, |conn, ctx| operations::open(conn, ctx, id))?;
        posted.push(Posted { id, part });
    }
    stage.settle()?;
    Ok(posted)
}

fn draft(part: &Part) -> Result<Value> {
    let parse = |text: &str| serde_json::from_str::<Value>(text).map_err(crate::kernel::Error::internal);
    let output = match part.key {
        "anaesthesia" => json!({"type": "object", "required": ["grade"], "additionalProperties": false,
            "properties": {"grade": {"type": "integer", "minimum": 1, "maximum": 4}}}),
        _ => {
            json!({"type": "object", "required": ["answer"], "properties": {"answer": {"type": "string", "minLength": 10}}})
        }
    };
    let mut body = json!({"name": part.name, "title": part.title, "task_type": part.task_type, "instructions": part.instructions,
        "output_schema": output, "requirement": parse(part.requirement)?, "review": parse(part.review)?,
        "bill_rate": {"amount": part.bill, "currency": "USD"}, "overlap": part.overlap, "lease_seconds": 604_800,
        "max_seconds": 86_400, "budget": {"amount": "20000000.00", "currency": "USD"}});
    if part.key == "anaesthesia"
        && let Some(body) = body.as_object_mut()
    {
        body.insert("label_pointer".to_owned(), json!("/grade"));
    }
    Ok(body)
}

/// Posts these tasks of a project.
pub fn post_tasks(stage: &Stage, owner: &Player, posted: &Posted, which: std::ops::Range<usize>) -> Result<()> {
    if which.is_empty() {
        return Ok(());
    }
    let tasks: Vec<Value> = which.map(|n| posted.part.task(n)).collect();
    let wish = form(json!({"tasks": tasks}))?;
    stage.act(owner, |conn, ctx| operations::post_tasks(conn, ctx, stage.door(), posted.id, &wish))?;
    Ok(())
}
