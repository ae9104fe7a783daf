//! How old an open break is, and which payments the bank should have shown by now.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::business_days::business_days_between;
use super::matching::BookItem;
use super::state::ItemState;
use crate::kernel::PayoutId;
use crate::words;

words!(
    /// Calendar days since a break was opened.
    AgeBucket { Fresh = "0-2", Week = "3-7", Month = "8-30", Old = "31+" }
);

/// A payment that the statement did not show by this many business days after it was sent is missing.
pub const EXPECTED_WITHIN_BUSINESS_DAYS: i32 = 3;

impl AgeBucket {
    /// The bucket, on `day`, of what was opened on `opened_on`.
    pub fn of(opened_on: NaiveDate, day: NaiveDate) -> Self {
        match day.signed_duration_since(opened_on).num_days() {
            ..=2 => Self::Fresh,
            3..=7 => Self::Week,
            8..=30 => Self::Month,
            _ => Self::Old,
        }
    }
}

/// The payments still `sent` after T+3 business days. `contested` are the candidates of open ambiguous breaks: one of
/// them was seen, so none is called missing until a person has said which.
pub fn missing(items: &[BookItem], contested: &BTreeSet<PayoutId>, day: NaiveDate) -> Vec<PayoutId> {
    items
        .iter()
        .filter(|item| item.state == ItemState::Sent && !contested.contains(&item.payout))
        .filter(|item| business_days_between(item.sent_on, day) > EXPECTED_WITHIN_BUSINESS_DAYS)
        .map(|item| item.payout)
        .collect()
}

/// The last day whose payments are missing on `day`: the same rule as [`missing`], as a bound that a query can use.
pub fn missing_if_sent_by(day: NaiveDate) -> NaiveDate {
    let mut sent_on = day;
    while business_days_between(sent_on, day) <= EXPECTED_WITHIN_BUSINESS_DAYS {
        match sent_on.pred_opt() {
            Some(earlier) => sent_on = earlier,
            None => return sent_on,
        }
    }
    sent_on
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{BatchId, Currency, Money};
    use crate::payouts::end_to_end_id::EndToEndId;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_buckets_meet_without_a_gap() {
        let words: Vec<&str> = [0, 2, 3, 7, 8, 30, 31, 400]
            .map(|days| AgeBucket::of(day("2026-01-01"), day("2026-01-01") + chrono::TimeDelta::days(days)).as_str())
            .into();
        assert_eq!(words, ["0-2", "0-2", "3-7", "3-7", "8-30", "8-30", "31+", "31+"]);
        assert_eq!(AgeBucket::of(day("2026-01-02"), day("2026-01-01")), AgeBucket::Fresh);
    }

    #[test]
    fn the_bound_is_the_rule() {
        for today in day("2026-03-01").iter_days().take(14) {
            let bound = missing_if_sent_by(today);
            assert!(business_days_between(bound, today) > EXPECTED_WITHIN_BUSINESS_DAYS, "{today}");
            let next = bound.succ_opt().unwrap();
            assert!(business_days_between(next, today) <= EXPECTED_WITHIN_BUSINESS_DAYS, "{today}");
        }
    }

    #[test]
    fn missing_begins_after_the_third_business_day() {
        let payout = PayoutId(Uuid::from_u128(1));
        let item = BookItem {
            payout,
            batch: BatchId(Uuid::from_u128(1)),
            end_to_end_id: EndToEndId::of_payout(payout),
            amount: Money::parse("42.00", Currency::USD).unwrap(),
            sent_on: day("2026-03-05"),
            state: ItemState::Sent,
        };
        let none = BTreeSet::new();
        assert!(
            missing(std::slice::from_ref(&item), &none, day("2026-03-10")).is_empty(),
            "Thursday to Tuesday is three"
        );
        assert_eq!(missing(std::slice::from_ref(&item), &none, day("2026-03-11")), [payout]);
        assert!(missing(std::slice::from_ref(&item), &BTreeSet::from([payout]), day("2026-03-11")).is_empty());
        let settled = BookItem { state: ItemState::Settled, ..item };
        assert!(missing(&[settled], &none, day("2026-04-01")).is_empty());
    }
}
