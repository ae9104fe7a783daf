//! Figures: how decimals are read from a body, computed with, and written.
//!
//! `Decimal` holds 28 digits. Sixteen before the point leave twelve behind it, so every unrounded figure is kept to
//! twelve decimals: sums and differences of such figures are exact, and the lines of a statement can add up.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use super::CommissionError;
use crate::kernel::form::Findings;
use crate::kernel::{Currency, Error, FieldError, Money};

/// Decimals of an unrounded figure.
pub const KEPT_DECIMALS: u32 = 12;

/// Sixteen digits before the point, the limit of an amount.
const LIMIT: Decimal = Decimal::from_parts(1_874_919_424, 2_328_306, 0, false, 0);

/// A decimal as a body writes it: a JSON string, never a number. Its syntax is judged with the rest of the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, pattern = r"^-?(0|[1-9]\d{0,15})(\.\d{1,10})?$", example = "0.20")]
pub struct DecimalText(pub String);

impl<'de> Deserialize<'de> for DecimalText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = DecimalText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal string such as \"0.20\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<DecimalText, E> {
                Ok(DecimalText(text.to_owned()))
            }
        }
        from.deserialize_any(Text)
    }
}

impl DecimalText {
    /// Nothing, the default of a component.
    pub fn zero() -> Self {
        Self("0".to_owned())
    }

    /// The amount in this currency, or a finding.
    pub fn money(&self, found: &mut Findings, pointer: &str, currency: Currency) -> Option<Money> {
        Money::parse(&self.0, currency).map_err(|error| note(found, pointer, &error)).ok()
    }

    /// A number of at most `decimals` decimals, or a finding.
    pub fn number(&self, found: &mut Findings, pointer: &str, decimals: usize) -> Option<Decimal> {
        let read = parse(&self.0, decimals);
        if read.is_none() {
            let detail = format!("write a plain decimal string with at most {decimals} decimals");
            found.add(pointer, "not_decimal", detail);
        }
        read
    }
}

/// Reads `-?(0|[1-9]\d{0,15})(\.\d{1,n})?`.
fn parse(text: &str, decimals: usize) -> Option<Decimal> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits(whole) && digits(part) && (whole == "0" || !whole.starts_with('0'));
    let fits = whole.len() <= 16 && part.len() <= decimals;
    (plain && fits).then(|| Decimal::from_str_exact(text).ok()).flatten()
}

/// Notes an error whose text is `code: detail`.
pub fn note(found: &mut Findings, pointer: &str, error: &impl fmt::Display) {
    let text = error.to_string();
    let (code, detail) = text.split_once(": ").unwrap_or(("invalid", &text));
    found
        .extend(pointer, vec![FieldError { pointer: String::new(), code: code.to_owned(), detail: detail.to_owned() }]);
}

/// What was found, or `value` if that is nothing.
pub fn judged<T>(found: Findings, value: Option<T>) -> Result<T, Vec<FieldError>> {
    match (found.done(), value) {
        (Ok(()), Some(value)) => Ok(value),
        (Err(Error::Invalid(errors)), _) => Err(errors),
        (_, _) => Err(vec![FieldError { pointer: String::new(), code: "invalid".to_owned(), detail: String::new() }]),
    }
}

/// A day written exactly `YYYY-MM-DD`; the calendar's own reader would take `2026-3-1` too.
pub fn day<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
    let read = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
    let read = read.filter(|day| text.len() == 10 && day.to_string() == *text);
    read.ok_or_else(|| serde::de::Error::custom("not_a_day: a day is written YYYY-MM-DD"))
}

/// A day or `null`.
pub fn day_or_null<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    #[derive(Deserialize)]
    struct Day(#[serde(deserialize_with = "day")] NaiveDate);
    Ok(Option::<Day>::deserialize(from)?.map(|day| day.0))
}

/// The moment a day begins, in UTC.
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// The sum, within sixteen digits before the point.
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, CommissionError> {
    a.checked_add(b).filter(|sum| sum.abs() < LIMIT).ok_or(CommissionError::Overflow)
}

/// The difference, within sixteen digits before the point.
pub fn sub(a: Decimal, b: Decimal) -> Result<Decimal, CommissionError> {
    a.checked_sub(b).filter(|rest| rest.abs() < LIMIT).ok_or(CommissionError::Overflow)
}

/// The product, kept to twelve decimals half to even, within sixteen digits before the point.
pub fn times(a: Decimal, b: Decimal) -> Result<Decimal, CommissionError> {
    let product = a.checked_mul(b).filter(|product| product.abs() < LIMIT).ok_or(CommissionError::Overflow)?;
    Ok(product.round_dp_with_strategy(KEPT_DECIMALS, RoundingStrategy::MidpointNearestEven))
}

/// An unrounded figure, written with at least the decimals of the currency and no idle zeros behind them.
pub fn written(figure: Decimal, currency: Currency) -> String {
    // A rounded negative keeps its sign at zero; nobody wants to read -0.00.
    let mut figure = if figure.is_zero() { Decimal::ZERO } else { figure.normalize() };
    if figure.scale() < currency.exponent() {
        figure.rescale(currency.exponent());
    }
    figure.to_string()
}
