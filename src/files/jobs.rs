//! The sweeper: removes what was begun and never finished, and what no file is made of any more.
//!
//! Somebody may store the very content that is about to be removed. Whoever lets a file be made of a blob, and whoever
//! removes it, hold the same lock of the database while they do: the sweeper looks for rows and removes under the lock, the
//! other looks for the blob and writes their row under it (`operations::hold`). Where there is a row, there are its bytes.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use diesel::PgConnection;

use super::store::{self, Depot};
use crate::db::Db;
use crate::kernel::{Ctx, Error, LabId, Result};

/// What is younger may belong to an upload that is still under way.
const GRACE: Duration = Duration::days(1);
/// Blobs that are looked up in one statement.
const BATCH: usize = 1_000;

/// Sweeps once; says how much was removed.
pub async fn sweep(db: &Db, depot: &Depot) -> Result<usize> {
    let now = db.read(db.system(), |_, ctx| Ok(ctx.now)).await?;
    let before = now.checked_sub_signed(GRACE).ok_or_else(|| Error::internal("a day before the first"))?;
    let incoming = depot.sweep_incoming(before).await?;
    Ok(incoming.saturating_add(sweep_unused(db, depot, before).await?))
}

/// Removes blobs that were written before this time and that no file is made of; says how many.
pub async fn sweep_unused(db: &Db, depot: &Depot, before: DateTime<Utc>) -> Result<usize> {
    let mut swept = 0usize;
    let old = depot.older(before).await?;
    for batch in old.chunks(BATCH) {
        let wanted = batch.to_vec();
        let unused = db.read(db.system(), move |conn, _| orphans(conn, &wanted)).await?;
        for (lab, blob) in unused {
            let depot = depot.clone();
            let remove = move |conn: &mut PgConnection, _: &Ctx| {
                store::lock_blob(conn, &blob)?;
                if orphans(conn, &[(lab, blob.clone())])?.is_empty() {
                    return Ok(0);
                }
                store::wait_for(depot.remove(lab, &blob))?;
                Ok(1)
            };
            let removed: usize = db.write(db.system(), remove).await?;
            swept = swept.saturating_add(removed);
        }
    }
    Ok(swept)
}

fn orphans(conn: &mut PgConnection, blobs: &[(LabId, String)]) -> Result<Vec<(LabId, String)>> {
    let names: Vec<&str> = blobs.iter().map(|(_, blob)| blob.as_str()).collect();
    let used: BTreeSet<(LabId, String)> = store::in_use(conn, &names)?.into_iter().collect();
    Ok(blobs.iter().filter(|blob| !used.contains(*blob)).cloned().collect())
}
