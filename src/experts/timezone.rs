//! Time zones by their names in the IANA Time Zone Database (release 2025b, with its links).

use std::str::FromStr;

use crate::checked_text;
use crate::kernel::text::Unfit;

const TIMEZONES: &str = include_str!("timezones.txt");

/// Every name, in the order of their letters.
pub fn list_timezones() -> impl Iterator<Item = &'static str> {
    TIMEZONES.lines()
}

checked_text!(
    /// Where somebody's day begins.
    Timezone,
    "name in the IANA Time Zone Database, such as Europe/Berlin",
    "^[A-Za-z0-9_+/-]{2,40}$"
);

impl FromStr for Timezone {
    type Err = Unfit;
    fn from_str(text: &str) -> Result<Self, Unfit> {
        let unfit = Unfit { code: "unknown_timezone", detail: "write an IANA time zone such as Europe/Berlin" };
        list_timezones().any(|known| known == text).then(|| Self(text.to_owned())).ok_or(unfit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_as_written() {
        assert!(list_timezones().is_sorted() && list_timezones().count() > 400);
        for name in ["Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5"] {
            assert_eq!(name.parse::<Timezone>().unwrap().as_str(), name);
        }
        for name in ["", "europe/berlin", "Europe/Atlantis", "Berlin", "CEST", "+02:00", "posix/UTC"] {
            assert!(name.parse::<Timezone>().is_err(), "{name}");
        }
    }
}
