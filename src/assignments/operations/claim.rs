//! The claim: many at once by the turns of the projects, or one alone with all that is the person's own.

use chrono::{DateTime, Utc};
use diesel::{PgConnection, RunQueryDsl};

use super::super::AssignmentState;
use super::super::lease;
use super::super::routes::{AssignmentView, ClaimWish, LeaseView, ProjectShown, TaskShown};
use super::super::store::{self, Asked, ClaimByTurns, ClaimOwn, ClaimQualifying, ClaimedRow, CountPulse};
use super::super::turns::{Turn, Turns};
use super::brief;
use super::look::{draft_text, raw};
use crate::kernel::{Actor, AssignmentId, Code, Ctx, Error, Form, Ids, Money, RequestId, Result, Role};
use crate::projects::brief::input_object;
use crate::trust::{Door, Held, Owner};

/// Who asks for what, with fresh ids; judged before it waits for its turn.
pub fn ask(ids: &Ids, actor: &Actor, request: RequestId, form: &Form<ClaimWish>) -> Result<Asked> {
    let expert = actor.require_expert()?;
    let signed = actor.require(&[Role::Expert])?;
    let wish = form.open()?;
    let secret = ids.secret().map_err(Error::internal)?;
    let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, ..] = secret;
    let token = uuid::Builder::from_random_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]);
    Ok(Asked {
        expert,
        wish: wish.project_id,
        coin: i64::from(u32::from_be_bytes([q, r, s, t]) >> 1),
        assignment: AssignmentId(ids.next()),
        lease_token: token.into_uuid(),
        audit: ids.next(),
        event: ids.next(),
        input_access: ids.next(),
        brief_access: ids.next(),
        actor: signed.account.0,
        session: signed.session.map(|session| session.0),
        request: request.0,
    })
}

/// Serves many who ask with one statement, by the turns of the projects: an answer for each, in their order. Whoever gets
/// nothing here is served alone.
pub fn claim_together(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    turns: &[Turn],
    asked: &[Asked],
) -> Result<Vec<Option<Result<AssignmentView>>>> {
    let statement = ClaimByTurns::new(asked, lease::MAX_OPEN_CLAIMS, turns);
    let rows: Vec<ClaimedRow> = statement.load(conn)?;
    let mut answers: Vec<Option<Result<AssignmentView>>> = asked.iter().map(|_| None).collect();
    for row in rows {
        let place = usize::try_from(row.n).map_err(Error::internal)?.checked_sub(1);
        let answer = place.and_then(|place| answers.get_mut(place));
        *answer.ok_or_else(|| Error::internal("a claim is nobody's"))? = Some(show(conn, ctx, door, row));
    }
    Ok(answers)
}

/// Takes the best slot that the caller may do; `None` where there is none. The seat is locked first, in a statement of its
/// own: the next one sees everything that this person ever claimed.
pub fn claim_alone(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    turns: &[Turn],
    asked: &Asked,
) -> Result<Option<AssignmentView>> {
    match store::lock_seat(conn, asked.expert)? {
        None => return Err(Error::internal("an expert has no seat")),
        Some(open) if open >= lease::MAX_OPEN_CLAIMS => return Err(Code::TooManyClaims.into()),
        Some(_) => {}
    }
    let asked = std::slice::from_ref(asked);
    let own = ClaimOwn::new(asked, lease::MAX_OPEN_CLAIMS, turns);
    let mut rows: Vec<ClaimedRow> = own.load(conn)?;
    if rows.is_empty() {
        rows = ClaimQualifying::new(asked, lease::MAX_OPEN_CLAIMS, turns).load(conn)?;
    }
    rows.pop().map(|row| show(conn, ctx, door, row)).transpose()
}

/// A whole claim for a caller without a desk: the turns are read for this one.
pub fn claim(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    form: &Form<ClaimWish>,
) -> Result<Option<AssignmentView>> {
    let asked = ask(&ctx.ids, &ctx.actor, ctx.request_id, form)?;
    let (read, counted_at) = read_board(conn)?;
    let mut turns = Turns::default();
    turns.replace(read, counted_at);
    claim_alone(conn, ctx, door, turns.first(usize::MAX), &asked)
}

/// Open projects in no order, and when claims were last counted: what turns go by.
pub fn read_board(conn: &mut PgConnection) -> Result<(Vec<Turn>, Option<DateTime<Utc>>)> {
    Ok(store::read_board(conn)?)
}

/// Counts the claims of the minutes that ended, and what is open; another instance that is doing so is left to it.
pub fn count_pulse(conn: &mut PgConnection) -> Result<()> {
    if store::try_lock_pulse(conn)? {
        CountPulse {}.execute(conn)?;
    }
    Ok(())
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
            output_schema: Some(brief.output_schema),
            instructions_version: Some(row.brief_version),
            instructions_changed: Some(row.brief_changed),
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
        known: None,
        claimed_at: row.claimed_at,
        submitted_at: None,
        auto_accept_at: None,
        decided_at: None,
        updated_at: row.updated_at,
        version: row.version,
    })
}
