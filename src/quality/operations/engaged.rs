//! How an expert stands in a project: what was decided, how they did on gold, whether they have qualified. The caller holds
//! the expert's seat, or knows that nobody else counts for them.

use diesel::{PgConnection, RunQueryDsl};

use crate::kernel::{AssignmentId, Ctx, ExpertId, ProjectId, Result};
use crate::quality::store::{self, AttemptRow, Engage, NoteAccepted};
use crate::quality::{Attempt, Stage};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Work was accepted.
    Accepted,
    /// Work was rejected.
    Rejected,
    /// A rejection did not stand.
    Overturned,
    /// Gold was answered, rightly or not.
    Gold {
        /// As it is known.
        right: bool,
    },
}

/// Counts what happened to an assignment for its expert and its project.
pub fn count(conn: &mut PgConnection, assignment: AssignmentId, what: Counted) -> Result<()> {
    let nothing = Engage { assignment, accepted: 0, rejected: 0, gold_seen: 0, gold_right: 0 };
    let counted = match what {
        Counted::Accepted => Engage { accepted: 1, ..nothing },
        Counted::Rejected => Engage { rejected: 1, ..nothing },
        Counted::Overturned => Engage { accepted: 1, rejected: -1, ..nothing },
        Counted::Gold { right } => Engage { gold_seen: 1, gold_right: i32::from(right), ..nothing },
    };
    counted.execute(conn)?;
    Ok(())
}

/// Tells matching where an acceptance brought an expert to the number of tasks that some open project asks for. The caller
/// holds the expert's seat, so that of two acceptances at once the second one counts both.
pub fn note_accepted(conn: &mut PgConnection, ctx: &Ctx, expert: ExpertId) -> Result<()> {
    NoteAccepted { id: ctx.ids.next(), expert }.execute(conn)?;
    Ok(())
}

/// Counts an answer of the stage before the work, and says where its expert stands after it. Whoever has qualified is
/// looked at again by matching.
pub fn qualify(
    conn: &mut PgConnection,
    ctx: &Ctx,
    (assignment, expert, project): (AssignmentId, ExpertId, ProjectId),
    right: bool,
    stage: Stage,
) -> Result<Attempt> {
    // Makes the row, where the claim has not.
    Engage { assignment, accepted: 0, rejected: 0, gold_seen: 0, gold_right: 0 }.execute(conn)?;
    let row = store::lock_attempt(conn, expert, project)?;
    let before = Attempt {
        failed: row.qualifying_attempt,
        seen: row.qualifying_seen,
        right: row.qualifying_right,
        qualified: row.qualified_at.is_some(),
    };
    let after = before.after(right, stage);
    let qualified_at = if after.qualified { row.qualified_at.or(Some(ctx.now)) } else { None };
    let attempt = AttemptRow {
        qualifying_attempt: after.failed,
        qualifying_seen: after.seen,
        qualifying_right: after.right,
        qualified_at,
    };
    store::update_attempt(conn, expert, project, &attempt)?;
    if after.qualified && !before.qualified {
        store::insert_due(conn, ctx.ids.next(), expert)?;
    }
    Ok(after)
}

/// Who of these experts has qualified in which of these projects.
pub fn qualified_in(
    conn: &mut PgConnection,
    experts: &[ExpertId],
    projects: &[ProjectId],
) -> Result<Vec<(ExpertId, ProjectId)>> {
    Ok(store::list_qualified(conn, experts, projects)?)
}
