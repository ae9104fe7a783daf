//! Money: a decimal amount and an ISO 4217 currency. Checked arithmetic only (the operators of `Decimal` panic),
//! never a float, rounded half to even and only where a figure is posted.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt;
use std::str::FromStr;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why text or arithmetic gave no money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not `-?(0|[1-9]\d{0,15})(\.\d{1,n})?`.
    #[error("amount_not_decimal: write a plain decimal string such as \"12.50\", at most 16 digits before the point")]
    NotDecimal,
    /// More decimals than the currency has.
    #[error("amount_too_precise: the currency does not have that many decimals")]
    TooPrecise,
    /// Beyond sixteen digits before the point.
    #[error("amount_overflow: the amount is out of range")]
    Overflow,
    /// Two currencies met.
    #[error("currency_mismatch: both amounts must be in one currency")]
    CurrencyMismatch,
    /// Not a currency that money moves in.
    #[error("unknown_currency: write the three letters of an ISO 4217 currency")]
    UnknownCurrency,
}

/// An ISO 4217 currency that has minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// US dollars.
    pub const USD: Currency = Currency(iso_currency::Currency::USD);

    /// Decimals of the currency: JPY 0, USD 2, KWD 3.
    pub fn exponent(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.code().cmp(other.code())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let known = iso_currency::Currency::from_code(text).ok_or(MoneyError::UnknownCurrency)?;
        // Metals, bond units and the test code have no minor unit; XXX and its like are no money.
        known.exponent().map(|_| Self(known)).ok_or(MoneyError::UnknownCurrency)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl diesel::serialize::ToSql<diesel::sql_types::Text, diesel::pg::Pg> for Currency {
    fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>) -> diesel::serialize::Result {
        std::io::Write::write_all(out, self.code().as_bytes())?;
        Ok(diesel::serialize::IsNull::No)
    }
}

impl diesel::deserialize::FromSql<diesel::sql_types::Text, diesel::pg::Pg> for Currency {
    fn from_sql(bytes: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
        Ok(std::str::from_utf8(bytes.as_bytes())?.parse()?)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("ISO 4217 code of a currency with minor units"))
            .pattern(Some("^[A-Z]{3}$"))
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// An amount in a currency, never more precise than the currency's minor unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    amount: Decimal,
    currency: Currency,
}

/// Sixteen digits before the point.
const LIMIT: Decimal = Decimal::from_parts(1_874_919_424, 2_328_306, 0, false, 0);

impl Money {
    /// No money of this currency.
    pub fn zero(currency: Currency) -> Self {
        let mut amount = Decimal::ZERO;
        amount.rescale(currency.exponent());
        Self { amount, currency }
    }

    /// An amount that fits its currency exactly; nothing is rounded.
    pub fn try_new(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        if amount.abs() >= LIMIT {
            return Err(MoneyError::Overflow);
        }
        if amount.normalize().scale() > currency.exponent() {
            return Err(MoneyError::TooPrecise);
        }
        let mut amount = amount;
        amount.rescale(currency.exponent());
        Ok(Self { amount, currency })
    }

    /// A figure to be posted: rounded half to even to the minor unit.
    pub fn rounded(amount: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        Self::try_new(
            amount.round_dp_with_strategy(currency.exponent(), RoundingStrategy::MidpointNearestEven),
            currency,
        )
    }

    /// Reads `-?(0|[1-9]\d{0,15})(\.\d{1,n})?`, n the currency's decimals.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || (whole.len() > 1 && whole.starts_with('0')) {
            return Err(MoneyError::NotDecimal);
        }
        if whole.len() > 16 {
            return Err(MoneyError::Overflow);
        }
        if unsigned.contains('.') && decimals.len() > usize::try_from(currency.exponent()).unwrap_or(0) {
            return Err(MoneyError::TooPrecise);
        }
        Self::try_new(Decimal::from_str_exact(text).map_err(|_| MoneyError::NotDecimal)?, currency)
    }

    /// The amount, with as many decimals as the currency has.
    pub fn amount(self) -> Decimal {
        self.amount
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether it is more than nothing.
    pub fn is_positive(self) -> bool {
        self.amount > Decimal::ZERO
    }

    /// Whether it is nothing.
    pub fn is_zero(self) -> bool {
        self.amount.is_zero()
    }

    /// The sum, in one currency.
    pub fn checked_add(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        Self::try_new(self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// The difference, in one currency.
    pub fn checked_sub(self, other: Money) -> Result<Money, MoneyError> {
        self.same_currency(other)?;
        Self::try_new(self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// The product with a count, exact.
    pub fn checked_times(self, count: i64) -> Result<Money, MoneyError> {
        Self::try_new(self.amount.checked_mul(Decimal::from(count)).ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// `self × rate`, rounded half to even.
    pub fn share(self, rate: Decimal) -> Result<Money, MoneyError> {
        Self::rounded(self.amount.checked_mul(rate).ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// What an hourly rate earns in whole seconds, rounded half to even: 7 minutes at 55.00 an hour are 6.42.
    pub fn for_seconds(self, seconds: i64) -> Result<Money, MoneyError> {
        let product = self.amount.checked_mul(Decimal::from(seconds)).ok_or(MoneyError::Overflow)?;
        Self::rounded(product.checked_div(Decimal::from(3600)).ok_or(MoneyError::Overflow)?, self.currency)
    }

    /// Splits by weights without losing or making a minor unit: largest remainder, ties to the earlier weight.
    ///
    /// 100,000.00 in thirds is 33,333.34, 33,333.33, 33,333.33. Weights must not be negative and not all be zero.
    pub fn split(self, weights: &[Decimal]) -> Result<Vec<Money>, MoneyError> {
        let total = weights.iter().try_fold(Decimal::ZERO, |sum, weight| sum.checked_add(*weight));
        let total = total.filter(|sum| *sum > Decimal::ZERO).ok_or(MoneyError::NotDecimal)?;
        if weights.iter().any(Decimal::is_sign_negative) {
            return Err(MoneyError::NotDecimal);
        }
        let minor = self.minor_units()?;
        let sign: i128 = if minor < 0 { -1 } else { 1 };
        let size = Decimal::from_i128_with_scale(minor.saturating_abs(), 0);
        let mut parts = Vec::with_capacity(weights.len());
        for (place, weight) in weights.iter().enumerate() {
            let exact = size.checked_mul(*weight).and_then(|product| product.checked_div(total));
            let exact = exact.ok_or(MoneyError::Overflow)?;
            let floor = exact.floor();
            let remainder = exact.checked_sub(floor).ok_or(MoneyError::Overflow)?;
            parts.push((place, floor.mantissa(), remainder));
        }
        let given: i128 = parts.iter().map(|(_, floor, _)| *floor).sum();
        let left = usize::try_from(minor.saturating_abs().saturating_sub(given)).map_err(|_| MoneyError::Overflow)?;
        parts.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(&b.0)));
        for (_, floor, _) in parts.iter_mut().take(left) {
            *floor = floor.saturating_add(1);
        }
        parts.sort_by_key(|(place, ..)| *place);
        parts.into_iter().map(|(_, units, _)| self.of_minor(units.saturating_mul(sign))).collect()
    }

    /// The amount as whole minor units (cents).
    pub fn minor_units(self) -> Result<i128, MoneyError> {
        let mut amount = self.amount;
        amount.rescale(self.currency.exponent());
        Ok(amount.mantissa())
    }

    fn of_minor(self, units: i128) -> Result<Money, MoneyError> {
        let amount = Decimal::try_from_i128_with_scale(units, self.currency.exponent());
        Self::try_new(amount.map_err(|_| MoneyError::Overflow)?, self.currency)
    }

    fn same_currency(self, other: Money) -> Result<(), MoneyError> {
        if self.currency == other.currency { Ok(()) } else { Err(MoneyError::CurrencyMismatch) }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut body = to.serialize_struct("Money", 2)?;
        body.serialize_field("amount", &self.amount.to_string())?;
        body.serialize_field("currency", self.currency.code())?;
        body.end()
    }
}

/// The amount of a body: a string, never a JSON number.
struct AmountText(String);

impl<'de> Deserialize<'de> for AmountText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Text;
        impl serde::de::Visitor<'_> for Text {
            type Value = AmountText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal string such as \"12.50\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<AmountText, E> {
                Ok(AmountText(text.to_owned()))
            }
        }
        from.deserialize_any(Text)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoneyBody {
    amount: AmountText,
    currency: Currency,
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let body = MoneyBody::deserialize(from)?;
        Self::parse(&body.amount.0, body.currency).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Money {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        let amount = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("decimal string with at most the currency's decimals; never a JSON number"))
            .pattern(Some(r"^-?(0|[1-9]\d{0,15})(\.\d{1,4})?$"));
        utoipa::openapi::ObjectBuilder::new()
            .property("amount", amount)
            .property("currency", Currency::schema())
            .required("amount")
            .required("currency")
            .description(Some("an exact amount of money"))
            .into()
    }
}

impl utoipa::ToSchema for Money {}

impl From<MoneyError> for super::Error {
    /// Arithmetic on amounts that were accepted before does not fail; where it does, it is our fault.
    fn from(error: MoneyError) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, reason = "a test that overflows has failed as it should")]
mod tests;
