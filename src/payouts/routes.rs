//! HTTP of payouts: batches and their items, bank files, the reconciliation worklist, experts' statements.

mod batches;
mod breaks;
mod settlements;
mod statement;

use utoipa_actix_web::service_config::ServiceConfig;

pub use batches::{BatchFile, BatchFileView, BatchTotals, BatchView, FileFormat, ItemEdit, ItemView, NewBatch};
pub use breaks::BreakView;
pub use settlements::{LineView, SettlementView};
pub use statement::{StatementLineView, StatementTotals, StatementView};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(batches::draft)
        .service(batches::list_batches)
        .service(batches::get_batch)
        .service(batches::list_items)
        .service(batches::get_item)
        .service(batches::edit_item)
        .service(batches::submit)
        .service(batches::approve)
        .service(batches::reject)
        .service(batches::cancel)
        .service(batches::send)
        .service(batches::close)
        .service(batches::get_file)
        .service(settlements::import)
        .service(settlements::list_settlements)
        .service(settlements::get_settlement)
        .service(settlements::list_lines)
        .service(breaks::list_breaks)
        .service(breaks::get_break)
        .service(statement::statement);
}
