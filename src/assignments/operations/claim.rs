//! The claim.

use diesel::{OptionalExtension, PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::routes::{AssignmentView, ClaimWish, LeaseView, ProjectShown, TaskShown};
use super::super::store::{self, Claim, ClaimedRow};
use super::super::{AssignmentState, lease};
use super::brief;
use super::look::{draft_text, raw};
use super::new_token;
use crate::kernel::error::violates;
use crate::kernel::{AssignmentId, Code, Ctx, Error, Form, Money, Result};
use crate::projects::brief::input_object;
use crate::trust::{Door, Held, Owner};

/// Takes the best open slot that the caller may do; `None` where there is none.
///
/// Two claims of one expert may choose the same task in the same moment. The index refuses the second one, which
/// `lost_the_race` tells: it is right to try again.
pub fn claim(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    form: &Form<ClaimWish>,
) -> Result<Option<AssignmentView>> {
    let expert = ctx.actor.require_expert()?;
    let signed = ctx.actor.require(&[crate::kernel::Role::Expert])?;
    let wish = form.open()?;
    let id = AssignmentId(ctx.ids.next());
    let [.., a, b, c, d, e, f, g, h] = *id.0.as_bytes();
    let statement = Claim {
        expert,
        project: wish.project_id,
        turn: i64::from_be_bytes([a, b, c, d, e, f, g, h]),
        max_open_claims: lease::MAX_OPEN_CLAIMS,
        assignment: id,
        lease_token: new_token(ctx)?,
        audit: ctx.ids.next(),
        event: ctx.ids.next(),
        input_access: ctx.ids.next(),
        brief_access: ctx.ids.next(),
        actor: Some(signed.account.0),
        session: signed.session.map(|session| session.0),
        request: ctx.request_id.0,
        detail: json!({"assignment_id": id}),
    };
    let row: Option<ClaimedRow> = statement.get_result(conn).optional()?;
    match row {
        Some(row) => show(conn, ctx, door, row).map(Some),
        None if store::find_open_claims(conn, expert)? >= Some(lease::MAX_OPEN_CLAIMS) => {
            Err(Code::TooManyClaims.into())
        }
        None => Ok(None),
    }
}

/// Whether a claim was refused only because the same expert took the same task in the same moment.
pub fn lost_the_race(error: &Error) -> bool {
    match error {
        Error::Internal(source) => {
            source.downcast_ref().is_some_and(|error| violates(error, "assignment_once_per_expert"))
        }
        _ => false,
    }
}

/// The answer to a claim, out of the one row; the statement has written down that this was served.
fn show(conn: &mut PgConnection, ctx: &Ctx, door: &Door, row: ClaimedRow) -> Result<AssignmentView> {
    let owner = Owner::Lab(row.lab_id);
    let input = Held { owner, object: input_object(row.task_id), sealed: &row.sealed_input };
    let input = raw(door.open_recorded(conn, ctx, input)?)?;
    let sealed = brief::SealedBrief {
        lab: row.lab_id,
        project: row.project_id,
        version: row.brief_version,
        sealed: &row.sealed_brief,
    };
    let brief = brief::read(&door.open_recorded(conn, ctx, sealed.held())?)?;
    let draft = match (row.draft_of, &row.sealed_draft) {
        (Some(of), Some(sealed)) => Some(draft_text(conn, ctx, door, (row.lab_id, of, sealed))?),
        _ => None,
    };
    Ok(AssignmentView {
        id: row.id,
        state: AssignmentState::Claimed,
        release_reason: None,
        expert_id: None,
        task: TaskShown { id: row.task_id, input: Some(input) },
        project: ProjectShown {
            id: row.project_id,
            title: row.title,
            client: row.client,
            instructions: Some(brief.instructions),
            instructions_version: row.brief_version,
            instructions_changed: false,
            output_schema: Some(brief.output_schema),
        },
        lease: Some(LeaseView {
            token: row.lease_token,
            expires_at: row.lease_expires_at,
            renewals_left: lease::MAX_RENEWALS,
        }),
        pay_rate: Some(Money::try_new(row.pay_rate, row.currency)?),
        pricing: row.pricing,
        max_seconds: row.max_seconds,
        answer: None,
        draft,
        submissions: 0,
        revisions: 0,
        time_spent_seconds: 0,
        approved_seconds: None,
        paid: None,
        claimed_at: row.claimed_at,
        submitted_at: None,
        auto_accept_at: None,
        decided_at: None,
        updated_at: row.updated_at,
        version: row.version,
    })
}
