//! An expert's statement: what they took up, what it took, what it pays, and whom it waits for.

use chrono::{Days, NaiveDate};
use diesel::{PgConnection, RunQueryDsl};

use super::super::routes::{StatementLineView, StatementTotals, StatementView};
use super::super::statement::{Clocks, Piece, PieceState, waits};
use super::super::store::{PieceRow, Pieces, SumRow, Sums};
use crate::assignments::dispute_closes_at;
use crate::http::Paging;
use crate::kernel::{AssignmentId, Ctx, Error, Money, Result, ReviewId};
use crate::projects::words::Pricing;

/// The days of a statement unless it is asked for others.
const USUAL_DAYS: Days = Days::new(30);
/// The most days of one statement.
const MAX_DAYS: i64 = 366;

/// What the calling expert took up from one day to another, both of them included.
pub fn statement(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (from, until): (Option<NaiveDate>, Option<NaiveDate>),
    paging: &Paging,
) -> Result<StatementView> {
    let expert = ctx.actor.require_expert()?;
    let until = until.unwrap_or(ctx.today());
    let from = from.unwrap_or_else(|| until.checked_sub_days(USUAL_DAYS).unwrap_or(until));
    let days = until.signed_duration_since(from).num_days();
    if !(0..MAX_DAYS).contains(&days) {
        return Err(Error::field("?from", "out_of_range", "not after until, and at most 366 days with it"));
    }
    let wanted = Pieces { expert, from, until, before: paging.before(), limit: paging.fetch() };
    let rows: Vec<PieceRow> = wanted.load(conn)?;
    let rows = paging.page(rows, |row| row.id);
    let sums: Vec<SumRow> = Sums { expert, from, until }.load(conn)?;
    let mut totals = Vec::with_capacity(sums.len());
    for (currency, earned, waiting, paid_out) in sums {
        totals.push(StatementTotals {
            earned: Money::try_new(earned, currency)?,
            waiting: Money::try_new(waiting, currency)?,
            paid_out: Money::try_new(paid_out, currency)?,
        });
    }
    let data = rows.data.into_iter().map(|row| line(ctx, row)).collect::<Result<_>>()?;
    Ok(StatementView { from, until, totals, data, next_cursor: rows.next_cursor })
}

fn line(ctx: &Ctx, row: PieceRow) -> Result<StatementLineView> {
    let pay_rate = Money::try_new(row.pay_rate, row.currency)?;
    let pays = match (row.pricing, row.paid) {
        (_, Some(paid)) => Some(Money::try_new(paid, row.currency)?),
        (Pricing::PerTask, None) => Some(pay_rate),
        (Pricing::PerHour, None) => Some(pay_rate.for_seconds(i64::from(row.seconds.unwrap_or(0)))?),
    };
    let ended = matches!(row.state, PieceState::Rejected | PieceState::Released | PieceState::Expired);
    let clocks = Clocks { held_until: row.held_until, auto_accept_at: row.auto_accept_at, resolve_by: row.resolve_by };
    let (waits_for, waits_until) = waits(row.state, row.paid_out, clocks).unzip();
    let disputable = row.state == PieceState::Rejected && row.resolve_by.is_none();
    let may_dispute_until = row.decided_at.filter(|_| disputable).map(dispute_closes_at);
    Ok(StatementLineView {
        id: match row.what {
            Piece::Assignment => AssignmentId(row.id).to_string(),
            Piece::Review => ReviewId(row.id).to_string(),
        },
        what: row.what,
        project_id: row.project_id,
        title: row.title,
        state: row.state,
        time_spent_seconds: row.seconds,
        pay: pays.filter(|_| !ended),
        earned: row.paid.map(|paid| Money::try_new(paid, row.currency)).transpose()?,
        paid_out: row.paid_out,
        waits_for,
        waits_until: waits_until.flatten(),
        may_dispute_until: may_dispute_until.filter(|until| *until > ctx.now),
        audit_verdict: row.verdict,
        audit_reason: row.reason,
        claimed_at: row.claimed_at,
        decided_at: row.decided_at,
    })
}
