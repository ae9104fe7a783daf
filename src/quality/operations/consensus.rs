//! Whether the answers to a task agree enough.

use std::collections::BTreeMap;

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::standing::standings;
use crate::kernel::{ExpertId, ProjectId, Result, TaskId};
use crate::quality::posterior::{Vote, accuracy, believe};
use crate::quality::reputation::Standing;
use crate::quality::store::{self, VoteRow, Votes};

/// Whether the consensus about a task's first label is as sure as `stop_at`. Each answer counts by how its author did on this
/// project's gold, or, where they have met none, by their reputation.
pub fn is_settled(conn: &mut PgConnection, project: ProjectId, task: TaskId, stop_at: Decimal) -> Result<bool> {
    let rows: Vec<VoteRow> = Votes { task }.load(conn)?;
    let unmeasured: Vec<ExpertId> = rows.iter().filter(|row| measured(row).is_none()).map(|row| row.expert).collect();
    let known = standings(conn, &unmeasured)?;
    let votes: Vec<Vote> = rows.iter().map(|row| vote(row, &known)).collect();
    let seen = store::count_values(conn, project, 0)?;
    let belief = believe(&votes, u32::try_from(seen).unwrap_or(u32::MAX));
    let stop_at = stop_at.to_f64().unwrap_or(1.0);
    Ok(belief.is_some_and(|belief| belief.confidence >= stop_at))
}

fn measured(row: &VoteRow) -> Option<f64> {
    match (row.gold_right, row.gold_seen) {
        (Some(right), Some(seen)) if seen > 0 => Some(accuracy(right, seen)),
        _ => None,
    }
}

fn vote(row: &VoteRow, known: &BTreeMap<ExpertId, Standing>) -> Vote {
    let reputation = || known.get(&row.expert).cloned().unwrap_or_default().overall.mean();
    Vote { value: row.code, accuracy: measured(row).unwrap_or_else(reputation) }
}
