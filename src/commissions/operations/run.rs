//! A run: drafts a month's statements from everything that is known.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{PgConnection, RunQueryDsl};
use serde_json::json;

use super::super::attainment::{Known, Margin, MarginEvent};
use super::super::drafting::{self, Drafted, DraftingError, Drafts, Event, Facts, LabDay, Seat, Share, Standing};
use super::super::figure::midnight;
use super::super::routes::{RunStatements, RunView};
use super::super::statement::Issued;
use super::super::store::{self, DraftRow, MarginByDay, MarginRow, ParticipantRow, PlanRow, StatementRow};
use super::super::stored::{Figures, stored};
use super::super::terms::Plan;
use super::READS_ALL;
use super::attributions::share_of;
use super::plans::body;
use crate::kernel::form::Findings;
use crate::kernel::time::Period;
use crate::kernel::{AccountId, Code, Ctx, Error, Form, LabId, Money, PlanId, Result, Role, StatementId};
use crate::record::{self, Change};

/// Drafts the statements of a month, or drafts them again; issued ones stay. Locks every plan, then the month's drafts.
pub fn run(conn: &mut PgConnection, ctx: &Ctx, form: &Form<RunStatements>) -> Result<Period> {
    let by = ctx.actor.require(&[Role::Finance])?.account;
    let asked = form.open()?;
    let plans = store::lock_plans(conn)?;
    let old = store::lock_drafts(conn, asked.period)?;
    let seats = seats(store::list_participants_by(conn, asked.period.last_day())?);
    let executives: Vec<AccountId> = seats.iter().map(|seat| seat.executive).collect();
    let standing = standing(store::list_issued(conn, &executives)?)?;
    let known = Known { period: asked.period, as_of: judge(ctx, asked)? };
    let shares = store::list_attributions_of(conn, &executives, asked.period.last_day())?;
    let shares: Vec<Share> = shares.iter().map(share_of).collect();
    let events = events(conn, known, &shares, &standing)?;
    let plans = plans.iter().map(parsed).collect::<Result<BTreeMap<PlanId, Plan>>>()?;
    let facts = Facts { known, plans: &plans, seats: &seats, shares: &shares, events: &events, standing: &standing };
    let before: BTreeMap<(AccountId, PlanId), StatementId> =
        old.iter().map(|row| ((row.account_executive_id, row.plan_id), row.id)).collect();
    let mut id_of =
        |executive, plan| before.get(&(executive, plan)).copied().unwrap_or_else(|| StatementId(ctx.ids.next()));
    let drafts = drafting::draft(&facts, &mut id_of).map_err(refused)?;
    if let Drafts { made, issued, overtaken } = &drafts
        && made.is_empty()
        && (*issued > 0 || *overtaken > 0)
    {
        return Err(if *issued > 0 { Code::StatementIssued.into() } else { Code::StatementOrder.into() });
    }
    save(conn, ctx, (by, known), &old, &drafts.made)?;
    Ok(asked.period)
}

/// Judges month and moment; says until when a run knows.
fn judge(ctx: &Ctx, asked: &RunStatements) -> Result<DateTime<Utc>> {
    let mut findings = Findings::default();
    let begun = asked.period.first_day() <= ctx.today();
    findings.check(begun, "/period", "in_the_future", "a month that has begun");
    let as_of = asked.as_of.map_or(ctx.now, midnight);
    findings.check(as_of <= ctx.now, "/as_of", "in_the_future", "today or earlier");
    findings.done()?;
    Ok(as_of)
}

fn parsed(row: &PlanRow) -> Result<(PlanId, Plan)> {
    let plan = Plan::parse(&body(row)?);
    Ok((row.id, plan.map_err(|found| Error::internal(format!("a stored plan is refused: {found:?}")))?))
}

fn seats(participants: Vec<ParticipantRow>) -> Vec<Seat> {
    let mut seats: BTreeMap<(AccountId, PlanId), Seat> = BTreeMap::new();
    for ParticipantRow { plan_id: plan, account_executive_id: executive, from_day, until_day, .. } in participants {
        let seat = seats.entry((executive, plan)).or_insert_with(|| Seat { executive, plan, days: Vec::new() });
        seat.days.push((from_day, until_day));
    }
    seats.into_values().collect()
}

fn standing(rows: Vec<(StatementRow, serde_json::Value)>) -> Result<Vec<Standing>> {
    let read = |(row, body): (StatementRow, serde_json::Value)| {
        let figures: Figures = serde_json::from_value(body).map_err(Error::internal)?;
        let period = row.period.parse().map_err(Error::internal)?;
        let issued = Issued {
            known: Known { period, as_of: row.as_of },
            total: figures.current.checked_add(figures.prior_period)?,
            carried_out: figures.carried_out,
            draw_balance: figures.draw_balance,
        };
        let issued_at = row.issued_at.ok_or_else(|| Error::internal("an issued statement without its moment"))?;
        Ok(Standing { id: row.id, plan: row.plan_id, executive: row.account_executive_id, issued, issued_at })
    };
    rows.into_iter().map(read).collect()
}

/// The margin of every attributed lab, rolled up by day between the moments at which statements were cut.
fn events(conn: &mut PgConnection, known: Known, shares: &[Share], standing: &[Standing]) -> Result<Vec<Event>> {
    let Some(first_day) = shares.iter().map(|share| share.from).min() else { return Ok(Vec::new()) };
    let labs: BTreeSet<LabId> = shares.iter().map(|share| share.lab).collect();
    let cuts: BTreeSet<DateTime<Utc>> = standing.iter().map(|it| it.issued.known.as_of).collect();
    let query = MarginByDay {
        labs: labs.into_iter().collect(),
        first_day,
        last_day: known.period.last_day(),
        as_of: known.as_of,
        cuts: cuts.into_iter().collect(),
    };
    let rows: Vec<MarginRow> = query.load(conn)?;
    let event =
        |(lab, currency, effective_on, corrects_effective_on, recorded_at, revenue, experts, direct): MarginRow| {
            let money = |amount| Money::try_new(amount, currency);
            let margin = Margin { revenue: money(revenue)?, expert_cost: money(experts)?, direct_cost: money(direct)? };
            let id = LabDay { lab, effective_on, corrects_effective_on, recorded_at };
            Ok(MarginEvent { id, lab, effective_on, recorded_at, corrects_effective_on, margin })
        };
    rows.into_iter().map(event).collect()
}

fn refused(error: DraftingError) -> Error {
    match error {
        DraftingError::Foreign { .. } => Error::field("/period", "not_supported_yet", error.to_string()),
        DraftingError::Backwards(_) => Error::field("/as_of", "out_of_range", error.to_string()),
        DraftingError::Commission(error) => error.into(),
    }
}

fn save(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (by, known): (AccountId, Known),
    old: &[StatementRow],
    made: &[Drafted],
) -> Result<()> {
    let kept: BTreeSet<StatementId> = made.iter().map(|draft| draft.id).collect();
    let replaced: BTreeSet<StatementId> = old.iter().map(|row| row.id).collect();
    // What there is nothing to state about any more.
    let gone: Vec<StatementId> = replaced.difference(&kept).copied().collect();
    store::delete_drafts(conn, &gone)?;
    let mut changes = Vec::with_capacity(made.len());
    for draft in made {
        let posted = drafting::posted(&draft.statement)?;
        let row = DraftRow {
            id: draft.id,
            plan_id: draft.plan,
            account_executive_id: draft.executive,
            period: known.period.to_string(),
            as_of: known.as_of,
            currency: posted.currency(),
            posted: posted.amount(),
            payable: draft.statement.payable.amount(),
            body: serde_json::to_value(stored(draft)).map_err(Error::internal)?,
            run_by: by,
        };
        if replaced.contains(&draft.id) {
            store::update_draft(conn, &row)?;
        } else {
            store::insert_statement(conn, &row)?;
        }
        let detail = json!({"statement_id": draft.id, "plan_id": draft.plan, "account_id": draft.executive,
            "period": known.period, "posted": posted, "payable": draft.statement.payable});
        let event = record::Event::StatementDrafted;
        changes.push(Change { event, object: draft.id.0, lab: None, detail });
    }
    record::changes(conn, ctx, changes)
}

/// What stands drafted for a month.
pub fn view_run(conn: &mut PgConnection, ctx: &Ctx, period: Period) -> Result<RunView> {
    ctx.actor.require(READS_ALL)?;
    let drafts = store::list_drafts(conn, period)?;
    let version = drafts.iter().fold(0i64, |sum, (_, version)| sum.saturating_add(*version));
    let statements: Vec<StatementId> = drafts.into_iter().map(|(id, _)| id).collect();
    Ok(RunView { period, drafted: statements.len(), statements, version })
}
