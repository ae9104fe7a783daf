//! The worked examples of the minimum and of backup withholding, and every reason to wait.

use super::*;
use proptest::prelude::*;
use uuid::Uuid;

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn wanted() -> Wanted {
    let now = "2026-03-06T09:00:00Z".parse().unwrap();
    Wanted { currency: Currency::USD, rail: Rail::Ach, minimum: default_minimum(Currency::USD).unwrap(), now }
}

fn candidate(payable: Money) -> Candidate {
    Candidate {
        expert: ExpertId(Uuid::from_u128(1)),
        payable_at_cutoff: payable,
        payable_now: payable,
        method: Some(MethodStanding { rail: Rail::Ach, held_until: None }),
        tax: Some(TaxStanding::W9 { certified: true }),
        disputed: false,
    }
}

fn only(candidate: Candidate) -> Selected {
    let mut items = select(&wanted(), &[candidate]).unwrap().items;
    assert_eq!(items.len(), 1);
    items.remove(0)
}

#[test]
fn weekly_30_15_10_pays_0_0_55() {
    let mut payable = Money::zero(Currency::USD);
    let paid = ["30.00", "15.00", "10.00"].map(|earned| {
        payable = payable.checked_add(usd(earned)).unwrap();
        let selection = select(&wanted(), &[candidate(payable)]).unwrap();
        let net = selection.items.first().map_or(Money::zero(Currency::USD), |item| item.net);
        assert_eq!(selection.carried.len(), usize::from(net.is_zero()));
        payable = payable.checked_sub(net).unwrap();
        net
    });
    assert_eq!(paid, [usd("0.00"), usd("0.00"), usd("55.00")]);
    assert!(payable.is_zero());
}

#[test]
fn backup_withholding_of_1234_56_is_296_29() {
    let item = only(Candidate { tax: Some(TaxStanding::W9 { certified: false }), ..candidate(usd("1234.56")) });
    assert_eq!((item.gross, item.withheld, item.net), (usd("1234.56"), usd("296.29"), usd("938.27")));
    assert!(item.holds.is_empty());
}

#[test]
fn a_negative_balance_is_carried_and_nothing_is_left_out_of_sight() {
    let carried = select(&wanted(), &[candidate(usd("-12.00"))]).unwrap().carried;
    assert_eq!((carried[0].payable, carried[0].reason), (usd("-12.00"), CarryReason::Negative));
    let carried = select(&wanted(), &[candidate(usd("49.99"))]).unwrap().carried;
    assert_eq!(carried[0].reason, CarryReason::BelowMinimum);
    assert_eq!(select(&wanted(), &[candidate(usd("0.00"))]).unwrap(), Selection::default());
    assert_eq!(only(candidate(usd("50.00"))).net, usd("50.00"));
}

#[test]
fn what_was_paid_after_the_cutoff_is_not_paid_again() {
    let paid_since = Candidate { payable_now: usd("60.00"), ..candidate(usd("100.00")) };
    assert_eq!(only(paid_since).gross, usd("60.00"));
    let earned_since = Candidate { payable_now: usd("160.00"), ..candidate(usd("100.00")) };
    assert_eq!(only(earned_since).gross, usd("100.00"));
}

#[test]
fn every_reason_to_wait_is_told() {
    let full = candidate(usd("100.00"));
    let now = wanted().now;
    let method = |held_until| Some(MethodStanding { rail: Rail::Ach, held_until: Some(held_until) });
    let soon = now + chrono::TimeDelta::seconds(1);
    assert_eq!(only(Candidate { method: method(soon), ..full }).holds, [HoldReason::NewBankDetails]);
    assert!(only(Candidate { method: method(now), ..full }).holds.is_empty());
    let nothing = only(Candidate { method: None, tax: None, disputed: true, ..full });
    assert_eq!(nothing.holds, [HoldReason::NoPayoutMethod, HoldReason::TaxFormMissing, HoldReason::Dispute]);
    assert!(nothing.withheld.is_zero());
    let valid_until = now.date_naive();
    let w8 = |performed_in_us, valid_until| Some(TaxStanding::W8ben { performed_in_us, valid_until });
    assert!(only(Candidate { tax: w8(false, valid_until), ..full }).holds.is_empty());
    assert_eq!(only(Candidate { tax: w8(true, valid_until), ..full }).holds, [HoldReason::PerformedInUs]);
    let expired = Candidate { tax: w8(false, valid_until.pred_opt().unwrap()), ..full };
    assert_eq!(only(expired).holds, [HoldReason::TaxFormExpired]);
}

#[test]
fn other_rails_and_other_currencies_are_not_this_batch() {
    let sepa = Some(MethodStanding { rail: Rail::Sepa, held_until: None });
    assert_eq!(
        select(&wanted(), &[Candidate { method: sepa, ..candidate(usd("100.00")) }]).unwrap(),
        Selection::default()
    );
    let euros = Money::parse("100.00", "EUR".parse().unwrap()).unwrap();
    assert_eq!(select(&wanted(), &[candidate(euros)]), Err(MoneyError::CurrencyMismatch));
    let yen = default_minimum("JPY".parse().unwrap()).unwrap();
    assert_eq!(yen.to_string(), "50 JPY");
}

#[test]
fn the_cutoff_day_is_inclusive() {
    assert_eq!(cutoff_end("2026-02-28".parse().unwrap()).to_string(), "2026-03-01 00:00:00 UTC");
}

proptest! {
    #[test]
    fn gross_is_withheld_plus_net_and_order_does_not_matter(cents in prop::collection::vec((-100_000i64..1_000_000, any::<bool>()), 0..30)) {
        let mut all: Vec<Candidate> = (0u128..).zip(&cents).map(|(n, (cents, certified))| Candidate {
            expert: ExpertId(Uuid::from_u128(n)),
            tax: Some(TaxStanding::W9 { certified: *certified }),
            ..candidate(Money::try_new(Decimal::new(*cents, 2), Currency::USD).unwrap())
        }).collect();
        let one = select(&wanted(), &all).unwrap();
        for item in &one.items {
            prop_assert_eq!(item.withheld.checked_add(item.net).unwrap(), item.gross);
            prop_assert!(item.net.is_positive() && item.gross.amount() >= Decimal::from(50));
        }
        all.reverse();
        prop_assert_eq!(one, select(&wanted(), &all).unwrap());
    }
}
