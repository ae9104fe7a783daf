//! What stands, read through the operations that anybody would read it through.

mod radiology;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};
use rust_decimal::Decimal;
use serde_json::Value;

use super::cast::{EXPERTS, LABS, STAFF};
use super::stage::{Player, Stage, shown, text};
use crate::commissions::operations as commissions;
use crate::kernel::actor::Signed;
use crate::kernel::{Error, Result, Role};
use crate::{identity, ledger, payouts, projects};

/// The whole summary.
pub fn of(stage: &Stage) -> Result<String> {
    let (finance, operations) = (staff(stage, Role::Finance)?, staff(stage, Role::Operations)?);
    let listed = list_projects(stage, &operations)?;
    let parts = [
        ("The work of three labs and forty experts", work(stage, &operations, &listed)?),
        ("One of these projects, told in full", radiology::told(stage, &operations, &listed)?),
        ("The money, as the journal proves it", money(stage, &finance)?),
        ("Who you may be", logins()),
    ];
    let shown: Vec<String> = parts.iter().map(|(title, table)| format!("{title}\n{table}")).collect();
    Ok(shown.join("\n\n"))
}

/// Somebody of the house, found by the cast's address.
fn staff(stage: &Stage, role: Role) -> Result<Player> {
    let part = STAFF.iter().find(|part| part.role == role).ok_or_else(|| Error::internal("nobody plays this role"))?;
    somebody(stage, part.name, part.email)
}

/// Whoever signs in with this address.
fn somebody(stage: &Stage, name: &'static str, email: &str) -> Result<Player> {
    let system = stage.db().system();
    let found = stage.db().read_now(&system, |conn, _| match identity::operations::find_login(conn, email)? {
        Some((account, _)) => identity::operations::view_account(conn, account).map(Some),
        None => Ok(None),
    })?;
    let found = found.ok_or_else(|| Error::internal(format!("{email} has not signed up")))?;
    let player = Player::new(name, found.id, found.role);
    let signed = Signed { lab: found.lab_id, expert: found.expert_id, ..player.signed };
    Ok(Player { name, signed })
}

/// All projects, oldest first.
fn list_projects(stage: &Stage, operations: &Player) -> Result<Vec<Value>> {
    let paging = stage.paging(&super::first_page())?;
    let everything = projects::routes::ProjectQuery::default();
    let listed = stage.look(operations, |conn, ctx| projects::operations::list(conn, ctx, &everything, &paging))?;
    listed.data.iter().rev().map(shown).collect()
}

fn sum(amounts: impl IntoIterator<Item = Decimal>) -> Result<Decimal> {
    let total = amounts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
    total.ok_or_else(|| Error::internal("too much money"))
}

fn less(from: Decimal, amount: Decimal) -> Result<Decimal> {
    from.checked_sub(amount).ok_or_else(|| Error::internal("too much money"))
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

fn work(stage: &Stage, operations: &Player, listed: &[Value]) -> Result<Table> {
    let mut table =
        table(&["project", "state", "accepted", "acceptance", "tasks done", "billed, USD", "reserved, USD"]);
    for project in listed {
        let id = text(project, "/id")?.parse().map_err(|_| Error::internal("a project without an id"))?;
        let progress = shown(&stage.look(operations, |conn, ctx| projects::operations::progress(conn, ctx, id))?)?;
        table.add_row(vec![
            Cell::new(text(project, "/title")?),
            Cell::new(text(project, "/state")?),
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
    let decided = accepted.saturating_add(rejected);
    if decided == 0 {
        return Ok("—".to_owned());
    }
    Ok(format!("{}%", accepted.saturating_mul(100) / decided))
}

fn money(stage: &Stage, finance: &Player) -> Result<Table> {
    let mut table = table(&["what", "how much"]);
    let paging = stage.paging(&super::first_page())?;
    let accounts =
        shown(&stage.look(finance, |conn, ctx| ledger::operations::list_accounts(conn, ctx, &paging))?.data)?;
    let total = |kinds: &[&str]| -> Result<Decimal> {
        let mut amounts = Vec::new();
        for account in accounts.as_array().into_iter().flatten() {
            if kinds.contains(&text(account, "/kind")?.as_str()) {
                amounts.push(text(account, "/balance/amount")?.parse().map_err(Error::internal)?);
            }
        }
        sum(amounts)
    };
    let (revenue, refunds) = (total(&["revenue"])?, total(&["refunds"])?);
    let (experts, direct) = (total(&["cost_of_experts"])?, total(&["direct_cost"])?);
    let margin = less(revenue, sum([refunds, experts, direct])?)?;
    for (name, amount) in [
        ("billed to labs", revenue),
        ("less what was refunded to them", refunds),
        ("less what experts earned", experts),
        ("less direct costs", direct),
        ("gross margin", margin),
        ("still owed to experts", total(&["expert_payable"])?),
    ] {
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
        table.add_row(vec![Cell::new(format!("break in the bank's file: {}", text(found, "/kind")?)), right(amount)]);
    }
    let proof = shown(&stage.look(finance, ledger::operations::proof)?)?;
    let in_transit = proof.pointer("/payouts_in_transit/0/amount").and_then(Value::as_str).unwrap_or("0.00");
    table.add_row(vec![Cell::new("payouts in transit"), right(format!("{in_transit} USD"))]);
    table.add_row(vec![
        Cell::new("every balance follows from the journal"),
        right(match text(&proof, "/equal")?.as_str() {
            "true" => "proved",
            _ => "NOT PROVED",
        }),
    ]);
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
    let mut table = table(&["role", "e-mail address"]);
    for part in &STAFF {
        table.add_row(vec![part.role.as_str(), part.email]);
    }
    for part in &LABS {
        table.add_row(vec!["lab_owner", part.email]);
    }
    for (name, _) in EXPERTS.iter().take(2) {
        table.add_row(vec!["expert".to_owned(), super::people::address(name)]);
    }
    table.add_row(vec!["everybody's password".to_owned(), super::PASSWORD.to_owned()]);
    table
}
