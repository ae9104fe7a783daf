//! Evidence: sealed under the expert's key on its way in, through the door on its way out.

use diesel::PgConnection;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::credentials::visible;
use crate::experts::credential::CredentialState;
use crate::experts::evidence::EvidenceKind;
use crate::experts::routes::EvidenceView;
use crate::experts::store::{self, NewEvidenceRow};
use crate::http::Precondition;
use crate::kernel::{Code, CredentialId, Ctx, Error, Result, Role};
use crate::record::{self, Change, Event};
use crate::trust::{Door, Held, Object, Owner, Purpose};

const EVIDENCE: &str = "credential.evidence";

/// Evidence as it was sent.
#[derive(Debug, Clone)]
pub struct Upload<'u> {
    /// Told by its first bytes.
    pub kind: EvidenceKind,
    /// The scan.
    pub bytes: &'u [u8],
    /// The evidence that it replaces.
    pub precondition: &'u Precondition,
}

/// Puts evidence to a pending credential, or in the place of earlier evidence; says whether it is the first.
pub fn put_evidence(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: CredentialId,
    upload: &Upload<'_>,
) -> Result<(bool, EvidenceView)> {
    let row = visible(ctx, &[Role::Operations], || Ok(store::lock_credential(conn, id)?))?;
    let earlier = store::find_evidence(conn, id)?;
    if let Some(earlier) = &earlier {
        upload.precondition.require(i64::from(earlier.revision))?;
    }
    if row.state != CredentialState::Pending {
        return Err(Code::CredentialDecided.into());
    }
    let revision = earlier.as_ref().map_or(1, |earlier| earlier.revision.saturating_add(1));
    let object = Object { kind: EVIDENCE, id: id.0, version: revision };
    let sealed_bytes = door.seal(conn, ctx, Owner::Expert(row.expert_id), object, upload.bytes)?;
    let new = NewEvidenceRow {
        credential_id: id,
        media_type: upload.kind.media_type(),
        bytes: i64::try_from(upload.bytes.len()).map_err(Error::internal)?,
        sha256: &Sha256::digest(upload.bytes),
        sealed_bytes: &sealed_bytes,
        revision,
        uploaded_at: ctx.now,
    };
    store::upsert_evidence(conn, &new)?;
    store::touch_credential(conn, id, ctx.now)?;
    let detail = json!({"credential_id": id, "expert_id": row.expert_id, "revision": revision});
    record::change(conn, ctx, Change { event: Event::EvidenceUploaded, object: id.0, lab: None, detail })?;
    let stored = store::find_evidence(conn, id)?.ok_or(Error::NotFound)?;
    Ok((earlier.is_none(), stored.into()))
}

/// Evidence and its bytes: for operations who verify it, and for the expert whose it is.
pub fn open_evidence(
    conn: &mut PgConnection,
    ctx: &Ctx,
    door: &Door,
    id: CredentialId,
) -> Result<(EvidenceView, Vec<u8>)> {
    let row = visible(ctx, &[Role::Operations], || Ok(store::find_credential(conn, id)?))?;
    let evidence = store::find_evidence(conn, id)?.ok_or(Error::NotFound)?;
    let sealed = store::get_sealed_evidence(conn, id)?;
    let object = Object { kind: EVIDENCE, id: id.0, version: evidence.revision };
    let held = Held { owner: Owner::Expert(row.expert_id), object, sealed: &sealed };
    let own = ctx.actor.expert() == Some(row.expert_id);
    // Staff look while they decide; afterwards the papers are the expert's alone.
    if !own && row.state != CredentialState::Pending {
        return Err(Code::CredentialDecided.into());
    }
    let purpose = if own { Purpose::OwnPapers } else { Purpose::Verification };
    let bytes = door.open(conn, ctx, held, purpose)?;
    Ok((evidence.into(), bytes))
}
