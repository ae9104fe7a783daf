//! What a line says it is: the id it bears, or what its description names.

use std::collections::HashMap;

use super::{Book, MatchError, StatementLine};
use crate::kernel::BatchId;

/// What a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// It bears the end-to-end id of this item.
    Item(usize),
    /// Its description names these items, at least one, in the order of the book.
    InText(Vec<usize>),
    /// It bears or describes the reference of this batch.
    Batch(BatchId),
    /// It bears an id that is not ours.
    Foreign,
    /// It names nothing.
    Nothing,
}

/// The names that our payments go by.
pub(super) struct Names<'a> {
    items: HashMap<&'a str, usize>,
    payouts: HashMap<String, usize>,
    batches: HashMap<&'a str, BatchId>,
}

impl<'a> Names<'a> {
    pub(super) fn of(book: &'a Book) -> Result<Self, MatchError> {
        let mut items = HashMap::with_capacity(book.items.len());
        for (place, item) in book.items.iter().enumerate() {
            if items.insert(item.end_to_end_id.as_str(), place).is_some() {
                return Err(MatchError::IdTwice(item.end_to_end_id.clone()));
            }
        }
        let upper = |(place, item): (usize, &super::BookItem)| (item.payout.to_string().to_ascii_uppercase(), place);
        let payouts = book.items.iter().enumerate().map(upper).collect();
        let batches = book.batches.iter().map(|(batch, reference)| (reference.as_str(), *batch)).collect();
        Ok(Self { items, payouts, batches })
    }

    pub(super) fn named_by(&self, line: &StatementLine) -> Named {
        let id = line.end_to_end_id.as_ref().map(super::EndToEndId::as_str);
        if let Some(place) = id.and_then(|id| self.items.get(id)) {
            return Named::Item(*place);
        }
        if let Some(batch) = id.and_then(|id| self.batches.get(id)) {
            return Named::Batch(*batch);
        }
        let text = line.description.to_ascii_uppercase();
        let words: Vec<&str> = text.split(|letter: char| !letter.is_alphanumeric() && !"-_".contains(letter)).collect();
        let item = |word: &&str| self.items.get(word).or_else(|| self.payouts.get(*word)).copied();
        let mut places: Vec<usize> = words.iter().filter_map(item).collect();
        places.sort_unstable();
        places.dedup();
        let batch = words.iter().find_map(|word| self.batches.get(word));
        match (places.is_empty(), batch, id) {
            (false, ..) => Named::InText(places),
            (true, Some(batch), _) => Named::Batch(*batch),
            (true, None, Some(_)) => Named::Foreign,
            (true, None, None) => Named::Nothing,
        }
    }
}
