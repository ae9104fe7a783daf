//! Who is paid in a batch, how much, what is withheld, and who must wait and why.
#![deny(clippy::arithmetic_side_effects)]

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::Decimal;

use crate::experts::payout_method::Rail;
use crate::experts::tax_form::{TaxHold, TaxStanding, withholding_rate};
use crate::kernel::money::MoneyError;
use crate::kernel::{Currency, ExpertId, Money};
use crate::words;

words!(
    /// Why an item of a batch waits.
    HoldReason {
        NoPayoutMethod = "no_payout_method",
        NewBankDetails = "new_bank_details",
        TaxFormMissing = "tax_form_missing",
        TaxFormExpired = "tax_form_expired",
        PerformedInUs = "performed_in_us",
        Dispute = "dispute",
    }
);

words!(
    /// Why an expert has no item in a batch though something stands on their account.
    CarryReason { BelowMinimum = "below_minimum", Negative = "negative" }
);

/// Payouts below this are carried; in the units of any currency.
const MINIMUM: Decimal = Decimal::from_parts(50, 0, 0, false, 0);

/// What is asked of a batch.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// The batch's currency.
    pub currency: Currency,
    /// The batch's rails.
    pub rail: Rail,
    /// Gross amounts below it are carried to a later batch.
    pub minimum: Money,
    /// Now, for the age of bank details and tax forms.
    pub now: DateTime<Utc>,
}

/// An expert with something on their payable account.
#[derive(Debug, Clone, Copy)]
pub struct Candidate {
    /// Who.
    pub expert: ExpertId,
    /// Payable of everything effective up to the end of the cutoff day.
    pub payable_at_cutoff: Money,
    /// Payable as of now: what was paid or clawed back since the cutoff is not owed again.
    pub payable_now: Money,
    /// The payout method, if there is one.
    pub method: Option<MethodStanding>,
    /// The tax form, if there is one.
    pub tax: Option<TaxStanding>,
    /// A dispute over money already earned is open.
    pub disputed: bool,
}

/// What selection needs to know of a payout method.
#[derive(Debug, Clone, Copy)]
pub struct MethodStanding {
    /// The rails it goes by.
    pub rail: Rail,
    /// Until when changed details wait; see `experts::payout_method::held_until`.
    pub held_until: Option<DateTime<Utc>>,
}

/// An item to be: `held` if it has any hold, else `queued`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selected {
    /// Who is paid.
    pub expert: ExpertId,
    /// What leaves their payable account.
    pub gross: Money,
    /// What of it goes to the tax authority; nothing while the rate is not known.
    pub withheld: Money,
    /// What reaches them: gross − withheld.
    pub net: Money,
    /// Every reason to wait, in the order of `HoldReason`.
    pub holds: Vec<HoldReason>,
}

/// Somebody left out, whose balance stands for the next batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Who.
    pub expert: ExpertId,
    /// What stands.
    pub payable: Money,
    /// Why.
    pub reason: CarryReason,
}

/// A batch before anybody made it, in the order of the experts' ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Items, held ones among them.
    pub items: Vec<Selected>,
    /// Those left out.
    pub carried: Vec<Carried>,
}

/// The minimum where finance set none: 50 units of the currency.
pub fn default_minimum(currency: Currency) -> Result<Money, MoneyError> {
    Money::try_new(MINIMUM, currency)
}

/// The first moment that a cutoff day no longer covers: the day is UTC and inclusive.
pub fn cutoff_end(cutoff: NaiveDate) -> DateTime<Utc> {
    cutoff.succ_opt().unwrap_or(cutoff).and_time(NaiveTime::MIN).and_utc()
}

/// Decides about every candidate; those whose method goes by other rails belong to another batch and are passed over.
pub fn select(wanted: &Wanted, candidates: &[Candidate]) -> Result<Selection, MoneyError> {
    let mut selection = Selection::default();
    let mut ordered: Vec<&Candidate> = candidates.iter().collect();
    ordered.sort_by_key(|candidate| candidate.expert);
    ordered.dedup_by_key(|candidate| candidate.expert);
    for candidate in ordered {
        if candidate.method.is_some_and(|method| method.rail != wanted.rail) {
            continue;
        }
        let gross = owed(wanted, candidate)?;
        let reason = if gross.amount() < Decimal::ZERO { CarryReason::Negative } else { CarryReason::BelowMinimum };
        if gross.is_positive() && gross.amount() >= wanted.minimum.amount() {
            selection.items.push(item(wanted, candidate, gross)?);
        } else if !gross.is_zero() {
            selection.carried.push(Carried { expert: candidate.expert, payable: gross, reason });
        }
    }
    Ok(selection)
}

/// The lesser of both balances: a cutoff in the past must not pay again what a later batch has paid.
fn owed(wanted: &Wanted, candidate: &Candidate) -> Result<Money, MoneyError> {
    let Candidate { payable_at_cutoff: then, payable_now: now, .. } = *candidate;
    if [then, now, wanted.minimum].iter().any(|money| money.currency() != wanted.currency) {
        return Err(MoneyError::CurrencyMismatch);
    }
    Ok(if then.amount() < now.amount() { then } else { now })
}

fn item(wanted: &Wanted, candidate: &Candidate, gross: Money) -> Result<Selected, MoneyError> {
    let mut holds = Vec::new();
    match candidate.method {
        None => holds.push(HoldReason::NoPayoutMethod),
        Some(method) if method.held_until.is_some_and(|until| wanted.now < until) => {
            holds.push(HoldReason::NewBankDetails);
        }
        Some(_) => {}
    }
    let rate = withholding_rate(candidate.tax, wanted.now.date_naive());
    holds.extend(rate.err().map(HoldReason::from));
    if candidate.disputed {
        holds.push(HoldReason::Dispute);
    }
    let withheld = gross.share(rate.unwrap_or(Decimal::ZERO))?;
    Ok(Selected { expert: candidate.expert, gross, withheld, net: gross.checked_sub(withheld)?, holds })
}

impl From<TaxHold> for HoldReason {
    fn from(hold: TaxHold) -> Self {
        match hold {
            TaxHold::FormMissing => Self::TaxFormMissing,
            TaxHold::FormExpired => Self::TaxFormExpired,
            TaxHold::PerformedInUs => Self::PerformedInUs,
        }
    }
}

#[cfg(test)]
mod tests;
