//! Countries (ISO 3166-1 alpha-2, the 249 officially assigned codes) and jurisdictions: a country, or one of its
//! subdivisions in the form of ISO 3166-2. The subdivision's own code is not looked up: the standard's 5,000 change
//! monthly, and staff verify the licence itself.

use std::str::FromStr;

use super::text::Unfit;
use crate::checked_text;

const COUNTRIES: &str = "\
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY \
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK \
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR \
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK \
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM \
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF \
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

/// Every assigned code, in alphabetical order.
pub fn list_countries() -> impl Iterator<Item = &'static str> {
    COUNTRIES.split(' ')
}

/// Whether ISO 3166-1 assigns this code.
pub fn is_country(code: &str) -> bool {
    code.len() == 2 && list_countries().any(|known| known == code)
}

checked_text!(
    /// A country.
    CountryCode,
    "ISO 3166-1 alpha-2 code of a country",
    "^[A-Z]{2}$"
);

impl FromStr for CountryCode {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit { code: "unknown_country", detail: "write the two capitals of an ISO 3166-1 country" };
        is_country(text).then(|| Self(text.to_owned())).ok_or(unfit)
    }
}

checked_text!(
    /// Where a licence holds: a country, or one of its subdivisions.
    Jurisdiction,
    "ISO 3166-1 alpha-2 code of a country, or with -XXX one of its subdivisions",
    "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"
);

impl Jurisdiction {
    /// Whether a licence of here counts where one of `wanted` is asked for: `US-NY` satisfies `US`, not the other way.
    pub fn satisfies(&self, wanted: &Jurisdiction) -> bool {
        self == wanted || self.0.split_once('-').is_some_and(|(country, _)| country == wanted.0)
    }
}

impl FromStr for Jurisdiction {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let (country, subdivision) = match text.split_once('-') {
            Some((country, subdivision)) => (country, Some(subdivision)),
            None => (text, None),
        };
        let fits = |part: &str| {
            (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        if is_country(country) && subdivision.is_none_or(fits) {
            return Ok(Self(text.to_owned()));
        }
        Err(Unfit {
            code: "unknown_jurisdiction",
            detail: "write an ISO 3166-1 country such as US, or US-NY for a part of it",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Jurisdiction {
        text.parse().unwrap()
    }

    #[test]
    fn the_list_is_whole() {
        assert_eq!(list_countries().count(), 249);
        assert!(list_countries().is_sorted() && list_countries().all(|code| code.len() == 2));
        for code in ["XK", "UK", "EU", "ZZ", "us", "", "U", "US ", "AN"] {
            assert!(code.parse::<CountryCode>().is_err(), "{code}");
        }
    }

    #[test]
    fn a_part_satisfies_the_whole_and_not_the_other_way() {
        assert!(
            at("US-NY").satisfies(&at("US")) && at("US-NY").satisfies(&at("US-NY")) && at("US").satisfies(&at("US"))
        );
        assert!(
            !at("US").satisfies(&at("US-NY"))
                && !at("US-NY").satisfies(&at("US-CA"))
                && !at("GB-SCT").satisfies(&at("US"))
        );
    }

    #[test]
    fn a_jurisdiction_has_a_form() {
        for text in ["GB-SCT", "FR-2A", "JP-13", "US", "CA-ON"] {
            assert_eq!(at(text).as_str(), text);
        }
        for text in ["", "USA", "US-", "US-ABCD", "US-ny", "us-NY", "XX-NY", "US-N Y", "US-NY-1", "-NY", "US-É"] {
            assert!(text.parse::<Jurisdiction>().is_err(), "{text}");
        }
    }
}
