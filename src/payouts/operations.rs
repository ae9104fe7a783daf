//! What can be done with payouts: batches from draft to close, bank files, breaks.
#![deny(clippy::arithmetic_side_effects)]

mod approval;
mod batches;
mod breaks;
mod drafting;
mod import;
mod items;
mod reading;
mod settlements;
mod statement;

use diesel::PgConnection;

use super::state::BatchState;
use super::store::{self, BatchRow};
use crate::kernel::{BatchId, Ctx, Result, Role};
use crate::record::{self, Change, Event};

pub use super::store::Format;
pub use approval::approve;
pub use batches::{cancel, close, open_file, reject, send, submit};
pub use breaks::{find_missing, get_break, list_breaks};
pub use drafting::draft;
pub use import::{Statement, import};
pub use items::edit_item;
pub use reading::{get_batch, get_item, list_batches, list_items};
pub use settlements::{get_settlement, list_lines, list_settlements};
pub use statement::statement;

/// Who makes payouts.
const PAYS: &[Role] = &[Role::Finance];
/// Who sees them.
const SEES: &[Role] = &[Role::Finance, Role::Auditor];

/// Writes down that a batch has come to a state.
fn record_batch(conn: &mut PgConnection, ctx: &Ctx, event: Event, id: BatchId, state: BatchState) -> Result<()> {
    let detail = serde_json::json!({"payout_batch_id": id, "state": state});
    record::change(conn, ctx, Change { event, object: id.0, lab: None, detail })
}

/// The batch, locked until the transaction ends.
fn lock_batch(conn: &mut PgConnection, id: BatchId) -> Result<BatchRow> {
    store::lock_batch(conn, id)?.ok_or(crate::kernel::Error::NotFound)
}
