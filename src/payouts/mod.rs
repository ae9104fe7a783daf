//! What experts are owed and how it reaches them: batches that two people make, files for the bank, and the
//! reconciliation of what the bank says with what was sent.

pub mod ageing;
pub mod bank_csv;
pub mod business_days;
pub mod end_to_end_id;
pub mod matching;
pub mod selection;
pub mod state;
