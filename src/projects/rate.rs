//! A share between 0 and 1, read from its digits so that no float decides.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

/// A share from 0 to 1 with at most eight decimals; a JSON number, or its digits in a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(Decimal);

impl Rate {
    /// None.
    pub const NOTHING: Rate = Rate(Decimal::ZERO);
    /// One in ten.
    pub const TENTH: Rate = Rate(Decimal::from_parts(1, 0, 0, false, 1));

    /// A share as the database holds it.
    pub fn try_new(share: Decimal) -> Result<Self, &'static str> {
        if share < Decimal::ZERO || share > Decimal::ONE || share.normalize().scale() > 8 {
            return Err("out_of_range: 0 to 1 with at most 8 decimals");
        }
        Ok(Self(share))
    }

    /// The share.
    pub fn share(self) -> Decimal {
        self.0
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let digits = match Value::deserialize(from)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => return Err(serde::de::Error::custom("wrong_type: a number from 0 to 1")),
        };
        let share = Decimal::from_str_exact(&digits).map_err(|_| "out_of_range: a number from 0 to 1");
        share.and_then(Self::try_new).map_err(serde::de::Error::custom)
    }
}

impl Serialize for Rate {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.normalize().to_string();
        Number::from_str(&digits).map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

impl utoipa::PartialSchema for Rate {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Number)
            .description(Some("a share from 0 to 1 with at most 8 decimals"))
            .into()
    }
}

impl utoipa::ToSchema for Rate {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_read_and_written_as_a_number() {
        let read = |text: &str| serde_json::from_str::<Rate>(text);
        assert_eq!(serde_json::to_string(&read("0.25").unwrap()).unwrap(), "0.25");
        assert_eq!(read("\"0.10\"").unwrap(), Rate::TENTH);
        assert_eq!(serde_json::to_string(&read("1").unwrap()).unwrap(), "1");
        for wrong in ["1.01", "-0.1", "\"x\"", "0.123456789", "true", "null"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
