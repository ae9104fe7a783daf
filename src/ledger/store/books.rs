//! Reading the books.

use super::*;
use diesel::dsl::sum;

/// What came into an account and what left it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turnover {
    /// Sum of debits.
    pub debits: Decimal,
    /// Sum of credits.
    pub credits: Decimal,
}

/// An account as listed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = ledger_account)]
pub struct AccountFacts {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    pub kind: AccountKind,
    /// What it is in.
    pub currency: Currency,
    /// The lab of a lab's account.
    pub lab_id: Option<LabId>,
    /// The expert of a payable.
    pub expert_id: Option<ExpertId>,
    /// The executive of a commission account.
    pub account_executive_id: Option<AccountId>,
    /// When it was first used.
    pub created_at: DateTime<Utc>,
}

/// Accounts in the order of their ids.
pub fn list_accounts(conn: &mut PgConnection, above: Uuid, limit: i64) -> QueryResult<Vec<AccountFacts>> {
    ledger_account::table
        .filter(ledger_account::id.gt(above))
        .order(ledger_account::id)
        .limit(limit)
        .select(AccountFacts::as_select())
        .load(conn)
}

/// Turnovers of these accounts.
pub fn turnovers(conn: &mut PgConnection, accounts: &[Uuid]) -> QueryResult<BTreeMap<Uuid, Turnover>> {
    let debits: Vec<(Uuid, Option<Decimal>)> = journal_line::table
        .filter(journal_line::debit_id.eq_any(accounts))
        .group_by(journal_line::debit_id)
        .select((journal_line::debit_id, sum(journal_line::amount)))
        .load(conn)?;
    let credits: Vec<(Uuid, Option<Decimal>)> = journal_line::table
        .filter(journal_line::credit_id.eq_any(accounts))
        .group_by(journal_line::credit_id)
        .select((journal_line::credit_id, sum(journal_line::amount)))
        .load(conn)?;
    let mut turnovers: BTreeMap<Uuid, Turnover> = BTreeMap::new();
    for (account, amount) in debits {
        turnovers.entry(account).or_default().debits = amount.unwrap_or_default();
    }
    for (account, amount) in credits {
        turnovers.entry(account).or_default().credits = amount.unwrap_or_default();
    }
    Ok(turnovers)
}

/// A lab's own accounts: available, reserved, returned.
pub fn lab_accounts(conn: &mut PgConnection, lab: LabId) -> QueryResult<Vec<AccountFacts>> {
    ledger_account::table
        .filter(ledger_account::lab_id.eq(lab))
        .order(ledger_account::id)
        .select(AccountFacts::as_select())
        .load(conn)
}

/// What came into a lab's own accounts from somebody else's as a refund.
pub fn refunded(conn: &mut PgConnection, own: &[Uuid]) -> QueryResult<Decimal> {
    let sum: Option<Decimal> = journal_line::table
        .inner_join(journal_entry::table.on(journal_entry::id.eq(journal_line::entry_id)))
        .filter(journal_line::credit_id.eq_any(own).and(journal_line::debit_id.ne_all(own)))
        .filter(journal_entry::kind.eq(EntryKind::Refund))
        .select(sum(journal_line::amount))
        .first(conn)?;
    Ok(sum.unwrap_or_default())
}

/// What left a lab's own accounts for somebody else's: what was billed.
pub fn billed(conn: &mut PgConnection, own: &[Uuid]) -> QueryResult<Decimal> {
    let sum: Option<Decimal> = journal_line::table
        .filter(journal_line::debit_id.eq_any(own).and(journal_line::credit_id.ne_all(own)))
        .select(sum(journal_line::amount))
        .first(conn)?;
    Ok(sum.unwrap_or_default())
}

/// The balance that authorises a lab's postings.
pub fn find_balance(conn: &mut PgConnection, lab: LabId) -> QueryResult<Option<Decimal>> {
    account_balance::table
        .filter(account_balance::lab_id.eq(lab))
        .select(account_balance::balance)
        .first(conn)
        .optional()
}

/// The same, held until the transaction ends.
pub fn lock_balance(conn: &mut PgConnection, lab: LabId) -> QueryResult<Option<Decimal>> {
    account_balance::table
        .filter(account_balance::lab_id.eq(lab))
        .select(account_balance::balance)
        .for_update()
        .first(conn)
        .optional()
}

/// What work earned an expert, by payable account: credits against the cost of experts. Payouts that were cancelled or came
/// back credit the account too, and are no earnings.
pub fn earned(conn: &mut PgConnection, payable: &[Uuid]) -> QueryResult<BTreeMap<Uuid, Decimal>> {
    let rows: Vec<(Uuid, Option<Decimal>)> = journal_line::table
        .inner_join(ledger_account::table.on(ledger_account::id.eq(journal_line::debit_id)))
        .filter(journal_line::credit_id.eq_any(payable).and(ledger_account::kind.eq(AccountKind::CostOfExperts)))
        .group_by(journal_line::credit_id)
        .select((journal_line::credit_id, sum(journal_line::amount)))
        .load(conn)?;
    Ok(rows.into_iter().map(|(account, amount)| (account, amount.unwrap_or_default())).collect())
}

/// An entry as listed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = journal_entry)]
pub struct EntryFacts {
    /// Its id.
    pub id: EntryId,
    /// The lab it is about.
    pub lab_id: Option<LabId>,
    /// Why.
    pub kind: EntryKind,
    /// What of.
    pub source_type: String,
    /// Which one.
    pub source_id: Uuid,
    /// The day it counts for.
    pub effective_on: NaiveDate,
    /// The month it is booked in.
    pub period: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<AccountId>,
    /// What it undoes.
    pub reverses: Option<EntryId>,
    /// A word.
    pub memo: Option<String>,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Default)]
pub struct EntryFilter {
    /// Of this lab.
    pub lab: Option<LabId>,
    /// Of this month.
    pub period: Option<Period>,
}

/// Entries, newest first.
pub fn list_entries(
    conn: &mut PgConnection,
    filter: &EntryFilter,
    before: Uuid,
    limit: i64,
) -> QueryResult<Vec<EntryFacts>> {
    let mut query = journal_entry::table.filter(journal_entry::id.lt(EntryId(before))).into_boxed();
    if let Some(lab) = filter.lab {
        query = query.filter(journal_entry::lab_id.eq(lab));
    }
    if let Some(period) = filter.period {
        query = query.filter(journal_entry::period.eq(period.to_string()));
    }
    query.order(journal_entry::id.desc()).limit(limit).select(EntryFacts::as_select()).load(conn)
}

/// One entry.
pub fn find_entry(conn: &mut PgConnection, id: EntryId) -> QueryResult<Option<EntryFacts>> {
    journal_entry::table.find(id).select(EntryFacts::as_select()).first(conn).optional()
}

/// A line as listed, with both accounts.
pub type LineFacts = (Uuid, Uuid, Uuid, Decimal, Currency, Option<ProjectId>, Option<ExpertId>, Option<AssignmentId>);

/// The lines of an entry.
pub fn list_lines(conn: &mut PgConnection, entry: EntryId) -> QueryResult<Vec<LineFacts>> {
    journal_line::table
        .filter(journal_line::entry_id.eq(entry))
        .order(journal_line::id)
        .select((
            journal_line::id,
            journal_line::debit_id,
            journal_line::credit_id,
            journal_line::amount,
            journal_line::currency,
            journal_line::project_id,
            journal_line::expert_id,
            journal_line::assignment_id,
        ))
        .load(conn)
}

/// The kinds of these accounts.
pub fn account_kinds(conn: &mut PgConnection, ids: &[Uuid]) -> QueryResult<BTreeMap<Uuid, AccountKind>> {
    let rows: Vec<(Uuid, AccountKind)> = ledger_account::table
        .filter(ledger_account::id.eq_any(ids))
        .select((ledger_account::id, ledger_account::kind))
        .load(conn)?;
    Ok(rows.into_iter().collect())
}

/// Lines of one currency and their sum.
pub type CurrencyTotal = (Currency, i64, Option<Decimal>);

/// What is counted in a proof: entries, lines, and the sum of lines by currency.
pub fn totals(conn: &mut PgConnection) -> QueryResult<(i64, Vec<CurrencyTotal>)> {
    let entries = journal_entry::table.count().get_result(conn)?;
    let lines = journal_line::table
        .group_by(journal_line::currency)
        .select((journal_line::currency, diesel::dsl::count_star(), sum(journal_line::amount)))
        .load(conn)?;
    Ok((entries, lines))
}

/// The payable accounts of an expert.
pub fn payable_accounts(conn: &mut PgConnection, expert: ExpertId) -> QueryResult<Vec<AccountFacts>> {
    ledger_account::table
        .filter(ledger_account::expert_id.eq(expert).and(ledger_account::kind.eq(AccountKind::ExpertPayable)))
        .order(ledger_account::id)
        .select(AccountFacts::as_select())
        .load(conn)
}

statement! {
    /// What is owed to each expert, up to a day and now.
    pub(in crate::ledger) struct PayableByExpert from "payable.sql" {
        currency: Currency as Text,
        cutoff: NaiveDate as diesel::sql_types::Date,
    } -> (SqlUuid, Numeric, Numeric)
}

statement! {
    /// Payouts in transit by batch, wherever they are not nothing.
    pub(in crate::ledger) struct InTransit from "in_transit.sql" {} -> (SqlUuid, Text, Numeric)
}
