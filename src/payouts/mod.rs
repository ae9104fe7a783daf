//! What experts are owed and how it reaches them: batches that two people make, files for the bank, and the
//! reconciliation of what the bank says with what was sent.

pub mod ageing;
pub mod bank_csv;
pub mod bookkeeping;
pub mod business_days;
pub mod deposits;
pub mod end_to_end_id;
pub mod jobs;
pub mod matching;
pub mod mentions;
pub mod operations;
pub mod routes;
pub mod selection;
pub mod state;
pub mod statement;
mod store;
