//! Which of a few amounts make a sum, if there is exactly one answer.
#![deny(clippy::arithmetic_side_effects)]

/// More amounts than this are not tried: almost any sum could be made of them, which proves nothing.
pub(super) const MAX_POOL: usize = 20;
/// Steps of the search, after which the answer counts as not unique.
const MAX_STEPS: u32 = 1 << 16;

/// The places of at least two of `amounts` (positive minor units) whose sum is `target`, if exactly one choice of places
/// makes it. `None` for no solution, several, or a search too long.
pub(super) fn unique_subset(amounts: &[i128], target: i128) -> Option<Vec<usize>> {
    if amounts.len() > MAX_POOL {
        return None;
    }
    let mut ordered: Vec<(i128, usize)> = amounts.iter().copied().zip(0..).collect();
    ordered.sort_unstable_by(|a, b| b.cmp(a));
    let mut search = Search { found: None, several: false, steps: 0, chosen: Vec::new() };
    let total = ordered.iter().fold(0i128, |sum, (amount, _)| sum.saturating_add(*amount));
    search.go(&ordered, target, total);
    let Search { found, several, steps, .. } = search;
    let mut found = found.filter(|_| !several && steps < MAX_STEPS)?;
    found.sort_unstable();
    Some(found)
}

struct Search {
    found: Option<Vec<usize>>,
    several: bool,
    steps: u32,
    chosen: Vec<usize>,
}

impl Search {
    /// Takes the first amount or leaves it; gives up where the rest is too little or the sum too much.
    fn go(&mut self, rest: &[(i128, usize)], missing: i128, total: i128) {
        self.steps = self.steps.saturating_add(1);
        if missing == 0 {
            if self.chosen.len() >= 2 {
                self.several = self.found.replace(self.chosen.clone()).is_some();
            }
            return;
        }
        let Some(((amount, place), rest)) = rest.split_first() else { return };
        if self.several || self.steps >= MAX_STEPS || missing < 0 || missing > total {
            return;
        }
        let total = total.saturating_sub(*amount);
        self.chosen.push(*place);
        self.go(rest, missing.saturating_sub(*amount), total);
        self.chosen.pop();
        if !self.several {
            self.go(rest, missing, total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_answer_or_none() {
        assert_eq!(unique_subset(&[333_334, 333_333, 333_333, 4_200], 1_000_000), Some(vec![0, 1, 2]));
        assert_eq!(unique_subset(&[100, 200, 300], 500), Some(vec![1, 2]));
        assert_eq!(unique_subset(&[100, 200, 300, 400], 500), None, "two answers");
        assert_eq!(unique_subset(&[250, 250, 100], 350), None, "equal amounts are two answers");
        assert_eq!(unique_subset(&[100, 200], 100), None, "one amount is no sum");
        assert_eq!(unique_subset(&[], 0), None);
        assert_eq!(unique_subset(&[1; MAX_POOL + 1], 21), None);
    }

    proptest! {
        #[test]
        fn it_agrees_with_trying_all(amounts in prop::collection::vec(1i128..60, 0..11), target in 1i128..300) {
            let all: Vec<Vec<usize>> = (0u32..1 << amounts.len())
                .map(|mask| (0..amounts.len()).filter(|place| mask >> place & 1 == 1).collect::<Vec<_>>())
                .filter(|places| places.len() >= 2 && places.iter().map(|place| amounts[*place]).sum::<i128>() == target)
                .collect();
            let expected = if all.len() == 1 { Some(all[0].clone()) } else { None };
            prop_assert_eq!(unique_subset(&amounts, target), expected);
        }
    }
}
