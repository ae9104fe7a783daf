//! What a schema may cost at worst. Validators visit a subschema once for every way that leads to it, so that
//! references which meet again double the work at every step. Counted here is, level by level of an instance,
//! how often each subschema may be visited for one value: on to the worst member at every level. It bounds the
//! true number from above, and the longest chain of visits bounds the stack.

use std::collections::{BTreeMap, BTreeSet};

use super::finding;
use super::graph::{Graph, Node, Step};
use crate::kernel::FieldError;
use crate::kernel::json::MAX_DEPTH;

/// Visits, weighed by their comparisons, that one value of an instance may take.
const MAX_VISITS_PER_VALUE: u64 = 50_000;
/// Subschemas above one another while an instance nested [`MAX_DEPTH`] deep is checked.
const MAX_CHAIN: u64 = 1_024;
/// Steps of this very count.
const MAX_STEPS: u64 = 2_000_000;

/// How often a subschema is visited for one value, and how many visits stand above it.
#[derive(Debug, Clone, Copy, Default)]
struct Visits {
    count: u64,
    chain: u64,
}

type Level = BTreeMap<usize, Visits>;

/// The visits that one value may take at worst, or why the schema is refused.
pub(super) fn visits_per_value(graph: &Graph<'_>) -> Result<u64, FieldError> {
    let mut counter = Counter { ranks: ranks(graph)?, graph, steps: 0 };
    let mut level = counter.spread(Level::from([(0, Visits { count: 1, chain: 1 })]))?;
    let mut worst = 0u64;
    // One level more than an instance has: names of members are asked about, too.
    for _ in 0..=MAX_DEPTH {
        worst = worst.max(counter.weigh(&level)?);
        level = counter.below(&level)?;
    }
    Ok(worst)
}

fn too_costly() -> FieldError {
    let detail = "its references multiply: checking one value could take too long; refer to less, or less deep";
    finding("", "too_costly", detail)
}

/// A rank for every subschema such that it asks only higher ones about the same value.
fn ranks(graph: &Graph<'_>) -> Result<Vec<usize>, FieldError> {
    let mut waiting = vec![0usize; graph.nodes.len()];
    for target in graph.nodes.iter().flat_map(|node| &node.in_place) {
        if let Some(count) = waiting.get_mut(*target) {
            *count = count.saturating_add(1);
        }
    }
    let mut ranks = vec![usize::MAX; graph.nodes.len()];
    let free = waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(index, _)| index);
    let mut free: Vec<usize> = free.collect();
    let mut next = 0usize;
    while let Some(index) = free.pop() {
        if let Some(rank) = ranks.get_mut(index) {
            *rank = next;
        }
        next = next.saturating_add(1);
        for target in graph.nodes.get(index).into_iter().flat_map(|node| &node.in_place) {
            let Some(count) = waiting.get_mut(*target) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                free.push(*target);
            }
        }
    }
    match graph.nodes.iter().zip(&ranks).find(|(_, rank)| **rank == usize::MAX) {
        None => Ok(ranks),
        Some((node, _)) => {
            Err(finding(&node.pointer, "endless_reference", "it refers back to itself about the same value"))
        }
    }
}

struct Counter<'g, 'a> {
    graph: &'g Graph<'a>,
    ranks: Vec<usize>,
    steps: u64,
}

impl<'g, 'a> Counter<'g, 'a> {
    fn node(&self, index: usize) -> Option<&'g Node<'a>> {
        self.graph.nodes.get(index)
    }

    fn step(&mut self) -> Result<(), FieldError> {
        self.steps = self.steps.saturating_add(1);
        if self.steps > MAX_STEPS { Err(too_costly()) } else { Ok(()) }
    }

    fn weigh(&mut self, level: &Level) -> Result<u64, FieldError> {
        let weights = level.iter().map(|(index, visits)| {
            let weight = self.node(*index).map_or(1, |node| node.weight);
            visits.count.saturating_mul(weight)
        });
        let total = weights.fold(0, u64::saturating_add);
        let chain = level.values().map(|visits| visits.chain).max().unwrap_or_default();
        if total > MAX_VISITS_PER_VALUE || chain > MAX_CHAIN { Err(too_costly()) } else { Ok(total) }
    }

    /// All visits of a value, from those that begin there.
    fn spread(&mut self, seeds: Level) -> Result<Level, FieldError> {
        let rank = |ranks: &[usize], index: usize| ranks.get(index).copied().unwrap_or(usize::MAX);
        let mut waiting: BTreeSet<(usize, usize)> =
            seeds.keys().map(|index| (rank(&self.ranks, *index), *index)).collect();
        let mut level = seeds;
        while let Some((_, index)) = waiting.pop_first() {
            let from = level.get(&index).copied().unwrap_or_default();
            for target in self.node(index).into_iter().flat_map(|node| &node.in_place) {
                self.step()?;
                add(&mut level, *target, from);
                waiting.insert((rank(&self.ranks, *target), *target));
            }
        }
        Ok(level)
    }

    /// The visits of the worst value one level below: the worst of every name and place that the schema tells apart.
    fn below(&mut self, level: &Level) -> Result<Level, FieldError> {
        let mut exact: BTreeMap<Step<'a>, Vec<(usize, Visits)>> = BTreeMap::new();
        let mut loose = Vec::new();
        for (index, visits) in level {
            let Some(node) = self.node(*index) else { continue };
            for (step, target) in &node.below {
                self.step()?;
                let value = if *step == Step::AnyName { Step::OtherName } else { *step };
                let here = exact.entry(value).or_default();
                match step {
                    Step::Name(_) | Step::Index(_) => here.push((*target, *visits)),
                    Step::AnyName | Step::OtherName | Step::ItemFrom(_) => loose.push((node, *step, *target, *visits)),
                }
            }
        }
        let mut worst = Level::new();
        for (value, here) in exact {
            let mut seeds = Level::new();
            for (target, visits) in here {
                add(&mut seeds, target, visits);
            }
            for (node, step, target, visits) in &loose {
                self.step()?;
                if meets(node, *step, value) {
                    add(&mut seeds, *target, *visits);
                }
            }
            for (index, visits) in self.spread(seeds)? {
                let known = worst.entry(index).or_default();
                known.count = known.count.max(visits.count);
                known.chain = known.chain.max(visits.chain);
            }
        }
        Ok(worst)
    }
}

fn add(level: &mut Level, target: usize, from: Visits) {
    let visits = level.entry(target).or_default();
    visits.count = visits.count.saturating_add(from.count);
    visits.chain = visits.chain.max(from.chain.saturating_add(1));
}

/// Whether a subschema that `node` asks about `step` is asked about the value at `value`.
fn meets(node: &Node<'_>, step: Step<'_>, value: Step<'_>) -> bool {
    match (step, value) {
        (Step::AnyName, Step::Name(_)) | (Step::AnyName | Step::OtherName, Step::OtherName) => true,
        (Step::OtherName, Step::Name(name)) => node.names.is_none_or(|names| !names.contains_key(name)),
        (Step::ItemFrom(from), Step::Index(place) | Step::ItemFrom(place)) => from <= place,
        _ => false,
    }
}
