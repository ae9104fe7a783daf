//! Money that came in because a lab paid: finance has recorded the deposit, and the statement shows it, too.
//!
//! A deposit and a line belong together where amount and currency are the same and the line bears the deposit's
//! reference: as its end-to-end id, as its servicer reference, or as words of its description. Only if unique both ways.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, HashMap};

use rust_decimal::Decimal;

use super::matching::{Break, BreakKind, Outcome, StatementLine, Verdict};
use crate::kernel::{Currency, DepositId, Money};

/// A deposit that no statement has shown yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDeposit {
    /// Which one.
    pub id: DepositId,
    /// The bank's reference, as finance wrote it.
    pub reference: String,
    /// More than nothing.
    pub amount: Money,
}

/// Whether a line may be a deposit: it brings money in, and nothing of ours explains it.
pub fn may_be_deposit(outcome: &Outcome) -> bool {
    let unexplained = matches!(&outcome.verdict, Verdict::Break(Break { kind: BreakKind::Unexpected, item: None, .. }));
    unexplained && outcome.amount.is_positive()
}

/// The deposits of lines, by the lines' places.
pub fn match_deposits(
    lines: &[StatementLine],
    outcomes: &[Outcome],
    open: &[OpenDeposit],
) -> BTreeMap<usize, DepositId> {
    let mut by_amount: HashMap<(Currency, Decimal), Vec<&OpenDeposit>> = HashMap::new();
    for deposit in open {
        by_amount.entry((deposit.amount.currency(), deposit.amount.amount())).or_default().push(deposit);
    }
    let mut found: BTreeMap<usize, DepositId> = BTreeMap::new();
    let mut wanted: HashMap<DepositId, usize> = HashMap::new();
    for (place, (line, _)) in lines.iter().zip(outcomes).enumerate().filter(|(_, (_, one))| may_be_deposit(one)) {
        let same = by_amount.get(&(line.amount.currency(), line.amount.amount()));
        let text = Text::of(line);
        let named: Vec<DepositId> =
            same.into_iter().flatten().filter(|deposit| text.bears(&deposit.reference)).map(|one| one.id).collect();
        for deposit in &named {
            let count = wanted.entry(*deposit).or_default();
            *count = count.saturating_add(1);
        }
        if let [deposit] = named.as_slice() {
            found.insert(place, *deposit);
        }
    }
    found.retain(|_, deposit| wanted.get(deposit) == Some(&1));
    found
}

/// What a line says, in capitals.
struct Text {
    ids: [String; 2],
    words: String,
}

impl Text {
    fn of(line: &StatementLine) -> Self {
        let id = line.end_to_end_id.as_ref().map(ToString::to_string).unwrap_or_default();
        Self { ids: [id, folded(&line.servicer_reference)], words: format!(" {} ", folded(&line.description)) }
    }

    fn bears(&self, reference: &str) -> bool {
        let reference = folded(reference);
        !reference.is_empty() && (self.ids.contains(&reference) || self.words.contains(&format!(" {reference} ")))
    }
}

/// Capitals, with one space where there is anything that is neither letter nor digit nor joins them.
fn folded(text: &str) -> String {
    let upper = text.to_uppercase();
    let words = upper.split(|letter: char| !letter.is_alphanumeric() && !"-_/.".contains(letter));
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payouts::matching::{Book, match_lines};
    use uuid::Uuid;

    fn line(number: u64, amount: &str, description: &str) -> StatementLine {
        StatementLine {
            line: number,
            booked_on: "2026-03-03".parse().unwrap(),
            amount: Money::parse(amount, Currency::USD).unwrap(),
            end_to_end_id: None,
            servicer_reference: format!("S{number}"),
            description: description.to_owned(),
        }
    }

    fn deposit(number: u128, reference: &str, amount: &str) -> OpenDeposit {
        let amount = Money::parse(amount, Currency::USD).unwrap();
        OpenDeposit { id: DepositId(Uuid::from_u128(number)), reference: reference.to_owned(), amount }
    }

    fn found(lines: &[StatementLine], open: &[OpenDeposit]) -> Vec<(usize, u128)> {
        let outcomes = match_lines(lines, &Book::default()).unwrap();
        match_deposits(lines, &outcomes, open).into_iter().map(|(place, id)| (place, id.0.as_u128())).collect()
    }

    #[test]
    fn reference_and_amount_and_nothing_less() {
        let open = [deposit(1, "WIRE-77", "500.00"), deposit(2, "inv 9", "500.00")];
        let lines = [
            line(1, "500.00", "Incoming wire-77, thank you"),
            line(2, "500.00", "INV 9"),
            line(3, "500.00", "INV 90"),
            line(4, "-500.00", "WIRE-77"),
            line(5, "499.00", "WIRE-77"),
        ];
        assert_eq!(found(&lines, &open), [(0, 1), (1, 2)]);
    }

    #[test]
    fn two_of_either_are_left_to_a_person() {
        let twice = [line(1, "5.00", "A1"), line(2, "5.00", "A1")];
        assert!(found(&twice, &[deposit(1, "A1", "5.00")]).is_empty());
        let both = [line(1, "5.00", "A1 B2")];
        assert!(found(&both, &[deposit(1, "A1", "5.00"), deposit(2, "B2", "5.00")]).is_empty());
    }
}
