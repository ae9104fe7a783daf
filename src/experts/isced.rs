//! Fields of education and training: ISCED-F 2013 (UNESCO Institute for Statistics), 11 broad fields of two
//! digits, 29 narrow ones of three, 80 detailed ones of four. A code begins with the code of the field it lies in.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::LazyLock;

use crate::kernel::text::Unfit;
use crate::{checked_text, words};

words!(
    /// How fine a field is.
    FieldLevel { Broad = "broad", Narrow = "narrow", Detailed = "detailed" }
);

/// A field of the classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Two digits are broad, three narrow, four detailed.
    pub level: FieldLevel,
    /// Its name in English.
    pub label: String,
}

static FIELDS: LazyLock<BTreeMap<String, Field>> = LazyLock::new(|| {
    // A line that cannot be read would be a fault of this file alone; the tests count what was read.
    csv::Reader::from_reader(include_str!("isced_f_2013.csv").as_bytes())
        .deserialize::<(String, FieldLevel, String)>()
        .filter_map(Result::ok)
        .map(|(code, level, label)| (code, Field { level, label }))
        .collect()
});

/// The field of this code.
pub fn find_field(code: &str) -> Option<&'static Field> {
    FIELDS.get(code)
}

/// Every code and its field, in the order of the codes.
pub fn list_fields() -> impl Iterator<Item = (&'static str, &'static Field)> {
    FIELDS.iter().map(|(code, field)| (code.as_str(), field))
}

/// Whether the classification has this code.
pub fn is_known(code: &str) -> bool {
    FIELDS.contains_key(code)
}

/// Whether the field `code` is the field `within` or lies in it; `0512` is within `051` and `05`.
pub fn is_within(code: &str, within: &str) -> bool {
    is_known(code) && is_known(within) && code.starts_with(within)
}

checked_text!(
    /// A code that ISCED-F 2013 has.
    FieldCode,
    "ISCED-F 2013 code of a broad (2 digits), narrow (3) or detailed (4) field",
    "^[0-9]{2,4}$"
);

impl FieldCode {
    /// Whether this field is the other or lies in it.
    pub fn is_within(&self, other: &FieldCode) -> bool {
        is_within(&self.0, &other.0)
    }

    /// Its name in English.
    pub fn label(&self) -> &'static str {
        find_field(&self.0).map_or("", |field| &field.label)
    }
}

impl FromStr for FieldCode {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit { code: "unknown_field", detail: "write an ISCED-F 2013 code of two to four digits" };
        is_known(text).then(|| Self(text.to_owned())).ok_or(unfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classification_is_whole() {
        let count = |level| list_fields().filter(|(_, field)| field.level == level).count();
        assert_eq!((count(FieldLevel::Broad), count(FieldLevel::Narrow), count(FieldLevel::Detailed)), (11, 29, 80));
        for (code, field) in list_fields() {
            let digits = FieldLevel::ALL.iter().position(|level| *level == field.level).unwrap() + 2;
            assert_eq!(code.len(), digits, "{code}");
            assert!(code.len() == 2 || is_known(&code[..code.len() - 1]), "{code}");
        }
        assert_eq!(find_field("0212").unwrap().label, "Fashion, interior and industrial design");
    }

    #[test]
    fn a_field_lies_in_those_its_code_begins_with() {
        assert!(is_within("0512", "05") && is_within("0512", "051") && is_within("0512", "0512"));
        assert!(!is_within("051", "0512") && !is_within("0512", "052") && !is_within("0512", "0"));
        assert!(!is_within("0599", "05") && !is_within("0512", ""));
    }

    #[test]
    fn only_known_codes_are_codes() {
        assert_eq!("0421".parse::<FieldCode>().unwrap().label(), "Law");
        for text in ["", "5", "51", "051 ", "0599", "05111", "law"] {
            assert!(text.parse::<FieldCode>().is_err(), "{text}");
        }
        assert_eq!(serde_json::from_str::<FieldCode>("\"051\"").unwrap().as_str(), "051");
        assert!(serde_json::from_str::<FieldCode>("\"059\"").unwrap_err().to_string().starts_with("unknown_field: "));
    }
}
