//! Credentials and their evidence.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, ETAG, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpResponse, get, post, put, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::experts::credential::{CredentialKind, CredentialLevel, CredentialState};
use crate::experts::evidence::{EvidenceFault, EvidenceKind, MAX_EVIDENCE_BYTES};
use crate::experts::expert::Whose;
use crate::experts::isced::FieldCode;
use crate::experts::new_credential::NewCredential;
use crate::experts::operations::{self, Upload};
use crate::experts::orcid::Orcid;
use crate::experts::ror::RorId;
use crate::experts::store::{CredentialRow, EvidenceRow};
use crate::http::{Answer, Body, Call, Problem, Query, Streamed, Tagged, etag};
use crate::kernel::jurisdiction::Jurisdiction;
use crate::kernel::{Code, CredentialId, ExpertId, Page, PageQuery, Role};
use crate::trust::Door;

/// A credential.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
pub struct CredentialView {
    pub id: CredentialId,
    pub expert_id: ExpertId,
    pub kind: CredentialKind,
    /// ISCED-F 2013 code.
    pub field: FieldCode,
    pub level: Option<CredentialLevel>,
    pub title: String,
    pub institution: String,
    pub ror_id: Option<RorId>,
    pub jurisdiction: Option<Jurisdiction>,
    pub awarded_on: NaiveDate,
    /// The last day on which it holds, as it says itself.
    pub expires_on: Option<NaiveDate>,
    pub orcid: Option<Orcid>,
    /// Only `verified` counts.
    pub state: CredentialState,
    /// The last day on which it counts, once verified; `null`: for good.
    pub valid_until: Option<NaiveDate>,
    pub decided_at: Option<DateTime<Utc>>,
    /// The evidence that stands; `null` before the first.
    pub evidence: Option<EvidenceView>,
    /// What the verifier noted: for operations, not in lists.
    pub evidence_note: Option<String>,
    /// Why it was rejected or revoked: for its holder and operations, not in lists.
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl CredentialView {
    pub(in crate::experts) fn new(row: CredentialRow, evidence: Option<EvidenceView>) -> Self {
        Self {
            id: row.id,
            expert_id: row.expert_id,
            kind: row.kind,
            field: row.field,
            level: row.level,
            title: row.title,
            institution: row.institution,
            ror_id: row.ror_id,
            jurisdiction: row.jurisdiction,
            awarded_on: row.awarded_on,
            expires_on: row.expires_on,
            orcid: row.orcid,
            state: row.state,
            valid_until: row.valid_until,
            decided_at: row.decided_at,
            evidence,
            evidence_note: None,
            reason: None,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
        }
    }
}

impl Tagged for CredentialView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// Evidence; its bytes have an address of their own.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Evidence)]
pub struct EvidenceView {
    pub credential_id: CredentialId,
    /// `application/pdf`, `image/png` or `image/jpeg`, told by the first bytes.
    pub media_type: String,
    pub bytes: i64,
    /// SHA-256 of the bytes in hexadecimal.
    pub sha256: String,
    /// From 1; makes the ETag of the evidence.
    pub revision: i32,
    pub uploaded_at: DateTime<Utc>,
}

impl From<EvidenceRow> for EvidenceView {
    fn from(row: EvidenceRow) -> Self {
        let EvidenceRow { credential_id, media_type, bytes, sha256, revision, uploaded_at } = row;
        let sha256 = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { credential_id, media_type, bytes, sha256, revision, uploaded_at }
    }
}

impl Tagged for EvidenceView {
    fn version(&self) -> i64 {
        i64::from(self.revision)
    }
}

/// What verifying takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Verification {
    /// What was looked at and found, 1 to 4,000 characters; kept sealed.
    pub evidence_note: String,
    /// The last day on which it counts, where that is before the credential's own.
    #[serde(default)]
    pub valid_until: Option<NaiveDate>,
}

/// Why not, or not any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// 1 to 4,000 characters, which the holder reads; kept sealed.
    pub reason: String,
}

/// State a credential: one's own, or anybody's (operations).
#[utoipa::path(tag = "Experts", params(("id" = Whose, Path)), request_body = NewCredential, responses((status = 201, description = "Stated", body = CredentialView)))]
#[post("/v1/experts/{id}/credentials")]
pub async fn state_credential(
    call: Call,
    door: web::Data<Door>,
    whose: web::Path<Whose>,
    body: Body<NewCredential>,
) -> Answer {
    let (whose, Body { form, digest }) = (whose.into_inner(), body);
    let make = move |conn: &mut _, ctx: &_| operations::state_credential(conn, ctx, whose, &form);
    call.create(digest, make, move |conn, ctx, id| operations::get_credential(conn, ctx, &door, id)).await
}

/// The credentials of an expert: one's own, or anybody's (operations, admin, auditor).
#[utoipa::path(tag = "Experts", params(("id" = Whose, Path), PageQuery), responses((status = 200, description = "Credentials, newest first", body = Page<CredentialView>)))]
#[get("/v1/experts/{id}/credentials")]
pub async fn list_credentials(call: Call, whose: web::Path<Whose>, query: Query<PageQuery>) -> Answer {
    let whose = whose.into_inner();
    call.list(&query, "", move |conn, ctx, paging| operations::list_credentials(conn, ctx, whose, paging)).await
}

/// Which credentials are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CredentialQuery {
    /// In this state alone: `pending` is the worklist.
    #[param(value_type = Option<String>)]
    pub state: Option<CredentialState>,
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// The credentials of everybody (operations, admin, auditor): what waits to be verified, and what was decided.
#[utoipa::path(tag = "Experts", params(CredentialQuery), responses((status = 200, description = "Credentials, newest first", body = Page<CredentialView>)))]
#[get("/v1/credentials")]
pub async fn list_all_credentials(call: Call, query: Query<CredentialQuery>) -> Answer {
    let CredentialQuery { state, limit, cursor } = query.into_inner();
    let list = move |conn: &mut _, ctx: &_, paging: &_| operations::list_all_credentials(conn, ctx, state, paging);
    call.list(&PageQuery { limit, cursor }, &format!("{state:?}"), list).await
}

/// One credential: one's own, or anybody's (operations, admin, auditor).
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)), responses((status = 200, description = "The credential", body = CredentialView)))]
#[get("/v1/credentials/{id}")]
pub async fn get_credential(call: Call, door: web::Data<Door>, id: web::Path<CredentialId>) -> Answer {
    let id = id.into_inner();
    call.show_logged(move |conn, ctx| operations::get_credential(conn, ctx, &door, id)).await
}

/// Put evidence to a pending credential: a PDF, PNG or JPEG of at most 20 MiB, told by its first bytes. What replaces
/// earlier evidence names its ETag.
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, description = "Replaced", body = EvidenceView), (status = 201, description = "Stored", body = EvidenceView)))]
#[put("/v1/credentials/{id}/evidence")]
pub async fn put_evidence(call: Call, door: web::Data<Door>, id: web::Path<CredentialId>, body: Streamed) -> Answer {
    let (id, precondition) = (id.into_inner(), call.precondition());
    // Before a byte is kept for somebody who may not send any.
    call.origin().actor.require(&[Role::Expert, Role::Operations])?;
    let bytes = body.at_most(MAX_EVIDENCE_BYTES).whole().await?;
    let kind = EvidenceKind::of(&bytes).map_err(|fault| {
        let code = match fault {
            EvidenceFault::TooLarge => Code::PayloadTooLarge,
            EvidenceFault::UnknownKind => Code::UnsupportedMediaType,
        };
        Problem::from(code).detail(fault.to_string())
    })?;
    call.put(move |conn, ctx| {
        let upload = Upload { kind, bytes: &bytes, precondition: &precondition };
        operations::put_evidence(conn, ctx, &door, id, &upload)
    })
    .await
}

/// The evidence of a credential: one's own, or anybody's (operations). Every reading is written down.
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)),
    responses((status = 200, description = "The bytes, as they were sent", content(
        (Vec<u8> = "application/pdf"), (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg")))))]
#[get("/v1/credentials/{id}/evidence")]
pub async fn get_evidence(call: Call, door: web::Data<Door>, id: web::Path<CredentialId>) -> Answer {
    let id = id.into_inner();
    let open = move |conn: &mut _, ctx: &_| operations::open_evidence(conn, ctx, &door, id);
    let (evidence, bytes) = call.db().write(call.origin().clone(), open).await?;
    // A scan of an unknown hand is never shown within our own pages.
    Ok(HttpResponse::Ok()
        .content_type(evidence.media_type.as_str())
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{id}\"")))
        .insert_header((CONTENT_ENCODING, "identity"))
        .insert_header((ETAG, etag(evidence.version())))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(bytes))
}

/// Verify a pending credential (operations): it counts to its last day.
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)), request_body = Verification, responses((status = 200, description = "Verified", body = CredentialView)))]
#[post("/v1/credentials/{id}/verify")]
pub async fn verify(
    call: Call,
    door: web::Data<Door>,
    id: web::Path<CredentialId>,
    body: Body<Verification>,
) -> Answer {
    let (id, seen, Body { form, digest }) = (id.into_inner(), door.clone(), body);
    let decide = move |conn: &mut _, ctx: &_| operations::verify(conn, ctx, &door, id, &form);
    call.settling().act(digest, decide, move |conn, ctx, id| operations::get_credential(conn, ctx, &seen, id)).await
}

/// Reject a pending credential (operations); its holder reads why.
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)), request_body = Refusal, responses((status = 200, description = "Rejected", body = CredentialView)))]
#[post("/v1/credentials/{id}/reject")]
pub async fn reject(call: Call, door: web::Data<Door>, id: web::Path<CredentialId>, body: Body<Refusal>) -> Answer {
    let (id, seen, Body { form, digest }) = (id.into_inner(), door.clone(), body);
    let decide = move |conn: &mut _, ctx: &_| operations::reject(conn, ctx, &door, id, &form);
    call.settling().act(digest, decide, move |conn, ctx, id| operations::get_credential(conn, ctx, &seen, id)).await
}

/// Revoke a verified credential (operations); eligibility that rests on it ends at once.
#[utoipa::path(tag = "Experts", params(("id" = CredentialId, Path)), request_body = Refusal, responses((status = 200, description = "Revoked", body = CredentialView)))]
#[post("/v1/credentials/{id}/revoke")]
pub async fn revoke(call: Call, door: web::Data<Door>, id: web::Path<CredentialId>, body: Body<Refusal>) -> Answer {
    let (id, seen, Body { form, digest }) = (id.into_inner(), door.clone(), body);
    let decide = move |conn: &mut _, ctx: &_| operations::revoke(conn, ctx, &door, id, &form);
    call.settling().act(digest, decide, move |conn, ctx, id| operations::get_credential(conn, ctx, &seen, id)).await
}
