//! Writing down what is measured, and saying what it comes to.

mod consensus;
mod engaged;
mod known;
mod labelled;
mod standing;

use diesel::{PgConnection, RunQueryDsl};

pub use consensus::is_settled;
pub use engaged::{Counted, count, note_accepted, qualified_in, qualify};
pub use known::{answer_known, explain, is_training};
pub use labelled::{code_labels, count_labels, forget_labels};
pub use standing::{facts, reputation};

use super::store::{self, NoteJudged};
use super::{Judged, Judgement};
use crate::kernel::{Ctx, ExpertId, Result};

/// Writes judgements down; one of a kind that stands already stays as it is. Whoever's reputation changes by them is looked
/// at again, if any open project asks for one.
pub fn record(conn: &mut PgConnection, ctx: &Ctx, judgements: &[Judgement]) -> Result<()> {
    let rows: Vec<_> = judgements.iter().map(|judgement| (ctx.ids.next(), *judgement)).collect();
    store::insert_judgements(conn, &rows)?;
    // Gold counts once its assignment is decided, and so does what follows from it.
    let judged = judgements.iter().filter(|judgement| !judgement.as_reviewer && judgement.kind != Judged::Gold);
    let mut experts: Vec<ExpertId> = judged.map(|judgement| judgement.expert).collect();
    experts.sort_unstable();
    experts.dedup();
    note_judged(conn, ctx, &experts)
}

/// Tells matching that the reputation of these experts changed.
pub fn note_judged(conn: &mut PgConnection, ctx: &Ctx, experts: &[ExpertId]) -> Result<()> {
    if !experts.is_empty() {
        let ids = experts.iter().map(|_| ctx.ids.next()).collect();
        NoteJudged { ids, experts: experts.to_vec() }.execute(conn)?;
    }
    Ok(())
}
