//! What happens to credentials by itself.

use std::collections::BTreeSet;

use diesel::PgConnection;
use serde_json::json;

use super::credential::CredentialState;
use super::store;
use crate::kernel::{CredentialId, Ctx, ExpertId, Result};
use crate::record::{self, Change, Event};

/// How many credentials one run ends.
const MOST: i64 = 1_000;

/// Ends the verified credentials whose last day is over; says how many. Their eligibility ended with that day already.
pub fn expire_credentials(conn: &mut PgConnection, ctx: &Ctx) -> Result<usize> {
    let ended = store::lock_ended(conn, ctx.today(), MOST)?;
    if ended.is_empty() {
        return Ok(0);
    }
    let ids: Vec<CredentialId> = ended.iter().map(|(id, _)| *id).collect();
    store::update_state(conn, &ids, CredentialState::Expired)?;
    let experts: BTreeSet<ExpertId> = ended.iter().map(|(_, expert)| *expert).collect();
    let due: Vec<_> = experts.into_iter().map(|expert| (ctx.ids.next(), expert)).collect();
    store::insert_due(conn, &due)?;
    let change = |(id, expert): &(CredentialId, ExpertId)| Change {
        event: Event::CredentialExpired,
        object: id.0,
        lab: None,
        detail: json!({"credential_id": id, "expert_id": expert, "state": CredentialState::Expired}),
    };
    record::changes(conn, ctx, ended.iter().map(change).collect())?;
    Ok(ended.len())
}
