//! HTTP of the ledger: deposits, balances, costs, the journal, the proof.

use actix_web::{get, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::account::AccountKind;
use super::operations;
use super::posting::EntryKind;
use super::store::{EntryFacts, EntryFilter};
use crate::experts::expert::Whose;
use crate::http::{Answer, Body, Call, Query, Tagged};
use crate::kernel::time::Period;
use crate::kernel::{
    AccountId, AssignmentId, CostId, DepositId, EntryId, ExpertId, LabId, Money, Page, PageQuery, ProjectId,
};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(record_deposit)
        .service(list_deposits)
        .service(get_deposit)
        .service(balance)
        .service(record_cost)
        .service(list_costs)
        .service(get_cost)
        .service(list_accounts)
        .service(list_entries)
        .service(get_entry)
        .service(proof)
        .service(earnings);
}

/// A deposit as finance records it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDeposit {
    /// In the lab's billing currency, more than nothing.
    pub amount: Money,
    /// The bank's reference; once per lab.
    pub reference: String,
    pub received_on: NaiveDate,
}

/// A deposit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Deposit)]
pub struct DepositView {
    pub id: DepositId,
    pub lab_id: LabId,
    pub amount: Money,
    pub reference: String,
    pub received_on: NaiveDate,
    pub entry_id: EntryId,
    pub created_at: DateTime<Utc>,
}

impl Tagged for DepositView {
    fn version(&self) -> i64 {
        1
    }
}

/// Record a lab's deposit (finance).
#[utoipa::path(tag = "Ledger", params(("id" = LabId, Path)), request_body = NewDeposit, responses((status = 201, description = "Recorded", body = DepositView)))]
#[post("/v1/labs/{id}/deposits")]
pub async fn record_deposit(call: Call, lab: web::Path<LabId>, body: Body<NewDeposit>) -> Answer {
    let (lab, Body { form, digest }) = (lab.into_inner(), body);
    let make = move |conn: &mut _, ctx: &_| operations::record_deposit(conn, ctx, lab, &form);
    call.moving_money()?.create(digest, make, operations::get_deposit).await
}

/// A lab's deposits.
#[utoipa::path(tag = "Ledger", params(("id" = LabId, Path), PageQuery), responses((status = 200, description = "Deposits, newest first", body = Page<DepositView>)))]
#[get("/v1/labs/{id}/deposits")]
pub async fn list_deposits(call: Call, lab: web::Path<LabId>, query: Query<PageQuery>) -> Answer {
    let lab = lab.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_deposits(conn, ctx, lab, paging)).await
}

/// One deposit.
#[utoipa::path(tag = "Ledger", params(("id" = DepositId, Path)), responses((status = 200, description = "The deposit", body = DepositView)))]
#[get("/v1/deposits/{id}")]
pub async fn get_deposit(call: Call, id: web::Path<DepositId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_deposit(conn, ctx, id)).await
}

/// A lab's money; the three always add up to deposits less withdrawals.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceView {
    /// What it may still spend.
    pub available: Money,
    /// What its open work holds.
    pub reserved: Money,
    /// What was billed, less refunds.
    pub spent: Money,
}

/// A lab's balance.
#[utoipa::path(tag = "Ledger", params(("id" = LabId, Path)), responses((status = 200, description = "The balance", body = BalanceView)))]
#[get("/v1/labs/{id}/balance")]
pub async fn balance(call: Call, lab: web::Path<LabId>) -> Answer {
    let lab = lab.into_inner();
    call.report(move |conn, ctx| operations::balance(conn, ctx, lab)).await
}

/// A direct cost of a lab's work.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCost {
    pub lab_id: LabId,
    #[serde(default)]
    pub project_id: Option<ProjectId>,
    /// In the lab's billing currency, more than nothing.
    pub amount: Money,
    pub effective_on: NaiveDate,
    pub reason: String,
}

/// A recorded cost.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cost)]
pub struct CostView {
    pub id: CostId,
    pub lab_id: LabId,
    pub project_id: Option<ProjectId>,
    pub amount: Money,
    pub effective_on: NaiveDate,
    pub reason: String,
    pub entry_id: EntryId,
    pub created_at: DateTime<Utc>,
}

impl Tagged for CostView {
    fn version(&self) -> i64 {
        1
    }
}

/// Record a direct cost of a lab's work (finance).
#[utoipa::path(tag = "Ledger", request_body = NewCost, responses((status = 201, description = "Recorded", body = CostView)))]
#[post("/v1/ledger/costs")]
pub async fn record_cost(call: Call, body: Body<NewCost>) -> Answer {
    let Body { form, digest } = body;
    let make = move |conn: &mut _, ctx: &_| operations::record_cost(conn, ctx, &form);
    call.moving_money()?.create(digest, make, operations::get_cost).await
}

/// Which costs are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CostQuery {
    /// Of this lab alone.
    pub lab_id: Option<LabId>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Direct costs.
#[utoipa::path(tag = "Ledger", params(CostQuery), responses((status = 200, description = "Costs, newest first", body = Page<CostView>)))]
#[get("/v1/ledger/costs")]
pub async fn list_costs(call: Call, query: Query<CostQuery>) -> Answer {
    let CostQuery { lab_id, limit, cursor } = query.into_inner();
    let filter = format!("{lab_id:?}");
    let page = PageQuery { limit, cursor };
    call.list(&page, &filter, move |conn, ctx, paging| operations::list_costs(conn, ctx, lab_id, paging)).await
}

/// One direct cost.
#[utoipa::path(tag = "Ledger", params(("id" = CostId, Path)), responses((status = 200, description = "The cost", body = CostView)))]
#[get("/v1/ledger/costs/{id}")]
pub async fn get_cost(call: Call, id: web::Path<CostId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_cost(conn, ctx, id)).await
}

/// An account and what moved in it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerAccount)]
pub struct AccountView {
    pub id: Uuid,
    pub kind: AccountKind,
    pub lab_id: Option<LabId>,
    pub expert_id: Option<ExpertId>,
    pub account_executive_id: Option<AccountId>,
    pub debits: Money,
    pub credits: Money,
    /// On the account's own side: debits less credits for cash and costs, credits less debits otherwise.
    pub balance: Money,
    pub created_at: DateTime<Utc>,
}

/// The chart of accounts with balances.
#[utoipa::path(tag = "Ledger", params(PageQuery), responses((status = 200, description = "Accounts", body = Page<AccountView>)))]
#[get("/v1/ledger/accounts")]
pub async fn list_accounts(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_accounts).await
}

/// A transfer of an entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LedgerLine)]
pub struct LineView {
    pub debit_id: Uuid,
    pub debit: AccountKind,
    pub credit_id: Uuid,
    pub credit: AccountKind,
    pub amount: Money,
    pub project_id: Option<ProjectId>,
    pub expert_id: Option<ExpertId>,
    pub assignment_id: Option<AssignmentId>,
}

/// A journal entry; a list leaves its lines out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalEntry)]
pub struct EntryView {
    pub id: EntryId,
    pub lab_id: Option<LabId>,
    pub kind: EntryKind,
    pub source_type: String,
    pub source_id: Uuid,
    /// The day it counts for.
    pub effective_on: NaiveDate,
    /// The month it is booked in.
    pub period: String,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: Option<AccountId>,
    pub reverses: Option<EntryId>,
    pub memo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineView>>,
}

impl EntryView {
    pub(super) fn of(entry: EntryFacts, lines: Option<Vec<LineView>>) -> Self {
        let EntryFacts { id, lab_id, kind, source_type, source_id, effective_on, period, .. } = entry;
        let EntryFacts { recorded_at, recorded_by, reverses, memo, .. } = entry;
        Self {
            id,
            lab_id,
            kind,
            source_type,
            source_id,
            effective_on,
            period,
            recorded_at,
            recorded_by,
            reverses,
            memo,
            lines,
        }
    }
}

impl Tagged for EntryView {
    fn version(&self) -> i64 {
        1
    }
}

/// Which entries are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntryQuery {
    /// About this lab alone.
    pub lab_id: Option<LabId>,
    /// Booked in this month alone, `YYYY-MM`.
    #[param(value_type = Option<String>)]
    pub period: Option<Period>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// The journal.
#[utoipa::path(tag = "Ledger", params(EntryQuery), responses((status = 200, description = "Entries, newest first", body = Page<EntryView>)))]
#[get("/v1/ledger/entries")]
pub async fn list_entries(call: Call, query: Query<EntryQuery>) -> Answer {
    let EntryQuery { lab_id, period, limit, cursor } = query.into_inner();
    let filter = EntryFilter { lab: lab_id, period };
    let bound_to = format!("{filter:?}");
    let page = PageQuery { limit, cursor };
    call.list(&page, &bound_to, move |conn, ctx, paging| operations::list_entries(conn, ctx, &filter, paging)).await
}

/// One entry with its lines.
#[utoipa::path(tag = "Ledger", params(("id" = EntryId, Path)), responses((status = 200, description = "The entry", body = EntryView)))]
#[get("/v1/ledger/entries/{id}")]
pub async fn get_entry(call: Call, id: web::Path<EntryId>) -> Answer {
    let id = id.into_inner();
    call.show(move |conn, ctx| operations::get_entry(conn, ctx, id)).await
}

/// A balance that does not follow from the lines.
#[derive(Debug, Serialize, ToSchema)]
pub struct Difference {
    pub account_id: Uuid,
    pub kind: String,
    pub lab_id: Option<LabId>,
    /// What the balance row says.
    pub kept: Money,
    /// What the lines say.
    pub rebuilt: Money,
}

/// What moved in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct Total {
    pub lines: i64,
    pub debits: Money,
    pub credits: Money,
}

/// The books, proved.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proof)]
pub struct ProofView {
    /// Whether every kept balance follows from the lines.
    pub equal: bool,
    pub entries: i64,
    pub totals: Vec<Total>,
    /// Where not.
    pub differences: Vec<Difference>,
    /// What was approved for payout and has neither been settled nor come back, by currency.
    pub payouts_in_transit: Vec<Money>,
}

/// Rebuild every balance from the lines and say equal, or where not (finance, auditor).
#[utoipa::path(tag = "Ledger", responses((status = 200, description = "The proof", body = ProofView)))]
#[get("/v1/ledger/proof")]
pub async fn proof(call: Call) -> Answer {
    call.report(operations::proof).await
}

/// What an expert earned in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Earnings)]
pub struct EarningsView {
    pub earned: Money,
    /// In an approved payout, whether or not the bank has settled it yet.
    pub paid: Money,
    /// Earned and not yet in an approved payout.
    pub payable: Money,
}

/// What an expert earned, was paid and is owed, by currency; `me` for the caller.
#[utoipa::path(tag = "Ledger", params(("id" = String, Path, description = "An expert's id, or `me`")), responses((status = 200, description = "Earnings", body = Vec<EarningsView>)))]
#[get("/v1/experts/{id}/earnings")]
pub async fn earnings(call: Call, whose: web::Path<Whose>) -> Answer {
    let expert = match whose.into_inner() {
        Whose::Me => None,
        Whose::Expert(id) => Some(id),
    };
    call.report(move |conn, ctx| operations::earnings(conn, ctx, expert)).await
}
