//! How good the work is: gold, the stage before the work, overlap that grows, labels, reputation, and who may work where
//! because of it.

mod eligibility;
mod gold;
mod kit;
mod overlap;
mod qualification;
mod reputation;
