//! Monday to Friday. Bank holidays differ by rail and country, so none is known here: windows are generous instead.
#![deny(clippy::arithmetic_side_effects)]

use chrono::{Datelike, NaiveDate};

/// Business days after `from`, up to and including `to`; negative where `to` is earlier.
///
/// From a Friday to the Monday after it is 1, as is from the Saturday between them.
pub fn business_days_between(from: NaiveDate, to: NaiveDate) -> i32 {
    ordinal(to).saturating_sub(ordinal(from))
}

/// Business days since the first day of the calendar, which was a Monday, `day` included. It never falls as days pass.
pub fn ordinal(day: NaiveDate) -> i32 {
    let days = day.num_days_from_ce();
    days.div_euclid(7).saturating_mul(5).saturating_add(days.rem_euclid(7).min(5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Weekday;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn weekends_do_not_count() {
        assert_eq!(business_days_between(day("2026-03-06"), day("2026-03-09")), 1, "Friday to Monday");
        assert_eq!(business_days_between(day("2026-03-07"), day("2026-03-09")), 1, "Saturday to Monday");
        assert_eq!(business_days_between(day("2026-03-06"), day("2026-03-08")), 0, "Friday to Sunday");
        assert_eq!(business_days_between(day("2026-03-09"), day("2026-03-06")), -1);
    }

    #[test]
    fn it_agrees_with_counting() {
        let start = day("2024-02-20");
        let mut counted = 0;
        for next in start.iter_days().skip(1).take(800) {
            counted += i32::from(!matches!(next.weekday(), Weekday::Sat | Weekday::Sun));
            assert_eq!(business_days_between(start, next), counted, "{next}");
        }
    }
}
