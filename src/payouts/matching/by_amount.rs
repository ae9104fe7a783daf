//! The last rungs: amount and date, unique both ways; then a subset of what is open, unique too.
#![deny(clippy::arithmetic_side_effects)]

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rust_decimal::Decimal;

use super::names::Named;
use super::subset_sum::{MAX_POOL, unique_subset};
use super::{BookItem, BreakKind, Desk, MAX_CANDIDATES, MatchKind, StatementLine, WINDOW_BUSINESS_DAYS, negated};
use crate::kernel::Currency;
use crate::kernel::money::MoneyError;
use crate::payouts::business_days::{business_days_between, ordinal};

/// Of more lines than this none is tried: a hostile statement must not buy time with them.
const MAX_SUBSET_LINES: usize = 256;

/// Lines and items of one amount, both by day: what is within the window of either is then a run of the other.
#[derive(Default)]
struct Group {
    lines: Vec<(NaiveDate, usize)>,
    items: Vec<(NaiveDate, usize)>,
}

/// Matches what is unique both ways and calls the rest ambiguous; returns the items that ambiguous lines want.
pub(super) fn amount_and_date(desk: &mut Desk<'_>) -> BTreeSet<usize> {
    let mut groups: BTreeMap<(Currency, Decimal), Group> = BTreeMap::new();
    for (place, line, named) in desk.open(true) {
        if named == Named::Nothing {
            let key = (line.amount.currency(), line.amount.amount().abs());
            groups.entry(key).or_default().lines.push((line.booked_on, place));
        }
    }
    for (place, item) in desk.items.iter().enumerate().filter(|(place, _)| desk.is_sent(*place)) {
        if let Some(group) = groups.get_mut(&(item.amount.currency(), item.amount.amount())) {
            group.items.push((item.sent_on, place));
        }
    }
    let mut contested = BTreeSet::new();
    for mut group in groups.into_values() {
        group.items.sort_unstable();
        group.lines.sort_unstable();
        match_group(desk, &group, &mut contested);
    }
    contested
}

fn match_group(desk: &mut Desk<'_>, group: &Group, contested: &mut BTreeSet<usize>) {
    // Runs only move forward with the day, so each item is noted as contested once, whatever the number of lines.
    let mut noted = 0;
    for (booked_on, place) in &group.lines {
        let first = group.items.partition_point(|(sent_on, _)| is_too_old(*sent_on, *booked_on));
        let end = group.items.partition_point(|(sent_on, _)| sent_on <= booked_on);
        let run = group.items.get(first..end).unwrap_or_default();
        match run {
            [] => {}
            [(sent_on, item)] if lines_for(group, *sent_on) == 1 => {
                desk.settle(*place, &[*item], MatchKind::AmountAndDate);
            }
            _ => {
                let shown: Vec<usize> = run.iter().take(MAX_CANDIDATES).map(|(_, item)| *item).collect();
                if let Some(line) = desk.lines.get(*place) {
                    desk.ambiguous(*place, line, &shown);
                }
                contested
                    .extend(group.items.get(first.max(noted)..end).unwrap_or_default().iter().map(|(_, item)| *item));
                noted = noted.max(end);
            }
        }
    }
}

fn lines_for(group: &Group, sent_on: NaiveDate) -> usize {
    let first = group.lines.partition_point(|(booked_on, _)| *booked_on < sent_on);
    let end = group.lines.partition_point(|(booked_on, _)| !is_too_old(sent_on, *booked_on));
    end.saturating_sub(first)
}

fn is_too_old(sent_on: NaiveDate, booked_on: NaiveDate) -> bool {
    ordinal(booked_on).saturating_sub(ordinal(sent_on)) > WINDOW_BUSINESS_DAYS
}

/// What one line would take.
struct Wish<'a> {
    place: usize,
    line: &'a StatementLine,
    of_batch: bool,
    items: Option<Vec<usize>>,
}

/// Lines that name nothing draw on what is open within their window, lines of a batch on what is open in it. All wishes
/// are made before any is granted: an item that two lines want settles neither.
pub(super) fn subset_sums(desk: &mut Desk<'_>, contested: &BTreeSet<usize>) -> Result<(), MoneyError> {
    let open = desk.open(true);
    let tried = |named: &Named| matches!(named, Named::Nothing | Named::Batch(_));
    let lines: Vec<_> = open.into_iter().filter(|(_, _, named)| tried(named)).collect();
    let few = lines.len() <= MAX_SUBSET_LINES;
    let mut wishes = Vec::with_capacity(lines.len());
    let mut wanted: BTreeMap<usize, usize> = BTreeMap::new();
    for (place, line, named) in lines {
        let items = if few { solution(desk, line, &named)? } else { None };
        for item in items.iter().flatten() {
            let count = wanted.entry(*item).or_default();
            *count = count.saturating_add(1);
        }
        wishes.push(Wish { place, line, of_batch: named != Named::Nothing, items });
    }
    for Wish { place, line, of_batch, items } in wishes {
        let Some(items) = items else {
            let kind = if of_batch { BreakKind::Amount } else { BreakKind::Unexpected };
            desk.unexplained(place, line, kind, None);
            continue;
        };
        let alone = |item: &usize| wanted.get(item) == Some(&1) && !contested.contains(item);
        if items.iter().all(alone) {
            desk.settle(place, &items, MatchKind::SubsetSum);
        } else {
            desk.ambiguous(place, line, &items);
        }
    }
    Ok(())
}

fn solution(desk: &Desk<'_>, line: &StatementLine, named: &Named) -> Result<Option<Vec<usize>>, MoneyError> {
    let taken = negated(line.amount)?;
    let eligible = |item: &BookItem| {
        let age = business_days_between(item.sent_on, line.booked_on);
        let fits = match named {
            Named::Batch(batch) => item.batch == *batch,
            _ => item.sent_on <= line.booked_on && age <= WINDOW_BUSINESS_DAYS,
        };
        fits && item.amount.currency() == taken.currency() && item.amount.amount() < taken.amount()
    };
    let items = desk.items.iter().enumerate();
    let pool: Vec<(usize, &BookItem)> =
        items.filter(|(place, item)| desk.is_sent(*place) && eligible(item)).take(MAX_POOL.saturating_add(1)).collect();
    let amounts = pool.iter().map(|(_, item)| item.amount.minor_units()).collect::<Result<Vec<i128>, _>>()?;
    let subset = unique_subset(&amounts, taken.minor_units()?);
    Ok(subset.map(|places| places.iter().filter_map(|place| pool.get(*place)).map(|(item, _)| *item).collect()))
}
