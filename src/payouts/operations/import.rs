//! Reading a bank file: every line is matched, booked and kept in one transaction, or none is.
//!
//! The books get one entry for each day and kind of booking that the file holds, made of as many transfers as it takes:
//! every line knows its entry. An entry's source is the first line of its day and kind.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;
use uuid::Uuid;

use super::super::bank_csv::incoming::{self, Limits};
use super::super::bookkeeping::{Payable, booking};
use super::super::deposits::{OpenDeposit, match_deposits, may_be_deposit};
use super::super::end_to_end_id::EndToEndId;
use super::super::matching::{Book, BookItem, MatchError, Outcome, StatementLine, Verdict, match_lines};
use super::super::mentions::Mentions;
use super::super::state::{ItemState, settlement};
use super::super::store::{
    self, BatchRow, Format, LineOutcome, LineRow, NewBreakRow, SentRow, SettleItems, SettlementRow,
};
use super::reading::totals;
use super::{PAYS, record_batch};
use crate::kernel::{BreakId, Ctx, DepositId, EntryId, Error, FieldError, Money, PayoutId, Result, SettlementId};
use crate::ledger::{Entry, EntryKind, Source, Transfer, post};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Owner, Sealed};

/// A bank file as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'b> {
    /// How it says it is written.
    pub format: Format,
    /// Its bytes.
    pub bytes: &'b [u8],
    /// Their SHA-256.
    pub sha256: [u8; 32],
}

/// Imports a bank file; `false` if this very file was imported before, which changes nothing.
pub fn import(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    statement: &Statement<'_>,
) -> Result<(SettlementId, bool)> {
    let by = ctx.actor.require(PAYS)?.account;
    if statement.format != Format::Csv {
        return Err(Error::field("?format", "not_supported_yet", "csv"));
    }
    let lines = incoming::read(statement.bytes, Limits::default())?;
    judge_days(ctx, &lines)?;
    store::lock_imports(conn)?;
    if let Some(earlier) = store::find_by_sha256(conn, &statement.sha256)? {
        return Ok((earlier.id, false));
    }
    let batches = store::lock_sent_batches(conn)?;
    let read = compare(conn, &lines)?;
    let id = SettlementId(ctx.ids.next());
    let written = write_lines(conn, ctx, door, (id, &lines, &read))?;
    let row = SettlementRow {
        id,
        format: statement.format,
        sha256: statement.sha256.to_vec(),
        bytes: i64::try_from(statement.bytes.len()).map_err(Error::internal)?,
        lines: count(lines.len())?,
        matched: count(written.rows.iter().filter(|row| row.outcome == LineOutcome::Matched).count())?,
        breaks: count(written.rows.iter().filter(|row| row.outcome == LineOutcome::Break).count())?,
        known: count(lines.len().saturating_sub(written.rows.len()))?,
        created_by: by,
        created_at: ctx.now,
    };
    store::insert_settlement(conn, &row)?;
    store::insert_lines(conn, &written.rows)?;
    store::insert_matches(conn, &written.matches)?;
    open_breaks(conn, ctx, &read, &written)?;
    move_items(conn, ctx, &lines, &read)?;
    move_batches(conn, ctx, &batches)?;
    let detail = json!({
        "settlement_id": id, "lines": row.lines, "matched": row.matched, "breaks": row.breaks, "known": row.known,
    });
    record::change(conn, ctx, Change { event: Event::SettlementImported, object: id.0, lab: None, detail })?;
    Ok((id, true))
}

fn count(number: usize) -> Result<i32> {
    i32::try_from(number).map_err(Error::internal)
}

/// A bank books what has happened; a day of leeway is for its time zone.
fn judge_days(ctx: &Ctx, lines: &[StatementLine]) -> Result<()> {
    let last = ctx.today().succ_opt().unwrap_or(ctx.today());
    let wrong = lines.iter().filter(|line| line.booked_on > last).take(50);
    let finding = |line: &StatementLine| FieldError {
        pointer: format!("/{}", line.line),
        code: "in_the_future".to_owned(),
        detail: format!("line {}: booked on a day that has not come", line.line),
    };
    let errors: Vec<FieldError> = wrong.map(finding).collect();
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

/// What the file says when it is laid beside our book.
struct Comparison {
    outcomes: Vec<Outcome>,
    payouts: HashMap<PayoutId, Payable>,
    /// By the places of their lines.
    deposits: BTreeMap<usize, DepositId>,
}

fn compare(conn: &mut PgConnection, lines: &[StatementLine]) -> Result<Comparison> {
    let mentions = Mentions::of(lines);
    let references: Vec<String> = mentions.references.into_iter().collect();
    let named: Vec<PayoutId> = mentions.payouts.into_iter().collect();
    let rows = store::list_book(conn, &references, &named)?;
    let batches = store::list_sent_ids(conn)?;
    let bank: Vec<&str> = lines.iter().map(|line| line.servicer_reference.as_str()).collect();
    let known_references: HashSet<String> = store::list_known(conn, &bank)?.into_iter().collect();
    let mut payouts = HashMap::with_capacity(rows.len());
    let mut items = Vec::with_capacity(rows.len());
    for (row, _) in &rows {
        let money = |amount| Money::try_new(amount, row.currency);
        let payable = Payable { expert: row.expert_id, net: money(row.net)?, withheld: money(row.withheld)? };
        payouts.insert(row.id, payable);
    }
    for row in rows {
        items.push(book_item(row)?);
    }
    let batches = batches.into_iter().map(|id| (id, EndToEndId::of_batch(id))).collect();
    let book = Book { items, batches, known_references };
    let outcomes = match_lines(lines, &book).map_err(refused)?;
    let deposits = find_deposits(conn, lines, &outcomes)?;
    Ok(Comparison { outcomes, payouts, deposits })
}

fn book_item((row, sent_at): SentRow) -> Result<BookItem> {
    // What was never sent has no day; its state keeps it from matching, and its day is never looked at.
    let sent_on = sent_at.map_or(NaiveDate::MAX, |at| at.date_naive());
    Ok(BookItem {
        payout: row.id,
        batch: row.batch_id,
        end_to_end_id: EndToEndId::parse(&row.end_to_end_id).map_err(Error::internal)?,
        amount: Money::try_new(row.net, row.currency)?,
        sent_on,
        state: row.state,
    })
}

fn refused(error: MatchError) -> Error {
    match error {
        MatchError::ReferenceConflict(_, line) => {
            Error::field(format!("/{line}"), "servicer_reference_conflict", error.to_string())
        }
        MatchError::IdTwice(_) | MatchError::Money(_) => Error::internal(error),
    }
}

fn find_deposits(
    conn: &mut PgConnection,
    lines: &[StatementLine],
    outcomes: &[Outcome],
) -> Result<BTreeMap<usize, DepositId>> {
    let mut amounts: Vec<_> =
        outcomes.iter().filter(|one| may_be_deposit(one)).map(|one| one.amount.amount()).collect();
    amounts.sort_unstable();
    amounts.dedup();
    if amounts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut open = Vec::new();
    for (id, reference, amount, currency) in store::list_open_deposits(conn, &amounts)? {
        open.push(OpenDeposit { id, reference, amount: Money::try_new(amount, currency)? });
    }
    Ok(match_deposits(lines, outcomes, &open))
}

/// The rows of a file's lines, those known before left out.
struct Written {
    rows: Vec<LineRow>,
    /// For each row, the place of its line.
    places: Vec<usize>,
    matches: Vec<(Uuid, PayoutId)>,
}

/// Books the lines and makes their rows.
fn write_lines(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    (settlement, lines, read): (SettlementId, &[StatementLine], &Comparison),
) -> Result<Written> {
    let ids: Vec<Uuid> = lines.iter().map(|_| ctx.ids.next()).collect();
    let entries = book(conn, ctx, lines, read, &ids)?;
    let mut written = Written { rows: Vec::new(), places: Vec::new(), matches: Vec::new() };
    for (place, ((line, outcome), id)) in lines.iter().zip(&read.outcomes).zip(&ids).enumerate() {
        let deposit_id = read.deposits.get(&place).copied();
        let agrees = deposit_id.is_some() || matches!(outcome.verdict, Verdict::Matched { .. });
        if outcome.verdict == Verdict::AlreadyImported {
            continue;
        }
        written.rows.push(LineRow {
            id: *id,
            settlement_id: settlement,
            line: i32::try_from(line.line).map_err(Error::internal)?,
            booked_on: line.booked_on,
            amount: line.amount.amount(),
            currency: line.amount.currency(),
            end_to_end_id: line.end_to_end_id.as_ref().map(ToString::to_string),
            servicer_reference: line.servicer_reference.clone(),
            sealed_description: seal(conn, ctx, door, *id, &line.description)?,
            outcome: if agrees { LineOutcome::Matched } else { LineOutcome::Break },
            entry_id: entries.get(&place).copied(),
            deposit_id,
        });
        written.places.push(place);
        written.matches.extend(outcome.settled().iter().chain(&outcome.returned()).map(|payout| (*id, *payout)));
    }
    Ok(written)
}

/// What the bank wrote names people and accounts: it is content.
fn seal(conn: &mut PgConnection, ctx: &Ctx, door: &Door, line: Uuid, description: &str) -> Result<Option<Sealed>> {
    if description.is_empty() {
        return Ok(None);
    }
    let object = super::settlements::description_of(line);
    door.seal(conn, ctx, Owner::Market, object, description.as_bytes()).map(Some)
}

/// An entry to be: its kind, its first line, and what its lines move.
struct Group {
    kind: EntryKind,
    first: Uuid,
    transfers: Vec<Transfer>,
    places: Vec<usize>,
}

/// One entry for each day and kind; says which line is in which.
fn book(
    conn: &mut PgConnection,
    ctx: &Ctx,
    lines: &[StatementLine],
    read: &Comparison,
    ids: &[Uuid],
) -> Result<HashMap<usize, EntryId>> {
    let mut groups: BTreeMap<(NaiveDate, &str), Group> = BTreeMap::new();
    for (place, ((line, outcome), id)) in lines.iter().zip(&read.outcomes).zip(ids).enumerate() {
        // A deposit was booked when finance recorded it.
        if read.deposits.contains_key(&place) {
            continue;
        }
        let Some(booking) = booking(&outcome.verdict, &read.payouts)? else { continue };
        let key = (line.booked_on, booking.kind.as_str());
        let new = || Group { kind: booking.kind, first: *id, transfers: Vec::new(), places: Vec::new() };
        let group = groups.entry(key).or_insert_with(new);
        group.transfers.extend(booking.transfers);
        group.places.push(place);
    }
    let mut entries = HashMap::with_capacity(lines.len());
    for ((effective_on, _), Group { kind, first, transfers, places }) in groups {
        let source = Source { kind: "settlement_line", id: first };
        let entry = Entry { kind, source, effective_on, lab: None, memo: None, reverses: None, transfers };
        let id = post(conn, ctx, &entry)?;
        entries.extend(places.into_iter().map(|place| (place, id)));
    }
    Ok(entries)
}

fn open_breaks(conn: &mut PgConnection, ctx: &Ctx, read: &Comparison, written: &Written) -> Result<()> {
    let (mut rows, mut changes) = (Vec::new(), Vec::new());
    for (row, place) in written.rows.iter().zip(&written.places) {
        let Some(Verdict::Break(found)) = read.outcomes.get(*place).map(|outcome| &outcome.verdict) else { continue };
        if row.outcome == LineOutcome::Matched {
            continue;
        }
        let id = BreakId(ctx.ids.next());
        let detail = json!({"break_id": id, "kind": found.kind, "payout_id": found.item});
        changes.push(Change { event: Event::BreakOpened, object: id.0, lab: None, detail });
        rows.push(NewBreakRow {
            id,
            kind: found.kind,
            line_id: Some(row.id),
            payout_id: found.item,
            currency: found.difference.currency(),
            difference: found.difference.amount(),
            candidates: found.candidates.clone(),
            opened_on: ctx.today(),
        });
    }
    store::insert_breaks(conn, &rows)?;
    record::changes(conn, ctx, changes)
}

/// Settles and returns items, each kind in one statement; what was called missing and is shown now is so no more.
fn move_items(conn: &mut PgConnection, ctx: &Ctx, lines: &[StatementLine], read: &Comparison) -> Result<()> {
    let (mut settled, mut returned) = (BTreeMap::new(), BTreeMap::new());
    for (line, outcome) in lines.iter().zip(&read.outcomes) {
        settled.extend(outcome.settled().iter().map(|payout| (*payout, Some(line.booked_on))));
        returned.extend(outcome.returned().map(|payout| (payout, None)));
    }
    let shown: Vec<PayoutId> = settled.keys().copied().collect();
    for (state, event, items) in
        [(ItemState::Settled, Event::PayoutSettled, settled), (ItemState::Returned, Event::PayoutReturned, returned)]
    {
        let (ids, days): (Vec<PayoutId>, Vec<Option<NaiveDate>>) = items.into_iter().unzip();
        let moved = SettleItems { state, ids: ids.clone(), days }.execute(conn)?;
        if moved != ids.len() {
            return Err(Error::internal("the book changed while a statement was matched"));
        }
        let change = |id: PayoutId| {
            let detail = json!({"payout_id": id, "state": state});
            Change { event, object: id.0, lab: None, detail }
        };
        record::changes(conn, ctx, ids.into_iter().map(change).collect())?;
    }
    let resolved = store::resolve_missing(conn, &shown, ctx.now)?;
    let change = |id: BreakId| {
        let detail = json!({"break_id": id, "state": "resolved"});
        Change { event: Event::BreakResolved, object: id.0, lab: None, detail }
    };
    record::changes(conn, ctx, resolved.into_iter().map(change).collect())
}

/// A batch is as far as its items are. One that was closed stays so, whatever comes back later.
fn move_batches(conn: &mut PgConnection, ctx: &Ctx, batches: &[BatchRow]) -> Result<()> {
    let totals = totals(conn, batches.iter().map(|batch| batch.id).collect())?;
    for batch in batches {
        let items = totals.iter().filter(|total| total.0 == batch.id).map(|total| total.1);
        let Some(event) = settlement(items) else { continue };
        let state = batch.state.after(event)?;
        if state != batch.state {
            store::set_state(conn, batch.id, state)?;
            record_batch(conn, ctx, Event::BatchSettled, batch.id, state)?;
        }
    }
    Ok(())
}
