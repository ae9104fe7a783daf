//! What stands, read through the operations that anybody would read it through.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use serde_json::Value;

use super::cast::{EXPERTS, LABS, STAFF};
use super::stage::{Player, Stage, shown, text};
use crate::commissions::operations as commissions;
use crate::kernel::{Error, Result, Role};
use crate::{identity, ledger, payouts, projects};

/// The whole summary.
pub fn of(stage: &Stage) -> Result<String> {
    let finance = somebody(stage, Role::Finance)?;
    let operations = somebody(stage, Role::Operations)?;
    let mut text = String::new();
    for part in [work(stage, &operations)?, money(stage, &finance)?, logins()] {
        text.push_str(&part.to_string());
        text.push_str("\n\n");
    }
    Ok(text.trim_end().to_owned())
}

/// Somebody of this role, found by the cast's address.
fn somebody(stage: &Stage, role: Role) -> Result<Player> {
    let part = STAFF.iter().find(|part| part.role == role).ok_or_else(|| Error::internal("nobody plays this role"))?;
    let found =
        stage.db().read_now(&stage.db().system(), |conn, _| identity::operations::find_login(conn, part.email))?;
    let (account, _) = found.ok_or_else(|| Error::internal(format!("{} has not signed up", part.email)))?;
    Ok(Player::new(part.name, account, role))
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header(header.to_vec());
    table
}

fn right(text: impl Into<String>) -> Cell {
    Cell::new(text.into()).set_alignment(CellAlignment::Right)
}

/// Groups the digits before the point by three.
fn grouped(amount: &str) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if decimals.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}.{decimals}") }
}

fn work(stage: &Stage, operations: &Player) -> Result<Table> {
    let mut table = table(&["project", "state", "accepted", "acceptance", "tasks done", "billed", "reserved"]);
    let paging = stage.paging(&super::first_page())?;
    let everything = projects::routes::ProjectQuery::default();
    let listed = stage.look(operations, |conn, ctx| projects::operations::list(conn, ctx, &everything, &paging))?;
    for project in listed.data.iter().rev() {
        let id = text(&shown(project)?, "/id")?.parse().map_err(|_| Error::internal("a project without an id"))?;
        let progress = shown(&stage.look(operations, |conn, ctx| projects::operations::progress(conn, ctx, id))?)?;
        let project = shown(project)?;
        table.add_row(vec![
            Cell::new(text(&project, "/title")?),
            Cell::new(text(&project, "/state")?),
            right(text(&progress, "/accepted")?),
            right(acceptance(&progress)?),
            right(text(&progress, "/tasks/completed")?),
            right(grouped(&text(&progress, "/billed/amount")?)),
            right(grouped(&text(&progress, "/reserved/amount")?)),
        ]);
    }
    Ok(table)
}

/// The share of decided answers that were accepted, in whole per cent.
fn acceptance(progress: &Value) -> Result<String> {
    let count = |pointer| text(progress, pointer)?.parse::<u64>().map_err(Error::internal);
    let (accepted, rejected) = (count("/accepted")?, count("/rejected")?);
    let decided = accepted.saturating_add(rejected).max(1);
    Ok(format!("{}%", accepted.saturating_mul(100) / decided))
}

fn money(stage: &Stage, finance: &Player) -> Result<Table> {
    let mut table = table(&["money", ""]);
    let paging = stage.paging(&super::first_page())?;
    let accounts =
        shown(&stage.look(finance, |conn, ctx| ledger::operations::list_accounts(conn, ctx, &paging))?.data)?;
    let total = |kinds: &[&str]| -> Result<rust_decimal::Decimal> {
        let mut sum = rust_decimal::Decimal::ZERO;
        for account in accounts.as_array().into_iter().flatten() {
            if kinds.contains(&text(account, "/kind")?.as_str()) {
                let balance: rust_decimal::Decimal =
                    text(account, "/balance/amount")?.parse().map_err(Error::internal)?;
                sum = sum.checked_add(balance).ok_or_else(|| Error::internal("too much money"))?;
            }
        }
        Ok(sum)
    };
    let (revenue, costs) = (total(&["revenue"])?, total(&["cost_of_experts", "direct_cost", "refunds"])?);
    let margin = revenue.checked_sub(costs).ok_or_else(|| Error::internal("too much money"))?;
    for (name, amount) in
        [("revenue", revenue), ("gross margin", margin), ("owed to experts", total(&["expert_payable"])?)]
    {
        table.add_row(vec![Cell::new(name), right(format!("{} USD", grouped(&amount.to_string())))]);
    }
    statements(stage, finance, &mut table)?;
    let batches = stage.look(finance, |conn, ctx| payouts::operations::list_batches(conn, ctx, None, &paging))?;
    let breaks = shown(
        &stage.look(finance, |conn, ctx| payouts::operations::list_breaks(conn, ctx, (None, None), &paging))?.data,
    )?;
    table.add_row(vec![Cell::new("payout batches"), right(batches.data.len().to_string())]);
    for found in breaks.as_array().into_iter().flatten() {
        let amount = format!("{} {}", text(found, "/difference/amount")?, text(found, "/difference/currency")?);
        table.add_row(vec![Cell::new(format!("break: {}", text(found, "/kind")?)), right(amount)]);
    }
    let proof = shown(&stage.look(finance, ledger::operations::proof)?)?;
    let in_transit = proof.pointer("/payouts_in_transit/0/amount").and_then(Value::as_str).unwrap_or("0.00");
    table.add_row(vec![Cell::new("payouts in transit"), right(format!("{in_transit} USD"))]);
    table.add_row(vec![Cell::new("balances follow from the lines"), right(text(&proof, "/equal")?)]);
    Ok(table)
}

/// What the executive has been stated: the last statement, and the sum of all.
fn statements(stage: &Stage, finance: &Player, table: &mut Table) -> Result<()> {
    let paging = stage.paging(&super::first_page())?;
    let filter = Default::default();
    let listed = stage.look(finance, |conn, ctx| commissions::list_statements(conn, ctx, filter, &paging))?;
    let mut rows = Vec::new();
    for row in &listed.data {
        rows.push(shown(row)?);
    }
    for row in rows.iter().filter(|row| row.pointer("/payable/amount").and_then(Value::as_str) != Some("0.00")) {
        let name = format!("commission of {} ({})", text(row, "/period")?, text(row, "/state")?);
        let payable = text(row, "/payable/amount").or_else(|_| text(row, "/payable"))?;
        table.add_row(vec![Cell::new(name), right(format!("{} USD", grouped(&payable)))]);
    }
    Ok(())
}

fn logins() -> Table {
    let mut table = table(&["sign in as", "e-mail address"]);
    for part in &STAFF {
        table.add_row(vec![part.role.as_str(), part.email]);
    }
    for part in &LABS {
        table.add_row(vec!["lab_owner", part.email]);
    }
    for (name, _) in EXPERTS.iter().take(2) {
        table.add_row(vec!["expert".to_owned(), format!("{}@experts.example", name.to_lowercase().replace(' ', "."))]);
    }
    table.add_row(vec!["everybody's password".to_owned(), super::PASSWORD.to_owned()]);
    table
}
