//! ORCID iDs: sixteen characters, the last a check character by ISO 7064 mod 11-2 (ORCID, "Structure of the
//! ORCID Identifier"). Read bare or as `https://orcid.org/…`, kept bare.

use std::str::FromStr;

use crate::checked_text;
use crate::kernel::text::Unfit;

checked_text!(
    /// An ORCID iD whose check character holds, such as `0000-0002-1825-0097`.
    Orcid,
    "ORCID iD; also read with https://orcid.org/ before it",
    "^(https?://orcid\\.org/)?[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X]$"
);

impl FromStr for Orcid {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let bare = ["https://orcid.org/", "http://orcid.org/"].iter().find_map(|before| text.strip_prefix(before));
        let bare = bare.unwrap_or(text);
        let form = Unfit { code: "not_an_orcid", detail: "an ORCID iD is written 0000-0002-1825-0097" };
        let groups: Vec<&str> = bare.split('-').collect();
        if groups.len() != 4 || groups.iter().any(|group| group.len() != 4) {
            return Err(form);
        }
        let (body, check) = bare.split_at_checked(18).ok_or(form)?;
        let digits = body.chars().filter(|letter| *letter != '-').map(|letter| letter.to_digit(10));
        let digits: Vec<u32> = digits.collect::<Option<_>>().ok_or(form)?;
        let total = digits.iter().fold(0u32, |total, digit| (total + digit) * 2 % 11);
        let expected = (12 - total) % 11;
        let given = if check == "X" { Some(10) } else { check.parse::<u32>().ok() };
        match given.ok_or(form)? {
            given if given == expected => Ok(Self(bare.to_owned())),
            _ => Err(Unfit { code: "orcid_checksum", detail: "the check character of this ORCID iD does not hold" }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: [&str; 4] =
        ["0000-0002-1825-0097", "0000-0001-5109-3700", "0000-0002-1694-233X", "0000-0002-9079-593X"];

    #[test]
    fn published_ids_hold_in_both_forms() {
        for id in PUBLISHED {
            assert_eq!(id.parse::<Orcid>().unwrap().as_str(), id);
            assert_eq!(format!("https://orcid.org/{id}").parse::<Orcid>().unwrap().as_str(), id);
        }
    }

    #[test]
    fn every_single_wrong_digit_is_found() {
        for id in PUBLISHED {
            for place in (0..18).filter(|place| id.as_bytes()[*place] != b'-') {
                let old = id.as_bytes()[place];
                let new = if old == b'9' { '0' } else { char::from(old + 1) };
                let mut wrong = id.to_owned();
                wrong.replace_range(place..=place, &new.to_string());
                assert_eq!(wrong.parse::<Orcid>().unwrap_err().code, "orcid_checksum", "{wrong}");
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in ["", "0000000218250097", "0000-0002-1825-009", "0000-0002-1825-0097 ", "0000-0002-1694-233x"] {
            assert_eq!(text.parse::<Orcid>().unwrap_err().code, "not_an_orcid", "{text}");
        }
        for text in
            ["https://orcid.org/", "https://evil.org/0000-0002-1825-0097", "000é-002-1825-0097", "X000-0002-1825-0097"]
        {
            assert_eq!(text.parse::<Orcid>().unwrap_err().code, "not_an_orcid", "{text}");
        }
    }
}
