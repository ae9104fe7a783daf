//! Writing down what is measured.

use diesel::PgConnection;

use super::{Judgement, store};
use crate::kernel::{Ctx, Result};

/// Writes judgements down; one of a kind that stands already stays as it is.
pub fn record(conn: &mut PgConnection, ctx: &Ctx, judgements: &[Judgement]) -> Result<()> {
    let rows: Vec<_> = judgements.iter().map(|judgement| (ctx.ids.next(), *judgement)).collect();
    store::insert_judgements(conn, &rows)?;
    Ok(())
}
