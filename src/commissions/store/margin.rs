//! Margin, from the lines of the ledger.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, BigInt, Date, Nullable, Numeric, Text, Timestamptz, Uuid as SqlUuid};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::kernel::{Currency, EntryId, LabId};
use crate::ledger::EntryKind;
use crate::statement;

statement! {
    /// The margin of labs by day, rolled up between the moments (rising) at which statements were cut.
    pub(in crate::commissions) struct MarginByDay from "margin.sql" {
        labs: Vec<LabId> as Array<SqlUuid>,
        first_day: NaiveDate as Date,
        last_day: NaiveDate as Date,
        as_of: DateTime<Utc> as Timestamptz,
        cuts: Vec<DateTime<Utc>> as Array<Timestamptz>,
    } -> (SqlUuid, Text, Date, Nullable<Date>, Timestamptz, Numeric, Numeric, Numeric)
}

/// Lab, currency, day, day of what it undoes, last recorded, revenue less refunds, cost of experts, direct cost.
pub(in crate::commissions) type MarginRow =
    (LabId, Currency, NaiveDate, Option<NaiveDate>, DateTime<Utc>, Decimal, Decimal, Decimal);

statement! {
    /// The journal entries behind a lab's day.
    pub(in crate::commissions) struct EntriesOfDay from "entries.sql" {
        lab: LabId as SqlUuid,
        day: NaiveDate as Date,
        before: Uuid as SqlUuid,
        as_of: DateTime<Utc> as Timestamptz,
        limit: i64 as BigInt,
    } -> (SqlUuid, Text, Text, Timestamptz, Nullable<Date>, Numeric, Numeric, Numeric)
}

/// Entry, kind, currency, recorded, day of what it undoes, revenue less refunds, cost of experts, direct cost.
pub(in crate::commissions) type EntryRow =
    (EntryId, EntryKind, Currency, DateTime<Utc>, Option<NaiveDate>, Decimal, Decimal, Decimal);
