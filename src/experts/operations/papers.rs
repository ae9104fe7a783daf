//! Papers: where pay goes, and what tax was declared. Shown are the last four characters, never more.

use std::collections::HashMap;

use diesel::PgConnection;
use serde_json::json;

use crate::experts::payout_method::{PayoutMethod, PayoutMethodBody, held_until};
use crate::experts::routes::{PayoutMethodView, TaxFormView};
use crate::experts::store::{self, PayoutMethodRow, TaxFormRow};
use crate::experts::tax_form::{TaxFormBody, TaxFormKind, TaxStanding, withholding_rate};
use crate::http::Precondition;
use crate::kernel::{Ctx, Error, ExpertId, Form, Result};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Object, Owner, Purpose};

const PAYOUT_METHOD: &str = "payout_method";
const TAX_FORM: &str = "tax_form";

/// Sets where the caller's pay goes; says whether it is the first method. A change holds payouts for 72 hours; the same
/// account again is no change.
pub fn set_payout_method(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    precondition: &Precondition,
    form: &Form<PayoutMethodBody>,
) -> Result<(bool, PayoutMethodView)> {
    let expert = ctx.actor.require_expert()?;
    store::lock_expert(conn, expert)?.ok_or(Error::NotFound)?;
    let earlier = store::find_payout_method(conn, expert)?;
    if let Some(earlier) = &earlier {
        precondition.require(i64::from(earlier.revision))?;
    }
    let method = form.open()?.clone().parse()?;
    let secret = method.to_secret_json().map_err(Error::internal)?;
    if let Some(earlier) = &earlier
        && door.open_for_service(conn, ctx, held_method(earlier))? == *secret
    {
        return Ok((false, earlier.clone().into()));
    }
    let revision = earlier.as_ref().map_or(1, |earlier| earlier.revision.saturating_add(1));
    let object = Object { kind: PAYOUT_METHOD, id: expert.0, version: revision };
    let row = PayoutMethodRow {
        expert_id: expert,
        method: method.rail(),
        last_four: method.last_four().to_owned(),
        sealed_details: door.seal(conn, ctx, Owner::Expert(expert), object, &secret)?,
        revision,
        set_at: ctx.now,
        // Nothing resets a password or a second factor yet but its owner, signed in.
        held_until: held_until(earlier.is_some(), ctx.now, None),
    };
    store::upsert_payout_method(conn, &row)?;
    let detail = json!({"expert_id": expert, "revision": revision, "held_until": row.held_until});
    record::change(conn, ctx, Change { event: Event::PayoutMethodSet, object: expert.0, lab: None, detail })?;
    Ok((earlier.is_none(), row.into()))
}

/// Where the caller's pay goes.
pub fn get_payout_method(conn: &mut PgConnection, ctx: &Ctx) -> Result<PayoutMethodView> {
    let expert = ctx.actor.require_expert()?;
    Ok(store::find_payout_method(conn, expert)?.ok_or(Error::NotFound)?.into())
}

/// The payout methods of these experts, for whoever plans their pay; who has none is absent.
pub fn list_payout_methods(
    conn: &mut PgConnection,
    experts: &[ExpertId],
) -> Result<HashMap<ExpertId, PayoutMethodRow>> {
    Ok(store::list_payout_methods(conn, experts)?.into_iter().map(|row| (row.expert_id, row)).collect())
}

/// Opens a payout method for whoever writes a payment file; one access-log row.
pub fn open_payout_method(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    row: &PayoutMethodRow,
) -> Result<PayoutMethod> {
    PayoutMethod::from_secret_json(&door.open(conn, ctx, held_method(row), Purpose::Payout)?)
}

fn held_method(row: &PayoutMethodRow) -> Held<'_> {
    let object = Object { kind: PAYOUT_METHOD, id: row.expert_id.0, version: row.revision };
    Held { owner: Owner::Expert(row.expert_id), object, sealed: &row.sealed_details }
}

/// Files the caller's tax form; says whether it is the first. The same form again is no change.
pub fn set_tax_form(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    precondition: &Precondition,
    form: &Form<TaxFormBody>,
) -> Result<(bool, TaxFormView)> {
    let expert = ctx.actor.require_expert()?;
    store::lock_expert(conn, expert)?.ok_or(Error::NotFound)?;
    let earlier = store::find_tax_form(conn, expert)?;
    if let Some(earlier) = &earlier {
        precondition.require(i64::from(earlier.revision))?;
    }
    let form = form.open()?.clone().parse(ctx.today())?;
    let secret = form.to_secret_json().map_err(Error::internal)?;
    if let Some(earlier) = &earlier {
        let object = Object { kind: TAX_FORM, id: expert.0, version: earlier.revision };
        let held = Held { owner: Owner::Expert(expert), object, sealed: &earlier.sealed_details };
        if door.open_for_service(conn, ctx, held)? == *secret {
            return Ok((false, TaxFormView::new(earlier.clone(), ctx.today())));
        }
    }
    let revision = earlier.as_ref().map_or(1, |earlier| earlier.revision.saturating_add(1));
    let object = Object { kind: TAX_FORM, id: expert.0, version: revision };
    let (kind, certified, performed_in_us, valid_until) = match form.standing() {
        TaxStanding::W9 { certified } => (TaxFormKind::W9, Some(certified), None, None),
        TaxStanding::W8ben { performed_in_us, valid_until } => {
            (TaxFormKind::W8ben, None, Some(performed_in_us), Some(valid_until))
        }
    };
    let row = TaxFormRow {
        expert_id: expert,
        form: kind,
        withholding_rate: withholding_rate(Some(form.standing()), ctx.today()).ok(),
        certified,
        performed_in_us,
        valid_until,
        last_four: form.last_four(),
        sealed_details: door.seal(conn, ctx, Owner::Expert(expert), object, &secret)?,
        revision,
        set_at: ctx.now,
    };
    store::upsert_tax_form(conn, &row)?;
    let detail = json!({"expert_id": expert, "revision": revision});
    record::change(conn, ctx, Change { event: Event::TaxFormSet, object: expert.0, lab: None, detail })?;
    Ok((earlier.is_none(), TaxFormView::new(row, ctx.today())))
}

/// The tax form that the caller filed.
pub fn get_tax_form(conn: &mut PgConnection, ctx: &Ctx) -> Result<TaxFormView> {
    let expert = ctx.actor.require_expert()?;
    let row = store::find_tax_form(conn, expert)?.ok_or(Error::NotFound)?;
    Ok(TaxFormView::new(row, ctx.today()))
}

/// The tax standing of these experts, for `tax_form::withholding_rate`; who filed nothing is absent.
pub fn list_tax_standings(conn: &mut PgConnection, experts: &[ExpertId]) -> Result<HashMap<ExpertId, TaxStanding>> {
    let rows = store::list_tax_forms(conn, experts)?;
    Ok(rows.into_iter().filter_map(|row| Some((row.expert_id, row.standing()?))).collect())
}
