//! What the business owes its sellers: a commission plan as data, and statements that explain every cent.
//!
//! `operations` keeps plans, who takes part, who has which share of which lab, and monthly statements over the margin that
//! the ledger's lines tell; `drafting` says who gets a statement and what it builds on, `stored` how it is kept, `payroll`
//! how it is handed to payroll.
//!
//! The rules themselves are pure. `plan` reads and judges a plan, `tiers` is C(A), `attainment` credits margin events to an
//! executive, `pricing` turns credits into what was earned, `settle` carries and advances, `statement` puts one
//! statement together and `lines` explains it. `simulate` and the stored run both go through [`Book::state`].
//!
//! Amounts are decimals in the plan's currency. Figures of a statement are rounded half to even to the currency's
//! minor unit, once per window; what lies between is kept to [`figure::KEPT_DECIMALS`] decimals.
//!
//! Architecture invariant: none of the files but `routes`, `operations` and `store` knows a table, a route, the time or
//! chance.

pub mod attainment;
pub mod drafting;
pub mod figure;
pub mod lines;
pub mod operations;
pub mod payroll;
pub mod plan;
pub mod pricing;
pub mod routes;
pub mod settle;
pub mod simulate;
pub mod statement;
mod store;
pub mod stored;
pub mod terms;
pub mod tiers;

#[cfg(test)]
mod tests;

pub use attainment::{Attribution, Book, Clearance, Known, ManualLine, Margin, MarginEvent};
pub use drafting::draft;
pub use lines::{Line, LineKind};
pub use plan::PlanBody;
pub use statement::{Carried, Issued, Statement};
pub use store::StatementState;
pub use terms::Plan;

use crate::kernel::money::MoneyError;

/// Why a commission could not be computed from data that had been accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CommissionError {
    /// A figure beyond sixteen digits before the point.
    #[error("amount_overflow: a figure of the commission is out of range")]
    Overflow,
    /// Margin, manual lines or earlier statements that are not in the plan's currency.
    #[error("currency_mismatch: every figure must be in the plan's currency")]
    CurrencyMismatch,
}

impl From<MoneyError> for CommissionError {
    fn from(error: MoneyError) -> Self {
        match error {
            MoneyError::CurrencyMismatch | MoneyError::UnknownCurrency => Self::CurrencyMismatch,
            MoneyError::NotDecimal | MoneyError::TooPrecise | MoneyError::Overflow => Self::Overflow,
        }
    }
}

impl From<CommissionError> for crate::kernel::Error {
    /// Stored plans and events were accepted before; where their arithmetic fails, it is our fault.
    fn from(error: CommissionError) -> Self {
        Self::internal(error)
    }
}

/// A name of a lab, an executive or an event: an id of ours in a stored run, any text in a simulation.
pub trait Key: Clone + Ord + std::fmt::Debug {}

impl<T: Clone + Ord + std::fmt::Debug> Key for T {}
