//! Decisions of operations on credentials.

use chrono::NaiveDate;
use diesel::PgConnection;
use serde_json::json;

use super::credentials::{NOTE, REASON};
use crate::experts::credential::{CredentialEvent, CredentialState, last_day};
use crate::experts::routes::{Refusal, Verification};
use crate::experts::store::{self, CredentialRow, Decision};
use crate::kernel::form::Findings;
use crate::kernel::{Code, CredentialId, Ctx, Error, Form, Result, Role};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Object, Owner, Sealed};

/// Longest note or reason, in characters.
const MAX_WORDS_CHARS: usize = 4_000;

/// Verifies a pending credential whose evidence was looked at: it counts from now to its last day.
pub fn verify(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: CredentialId,
    form: &Form<Verification>,
) -> Result<CredentialId> {
    let row = lock(conn, ctx, id)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_words("/evidence_note", &new.evidence_note, &mut findings);
    let ahead = new.valid_until.is_none_or(|day| day >= ctx.today());
    findings.check(ahead, "/valid_until", "in_the_past", "the last day on which it counts, today or later");
    findings.done()?;
    let state = row.state.after(CredentialEvent::Verify)?;
    if store::find_evidence(conn, id)?.is_none() {
        return Err(Code::EvidenceMissing.into());
    }
    let valid_until = last_day(row.expires_on, new.valid_until);
    if valid_until.is_some_and(|day| day < ctx.today()) {
        // It has run out while it waited: there is nothing left to verify, only to reject.
        return Err(Code::InvalidState.into());
    }
    let note = seal(conn, ctx, door, (&row, NOTE), &new.evidence_note)?;
    let decided = Decided { state, valid_until, note: Some(&note), reason: None, event: Event::CredentialVerified };
    save(conn, ctx, &row, &decided)?;
    store::insert_due(conn, &[(ctx.ids.next(), row.expert_id)])?;
    Ok(id)
}

/// Rejects a pending credential; its holder reads why.
pub fn reject(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: CredentialId,
    form: &Form<Refusal>,
) -> Result<CredentialId> {
    let row = lock(conn, ctx, id)?;
    let reason = open_reason(form)?;
    let state = row.state.after(CredentialEvent::Reject)?;
    let reason = seal(conn, ctx, door, (&row, REASON), reason)?;
    let decided =
        Decided { state, valid_until: None, note: None, reason: Some(&reason), event: Event::CredentialRejected };
    save(conn, ctx, &row, &decided)?;
    Ok(id)
}

/// Revokes a verified credential: what its holder was eligible for ends with this transaction, and comes back by itself
/// where they are eligible without it.
pub fn revoke(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: CredentialId,
    form: &Form<Refusal>,
) -> Result<CredentialId> {
    let row = lock(conn, ctx, id)?;
    let reason = open_reason(form)?;
    let state = row.state.after(CredentialEvent::Revoke)?;
    let reason = seal(conn, ctx, door, (&row, REASON), reason)?;
    let decided =
        Decided { state, valid_until: None, note: None, reason: Some(&reason), event: Event::CredentialRevoked };
    save(conn, ctx, &row, &decided)?;
    // A run of matching under way may have read the credential as it was: its rows are waited for, then taken away.
    store::lock_eligibility(conn)?;
    store::delete_eligibility(conn, row.expert_id)?;
    store::insert_due(conn, &[(ctx.ids.next(), row.expert_id)])?;
    Ok(id)
}

/// A credential that is to be decided about. One of the marketplace's own people may be its holder: they leave it to others.
fn lock(conn: &mut PgConnection, ctx: &Ctx, id: CredentialId) -> Result<CredentialRow> {
    let signed = ctx.actor.require(&[Role::Operations])?;
    let row = store::lock_credential(conn, id)?.ok_or(Error::NotFound)?;
    if signed.expert == Some(row.expert_id) { Err(Code::OwnApproval.into()) } else { Ok(row) }
}

fn open_reason(form: &Form<Refusal>) -> Result<&str> {
    let refusal = form.open()?;
    let mut findings = Findings::default();
    judge_words("/reason", &refusal.reason, &mut findings);
    findings.done()?;
    Ok(&refusal.reason)
}

fn judge_words(pointer: &str, text: &str, findings: &mut Findings) {
    let fits = !text.trim().is_empty() && text.chars().count() <= MAX_WORDS_CHARS;
    findings.check(fits, pointer, "text_invalid", "write 1 to 4000 characters");
}

fn seal(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (row, kind): (&CredentialRow, &'static str),
    text: &str,
) -> Result<Sealed> {
    let object = Object { kind, id: row.id.0, version: 1 };
    door.seal(conn, ctx, Owner::Expert(row.expert_id), object, text.trim().as_bytes())
}

struct Decided<'d> {
    state: CredentialState,
    valid_until: Option<NaiveDate>,
    note: Option<&'d Sealed>,
    reason: Option<&'d Sealed>,
    event: Event,
}

fn save(conn: &mut PgConnection, ctx: &Ctx, row: &CredentialRow, decided: &Decided<'_>) -> Result<()> {
    let decision = Decision {
        state: decided.state,
        valid_until: decided.valid_until,
        decided_by: ctx.actor.account(),
        decided_at: ctx.now,
        sealed_note: decided.note,
        sealed_reason: decided.reason,
    };
    store::update_decision(conn, row.id, &decision)?;
    let detail = json!({"credential_id": row.id, "expert_id": row.expert_id, "state": decided.state});
    record::change(conn, ctx, Change { event: decided.event, object: row.id.0, lab: None, detail })
}
