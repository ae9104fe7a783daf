//! What operations settle about a project: what experts are paid, and who reviews.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use diesel::PgConnection;
use rust_decimal::Decimal;
use serde_json::json;

use super::super::routes::{NewPayRate, NewReviewers, PayRateView, ReviewersView};
use super::super::store::{self, ProjectRow};
use super::super::words::ProjectState;
use super::SEES_PAY;
use super::shared::money;
use crate::http::Precondition;
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, Code, Ctx, Error, Form, Money, ProjectId, Result, Role};
use crate::record::{self, Change, Event};

/// The largest share of the bill rate that experts may be paid: a tenth at least is the marketplace's.
const MAX_PAY_SHARE: Decimal = Decimal::from_parts(90, 0, 0, false, 2);
/// What a review pays of what the work pays, unless operations say otherwise.
const REVIEW_SHARE: Decimal = Decimal::from_parts(25, 0, 0, false, 2);
/// Reviewers that one project may name.
const MAX_REVIEWERS: usize = 100;

/// Sets what experts are paid, for later claims.
pub fn set_pay_rate(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (id, precondition): (ProjectId, &Precondition),
    form: &Form<NewPayRate>,
) -> Result<ProjectId> {
    ctx.actor.require(&[Role::Operations])?;
    let row = store::lock_project(conn, id)?.ok_or(Error::NotFound)?;
    precondition.require(row.version)?;
    let NewPayRate { pay_rate, review_pay_rate } = *form.open()?;
    let mut findings = Findings::default();
    judge_rate(&row, ("/pay_rate", pay_rate), &mut findings)?;
    if let Some(review) = review_pay_rate {
        judge_rate(&row, ("/review_pay_rate", review), &mut findings)?;
    }
    findings.done()?;
    if row.state == ProjectState::Closed {
        return Err(Code::InvalidState.into());
    }
    store::update_pay_rate(conn, id, pay_rate.amount(), review_pay_rate.map(Money::amount))?;
    // Without a lab: labs read their own events, and what experts are paid is not theirs to know.
    let detail = json!({"project_id": id, "pay_rate": pay_rate, "review_pay_rate": review_pay_rate});
    record::change(conn, ctx, Change { event: Event::PayRateSet, object: id.0, lab: None, detail })?;
    Ok(id)
}

fn judge_rate(row: &ProjectRow, (at, rate): (&str, Money), findings: &mut Findings) -> Result<()> {
    let (currency, amount) = (format!("{at}/currency"), format!("{at}/amount"));
    let fits = rate.currency() == row.currency;
    findings.check(fits, &currency, "wrong_currency", "experts are paid in the project's currency");
    findings.check(rate.is_positive(), &amount, "not_positive", "more than nothing");
    let most = row.bill_rate.checked_mul(MAX_PAY_SHARE).ok_or_else(|| Error::internal("a rate is out of range"))?;
    findings.check(rate.amount() <= most, &amount, "margin_too_small", "at most nine tenths of the bill rate");
    Ok(())
}

/// What an expert is paid for a review: what operations set, or else a quarter of the pay rate, rounded half to even.
/// `None` where there is no such project.
pub fn find_review_pay(conn: &mut PgConnection, id: ProjectId) -> Result<Option<Money>> {
    let Some((pay_rate, set, currency)) = store::find_pay_rates(conn, id)? else { return Ok(None) };
    let pay_rate = Money::try_new(pay_rate, currency)?;
    let review = match set {
        Some(set) => Money::try_new(set, currency)?,
        None => pay_rate.share(REVIEW_SHARE)?,
    };
    Ok(Some(review))
}

/// What experts are paid.
pub fn get_pay_rate(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<PayRateView> {
    ctx.actor.require(SEES_PAY)?;
    let row = store::find_project(conn, id)?.ok_or(Error::NotFound)?;
    let pay_rate = store::find_pay_rate(conn, id)?.ok_or(Error::NotFound)?;
    let review_pay_rate = match row.review_requirement {
        Some(_) => find_review_pay(conn, id)?,
        None => None,
    };
    Ok(PayRateView { project_id: id, pay_rate: money(&row, pay_rate)?, review_pay_rate, version: row.version })
}

/// Names the reviewers of a project, in place of those named before; while none is named any reviewer may.
pub fn set_reviewers(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (id, precondition): (ProjectId, &Precondition),
    form: &Form<NewReviewers>,
) -> Result<ProjectId> {
    ctx.actor.require(&[Role::Operations])?;
    let row = store::lock_project(conn, id)?.ok_or(Error::NotFound)?;
    if *precondition != Precondition::Absent || store::has_reviewers(conn, id)? {
        precondition.require(row.version)?;
    }
    let reviewers = &form.open()?.reviewers;
    judge_reviewers(reviewers, &store::reviewers_among(conn, reviewers)?)?;
    store::replace_reviewers(conn, (id, row.lab_id), reviewers)?;
    let detail = json!({"project_id": id, "reviewers": reviewers});
    record::change(conn, ctx, Change { event: Event::ReviewersSet, object: id.0, lab: None, detail })?;
    Ok(id)
}

fn judge_reviewers(named: &[AccountId], known: &[AccountId]) -> Result<()> {
    let mut findings = Findings::default();
    findings.check(named.len() <= MAX_REVIEWERS, "/reviewers", "too_long", "at most 100 reviewers");
    let mut seen = BTreeSet::new();
    for (index, reviewer) in named.iter().enumerate() {
        let at = format!("/reviewers/{index}");
        findings.check(known.contains(reviewer), &at, "not_found", "no such reviewer");
        findings.check(seen.insert(reviewer), &at, "duplicate", "each reviewer once");
    }
    findings.done()
}

/// The reviewers of a project.
pub fn get_reviewers(conn: &mut PgConnection, ctx: &Ctx, id: ProjectId) -> Result<ReviewersView> {
    ctx.actor.require(&[Role::Operations, Role::Admin, Role::Auditor])?;
    let row = store::find_project(conn, id)?.ok_or(Error::NotFound)?;
    let reviewers = store::list_reviewers(conn, id)?;
    Ok(ReviewersView { project_id: id, reviewers, version: row.version })
}
