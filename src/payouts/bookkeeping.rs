//! What an approval and a line of the bank do to the books.
//!
//! An item moves its net amount from what is owed into transit and its withheld tax to what the tax authority is owed;
//! the bank's word takes the net out of transit; a return restores both, for what did not arrive was not paid and nothing
//! of it is withheld. Whatever an item does not explain is a bank fee or waits in suspense.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::HashMap;

use rust_decimal::Decimal;

use super::matching::{Break, BreakKind, Effect, Verdict};
use crate::kernel::{Currency, Error, ExpertId, Money, PayoutId, Result};
use crate::ledger::{AccountKey, AccountKind, EntryKind, Transfer};

/// What the books know of a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payable {
    /// Who is paid.
    pub expert: ExpertId,
    /// What reaches them.
    pub net: Money,
    /// What of their pay is withheld beside it.
    pub withheld: Money,
}

/// A line's share of a journal entry.
#[derive(Debug, Clone)]
pub struct Booking {
    /// The entry's kind.
    pub kind: EntryKind,
    /// What moves, at least one transfer.
    pub transfers: Vec<Transfer>,
}

fn house(kind: AccountKind, currency: Currency) -> AccountKey {
    AccountKey::house(kind, currency)
}

/// What an approved item moves.
pub fn approved(item: Payable) -> [Transfer; 2] {
    let currency = item.net.currency();
    let owed = AccountKey::payable(currency, item.expert);
    [
        Transfer::new(owed, house(AccountKind::PayoutsInTransit, currency), item.net),
        Transfer::new(owed, house(AccountKind::TaxWithheld, currency), item.withheld),
    ]
    .map(|transfer| transfer.about_expert(item.expert))
}

/// The same with the sides exchanged: an approval that is voided.
pub fn voided(item: Payable) -> [Transfer; 2] {
    approved(item).map(|transfer| Transfer { debit: transfer.credit, credit: transfer.debit, ..transfer })
}

fn settled(item: Payable) -> Transfer {
    let currency = item.net.currency();
    Transfer::new(house(AccountKind::PayoutsInTransit, currency), house(AccountKind::Cash, currency), item.net)
        .about_expert(item.expert)
}

fn returned(item: Payable) -> [Transfer; 2] {
    let currency = item.net.currency();
    let owed = AccountKey::payable(currency, item.expert);
    [
        Transfer::new(house(AccountKind::Cash, currency), owed, item.net),
        Transfer::new(house(AccountKind::TaxWithheld, currency), owed, item.withheld),
    ]
    .map(|transfer| transfer.about_expert(item.expert))
}

/// A difference from the account's point of view: what was taken is explained by `account`, what came in stands there.
fn difference(difference: Money, account: AccountKind) -> Result<Transfer> {
    let currency = difference.currency();
    let (account, cash) = (house(account, currency), house(AccountKind::Cash, currency));
    if difference.amount() < Decimal::ZERO {
        let taken = Money::zero(currency).checked_sub(difference)?;
        Ok(Transfer::new(account, cash, taken))
    } else {
        Ok(Transfer::new(cash, account, difference))
    }
}

/// What a line does to the books; `None` where it was booked before.
pub fn booking(verdict: &Verdict, payouts: &HashMap<PayoutId, Payable>) -> Result<Option<Booking>> {
    let known = |payout: &PayoutId| payouts.get(payout).copied().ok_or_else(|| Error::internal("an unknown payout"));
    match verdict {
        Verdict::AlreadyImported => Ok(None),
        Verdict::Matched { items, .. } => {
            let transfers = items.iter().map(|item| known(item).map(settled)).collect::<Result<_>>()?;
            Ok(Some(Booking { kind: EntryKind::PayoutSettled, transfers }))
        }
        Verdict::Break(one) => of_break(one, known).map(Some),
    }
}

fn of_break(one: &Break, known: impl Fn(&PayoutId) -> Result<Payable>) -> Result<Booking> {
    let item = || one.item.as_ref().ok_or_else(|| Error::internal("a break moves an item and names none"));
    let (kind, mut transfers, rest) = match one.effect {
        Effect::None => (EntryKind::BankLine, Vec::new(), AccountKind::Suspense),
        Effect::Settles if one.kind == BreakKind::Fee => {
            (EntryKind::PayoutSettled, vec![settled(known(item()?)?)], AccountKind::BankFees)
        }
        Effect::Settles => (EntryKind::PayoutSettled, vec![settled(known(item()?)?)], AccountKind::Suspense),
        // What a return falls short by is the bank's charge for it.
        Effect::Returns => (EntryKind::PayoutReturned, returned(known(item()?)?).to_vec(), AccountKind::BankFees),
    };
    if !one.difference.is_zero() {
        transfers.push(difference(one.difference, rest)?);
    }
    Ok(Booking { kind, transfers })
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows has failed as it should")]
mod tests {
    use super::*;
    use crate::payouts::matching::MatchKind;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn usd(text: &str) -> Money {
        Money::parse(text, Currency::USD).unwrap()
    }

    fn item() -> Payable {
        Payable { expert: ExpertId(Uuid::from_u128(1)), net: usd("76.00"), withheld: usd("24.00") }
    }

    /// Debits less credits of each account.
    fn turnover(transfers: &[Transfer]) -> BTreeMap<AccountKind, Decimal> {
        let mut sums: BTreeMap<AccountKind, Decimal> = BTreeMap::new();
        for transfer in transfers {
            *sums.entry(transfer.debit.kind).or_default() += transfer.amount.amount();
            *sums.entry(transfer.credit.kind).or_default() -= transfer.amount.amount();
        }
        sums.retain(|_, sum| !sum.is_zero());
        sums
    }

    fn booked(verdict: Verdict) -> Vec<Transfer> {
        let payouts = HashMap::from([(PayoutId(Uuid::nil()), item())]);
        booking(&verdict, &payouts).unwrap().unwrap().transfers
    }

    fn broken(kind: BreakKind, effect: Effect, difference: &str) -> Verdict {
        let item = (effect != Effect::None).then(|| PayoutId(Uuid::nil()));
        Verdict::Break(Break { kind, item, effect, difference: usd(difference), candidates: Vec::new() })
    }

    fn is(transfers: &[Transfer], expected: &[(AccountKind, &str)]) {
        let expected: BTreeMap<_, _> = expected.iter().map(|(kind, sum)| (*kind, usd(sum).amount())).collect();
        assert_eq!(turnover(transfers), expected);
    }

    #[test]
    fn an_approval_takes_the_gross_and_its_end_restores_it() {
        use AccountKind::*;
        is(&approved(item()), &[(ExpertPayable, "100.00"), (PayoutsInTransit, "-76.00"), (TaxWithheld, "-24.00")]);
        is(&[approved(item()), voided(item())].concat(), &[]);
    }

    #[test]
    fn transit_ends_at_nothing_whatever_the_bank_says() {
        use AccountKind::*;
        let whole = Verdict::Matched { items: vec![PayoutId(Uuid::nil())], kind: MatchKind::EndToEndId };
        let paid = [approved(item()).to_vec(), booked(whole)].concat();
        is(&paid, &[(ExpertPayable, "100.00"), (TaxWithheld, "-24.00"), (Cash, "-76.00")]);
        let fee = booked(broken(BreakKind::Fee, Effect::Settles, "-1.50"));
        is(&fee, &[(PayoutsInTransit, "76.00"), (BankFees, "1.50"), (Cash, "-77.50")]);
        let less = booked(broken(BreakKind::Amount, Effect::Settles, "6.00"));
        is(&less, &[(PayoutsInTransit, "76.00"), (Suspense, "-6.00"), (Cash, "-70.00")]);
        let back = booked(broken(BreakKind::Returned, Effect::Returns, "0.00"));
        is(&[paid, back].concat(), &[]);
        let short = booked(broken(BreakKind::Returned, Effect::Returns, "-5.00"));
        is(&short, &[(Cash, "71.00"), (BankFees, "5.00"), (ExpertPayable, "-100.00"), (TaxWithheld, "24.00")]);
    }

    #[test]
    fn what_nobody_expected_waits() {
        use AccountKind::*;
        is(&booked(broken(BreakKind::Unexpected, Effect::None, "-33.00")), &[(Suspense, "33.00"), (Cash, "-33.00")]);
        is(&booked(broken(BreakKind::Unexpected, Effect::None, "9.00")), &[(Suspense, "-9.00"), (Cash, "9.00")]);
    }
}
