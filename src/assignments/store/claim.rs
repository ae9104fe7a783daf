//! The claim: see the files in `claim/`.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{
    Array, BigInt, Binary, Bool, Integer, Nullable, Numeric, SmallInt, Text, Timestamptz, Uuid as SqlUuid,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::super::turns::Turn;
use crate::db::schema::seat;
use crate::kernel::{AssignmentId, Currency, ExpertId, LabId, ProjectId, TaskId};
use crate::projects::words::Pricing;
use crate::statement;
use crate::trust::Sealed;

/// Somebody who asks for work, and the ids that the answer is written with.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who.
    pub expert: ExpertId,
    /// Of this project alone.
    pub wish: Option<ProjectId>,
    /// Of 2³¹; decides about gold.
    pub coin: i64,
    /// The assignment to be.
    pub assignment: AssignmentId,
    /// Its fence.
    pub lease_token: Uuid,
    /// The audit row's id.
    pub audit: Uuid,
    /// The event's.
    pub event: Uuid,
    /// The access-log row's of the input.
    pub input_access: Uuid,
    /// The access-log row's of the brief.
    pub brief_access: Uuid,
    /// The account.
    pub actor: Uuid,
    /// Its session.
    pub session: Option<Uuid>,
    /// The request.
    pub request: Uuid,
}

/// A claim's statement: those who ask, how work is picked for them, and what follows. They differ in the middle.
macro_rules! claim {
    ($(#[$meta:meta])* $name:ident picks by $pick:literal with { $($field:ident : $type:ty as $sql:ty = $of:expr),* }) => {
        statement! {
            $(#[$meta])*
            pub(in crate::assignments) struct $name from "claim/asked.sql" $pick "claim/claimed.sql" {
                experts: Vec<ExpertId> as Array<SqlUuid>,
                wishes: Vec<Option<ProjectId>> as Array<Nullable<SqlUuid>>,
                coins: Vec<i64> as Array<BigInt>,
                assignments: Vec<AssignmentId> as Array<SqlUuid>,
                tokens: Vec<Uuid> as Array<SqlUuid>,
                audits: Vec<Uuid> as Array<SqlUuid>,
                events: Vec<Uuid> as Array<SqlUuid>,
                input_accesses: Vec<Uuid> as Array<SqlUuid>,
                brief_accesses: Vec<Uuid> as Array<SqlUuid>,
                actors: Vec<Uuid> as Array<SqlUuid>,
                sessions: Vec<Option<Uuid>> as Array<Nullable<SqlUuid>>,
                requests: Vec<Uuid> as Array<SqlUuid>,
                names: Vec<String> as Array<Text>,
                max_open_claims: i16 as SmallInt,
                $($field: Vec<$type> as Array<$sql>),*
            } -> (
                BigInt, SqlUuid, SqlUuid, SqlUuid, SqlUuid, Text, Numeric, Text, Integer, SqlUuid, Timestamptz, Timestamptz,
                Timestamptz, BigInt, Binary, Text, Text, Binary, Integer, Bool, Nullable<SqlUuid>, Nullable<Binary>
            )
        }

        impl $name {
            /// For these, with a choice of these projects.
            pub(in crate::assignments) fn new(asked: &[Asked], max_open_claims: i16, turns: &[Turn]) -> Self {
                Self {
                    experts: asked.iter().map(|one| one.expert).collect(),
                    wishes: asked.iter().map(|one| one.wish).collect(),
                    coins: asked.iter().map(|one| one.coin).collect(),
                    assignments: asked.iter().map(|one| one.assignment).collect(),
                    tokens: asked.iter().map(|one| one.lease_token).collect(),
                    audits: asked.iter().map(|one| one.audit).collect(),
                    events: asked.iter().map(|one| one.event).collect(),
                    input_accesses: asked.iter().map(|one| one.input_access).collect(),
                    brief_accesses: asked.iter().map(|one| one.brief_access).collect(),
                    actors: asked.iter().map(|one| one.actor).collect(),
                    sessions: asked.iter().map(|one| one.session).collect(),
                    requests: asked.iter().map(|one| one.request).collect(),
                    names: asked.iter().map(|one| one.assignment.to_string()).collect(),
                    max_open_claims,
                    $($field: turns.iter().map($of).collect()),*
                }
            }
        }
    };
}

claim! {
    /// One claim alone: own slots, the best open one, gold in its place.
    ClaimOwn picks by "claim/own.sql" with { projects: ProjectId as SqlUuid = |turn| turn.project }
}

claim! {
    /// The next task of a qualification.
    ClaimQualifying picks by "claim/qualifying.sql" with { projects: ProjectId as SqlUuid = |turn| turn.project }
}

claim! {
    /// Many claims at once, by the turns of the projects.
    ClaimByTurns picks by "claim/turns.sql" with {
        projects: ProjectId as SqlUuid = |turn| turn.project,
        urgencies: i16 as SmallInt = |turn| turn.urgency,
        heads: TaskId as SqlUuid = |turn| turn.head,
        gold_rates: i64 as BigInt = |turn| turn.gold_coins,
        limits: Option<i32> as Nullable<Integer> = |turn| turn.max_tasks,
        qualifying: bool as Bool = |turn| turn.qualifying
    }
}

/// What a claim took and everything that its answer needs.
#[derive(Debug, Queryable)]
pub(in crate::assignments) struct ClaimedRow {
    /// Whose it is of those who asked, from 1.
    pub n: i64,
    pub id: AssignmentId,
    pub lab_id: LabId,
    pub project_id: ProjectId,
    pub task_id: TaskId,
    pub currency: Currency,
    pub pay_rate: Decimal,
    pub pricing: Pricing,
    pub max_seconds: i32,
    pub lease_token: Uuid,
    pub lease_expires_at: DateTime<Utc>,
    pub claimed_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub version: i64,
    pub sealed_input: Sealed,
    pub title: String,
    pub client: String,
    pub sealed_brief: Sealed,
    pub brief_version: i32,
    pub brief_changed: bool,
    pub draft_of: Option<AssignmentId>,
    pub sealed_draft: Option<Sealed>,
}

/// Of the transactions that count the pulse, one at a time.
const PULSE_LOCK: i64 = 0x70756c73;

diesel::define_sql_function! {
    fn pg_try_advisory_xact_lock(key: BigInt) -> Bool;
}

pub(in crate::assignments) fn try_lock_pulse(conn: &mut PgConnection) -> QueryResult<bool> {
    diesel::select(pg_try_advisory_xact_lock(PULSE_LOCK)).get_result(conn)
}

/// An expert's seat, held until the transaction ends: how many claims are open.
pub(in crate::assignments) fn lock_seat(conn: &mut PgConnection, expert: ExpertId) -> QueryResult<Option<i16>> {
    seat::table.find(expert).select(seat::open_claims).for_update().first(conn).optional()
}

statement! {
    /// Every open project with an open slot.
    pub(in crate::assignments) struct ReadBoard from "claim/board.sql" {}
        -> (
            SqlUuid, SmallInt, SqlUuid, Nullable<Timestamptz>, BigInt, Nullable<Integer>, Bool, BigInt, BigInt,
            Nullable<Timestamptz>
        )
}

statement! {
    /// Counts claims by the minute, and open slots.
    pub(in crate::assignments) struct CountPulse from "claim/pulse.sql" {} -> BigInt
}

type BoardColumns =
    (ProjectId, i16, TaskId, Option<DateTime<Utc>>, i64, Option<i32>, bool, i64, i64, Option<DateTime<Utc>>);

/// Open projects in no order, and when claims were last counted.
pub(in crate::assignments) fn read_board(conn: &mut PgConnection) -> QueryResult<(Vec<Turn>, Option<DateTime<Utc>>)> {
    let rows: Vec<BoardColumns> = ReadBoard {}.load(conn)?;
    let counted_at = rows.first().and_then(|row| row.9);
    let turn = |row: BoardColumns| {
        let (project, urgency, head, deadline, gold_coins, max_tasks, qualifying, open_slots, claims, _) = row;
        Turn { project, urgency, head, deadline, gold_coins, max_tasks, qualifying, open_slots, claims }
    };
    Ok((rows.into_iter().map(turn).collect(), counted_at))
}
