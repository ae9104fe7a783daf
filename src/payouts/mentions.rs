//! Which of our references a statement speaks of, so that no more of the book is loaded than it needs.

use std::collections::BTreeSet;

use super::matching::StatementLine;
use crate::kernel::PayoutId;

/// What lines name, as id or in their description.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mentions {
    /// Anything that may be an end-to-end id of ours, in capitals.
    pub references: BTreeSet<String>,
    /// Payouts by their own id.
    pub payouts: BTreeSet<PayoutId>,
}

impl Mentions {
    /// What these lines name.
    pub fn of(lines: &[StatementLine]) -> Self {
        let mut found = Self::default();
        for line in lines {
            found.references.extend(line.end_to_end_id.as_ref().map(ToString::to_string));
            let words = line.description.split(|letter: char| !letter.is_alphanumeric() && !"-_".contains(letter));
            for word in words {
                // Ours have 15 characters; see `end_to_end_id`.
                if word.len() == 15 && word.starts_with(['P', 'p']) {
                    found.references.insert(word.to_ascii_uppercase());
                }
                found.payouts.extend(word.to_ascii_lowercase().parse::<PayoutId>().ok());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Currency, Money};
    use crate::payouts::end_to_end_id::EndToEndId;
    use uuid::Uuid;

    #[test]
    fn ids_are_found_wherever_they_stand() {
        let payout = PayoutId(Uuid::from_u128(7));
        let id = EndToEndId::of_payout(payout);
        let line = StatementLine {
            line: 2,
            booked_on: "2026-03-03".parse().unwrap(),
            amount: Money::parse("-1.00", Currency::USD).unwrap(),
            end_to_end_id: EndToEndId::parse("foreign-1").ok(),
            servicer_reference: "S".to_owned(),
            description: format!("RETURN {},{}", id.as_str().to_lowercase(), payout.to_string().to_uppercase()),
        };
        let found = Mentions::of(&[line]);
        assert_eq!(found.references, BTreeSet::from([id.to_string(), "FOREIGN-1".to_owned()]));
        assert_eq!(found.payouts, BTreeSet::from([payout]));
    }
}
