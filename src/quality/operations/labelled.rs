//! Labels of answers: coded when an answer is handed in, counted when it is accepted, forgotten when it counts no more.

use diesel::{PgConnection, RunQueryDsl};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::kernel::{AssignmentId, Ctx, Error, LabId, ProjectId, Result};
use crate::projects::brief::Label;
use crate::quality::labels::{LabelValue, extract};
use crate::quality::store::{self, CodeRow, CountLabels};
use crate::trust::{Door, Object, Owner};

/// Random codes meet once in a long while; more often than this in a row they do not.
const MAX_TRIES: u32 = 8;

/// The labels of an answer as they are kept in clear: `{label, code}` or `{label, number}` each; nothing where the project
/// has no labels. A nominal value that is new gets a code, at random.
pub fn code_labels(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (lab, project): (LabId, ProjectId),
    (labels, answer): (&[Label], &RawValue),
) -> Result<Option<Value>> {
    if labels.is_empty() {
        return Ok(None);
    }
    let mut coded = Vec::new();
    // In the order of the labels: of two that give codes to the same values, one waits for the other and never both.
    for (label, value) in extract(labels, answer) {
        coded.push(match value {
            LabelValue::Nominal(text) => {
                json!({"label": label, "code": code(conn, ctx, door, (lab, project, label), &text)?})
            }
            LabelValue::Number(number) => json!({"label": label, "number": number.to_string()}),
        });
    }
    Ok(Some(Value::Array(coded)))
}

fn code(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (lab, project, label): (LabId, ProjectId, i16),
    text: &str,
) -> Result<i32> {
    let owner = Owner::Lab(lab);
    let content =
        [b"label ".as_slice(), project.0.as_bytes(), label.to_be_bytes().as_slice(), text.as_bytes()].concat();
    let digest = door.digest(conn, ctx, owner, &content)?;
    if let Some(code) = store::find_code(conn, (project, label), &digest)? {
        return Ok(code);
    }
    let sealed_value = door.seal(conn, ctx, owner, value_object(digest), text.as_bytes())?;
    let mut row = CodeRow { project_id: project, label, digest: &digest, code: 0, lab_id: lab, sealed_value };
    for _ in 0..MAX_TRIES {
        row.code = random_code(ctx)?;
        store::insert_code(conn, &row)?;
        // Whoever was first, what stands now is what counts; nothing stands where the code was another value's.
        if let Some(code) = store::find_code(conn, (project, label), &digest)? {
            return Ok(code);
        }
    }
    Err(Error::internal("no free code for a label"))
}

/// A value at the door: its digest, which is of the project and the label too, is its name.
fn value_object(digest: [u8; 32]) -> Object {
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] = digest;
    Object { kind: "label.value", id: Uuid::from_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]), version: 1 }
}

/// Tells nothing of the order in which values were seen.
fn random_code(ctx: &Ctx) -> Result<i32> {
    let [a, b, c, d, ..] = ctx.ids.secret().map_err(Error::internal)?;
    Ok(i32::from_be_bytes([a & 0x7f, b, c, d]))
}

/// Counts the labels of an assignment that was accepted and is delivered. Doing it again changes nothing.
pub fn count_labels(conn: &mut PgConnection, assignment: AssignmentId) -> Result<()> {
    CountLabels { assignment }.execute(conn)?;
    Ok(())
}

/// Takes the labels of an assignment back that is not delivered any more.
pub fn forget_labels(conn: &mut PgConnection, assignment: AssignmentId) -> Result<()> {
    store::delete_labels(conn, assignment)?;
    Ok(())
}
