//! A journal entry on its way into the books, and what it does to balances that authorise something.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{AccountKey, AccountKind};
use crate::kernel::money::MoneyError;
use crate::kernel::{AssignmentId, EntryId, ExpertId, LabId, Money, ProjectId};
use crate::words;

words!(
    /// Why money moved.
    EntryKind {
        Deposit = "deposit",
        Reservation = "reservation",
        Return = "return",
        Acceptance = "acceptance",
        Review = "review",
        Refund = "refund",
        Gold = "gold",
        Qualification = "qualification",
        DirectCost = "direct_cost",
        PayoutApproved = "payout_approved",
        PayoutCancelled = "payout_cancelled",
        PayoutSettled = "payout_settled",
        PayoutReturned = "payout_returned",
        BankLine = "bank_line",
        Commission = "commission",
    }
);

/// What an entry was made of: each source is posted at most once for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source {
    /// `assignment`, `deposit`, `payout_batch`, …
    pub kind: &'static str,
    /// Which one.
    pub id: Uuid,
}

/// A journal entry: one or more transfers that stand or fall together.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Why.
    pub kind: EntryKind,
    /// What of.
    pub source: Source,
    /// The day it counts for.
    pub effective_on: NaiveDate,
    /// The lab it is about.
    pub lab: Option<LabId>,
    /// A word for whoever reads the journal.
    pub memo: Option<String>,
    /// The entry that it undoes.
    pub reverses: Option<EntryId>,
    /// What moves; transfers of nothing are left out.
    pub transfers: Vec<Transfer>,
}

/// One amount from one account to another.
#[derive(Debug, Clone, Copy)]
pub struct Transfer {
    /// Where it comes in.
    pub debit: AccountKey,
    /// Where it comes from.
    pub credit: AccountKey,
    /// How much, more than nothing.
    pub amount: Money,
    /// The project it is about.
    pub project: Option<ProjectId>,
    /// The expert it is about.
    pub expert: Option<ExpertId>,
    /// The assignment it is about.
    pub assignment: Option<AssignmentId>,
}

impl Transfer {
    /// A transfer without dimensions.
    pub fn new(debit: AccountKey, credit: AccountKey, amount: Money) -> Self {
        Self { debit, credit, amount, project: None, expert: None, assignment: None }
    }

    /// The same, about a project.
    pub fn about_project(self, project: ProjectId) -> Self {
        Self { project: Some(project), ..self }
    }

    /// The same, about an expert's money.
    pub fn about_expert(self, expert: ExpertId) -> Self {
        Self { expert: Some(expert), ..self }
    }

    /// The same, about an expert's assignment.
    pub fn about_work(self, project: ProjectId, expert: ExpertId, assignment: AssignmentId) -> Self {
        Self { project: Some(project), expert: Some(expert), assignment: Some(assignment), ..self }
    }
}

/// What the transfers do to the accounts that carry a balance: labs' available funds, which a credit makes grow.
pub(super) fn balance_changes(transfers: &[Transfer]) -> Result<BTreeMap<AccountKey, Decimal>, MoneyError> {
    let mut changes = BTreeMap::new();
    for transfer in transfers {
        let amount = transfer.amount.amount();
        for (account, change) in [(transfer.credit, Some(amount)), (transfer.debit, Decimal::ZERO.checked_sub(amount))]
        {
            if account.kind == AccountKind::LabAvailable {
                let change = change.ok_or(MoneyError::Overflow)?;
                let sum: &mut Decimal = changes.entry(account).or_default();
                *sum = sum.checked_add(change).ok_or(MoneyError::Overflow)?;
            }
        }
    }
    Ok(changes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::Currency;

    proptest! {
        /// Whatever is posted, debits equal credits: a line is both at once. What is left to prove is that balances
        /// follow the lines.
        #[test]
        fn balances_follow_the_lines(moves in prop::collection::vec((0u128..4, 0u128..4, 1i64..1_000_000), 1..40)) {
            let account = |n: u128| match n {
                0 => AccountKey::house(AccountKind::Cash, Currency::USD),
                1 => AccountKey::lab(AccountKind::LabReserved, Currency::USD, LabId(Uuid::from_u128(9))),
                n => AccountKey::lab(AccountKind::LabAvailable, Currency::USD, LabId(Uuid::from_u128(n))),
            };
            let transfers: Vec<Transfer> = moves
                .iter()
                .filter(|(debit, credit, _)| debit != credit)
                .map(|(debit, credit, cents)| {
                    let amount = Money::try_new(Decimal::new(*cents, 2), Currency::USD).unwrap();
                    Transfer::new(account(*debit), account(*credit), amount)
                })
                .collect();
            let changes = balance_changes(&transfers).unwrap();
            for n in 2..4 {
                let sum = |side: fn(&Transfer) -> AccountKey| -> Decimal {
                    transfers.iter().filter(|t| side(t) == account(n)).map(|t| t.amount.amount()).sum()
                };
                let expected = sum(|t| t.credit).checked_sub(sum(|t| t.debit)).unwrap();
                prop_assert_eq!(changes.get(&account(n)).copied().unwrap_or_default(), expected);
            }
        }
    }
}
