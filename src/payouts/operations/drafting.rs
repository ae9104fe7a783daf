//! Making a batch: who is owed, by which rails, and what stops them.

use std::collections::BTreeMap;

use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::end_to_end_id::EndToEndId;
use super::super::routes::NewBatch;
use super::super::selection::{Candidate, HoldReason, MethodStanding, Selected, Wanted, default_minimum, select};
use super::super::store::{self, InsertItems, NewBatchRow};
use super::PAYS;
use crate::experts::operations::{list_payout_methods, list_tax_standings};
use crate::experts::payout_method::Rail;
use crate::kernel::form::Findings;
use crate::kernel::{BatchId, Ctx, Currency, Error, ExpertId, Form, Money, PayoutId, Result};
use crate::ledger::operations::payable_by_expert;
use crate::record::{self, Change, Event};

/// Makes a draft of everybody who is owed enough up to the end of the cutoff day and is paid by these rails.
pub fn draft(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewBatch>) -> Result<BatchId> {
    let by = ctx.actor.require(PAYS)?.account;
    let NewBatch { currency, method, cutoff } = *form.open()?;
    let mut findings = Findings::default();
    findings.check(cutoff <= ctx.today(), "/cutoff", "in_the_future", "today or earlier");
    findings.done()?;
    let payable = payable_by_expert(conn, currency, cutoff)?;
    let (candidates, without_method) = candidates(conn, method, payable)?;
    let wanted = Wanted { currency, rail: method, minimum: default_minimum(currency)?, now: ctx.now };
    let selection = select(&wanted, &candidates)?;
    let id = BatchId(ctx.ids.next());
    let carried = count(selection.carried.len())?;
    let row = NewBatchRow { id, currency, method, cutoff, created_by: by, without_method, carried };
    store::insert_batch(conn, &row)?;
    let made = insert_items(conn, ctx, (id, currency), &selection.items)?;
    let elsewhere = count(selection.items.len().saturating_sub(made))?;
    if elsewhere > 0 {
        store::set_elsewhere(conn, id, elsewhere)?;
    }
    let detail = json!({"payout_batch_id": id, "state": "draft", "items": made, "without_method": without_method});
    record::change(conn, ctx, Change { event: Event::BatchDrafted, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// Those who are paid by these rails, and how many are owed something and have no payout method at all.
pub(super) fn candidates(
    conn: &mut PgConnection,
    rail: Rail,
    payable: BTreeMap<ExpertId, (Money, Money)>,
) -> Result<(Vec<Candidate>, i32)> {
    let experts: Vec<ExpertId> = payable.keys().copied().collect();
    let methods = list_payout_methods(conn, &experts)?;
    let owed_without = |(expert, (then, now)): &(&ExpertId, &(Money, Money))| {
        !methods.contains_key(*expert) && then.is_positive() && now.is_positive()
    };
    let without_method = count(payable.iter().filter(owed_without).count())?;
    let on_rail: Vec<ExpertId> =
        experts.into_iter().filter(|expert| methods.get(expert).is_some_and(|row| row.method == rail)).collect();
    let standings = list_tax_standings(conn, &on_rail)?;
    let candidate = |expert: ExpertId| {
        let (payable_at_cutoff, payable_now) = payable.get(&expert).copied()?;
        let method = methods.get(&expert).map(|row| MethodStanding { rail: row.method, held_until: row.held_until });
        let tax = standings.get(&expert).copied();
        // Disputes are about work that was rejected, and so never about money that is owed already.
        Some(Candidate { expert, payable_at_cutoff, payable_now, method, tax, disputed: false })
    };
    Ok((on_rail.into_iter().filter_map(candidate).collect(), without_method))
}

/// The reasons as they are kept and served, in one word each.
fn reasons(holds: &[HoldReason]) -> Option<String> {
    let words: Vec<&str> = holds.iter().map(|hold| hold.as_str()).collect();
    Some(words.join(",")).filter(|words| !words.is_empty())
}

fn insert_items(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (batch, currency): (BatchId, Currency),
    items: &[Selected],
) -> Result<usize> {
    let ids: Vec<PayoutId> = items.iter().map(|_| PayoutId(ctx.ids.next())).collect();
    let insert = InsertItems {
        batch,
        currency,
        experts: items.iter().map(|item| item.expert).collect(),
        amounts: items.iter().map(|item| item.gross.amount()).collect(),
        withheld: items.iter().map(|item| item.withheld.amount()).collect(),
        references: ids.iter().map(|id| EndToEndId::of_payout(*id).to_string()).collect(),
        holds: items.iter().map(|item| reasons(&item.holds)).collect(),
        ids,
    };
    Ok(insert.execute(conn)?)
}

fn count(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(Error::internal)
}
