//! `POST /v1/commissions/simulate`: a plan, what happened, and the statements that would follow. Nothing is stored.
//!
//! The bodies are here so that the rules and the words for them stay together; `check` judges them. Statements are
//! drafted by the function that drafts stored ones, each taking those before it as issued.
#![deny(clippy::arithmetic_side_effects)]

mod check;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::attainment::{Attribution, Book, Known, MarginEvent};
use super::figure::{DecimalText, day, day_or_null, written};
use super::lines::{Line, LineKind};
use super::plan::PlanBody;
use super::statement::{Issued, Statement};
use super::terms::Plan;
use super::{CommissionError, Key};
use crate::kernel::time::Period;
use crate::kernel::{Currency, FieldError, Money};

/// What to simulate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionSimulateBody)]
#[serde(deny_unknown_fields)]
pub struct Body {
    /// The plan.
    pub plan: PlanBody,
    /// Who has which share of which lab.
    #[serde(default)]
    pub attributions: Vec<AttributionBody>,
    /// What happened, in any order.
    #[serde(default)]
    pub events: Vec<EventBody>,
    /// Which statements to draw up, in the order of their periods.
    pub statements: Vec<StatementBody>,
}

/// An executive's share of a lab's margin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionAttributionBody)]
#[serde(deny_unknown_fields)]
pub struct AttributionBody {
    /// Any name of a lab.
    pub lab: String,
    /// Any name of an executive.
    pub account_executive: String,
    /// More than 0 and at most 1, with at most 8 decimals; a lab's shares on one day are at most 1 together.
    pub share: DecimalText,
    /// The first day it holds.
    #[serde(deserialize_with = "day")]
    pub from: NaiveDate,
    /// The first day it no longer holds.
    #[serde(default, deserialize_with = "day_or_null")]
    pub until: Option<NaiveDate>,
    /// How the client came; has no effect on the figures.
    #[serde(default)]
    pub provenance: Option<String>,
    /// Given where the executive is under a duty to an earlier employer: nothing is credited until it is cleared.
    #[serde(default)]
    pub clearance: Option<ClearanceBody>,
}

/// A clearance that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionClearanceBody)]
#[serde(deny_unknown_fields)]
pub struct ClearanceBody {
    /// When it was given; statements as of a later day know it.
    #[serde(default, deserialize_with = "day_or_null")]
    pub cleared_on: Option<NaiveDate>,
}

/// Something that changed a lab's margin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionEventBody)]
#[serde(deny_unknown_fields)]
pub struct EventBody {
    /// Unique among the events.
    pub id: String,
    /// The lab.
    pub lab: String,
    /// When it took effect.
    #[serde(deserialize_with = "day")]
    pub effective_on: NaiveDate,
    /// When it was written down; a statement knows it if that was before its `as_of`.
    #[serde(deserialize_with = "day")]
    pub recorded_on: NaiveDate,
    /// The effective day of the event that it corrects.
    #[serde(default, deserialize_with = "day_or_null")]
    pub corrects_effective_on: Option<NaiveDate>,
    /// What the lab was billed; a refund is negative. `0` unless told, as are the costs.
    #[serde(default = "DecimalText::zero")]
    pub revenue: DecimalText,
    /// What experts cost.
    #[serde(default = "DecimalText::zero")]
    pub expert_cost: DecimalText,
    /// What else it cost.
    #[serde(default = "DecimalText::zero")]
    pub direct_cost: DecimalText,
    /// The currency of the three; the plan's unless told.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// How much of the plan's currency one unit is, more than 0 with at most 10 decimals; a correction takes the
    /// original's. May be left out, or is 1, where the currencies are the same.
    #[serde(default)]
    pub fx_rate: Option<DecimalText>,
}

/// A statement to draw up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionStatementBody)]
#[serde(deny_unknown_fields)]
pub struct StatementBody {
    /// Its month; events effective later are not in it.
    #[schema(value_type = String, example = "2026-03")]
    pub period: Period,
    /// It knows what was recorded before this day.
    #[serde(deserialize_with = "day")]
    pub as_of: NaiveDate,
}

/// The statements: in the order asked for, and within a month by executive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = CommissionSimulation)]
pub struct Answer {
    /// One per month and executive.
    pub statements: Vec<SimulatedStatement>,
}

/// A statement. Every figure is a decimal string in the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulatedStatement {
    /// Whose it is.
    pub account_executive: String,
    /// Its month.
    #[schema(value_type = String, example = "2026-03")]
    pub period: Period,
    /// Attainment in the window that holds the month, unrounded.
    pub attainment: String,
    /// Everything earned so far, over all windows.
    pub earned_to_date: String,
    /// What the month's own events added.
    pub current: String,
    /// What changed about earlier months.
    pub prior_period: String,
    /// What the statement before carried, 0 or negative.
    pub carried_in: String,
    /// What is paid.
    pub payable: String,
    /// What later statements take into account, 0 or negative.
    pub carried_out: String,
    /// What of advances is still owed.
    pub draw_balance: String,
    /// Why; their amounts add up exactly to current + prior_period.
    pub lines: Vec<SimulatedLine>,
}

/// A line of a statement; what does not apply to its kind is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SimulatedLine {
    /// What it is about.
    pub kind: LineKind,
    /// The event.
    pub event: Option<String>,
    /// Its lab.
    pub lab: Option<String>,
    /// The executive's share.
    pub share: Option<String>,
    /// What of the credited margin the line prices, or what is withheld.
    pub credited: Option<String>,
    /// The threshold of its tier, 0 below the first.
    pub tier: Option<String>,
    /// The tier's rate.
    pub rate: Option<String>,
    /// What it adds, unrounded.
    pub amount: String,
}

/// A simulation that was judged and can be run.
struct Case {
    plan: Plan,
    attributions: Vec<Attribution<String, String>>,
    events: Vec<MarginEvent<String, String>>,
    statements: Vec<Known>,
}

/// Draws up the statements, or says everything that is wrong with the body.
pub fn simulate(body: &Body) -> Result<Answer, Vec<FieldError>> {
    let case = check::case(body)?;
    run(&case).map_err(|error| {
        let text = error.to_string();
        let (code, detail) = text.split_once(": ").unwrap_or(("invalid", &text));
        vec![FieldError { pointer: "/events".to_owned(), code: code.to_owned(), detail: detail.to_owned() }]
    })
}

fn run(case: &Case) -> Result<Answer, CommissionError> {
    let book = Book::new(&case.plan, &case.attributions, &case.events, &[]);
    let mut seats: Vec<(&String, Vec<Issued>)> = book.executives().map(|executive| (executive, Vec::new())).collect();
    let mut statements = Vec::new();
    for known in &case.statements {
        for (executive, earlier) in &mut seats {
            let statement = book.state(*executive, *known, earlier)?;
            earlier.push(statement.issued()?);
            statements.push(shown(executive, &statement, case.plan.currency));
        }
    }
    Ok(Answer { statements })
}

fn shown(executive: &str, statement: &Statement<String, String>, currency: Currency) -> SimulatedStatement {
    let lines = statement.lines.iter().map(|line| shown_line(line, currency)).collect();
    let money = |money: Money| written(money.amount(), currency);
    SimulatedStatement {
        account_executive: executive.to_owned(),
        period: statement.known.period,
        attainment: written(statement.attainment, currency),
        earned_to_date: money(statement.earned_to_date),
        current: money(statement.current),
        prior_period: money(statement.prior_period),
        carried_in: money(statement.carried_in),
        payable: money(statement.payable),
        carried_out: money(statement.carried_out),
        draw_balance: money(statement.draw_balance),
        lines,
    }
}

fn shown_line<L: Key + ToString, E: Key + ToString>(line: &Line<L, E>, currency: Currency) -> SimulatedLine {
    let money = |figure: Option<Decimal>| figure.map(|figure| written(figure, currency));
    SimulatedLine {
        kind: line.kind,
        event: line.event.as_ref().map(ToString::to_string),
        lab: line.lab.as_ref().map(ToString::to_string),
        share: line.share.map(|share| share.normalize().to_string()),
        credited: money(line.credited),
        tier: money(line.tier),
        rate: line.rate.map(|rate| rate.to_string()),
        amount: written(line.amount, currency),
    }
}
