//! Reputation: what all judgements about an expert come to.

use std::collections::{BTreeMap, BTreeSet};

use diesel::{PgConnection, RunQueryDsl};
use rust_decimal::Decimal;

use crate::experts::expert::Whose;
use crate::experts::find_expert;
use crate::kernel::{Ctx, Error, ExpertId, ProjectId, Result, Role};
use crate::projects::rate::Rate;
use crate::projects::requirement::{FieldReputation, parse};
use crate::quality::reputation::{Standing, Tally, fields_of};
use crate::quality::routes::{FieldStanding, GoldStanding, ReputationView, ReviewerStanding};
use crate::quality::store::{self, Tallies, TallyRow};

/// Who of the marketplace may see how experts stand.
const SEES_REPUTATION: &[Role] = &[Role::Operations, Role::Admin, Role::Auditor];

/// How these experts stand as authors; whoever was never judged is left out.
pub(super) fn standings(conn: &mut PgConnection, experts: &[ExpertId]) -> Result<BTreeMap<ExpertId, Standing>> {
    if experts.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<TallyRow> = Tallies { experts: experts.to_vec() }.load(conn)?;
    let authored: Vec<&TallyRow> = rows.iter().filter(|row| !row.as_reviewer).collect();
    let fields = fields(conn, &authored)?;
    let mut judged: BTreeMap<ExpertId, Vec<(ProjectId, Tally)>> = BTreeMap::new();
    for row in authored {
        judged.entry(row.expert).or_default().push((row.project, tally(row)));
    }
    Ok(judged.into_iter().map(|(expert, judged)| (expert, Standing::of(&judged, &fields))).collect())
}

/// The reputations of these experts, as requirements ask for them.
pub fn facts(conn: &mut PgConnection, experts: &[ExpertId]) -> Result<Vec<(ExpertId, FieldReputation)>> {
    let standings = standings(conn, experts)?;
    Ok(standings.iter().flat_map(|(id, standing)| standing.facts().into_iter().map(|fact| (*id, fact))).collect())
}

fn tally(row: &TallyRow) -> Tally {
    let count = |figure: i64| u64::try_from(figure).unwrap_or_default();
    Tally { good: count(row.good), all: count(row.all) }
}

/// The fields of the projects that judged.
fn fields(
    conn: &mut PgConnection,
    rows: &[&TallyRow],
) -> Result<BTreeMap<ProjectId, BTreeSet<crate::experts::isced::FieldCode>>> {
    let projects: BTreeSet<ProjectId> = rows.iter().map(|row| row.project).collect();
    let asked = store::list_requirements(conn, &projects.into_iter().collect::<Vec<_>>())?;
    // A requirement that cannot be read names no field; whoever keeps eligibility says so in the log.
    let read = asked.iter().filter_map(|(id, stored)| Some((*id, fields_of(&parse(stored).ok()?))));
    Ok(read.collect())
}

/// How an expert stands: for themselves, and for those who look after experts.
pub fn reputation(conn: &mut PgConnection, ctx: &Ctx, whose: Whose) -> Result<ReputationView> {
    let expert = whose.resolve(&ctx.actor, SEES_REPUTATION)?;
    find_expert(conn, expert)?.ok_or(Error::NotFound)?;
    let standing = standings(conn, &[expert])?.remove(&expert).unwrap_or_default();
    let rows: Vec<TallyRow> = Tallies { experts: vec![expert] }.load(conn)?;
    let sum = |wanted: fn(&TallyRow) -> bool| {
        rows.iter().filter(|row| wanted(row)).map(tally).fold(Tally::default(), Tally::plus)
    };
    let (gold, reviewer) = (sum(|row| row.gold && !row.as_reviewer), sum(|row| row.as_reviewer));
    let by_field = standing.by_field.iter().map(|(field, tally)| {
        Ok(FieldStanding { field: field.clone(), label: field.label(), mean: mean(*tally)?, n: tally.all })
    });
    Ok(ReputationView {
        expert_id: expert,
        mean: mean(standing.overall)?,
        n: standing.overall.all,
        by_field: by_field.collect::<Result<_>>()?,
        gold: GoldStanding { n: gold.all, accuracy: gold.share_bps().map(share).transpose()? },
        as_reviewer: ReviewerStanding { mean: mean(reviewer)?, n: reviewer.all },
    })
}

fn mean(tally: Tally) -> Result<Rate> {
    share(tally.mean_bps())
}

fn share(bps: u16) -> Result<Rate> {
    Rate::try_new(Decimal::new(i64::from(bps), 4)).map_err(Error::internal)
}
