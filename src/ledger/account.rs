//! The chart of accounts.

use crate::kernel::{AccountId, Currency, ExpertId, LabId};
use crate::words;

words!(
    /// What an account is for.
    AccountKind {
        Cash = "cash",
        LabAvailable = "lab_available",
        LabReserved = "lab_reserved",
        LabReturned = "lab_returned",
        Revenue = "revenue",
        Refunds = "refunds",
        CostOfExperts = "cost_of_experts",
        DirectCost = "direct_cost",
        ExpertPayable = "expert_payable",
        PayoutsInTransit = "payouts_in_transit",
        TaxWithheld = "tax_withheld",
        BankFees = "bank_fees",
        FxDifference = "fx_difference",
        Suspense = "suspense",
        CommissionExpense = "commission_expense",
        CommissionPayable = "commission_payable",
        CommissionAdvances = "commission_advances",
    }
);

impl AccountKind {
    /// Whether a debit makes it grow: cash, costs and what is still on its way to the bank.
    pub fn is_debit_normal(self) -> bool {
        matches!(
            self,
            Self::Cash
                | Self::Refunds
                | Self::CostOfExperts
                | Self::DirectCost
                | Self::BankFees
                | Self::FxDifference
                | Self::CommissionExpense
                | Self::CommissionAdvances
        )
    }
}

/// Names an account: its kind and currency, and whose it is where there is one for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey {
    /// What it is for.
    pub kind: AccountKind,
    /// What it is in.
    pub currency: Currency,
    /// The lab of a lab's account.
    pub lab: Option<LabId>,
    /// The expert of a payable.
    pub expert: Option<ExpertId>,
    /// The executive of a commission account.
    pub executive: Option<AccountId>,
}

impl AccountKey {
    /// The one account of this kind and currency.
    pub fn house(kind: AccountKind, currency: Currency) -> Self {
        Self { kind, currency, lab: None, expert: None, executive: None }
    }

    /// A lab's account.
    pub fn lab(kind: AccountKind, currency: Currency, lab: LabId) -> Self {
        Self { lab: Some(lab), ..Self::house(kind, currency) }
    }

    /// What is owed to an expert.
    pub fn payable(currency: Currency, expert: ExpertId) -> Self {
        Self { expert: Some(expert), ..Self::house(AccountKind::ExpertPayable, currency) }
    }

    /// An executive's commission account.
    pub fn executive(kind: AccountKind, currency: Currency, executive: AccountId) -> Self {
        Self { executive: Some(executive), ..Self::house(kind, currency) }
    }
}
