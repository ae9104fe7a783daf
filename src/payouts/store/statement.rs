//! An expert's statement.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Date, Integer, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::{Currency, ExpertId, ProjectId};
use crate::payouts::statement::{Piece, PieceState};
use crate::projects::words::Pricing;
use crate::statement;

statement! {
    /// What an expert took up within a range, newest first.
    pub(in crate::payouts) struct Pieces from "statement.sql" {
        expert: ExpertId as SqlUuid,
        from: NaiveDate as Date,
        until: NaiveDate as Date,
        before: Uuid as SqlUuid,
        limit: i64 as BigInt,
    } -> (
        Text, SqlUuid, SqlUuid, Text, Text, Text, Text, Numeric, Nullable<Integer>, Nullable<Numeric>, Timestamptz,
        Nullable<Timestamptz>, Timestamptz, Nullable<Timestamptz>, Nullable<Timestamptz>, Nullable<Text>, Nullable<Text>, Bool
    )
}

statement! {
    /// The same, summed by currency: earned, waiting, paid out.
    pub(in crate::payouts) struct Sums from "statement_totals.sql" {
        expert: ExpertId as SqlUuid,
        from: NaiveDate as Date,
        until: NaiveDate as Date,
    } -> (Text, Numeric, Numeric, Numeric)
}

/// A line of a statement as it is stored.
#[derive(Debug, Queryable)]
pub(in crate::payouts) struct PieceRow {
    pub what: Piece,
    pub id: Uuid,
    pub project_id: ProjectId,
    pub title: String,
    pub state: PieceState,
    pub currency: Currency,
    pub pricing: Pricing,
    pub pay_rate: Decimal,
    pub seconds: Option<i32>,
    pub paid: Option<Decimal>,
    pub claimed_at: DateTime<Utc>,
    pub decided_at: Option<DateTime<Utc>>,
    pub held_until: DateTime<Utc>,
    pub auto_accept_at: Option<DateTime<Utc>>,
    pub resolve_by: Option<DateTime<Utc>>,
    pub verdict: Option<String>,
    pub reason: Option<String>,
    pub paid_out: bool,
}

/// Currency, earned, waiting, paid out.
pub(in crate::payouts) type SumRow = (Currency, Decimal, Decimal, Decimal);
