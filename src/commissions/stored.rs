//! A statement as it is stored and shown: every figure and line as computed, never computed again.
#![deny(clippy::arithmetic_side_effects)]

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::drafting::{Drafted, LabDay, Stated};
use super::figure::written;
use super::lines::{Line, LineKind};
use crate::kernel::{Currency, LabId, Money, StatementId};

/// The figures of a statement, in the plan's currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StatementFigures)]
pub struct Figures {
    /// Attainment in the window that holds the month, over all labs, unrounded.
    pub attainment: String,
    /// Everything earned so far under the plan, over all windows.
    pub earned_to_date: Money,
    /// What the month's own events added.
    pub current: Money,
    /// What changed about earlier months.
    pub prior_period: Money,
    /// Lines by hand.
    pub manual: Money,
    /// What the statement before carried, nothing or negative.
    pub carried_in: Money,
    /// What later statements take into account, nothing or negative.
    pub carried_out: Money,
    /// What of advances is still owed.
    pub draw_balance: Money,
    /// The statement that this one carries on from.
    pub after: Option<StatementId>,
}

/// The body of the stored row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The figures.
    #[serde(flatten)]
    pub figures: Figures,
    /// Why.
    pub lines: Vec<StoredLine>,
}

/// A line of a statement; what does not apply to its kind is `null`. Figures are unrounded decimal strings in the plan's
/// currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = StatementLine)]
pub struct StoredLine {
    /// What it is about.
    pub kind: LineKind,
    /// The lab whose margin it credits.
    pub lab_id: Option<LabId>,
    /// What the lab is called here.
    #[serde(default)]
    pub code_name: Option<String>,
    /// The lab's day: its journal entries are at `/v1/statements/{id}/entries`.
    pub effective_on: Option<NaiveDate>,
    /// The day of what it undoes.
    pub corrects_effective_on: Option<NaiveDate>,
    /// The executive's share.
    pub share: Option<String>,
    /// What of the credited margin the line prices, or what is withheld.
    pub credited: Option<String>,
    /// The threshold of its tier, 0 below the first.
    pub tier: Option<String>,
    /// The tier's rate.
    pub rate: Option<String>,
    /// What it adds; the lines add up exactly to current + prior_period + manual.
    pub amount: String,
}

/// What is stored of a draft.
pub fn stored(draft: &Drafted) -> Stored {
    let Stated { attainment, earned_to_date, current, prior_period, manual, .. } = draft.statement;
    let Stated { carried_in, carried_out, draw_balance, .. } = draft.statement;
    let currency = earned_to_date.currency();
    let attainment = written(attainment, currency);
    let after = draft.after;
    let figures = Figures {
        attainment,
        earned_to_date,
        current,
        prior_period,
        manual,
        carried_in,
        carried_out,
        draw_balance,
        after,
    };
    Stored { figures, lines: draft.statement.lines.iter().map(|line| stored_line(line, currency)).collect() }
}

fn stored_line(line: &Line<LabId, LabDay>, currency: Currency) -> StoredLine {
    let figure = |figure: Option<Decimal>| figure.map(|figure| written(figure, currency));
    StoredLine {
        kind: line.kind,
        lab_id: line.lab,
        code_name: None,
        effective_on: line.event.map(|day| day.effective_on),
        corrects_effective_on: line.event.and_then(|day| day.corrects_effective_on),
        share: line.share.map(|share| share.normalize().to_string()),
        credited: figure(line.credited),
        tier: figure(line.tier),
        rate: line.rate.map(|rate| rate.to_string()),
        amount: written(line.amount, currency),
    }
}
