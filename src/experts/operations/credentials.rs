//! Credentials: stating one, looking at them.

use std::collections::HashMap;

use diesel::PgConnection;
use serde_json::json;

use super::SEES_EXPERTS;
use crate::experts::credential::CredentialState;
use crate::experts::expert::Whose;
use crate::experts::new_credential::NewCredential;
use crate::experts::routes::{CredentialView, EvidenceView};
use crate::experts::store::{self, CredentialRow};
use crate::http::Paging;
use crate::kernel::{CredentialId, Ctx, Error, Form, Page, Result, Role};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Object, Owner, Purpose, Sealed};

/// What a credential's two texts are sealed as; each is written once.
pub(super) const NOTE: &str = "credential.note";
pub(super) const REASON: &str = "credential.reason";

/// States a credential; it counts for nothing until it is verified.
pub fn state_credential(
    conn: &mut PgConnection,
    ctx: &Ctx,
    whose: Whose,
    form: &Form<NewCredential>,
) -> Result<CredentialId> {
    let expert = whose.resolve(&ctx.actor, &[Role::Operations])?;
    store::find_expert(conn, expert)?.ok_or(Error::NotFound)?;
    let claim = form.open()?.validate(ctx.today())?;
    let id = CredentialId(ctx.ids.next());
    store::insert_credential(conn, id, expert, &claim)?;
    let detail = json!({"credential_id": id, "expert_id": expert});
    record::change(conn, ctx, Change { event: Event::CredentialStated, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// The credentials of an expert, newest first, without the words of their verifiers.
pub fn list_credentials(
    conn: &mut PgConnection,
    ctx: &Ctx,
    whose: Whose,
    paging: &Paging,
) -> Result<Page<CredentialView>> {
    let expert = whose.resolve(&ctx.actor, SEES_EXPERTS)?;
    store::find_expert(conn, expert)?.ok_or(Error::NotFound)?;
    let rows = store::list_credentials(conn, expert, paging.before(), paging.fetch())?;
    page(conn, rows, paging)
}

/// The credentials of everybody, newest first: the worklist of whoever verifies them.
pub fn list_all_credentials(
    conn: &mut PgConnection,
    ctx: &Ctx,
    state: Option<CredentialState>,
    paging: &Paging,
) -> Result<Page<CredentialView>> {
    ctx.actor.require(SEES_EXPERTS)?;
    let rows = store::list_all_credentials(conn, state, paging.before(), paging.fetch())?;
    page(conn, rows, paging)
}

fn page(conn: &mut PgConnection, rows: Vec<CredentialRow>, paging: &Paging) -> Result<Page<CredentialView>> {
    let ids: Vec<CredentialId> = rows.iter().map(|row| row.id).collect();
    let evidence = store::list_evidence(conn, &ids)?;
    let mut evidence: HashMap<CredentialId, EvidenceView> =
        evidence.into_iter().map(|row| (row.credential_id, row.into())).collect();
    let views = rows.into_iter().map(|row| {
        let evidence = evidence.remove(&row.id);
        CredentialView::new(row, evidence)
    });
    Ok(paging.page(views.collect(), |view| view.id.0))
}

/// A credential. Its holder also reads why it was rejected or revoked, operations what the verifier noted.
pub fn get_credential(conn: &mut PgConnection, ctx: &Ctx, door: &Door, id: CredentialId) -> Result<CredentialView> {
    let row = visible(ctx, SEES_EXPERTS, || Ok(store::find_credential(conn, id)?))?;
    let evidence = store::find_evidence(conn, id)?.map(EvidenceView::from);
    let (note, reason) = store::find_words(conn, id)?;
    let expert = row.expert_id;
    let mut view = CredentialView::new(row, evidence);
    let mut read = |kind, sealed: Option<Sealed>, purpose| -> Result<Option<String>> {
        let Some(sealed) = sealed else { return Ok(None) };
        let object = Object { kind, id: id.0, version: 1 };
        let held = Held { owner: Owner::Expert(expert), object, sealed: &sealed };
        let text = door.open(conn, ctx, held, purpose)?;
        Ok(Some(String::from_utf8(text).map_err(Error::internal)?))
    };
    match ctx.actor.role() {
        Some(Role::Operations) => {
            view.evidence_note = read(NOTE, note, Purpose::Verification)?;
            view.reason = read(REASON, reason, Purpose::Verification)?;
        }
        Some(Role::Expert) => view.reason = read(REASON, reason, Purpose::OwnPapers)?,
        // Who only supervises sees the states.
        _ => {}
    }
    Ok(view)
}

/// The credential that `load` finds, where the caller is one of `staff` or its holder: 403 for any other role, 404 for
/// another expert's.
pub(super) fn visible(
    ctx: &Ctx,
    staff: &[Role],
    load: impl FnOnce() -> Result<Option<CredentialRow>>,
) -> Result<CredentialRow> {
    let holder = match ctx.actor.require(staff) {
        Ok(_) => None,
        Err(_) => Some(ctx.actor.require_expert()?),
    };
    let row = load()?.ok_or(Error::NotFound)?;
    if holder.is_some_and(|holder| holder != row.expert_id) { Err(Error::NotFound) } else { Ok(row) }
}
