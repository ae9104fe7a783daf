//! Which part of a file was asked for: `Range`, `If-Range` and `If-None-Match` of RFC 9110.

use std::ops::Range;

/// Most ranges of one header; more are an attack rather than a wish (RFC 9110 §17.15).
const MAX_RANGES: usize = 16;

/// The conditions that a reader sent, as they stand in the headers.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    /// `Range`.
    pub range: Option<String>,
    /// `If-Range`.
    pub if_range: Option<String>,
    /// `If-None-Match`.
    pub if_none_match: Option<String>,
}

/// What a reader is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    /// Nothing: they have it.
    NotModified,
    /// All of it.
    Whole,
    /// These bytes of it, at least one.
    Part(Range<u64>),
    /// Nothing of it lies within what was asked for.
    Nothing,
}

impl Conditions {
    /// What is given of a file of so many bytes under this strong ETag.
    pub fn select(&self, bytes: u64, etag: &str) -> Selected {
        if let Some(tags) = &self.if_none_match
            && tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
        {
            return Selected::NotModified;
        }
        let Some(range) = &self.range else { return Selected::Whole };
        // A weak tag or a date is no strong validator, so that such a reader is sent the whole (§13.1.5).
        if self.if_range.as_ref().is_some_and(|tag| tag.trim() != etag) {
            return Selected::Whole;
        }
        select(range, bytes)
    }
}

/// A header that cannot be read, or is in another unit, is as none (§14.2); several ranges that can be met are answered
/// with the whole, as §14.2 allows.
fn select(header: &str, bytes: u64) -> Selected {
    let Some((unit, set)) = header.split_once('=') else { return Selected::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Selected::Whole;
    }
    let wishes: Vec<&str> = set.split(',').map(str::trim).filter(|wish| !wish.is_empty()).collect();
    if wishes.is_empty() || wishes.len() > MAX_RANGES {
        return Selected::Whole;
    }
    let mut met = Vec::new();
    for wish in wishes {
        match one(wish, bytes) {
            Ok(part) => met.extend(part),
            Err(Malformed) => return Selected::Whole,
        }
    }
    match <[Range<u64>; 1]>::try_from(met) {
        Ok([part]) => Selected::Part(part),
        Err(met) if met.is_empty() => Selected::Nothing,
        Err(_) => Selected::Whole,
    }
}

struct Malformed;

/// One range (§14.1.2): `first-last`, `first-`, or `-suffix`; `None` where nothing of the file lies within it.
fn one(wish: &str, bytes: u64) -> Result<Option<Range<u64>>, Malformed> {
    let (first, last) = wish.split_once('-').ok_or(Malformed)?;
    let part = match (first, last) {
        ("", suffix) => bytes.saturating_sub(number(suffix)?)..bytes,
        (first, "") => number(first)?..bytes,
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return Err(Malformed);
            }
            first..last.saturating_add(1).min(bytes)
        }
    };
    Ok((part.start < part.end).then_some(part))
}

/// A number of the grammar, digits alone; one that no file reaches is the largest.
fn number(text: &str) -> Result<u64, Malformed> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed);
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of RFC 9110 §14.1.2, for a representation of 10,000 bytes.
    #[test]
    fn the_examples_of_the_standard_hold() {
        let part = |range| Selected::Part(range);
        for (header, selected) in [
            ("bytes=0-499", part(0..500)),
            ("bytes=500-999", part(500..1000)),
            ("bytes=-500", part(9500..10_000)),
            ("bytes=9500-", part(9500..10_000)),
            ("bytes=0-0,-1", Selected::Whole),
            ("bytes= 0-999, 4500-5499, -1000", Selected::Whole),
            ("bytes=500-600,601-999", Selected::Whole),
            ("bytes=500-700,601-999", Selected::Whole),
        ] {
            assert_eq!(select(header, 10_000), selected, "{header}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_as_none_and_what_cannot_be_met_is_told() {
        for header in ["", "bytes", "bytes=", "bytes=a-b", "bytes=5-4", "bytes=-", "bytes=1", "bytes=+1-2", "lines=0-1"]
        {
            assert_eq!(select(header, 100), Selected::Whole, "{header}");
        }
        for header in ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999999999-"] {
            assert_eq!(select(header, 100), Selected::Nothing, "{header}");
        }
        assert_eq!(select("bytes=0-", 0), Selected::Nothing);
        assert_eq!(select("Bytes=90-999999999999999999999999", 100), Selected::Part(90..100));
        assert_eq!(select("bytes=-200", 100), Selected::Part(0..100));
        assert_eq!(select("bytes=200-300, 5-6", 100), Selected::Part(5..7), "the one that can be met");
        assert_eq!(select(&format!("bytes={}", "0-1,".repeat(99)), 100), Selected::Whole);
    }

    #[test]
    fn a_part_is_of_the_file_that_the_reader_knows() {
        let wish = |if_range: Option<&str>, if_none_match: Option<&str>| Conditions {
            range: Some("bytes=0-4".to_owned()),
            if_range: if_range.map(str::to_owned),
            if_none_match: if_none_match.map(str::to_owned),
        };
        assert_eq!(wish(None, None).select(9, "\"a\""), Selected::Part(0..5));
        assert_eq!(wish(Some("\"a\""), None).select(9, "\"a\""), Selected::Part(0..5));
        for other in ["\"b\"", "W/\"a\"", "Sat, 29 Oct 1994 19:43:31 GMT"] {
            assert_eq!(wish(Some(other), None).select(9, "\"a\""), Selected::Whole, "{other}");
        }
        assert_eq!(wish(None, Some("\"b\", W/\"a\"")).select(9, "\"a\""), Selected::NotModified);
        assert_eq!(wish(None, Some("*")).select(9, "\"a\""), Selected::NotModified);
        assert_eq!(wish(None, Some("\"b\"")).select(9, "\"a\""), Selected::Part(0..5));
    }

    proptest! {
        #[test]
        fn a_part_lies_within_the_file(header in "bytes=[0-9,\\- ]{0,20}", bytes in 0u64..2_000) {
            if let Selected::Part(part) = select(&header, bytes) {
                prop_assert!(part.start < part.end && part.end <= bytes);
            }
        }
    }
}
