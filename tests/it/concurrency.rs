//! Many at once: whoever comes first gets it, nobody gets it twice, and the counters stay right.

mod bustle;
mod depth;
mod claims;
mod rights;
mod seen;
mod work;

use collegium::assignments::jobs::expire_leases;
use serde_json::json;

use crate::harness::{Reply, Someone, World};

/// How many answers have this status.
fn with_status(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

/// The statuses of all answers, for the message of a failed assertion.
fn statuses(replies: &[Reply]) -> Vec<String> {
    replies.iter().map(|reply| format!("{} {}", reply.status.as_u16(), reply.code())).collect()
}

/// Ends the leases that have run out; says how many.
async fn expire(world: &World) -> usize {
    let db = &world.parts.db;
    db.write(db.system(), expire_leases).await.unwrap()
}

impl Someone {
    /// A POST of nothing to a path that nobody else keeps.
    async fn post_owned(&self, path: String) -> Reply {
        self.post(&path, json!({})).await
    }
}
