//! The month's commissions as payroll takes them: one row per executive and currency, as CSV (RFC 4180).
#![deny(clippy::arithmetic_side_effects)]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::money::MoneyError;
use crate::kernel::time::Period;
use crate::kernel::{AccountId, Currency, Money, StatementId};

/// What one executive is paid for a month in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PayrollRow {
    /// The month.
    #[schema(value_type = String, example = "2026-03")]
    pub period: Period,
    /// Whom to pay.
    pub account_executive_id: AccountId,
    /// What they are called.
    pub display_name: String,
    /// How much, nothing or more.
    pub payable: Money,
    /// The issued statements it is the sum of.
    pub statements: Vec<StatementId>,
}

/// An issued statement, as payroll looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    /// Its id.
    pub id: StatementId,
    /// Whose it is.
    pub executive: AccountId,
    /// What they are called.
    pub display_name: String,
    /// What it pays.
    pub payable: Money,
}

/// Adds an executive's statements up, one row for each currency.
pub fn rows(period: Period, statements: Vec<Payable>) -> Result<Vec<PayrollRow>, MoneyError> {
    let mut rows: BTreeMap<(AccountId, Currency), PayrollRow> = BTreeMap::new();
    for Payable { id, executive, display_name, payable } in statements {
        let row = rows.entry((executive, payable.currency())).or_insert_with(|| PayrollRow {
            period,
            account_executive_id: executive,
            display_name,
            payable: Money::zero(payable.currency()),
            statements: Vec::new(),
        });
        row.payable = row.payable.checked_add(payable)?;
        row.statements.push(id);
    }
    Ok(rows.into_values().collect())
}

/// The rows as a file with a header line.
pub fn csv(rows: &[PayrollRow]) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    file.write_record(["period", "account_executive_id", "display_name", "payable", "currency", "statements"])?;
    for row in rows {
        let statements: Vec<String> = row.statements.iter().map(ToString::to_string).collect();
        let cells = [
            row.period.to_string(),
            row.account_executive_id.to_string(),
            row.display_name.clone(),
            row.payable.amount().to_string(),
            row.payable.currency().to_string(),
            statements.join(" "),
        ];
        file.write_record(cells.iter().map(|cell| neutralised(cell).into_owned()))?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

/// A cell that no spreadsheet takes for a formula: people choose their names, and finance opens the file.
fn neutralised(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { Cow::Owned(format!("'{cell}")) } else { cell.into() }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn one_row_per_executive_and_names_are_no_formulas() {
        let of = |n: u128, who: u128, name: &str, amount: &str| Payable {
            id: StatementId(Uuid::from_u128(n)),
            executive: AccountId(Uuid::from_u128(who)),
            display_name: name.to_owned(),
            payable: Money::parse(amount, Currency::USD).unwrap(),
        };
        let listed =
            vec![of(1, 8, "=cmd|' /C calc'!A0", "10.00"), of(2, 9, "Ling, L.", "0.50"), of(3, 9, "Ling, L.", "1")];
        let rows = rows("2026-03".parse().unwrap(), listed).unwrap();
        let text = String::from_utf8(csv(&rows).unwrap()).unwrap();
        let lines: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].contains(",'=cmd|' /C calc'!A0,10.00,USD,stm_"), "{}", lines[1]);
        assert!(lines[2].contains(",\"Ling, L.\",1.50,USD,stm_"), "{}", lines[2]);
    }
}
