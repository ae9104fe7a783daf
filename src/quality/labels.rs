//! Labels within answers: found by their pointers, and written so that equal values are equal texts. Answers are read
//! from their digits: no number is passed through a float.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::projects::brief::Label;
use crate::projects::words::LabelLevel;

/// What an answer says for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelValue {
    /// Of a nominal label: any JSON value, in its canonical text.
    Nominal(String),
    /// Of any other.
    Number(Decimal),
}

/// The labels of an answer, each with its place in the project's list. One that is missing, or is no number where a number
/// is asked for, is left out.
pub fn extract(labels: &[Label], answer: &RawValue) -> Vec<(i16, LabelValue)> {
    let found = labels.iter().enumerate().filter_map(|(place, label)| {
        let place = i16::try_from(place).ok()?;
        let value = at(answer, &label.pointer)?;
        let value = match label.level {
            LabelLevel::Nominal => LabelValue::Nominal(canonical(value)),
            LabelLevel::Ordinal | LabelLevel::Interval | LabelLevel::Ratio => LabelValue::Number(number(value)?),
        };
        Some((place, value))
    });
    found.collect()
}

/// Where a JSON pointer (RFC 6901) leads.
pub fn at<'v>(value: &'v RawValue, pointer: &str) -> Option<&'v RawValue> {
    let mut here = value;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        here = match Shape::of(here) {
            Shape::Object(members) => members.get(&token).copied()?,
            // An index has no sign and no spare zero.
            Shape::Array(items) => {
                let index: usize = token.parse().ok()?;
                items.get(index).copied().filter(|_| index.to_string() == token)?
            }
            Shape::Text(_) | Shape::Number(_) | Shape::Word(_) => return None,
        };
    }
    Some(here)
}

/// A JSON value as the text that every writing of it shares: members by name, no space, numbers by their value.
pub fn canonical(value: &RawValue) -> String {
    let mut text = String::new();
    write(value, &mut text);
    text
}

/// Whether two JSON values are equal: the order of members and the writing of numbers and strings do not matter.
pub fn same(one: &RawValue, other: &RawValue) -> bool {
    canonical(one) == canonical(other)
}

/// One level of a JSON value.
enum Shape<'v> {
    Object(BTreeMap<String, &'v RawValue>),
    Array(Vec<&'v RawValue>),
    Text(String),
    Number(&'v str),
    Word(&'v str),
}

impl<'v> Shape<'v> {
    fn of(value: &'v RawValue) -> Self {
        let text = value.get();
        // What has been stored was found to be JSON when it came; were it not, it would be like nothing else.
        let read = match text.as_bytes().first() {
            Some(b'{') => serde_json::from_str(text).map(Shape::Object),
            Some(b'[') => serde_json::from_str(text).map(Shape::Array),
            Some(b'"') => serde_json::from_str(text).map(Shape::Text),
            Some(b't' | b'f' | b'n') => Ok(Shape::Word(text)),
            _ => Ok(Shape::Number(text)),
        };
        read.unwrap_or(Shape::Word(text))
    }
}

fn write(value: &RawValue, out: &mut String) {
    match Shape::of(value) {
        Shape::Object(members) => {
            out.push('{');
            for (place, (name, member)) in members.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_text(name, out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        Shape::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Shape::Text(text) => write_text(&text, out),
        Shape::Number(text) => out.push_str(&plain(text)),
        Shape::Word(text) => out.push_str(text),
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

/// A number's text without what does not matter: `-1.50e3` is `-15e2`, and every zero is `0e0`.
fn plain(text: &str) -> String {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{part}");
    let shown = digits.trim_start_matches('0').trim_end_matches('0');
    let spare = digits.len().saturating_sub(digits.trim_end_matches('0').len());
    // An exponent beyond this is no number that anybody counts with; its own digits then tell it apart.
    let Ok(exponent) = exponent.parse::<i64>() else { return format!("{negative} {digits} {exponent}") };
    let count = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let exponent = exponent.saturating_sub(count(part.len())).saturating_add(count(spare));
    match shown {
        "" => "0e0".to_owned(),
        _ if negative => format!("-{shown}e{exponent}"),
        _ => format!("{shown}e{exponent}"),
    }
}

/// A number of at most 28 digits.
fn number(value: &RawValue) -> Option<Decimal> {
    let Shape::Number(text) = Shape::of(value) else { return None };
    let text = plain(text);
    let (digits, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok().filter(|exponent| (-28..=28).contains(exponent))?;
    let zeros = "0".repeat(usize::try_from(exponent).unwrap_or(0));
    let digits = Decimal::from_str_exact(&format!("{digits}{zeros}")).ok()?;
    let scale = exponent.min(0).unsigned_abs();
    let number = Decimal::try_from_i128_with_scale(digits.mantissa(), scale).ok()?;
    Some(number.normalize())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn label(pointer: &str, level: LabelLevel) -> Label {
        Label { name: "l".to_owned(), pointer: pointer.to_owned(), level }
    }

    #[test]
    fn numbers_are_equal_by_value_and_strings_by_meaning() {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("-0.50", "-5E-1"),
            ("0", "-0.000e7"),
            ("100", "1e+2"),
            (r#"{"a":1,"b":[true,null]}"#, r#"{ "b" : [ true, null ], "a" : 1.00 }"#),
            (r#""a""#, r#""\u0061""#),
            ("123456789012345678901234567890", "12345678901234567890123456789e1"),
        ] {
            assert!(same(&raw(one), &raw(other)), "{one} {other}");
        }
        for (one, other) in [
            ("1", "\"1\""),
            ("1", "-1"),
            ("[1,2]", "[2,1]"),
            ("{}", "[]"),
            ("123456789012345678901", "123456789012345678902"),
            ("null", "0"),
        ] {
            assert!(!same(&raw(one), &raw(other)), "{one} {other}");
        }
    }

    #[test]
    fn labels_are_found_by_pointer_and_read_by_level() {
        let answer = raw(r#"{"verdict":"OK","scores":[{"a/b":4.50},7],"n":null}"#);
        let labels = [
            label("/verdict", LabelLevel::Nominal),
            label("/scores/0/a~1b", LabelLevel::Ratio),
            label("/scores/01", LabelLevel::Ordinal),
            label("/scores/1", LabelLevel::Ordinal),
            label("/verdict", LabelLevel::Interval),
            label("/missing", LabelLevel::Nominal),
            label("", LabelLevel::Nominal),
        ];
        let found = extract(&labels, &answer);
        assert_eq!(found[0], (0, LabelValue::Nominal("\"OK\"".to_owned())));
        assert_eq!(found[1], (1, LabelValue::Number(Decimal::new(45, 1))));
        assert_eq!(found[2], (3, LabelValue::Number(Decimal::from(7))));
        assert_eq!(found[3].0, 6);
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn a_number_too_large_to_be_kept_is_no_label() {
        let read = |text: &str| number(&raw(text));
        assert_eq!(read("1e28"), Decimal::from_str_exact("10000000000000000000000000000").ok());
        assert_eq!(read("-12.5e-2"), Some(Decimal::new(-125, 3)));
        assert_eq!((read("1e400"), read("1e29"), read("1e-29"), read("\"1\"")), (None, None, None, None));
        assert_eq!(read(&"9".repeat(40)), None);
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec(("[a-c]", inner), 0..3).prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// The canonical text is JSON that says the same, and so its own canonical text.
        #[test]
        fn canonical_text_says_the_same(one in value(), other in value()) {
            let (a, b) = (raw(&one.to_string()), raw(&serde_json::to_string_pretty(&other).unwrap()));
            prop_assert_eq!(same(&a, &b), one == other);
            prop_assert_eq!(canonical(&raw(&canonical(&a))), canonical(&a));
        }

        #[test]
        fn how_a_number_is_written_does_not_matter(digits in -1_000_000i64..1_000_000, scale in 0u32..12) {
            let number = Decimal::new(digits, scale);
            let (text, exponent) = (number.to_string(), format!("{digits}e-{scale}"));
            prop_assert_eq!(super::number(&raw(&text)), Some(number.normalize()));
            prop_assert!(same(&raw(&text), &raw(&exponent)));
            let labels = [label("/x", LabelLevel::Ratio)];
            let answer = raw(&json!({"y": 1}).to_string());
            prop_assert!(extract(&labels, &answer).is_empty());
        }
    }
}
