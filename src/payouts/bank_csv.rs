//! The processor's CSV, both ways: the file that asks for payments, here, and the one that tells of them, in `incoming`.
#![deny(clippy::arithmetic_side_effects)]

pub mod incoming;

use std::borrow::Cow;

use crate::experts::payout_method::{PayoutMethod, PayoutMethodBody};
use crate::kernel::Money;

use super::end_to_end_id::EndToEndId;

/// The columns of the outgoing file; those of the other rails stay empty.
const HEADER: [&str; 12] = [
    "end_to_end_id",
    "amount",
    "currency",
    "method",
    "name",
    "routing_number",
    "account_number",
    "account_type",
    "iban",
    "bic",
    "town",
    "country",
];

/// One payment to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Payment<'a> {
    /// The reference that comes back.
    pub end_to_end_id: &'a EndToEndId,
    /// The net amount, more than nothing.
    pub amount: Money,
    /// Whom to pay where the method names nobody (an account in the United States).
    pub name: &'a str,
    /// Where to.
    pub method: &'a PayoutMethod,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A payment of nothing, or of less.
    #[error("payment {0} is not of a positive amount")]
    NotPositive(EndToEndId),
    /// One reference on two payments.
    #[error("payment {0} stands twice")]
    Twice(EndToEndId),
    /// The writer failed.
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// The file's bytes, RFC 4180 with CRLF: the same for the same payments in whatever order, for its hash is kept.
pub fn write(payments: &[Payment<'_>]) -> Result<Vec<u8>, FileError> {
    let mut ordered: Vec<&Payment<'_>> = payments.iter().collect();
    ordered.sort_by(|a, b| a.end_to_end_id.cmp(b.end_to_end_id));
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    file.write_record(HEADER)?;
    let mut last: Option<&EndToEndId> = None;
    for payment in ordered {
        if !payment.amount.is_positive() {
            return Err(FileError::NotPositive(payment.end_to_end_id.clone()));
        }
        if last.replace(payment.end_to_end_id) == Some(payment.end_to_end_id) {
            return Err(FileError::Twice(payment.end_to_end_id.clone()));
        }
        file.write_record(cells(payment).iter().map(|cell| neutralised(cell).into_owned()))?;
    }
    file.into_inner().map_err(|error| FileError::Csv(csv::Error::from(error.into_error())))
}

fn cells(payment: &Payment<'_>) -> [String; HEADER.len()] {
    let text = |text: &str| text.to_owned();
    let id = payment.end_to_end_id.to_string();
    let (amount, currency) = (payment.amount.amount().to_string(), payment.amount.currency().to_string());
    let none = String::new;
    match payment.method.body() {
        PayoutMethodBody::Ach { routing_number: routing, account_number: account, account_type } => {
            let kind = account_type.to_string();
            let method = text("ach");
            let name = text(payment.name);
            [id, amount, currency, method, name, text(routing), text(account), kind, none(), none(), none(), text("US")]
        }
        PayoutMethodBody::Sepa { iban, bic, name, town, country } => {
            let bic = bic.clone().unwrap_or_default();
            [
                id,
                amount,
                currency,
                text("sepa"),
                text(name),
                none(),
                none(),
                none(),
                text(iban),
                bic,
                text(town),
                text(country),
            ]
        }
    }
}

/// A cell that no spreadsheet takes for a formula: experts choose their names, and finance opens the file.
pub fn neutralised(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests;
