//! The worked figures of money and the properties of its splits.

use proptest::prelude::*;

use super::*;

fn usd(text: &str) -> Money {
    Money::parse(text, Currency::USD).unwrap()
}

fn dec(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn the_syntax_is_exact() {
    for wrong in ["", "1e3", "01", "+1", ".5", "1.", "1.234", "--1", " 1", "1,000", "NaN", "0x1", "12345678901234567"] {
        assert!(Money::parse(wrong, Currency::USD).is_err(), "{wrong}");
    }
    assert_eq!(usd("12.5").amount().to_string(), "12.50");
    assert_eq!(usd("-0.01").minor_units().unwrap(), -1);
    assert_eq!(usd("9999999999999999.99").amount().to_string(), "9999999999999999.99");
    let yen: Currency = "JPY".parse().unwrap();
    assert!(Money::parse("1.0", yen).is_err() && Money::parse("1", yen).is_ok());
    let dinar: Currency = "KWD".parse().unwrap();
    assert_eq!(Money::parse("1.5", dinar).unwrap().amount().to_string(), "1.500");
    assert!("XAU".parse::<Currency>().is_err() && "usd".parse::<Currency>().is_err());
}

#[test]
fn json_amounts_are_strings() {
    let read = |text: &str| serde_json::from_str::<Money>(text);
    assert_eq!(read(r#"{"amount":"12.50","currency":"USD"}"#).unwrap(), usd("12.50"));
    assert!(read(r#"{"amount":12.50,"currency":"USD"}"#).is_err());
    assert!(read(r#"{"amount":"12.505","currency":"USD"}"#).is_err());
    assert_eq!(serde_json::to_string(&usd("3")).unwrap(), r#"{"amount":"3.00","currency":"USD"}"#);
}

#[test]
fn hours_are_whole_seconds_rounded_half_to_even() {
    assert_eq!(usd("55.00").for_seconds(420).unwrap(), usd("6.42"));
    assert_eq!(Money::rounded(dec("0.125"), Currency::USD).unwrap(), usd("0.12"));
    assert_eq!(Money::rounded(dec("0.135"), Currency::USD).unwrap(), usd("0.14"));
    assert_eq!(usd("1234.56").share(dec("0.24")).unwrap(), usd("296.29"));
}

#[test]
fn the_worked_splits() {
    let thirds = [Decimal::ONE; 3];
    assert_eq!(usd("100000.00").split(&thirds).unwrap(), [usd("33333.34"), usd("33333.33"), usd("33333.33")]);
    let parts = usd("0.11").split(&[dec("10"), dec("45"), dec("45")]).unwrap();
    assert_eq!(parts, [usd("0.01"), usd("0.05"), usd("0.05")]);
    let yen: Currency = "JPY".parse().unwrap();
    let parts = Money::parse("100", yen).unwrap().split(&thirds).unwrap();
    assert_eq!(parts.iter().map(|part| part.amount().to_string()).collect::<Vec<_>>(), ["34", "33", "33"]);
    assert!(usd("1").split(&[]).is_err() && usd("1").split(&[Decimal::ZERO]).is_err());
}

proptest! {
    #[test]
    fn a_split_loses_and_makes_nothing(
        cents in -10_000_000_000i64..10_000_000_000,
        weights in prop::collection::vec(0u32..1_000, 1..12),
    ) {
        prop_assume!(weights.iter().any(|weight| *weight > 0));
        let whole = usd("0.00").of_minor(i128::from(cents)).unwrap();
        let total: u32 = weights.iter().sum();
        let weights: Vec<Decimal> = weights.into_iter().map(Decimal::from).collect();
        let parts = whole.split(&weights).unwrap();
        let sum = parts.iter().try_fold(usd("0"), |sum, part| sum.checked_add(*part)).unwrap();
        prop_assert_eq!(sum, whole);
        for (part, weight) in parts.iter().zip(&weights) {
            let exact = whole.amount() * weight / Decimal::from(total);
            prop_assert!((part.amount() - exact).abs() < dec("0.01"));
        }
    }

    #[test]
    fn what_is_written_is_read(cents in any::<i32>()) {
        let money = usd("0.00").of_minor(i128::from(cents)).unwrap();
        let text = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&text).unwrap(), money);
    }
}
