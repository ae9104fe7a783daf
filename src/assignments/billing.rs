//! What an acceptance bills, pays and gives back. A slot's price was reserved when the work was posted.
#![deny(clippy::arithmetic_side_effects)]

use crate::kernel::Money;
use crate::kernel::money::MoneyError;
use crate::projects::words::Pricing;

/// The figures of one acceptance: `billed + returned` is the slot's price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bill {
    /// What the lab pays.
    pub billed: Money,
    /// What was reserved for the slot and not used.
    pub returned: Money,
    /// What the expert earns.
    pub paid: Money,
}

impl Bill {
    /// The same work at the house's cost: the expert is paid, the lab is not billed, and nothing had been reserved.
    pub fn at_house_cost(self) -> Self {
        let nothing = Money::zero(self.billed.currency());
        Self { billed: nothing, returned: nothing, ..self }
    }
}

/// What was fixed when the task was posted and when it was claimed.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// What the rates are for.
    pub pricing: Pricing,
    /// What the lab pays for a task or an hour.
    pub bill_rate: Money,
    /// What the expert earns for a task or an hour.
    pub pay_rate: Money,
    /// What was reserved for the slot.
    pub slot_price: Money,
}

impl Terms {
    /// The bill of work that took so many seconds, which count for hourly work alone.
    pub fn bill(&self, seconds: i64) -> Result<Bill, MoneyError> {
        let (wanted, paid) = match self.pricing {
            Pricing::PerTask => (self.slot_price, self.pay_rate),
            Pricing::PerHour => (self.bill_rate.for_seconds(seconds)?, self.pay_rate.for_seconds(seconds)?),
        };
        // Never more than was reserved, whatever the seconds say.
        let billed = if wanted.amount() > self.slot_price.amount() { self.slot_price } else { wanted };
        Ok(Bill { billed, returned: self.slot_price.checked_sub(billed)?, paid })
    }
}

/// Why reported time is not billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLong {
    /// Over the project's limit.
    #[error("the versions take more seconds together than the {0} that are paid for")]
    Paid(i64),
    /// Over what the leases lasted.
    #[error("the versions take more seconds together than the {0} of their leases")]
    Leased(i64),
}

/// Judges hourly work: the seconds of all versions against what is paid for and against how long it was leased.
pub fn judge_seconds(total: i64, max_seconds: i64, leased_seconds: i64) -> Result<(), TooLong> {
    if total > max_seconds {
        return Err(TooLong::Paid(max_seconds));
    }
    if total > leased_seconds {
        return Err(TooLong::Leased(leased_seconds));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::kernel::Currency;

    fn usd(cents: i64) -> Money {
        Money::try_new(Decimal::new(cents, 2), Currency::USD).unwrap()
    }

    #[test]
    fn a_task_is_billed_at_its_price_and_seven_minutes_by_the_second() {
        let task =
            Terms { pricing: Pricing::PerTask, bill_rate: usd(20_000), pay_rate: usd(12_000), slot_price: usd(20_000) };
        assert_eq!(task.bill(9_999).unwrap(), Bill { billed: usd(20_000), returned: usd(0), paid: usd(12_000) });
        let hour =
            Terms { pricing: Pricing::PerHour, bill_rate: usd(9_000), pay_rate: usd(5_500), slot_price: usd(9_000) };
        assert_eq!(hour.bill(420).unwrap(), Bill { billed: usd(1_050), returned: usd(7_950), paid: usd(642) });
        assert_eq!(hour.bill(0).unwrap(), Bill { billed: usd(0), returned: usd(9_000), paid: usd(0) });
    }

    #[test]
    fn rework_is_paid_and_not_billed() {
        let task =
            Terms { pricing: Pricing::PerTask, bill_rate: usd(20_000), pay_rate: usd(12_000), slot_price: usd(20_000) };
        let bill = task.bill(60).unwrap().at_house_cost();
        assert_eq!(bill, Bill { billed: usd(0), returned: usd(0), paid: usd(12_000) });
    }

    #[test]
    fn time_is_bounded_by_pay_and_lease() {
        assert_eq!(judge_seconds(600, 600, 600), Ok(()));
        assert_eq!(judge_seconds(601, 600, 900), Err(TooLong::Paid(600)));
        assert_eq!(judge_seconds(600, 600, 599), Err(TooLong::Leased(599)));
    }

    proptest! {
        #[test]
        fn nothing_reserved_is_lost_or_exceeded(
            rate in 1i64..10_000_000, pay in 1i64..10_000_000, max in 60i64..86_400, seconds in 0i64..100_000,
            hourly: bool,
        ) {
            let (pricing, price) = match hourly {
                true => (Pricing::PerHour, usd(rate).for_seconds(max).unwrap()),
                false => (Pricing::PerTask, usd(rate)),
            };
            let terms = Terms { pricing, bill_rate: usd(rate), pay_rate: usd(pay), slot_price: price };
            let bill = terms.bill(seconds).unwrap();
            prop_assert_eq!(bill.billed.checked_add(bill.returned).unwrap(), price);
            prop_assert!(bill.returned.amount() >= Decimal::ZERO && bill.billed.amount() >= Decimal::ZERO);
        }
    }
}
