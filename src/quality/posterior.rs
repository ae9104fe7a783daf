//! How sure a consensus is: the posterior over a label's values, with a uniform prior, each answer counted by the accuracy
//! of whoever gave it. Who errs picks any of the other values alike, (1 − q) / (K − 1), as Toloka's dynamic overlap does.
#![expect(clippy::float_arithmetic, reason = "a probability decides nothing but whether to ask once more")]

use std::collections::BTreeMap;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vote {
    /// The code of its value.
    pub value: i32,
    /// How often its author is right, more than 0 and less than 1.
    pub accuracy: f64,
}

/// The likeliest value and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Belief {
    /// Its code; of several that are equally likely the smallest one.
    pub value: i32,
    /// From 0 to 1.
    pub confidence: f64,
}

/// Nobody is always right or always wrong.
const EDGE: f64 = 1e-6;
/// A label has at least so many values, however few were seen.
const FEWEST_VALUES: u32 = 2;

/// How often somebody is right who was right in so many of so many known answers: (0.5 + right) / (1 + seen).
pub fn accuracy(right: i32, seen: i32) -> f64 {
    (0.5 + f64::from(right)) / (1.0 + f64::from(seen))
}

/// What these answers say together, where so many values were seen in the project; nothing without an answer.
pub fn believe(votes: &[Vote], values_seen: u32) -> Option<Belief> {
    let mut votes = votes.to_vec();
    // A sum of floats depends on its order, so it is given one.
    votes.sort_by(|a, b| a.value.cmp(&b.value).then(a.accuracy.total_cmp(&b.accuracy)));
    let mut scores: BTreeMap<i32, f64> = votes.iter().map(|vote| (vote.value, 0.0)).collect();
    let voted = u32::try_from(scores.len()).unwrap_or(u32::MAX);
    let values = values_seen.max(voted).max(FEWEST_VALUES);
    let mut unvoted = 0.0;
    for vote in &votes {
        let accuracy = vote.accuracy.clamp(EDGE, 1.0 - EDGE);
        let (right, wrong) = (accuracy.ln(), ((1.0 - accuracy) / f64::from(values.saturating_sub(1))).ln());
        for (value, score) in &mut scores {
            *score += if *value == vote.value { right } else { wrong };
        }
        unvoted += wrong;
    }
    let best = scores.values().copied().max_by(f64::total_cmp)?;
    let others = f64::from(values.saturating_sub(voted)) * (unvoted - best).exp();
    // The likelihoods are summed in the order of their size, not of their values: names of values do not matter.
    let mut sizes: Vec<f64> = scores.values().map(|score| (score - best).exp()).collect();
    sizes.sort_by(f64::total_cmp);
    let sum: f64 = sizes.iter().sum::<f64>() + others;
    let value = scores.iter().find(|(_, score)| **score >= best).map(|(value, _)| *value)?;
    Some(Belief { value, confidence: 1.0 / sum })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OK: i32 = 7;
    const BAD: i32 = 3;

    fn percent(votes: &[(i32, f64)], values: u32) -> (i32, f64) {
        let votes: Vec<Vote> =
            votes.iter().map(|(value, accuracy)| Vote { value: *value, accuracy: *accuracy }).collect();
        let belief = believe(&votes, values).unwrap();
        (belief.value, (belief.confidence * 100_000.0).round() / 1_000.0)
    }

    /// The case that Toloka publishes for three labels.
    #[test]
    fn three_labels_as_published() {
        assert_eq!(percent(&[(OK, 0.70), (OK, 0.90)], 3), (OK, 97.674));
        assert_eq!(percent(&[(OK, 0.70), (BAD, 0.90)], 3), (BAD, 76.056));
        assert_eq!(percent(&[(OK, 0.70), (BAD, 0.90), (BAD, 0.80)], 3), (BAD, 96.214));
    }

    #[test]
    fn one_value_seen_counts_as_two() {
        assert_eq!(percent(&[(OK, 0.8)], 1), (OK, 80.0));
        assert_eq!(percent(&[(OK, 0.8), (BAD, 0.8)], 0), (BAD, 50.0));
        assert_eq!(believe(&[], 5), None);
        assert_eq!((accuracy(0, 0), accuracy(9, 9), accuracy(0, 9)), (0.5, 0.95, 0.05));
    }

    fn votes() -> impl Strategy<Value = Vec<Vote>> {
        prop::collection::vec((0i32..4, 1u32..100), 1..12).prop_map(|all| {
            all.into_iter().map(|(value, of_100)| Vote { value, accuracy: f64::from(of_100) / 100.0 }).collect()
        })
    }

    proptest! {
        #[test]
        fn a_belief_is_a_share_of_all_values(votes in votes(), seen in 0u32..9) {
            let belief = believe(&votes, seen).unwrap();
            let voted: std::collections::BTreeSet<i32> = votes.iter().map(|vote| vote.value).collect();
            prop_assert!(voted.contains(&belief.value));
            prop_assert!(belief.confidence > 0.0 && belief.confidence <= 1.0, "{:?}", belief);
        }

        #[test]
        fn neither_order_nor_names_matter(votes in votes(), seen in 0u32..9, turn in 0usize..12, names in Just([0, 1, 2, 3]).prop_shuffle()) {
            let belief = believe(&votes, seen).unwrap();
            let mut turned = votes.clone();
            turned.rotate_left(turn % votes.len());
            prop_assert_eq!(believe(&turned, seen), Some(belief));
            let renamed: Vec<Vote> = votes
                .iter()
                .map(|vote| Vote { value: names[usize::try_from(vote.value).unwrap()], accuracy: vote.accuracy })
                .collect();
            let other = believe(&renamed, seen).unwrap();
            prop_assert!((other.confidence - belief.confidence).abs() < 1e-12);
        }

        /// Whoever agrees and is better than a guess makes it surer.
        #[test]
        fn agreement_never_hurts(votes in votes(), seen in 0u32..5) {
            let values = f64::from(seen.max(4));
            let belief = believe(&votes, seen.max(4)).unwrap();
            let more = Vote { value: belief.value, accuracy: 1.0 / values + 0.05 };
            let surer = believe(&[votes, vec![more]].concat(), seen.max(4)).unwrap();
            prop_assert!(surer.confidence >= belief.confidence - 1e-12);
        }
    }
}
