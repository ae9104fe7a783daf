//! ROR ids of research organisations: `0`, six Crockford base32 characters and two check digits by ISO 7064
//! mod 97-10 (ROR, "ROR identifier pattern"). Read bare or as `https://ror.org/…`, kept bare in small letters.

use std::str::FromStr;

use crate::checked_text;
use crate::kernel::text::Unfit;

checked_text!(
    /// A ROR id whose check digits hold, such as `03yrm5c26`.
    RorId,
    "ROR id; also read with https://ror.org/ before it",
    "^(https?://ror\\.org/)?0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}$"
);

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl FromStr for RorId {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let form = Unfit { code: "not_a_ror_id", detail: "a ROR id is written 03yrm5c26 or https://ror.org/03yrm5c26" };
        let lower = text.to_ascii_lowercase();
        let bare = ["https://ror.org/", "http://ror.org/"].iter().find_map(|before| lower.strip_prefix(before));
        let bare = bare.unwrap_or(&lower);
        let (body, check) = bare.split_at_checked(7).ok_or(form)?;
        if !body.starts_with('0') || check.len() != 2 || !check.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form);
        }
        let number = body.bytes().try_fold(0u64, |number, letter| {
            let five = ALPHABET.iter().position(|known| *known == letter)?;
            Some(number * 32 + u64::try_from(five).ok()?)
        });
        let given: u64 = check.parse().map_err(|_| form)?;
        // 01…98: the digits 00 and 99 stand for no remainder.
        if 98 - number.ok_or(form)? * 100 % 97 == given {
            Ok(Self(bare.to_owned()))
        } else {
            Err(Unfit { code: "ror_checksum", detail: "the check digits of this ROR id do not hold" })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: [&str; 7] =
        ["02mhbdp94", "03yrm5c26", "05dxps055", "042nb2s44", "013meh722", "00f54p054", "04aj4c181"];

    #[test]
    fn published_ids_hold_in_both_forms() {
        for id in PUBLISHED {
            assert_eq!(id.parse::<RorId>().unwrap().as_str(), id);
            assert_eq!(format!("https://ror.org/{id}").parse::<RorId>().unwrap().as_str(), id);
            assert_eq!(id.to_uppercase().parse::<RorId>().unwrap().as_str(), id);
        }
    }

    #[test]
    fn every_single_wrong_character_is_found() {
        for id in PUBLISHED {
            for place in 1..7 {
                for letter in ALPHABET.iter().filter(|letter| **letter != id.as_bytes()[place]) {
                    let mut wrong = id.to_owned();
                    wrong.replace_range(place..=place, &char::from(*letter).to_string());
                    assert_eq!(wrong.parse::<RorId>().unwrap_err().code, "ror_checksum", "{wrong}");
                }
            }
        }
    }

    #[test]
    fn other_forms_are_refused() {
        for text in [
            "",
            "3yrm5c26",
            "13yrm5c26",
            "03yrm5c2",
            "03yrm5c260",
            "03yrl5c26",
            "03yrm5c+6",
            "ror.org/03yrm5c26",
            "03yrmé26",
        ] {
            assert_eq!(text.parse::<RorId>().unwrap_err().code, "not_a_ror_id", "{text}");
        }
    }
}
