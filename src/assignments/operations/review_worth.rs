//! What a decided review is worth: to an expert who made it their pay, and what the next level thinks of the one before.
#![deny(clippy::arithmetic_side_effects)]

use diesel::PgConnection;

use super::super::Decision;
use super::super::store::{self, AssignmentRow, ReviewRow};
use crate::kernel::{Ctx, Money, Result};
use crate::ledger::{self, AccountKey, AccountKind, Entry, EntryKind, Source, Transfer};
use crate::quality::{self, Judged, Judgement};

/// What a review pays whoever has it in hand; nothing for the marketplace's own people.
pub(super) fn pay(review: &ReviewRow) -> Result<Option<Money>> {
    let (Some(amount), Some(currency)) = (review.pay_rate, review.currency) else { return Ok(None) };
    Ok(Some(Money::try_new(amount, currency)?))
}

/// Owes an expert what their review pays, whatever they decided: cost of experts, about the work that was reviewed.
pub(super) fn owe(conn: &mut PgConnection, ctx: &Ctx, review: &ReviewRow) -> Result<()> {
    let (Some(pay), Some(reviewer)) = (pay(review)?.filter(|pay| pay.is_positive()), review.expert_id) else {
        return Ok(());
    };
    let cost = AccountKey::house(AccountKind::CostOfExperts, pay.currency());
    let transfer = Transfer::new(cost, AccountKey::payable(pay.currency(), reviewer), pay);
    let entry = Entry {
        kind: EntryKind::Review,
        source: Source { kind: "review", id: review.id.0 },
        effective_on: ctx.today(),
        lab: Some(review.lab_id),
        memo: None,
        reverses: None,
        transfers: vec![transfer.about_work(review.project_id, reviewer, review.assignment_id)],
    };
    ledger::post(conn, ctx, &entry)?;
    Ok(())
}

/// What is thought of the level before by the one that decided now: right where both decide alike.
pub(super) fn judge_level_before(
    conn: &mut PgConnection,
    ctx: &Ctx,
    review: &ReviewRow,
    decision: Decision,
) -> Result<()> {
    let kind = match review.level {
        2 => Judged::Level2,
        3 => Judged::Level3,
        _ => return Ok(()),
    };
    let reviews = store::list_reviews_of(conn, review.submission_id)?;
    let before = reviews.iter().find(|other| other.level.saturating_add(1) == review.level);
    let Some((before, reviewer)) = before.and_then(|before| Some((before, before.expert_id?))) else {
        return Ok(());
    };
    let judgement = Judgement {
        expert: reviewer,
        lab: before.lab_id,
        project: before.project_id,
        assignment: before.assignment_id,
        as_reviewer: true,
        kind,
        good: before.decision == Some(decision),
    };
    quality::record(conn, ctx, &[judgement])
}

/// What a review that ended the matter says of the author.
pub(super) fn judge_author(conn: &mut PgConnection, ctx: &Ctx, row: &AssignmentRow, good: bool) -> Result<()> {
    let judgement = Judgement {
        expert: row.expert_id,
        lab: row.lab_id,
        project: row.project_id,
        assignment: row.id,
        as_reviewer: false,
        kind: Judged::Review,
        good,
    };
    quality::record(conn, ctx, &[judgement])
}
