//! Invitations: how colleagues of the marketplace and of a lab come in.

use actix_web::{get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{Passwords, operations};
use super::{AccountView, hash_new};
use crate::http::{Answer, Body, Call, Public, Query, Tagged};
use crate::kernel::{InvitationId, LabId, Page, PageQuery, Role};

/// Whom to invite as what.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    pub email: String,
    #[serde(default)]
    pub display_name: Option<String>,
    pub role: Role,
}

/// An invitation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub expires_at: DateTime<Utc>,
    /// To be sent to the invited person; only in the answer that made it.
    pub token: Option<String>,
}

impl Tagged for InvitationView {
    fn version(&self) -> i64 {
        1
    }
}

/// Invite a colleague of the marketplace (admin).
#[utoipa::path(tag = "Identity", request_body = NewInvitation, responses((status = 201, description = "Invited", body = InvitationView)))]
#[post("/v1/staff")]
pub async fn invite_staff(call: Call, body: Body<NewInvitation>) -> Answer {
    let Body { form, digest } = body;
    let make = move |conn: &mut _, ctx: &_| operations::invite_staff(conn, ctx, &form);
    call.create_with_secret(digest, make, operations::view_invitation).await
}

/// The marketplace's own people.
#[utoipa::path(tag = "Identity", params(PageQuery), responses((status = 200, description = "Staff, newest first", body = Page<AccountView>)))]
#[get("/v1/staff")]
pub async fn list_staff(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_staff).await
}

/// Invite a member of the caller's lab (owner).
#[utoipa::path(tag = "Identity", params(("id" = LabId, Path)), request_body = NewInvitation, responses((status = 201, description = "Invited", body = InvitationView)))]
#[post("/v1/labs/{id}/members")]
pub async fn invite_member(call: Call, lab: web::Path<LabId>, body: Body<NewInvitation>) -> Answer {
    let (lab, Body { form, digest }) = (lab.into_inner(), body);
    let make = move |conn: &mut _, ctx: &_| operations::invite_member(conn, ctx, lab, &form);
    call.create_with_secret(digest, make, operations::view_invitation).await
}

/// What taking up an invitation takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Acceptance {
    pub token: String,
    #[schema(format = "password")]
    pub password: String,
}

/// Take up an invitation.
#[utoipa::path(tag = "Identity", request_body = Acceptance, responses((status = 201, description = "The new account", body = AccountView)))]
#[post("/v1/invitations/accept")]
pub async fn accept_invitation(public: Public, passwords: web::Data<Passwords>, body: Body<Acceptance>) -> Answer {
    let Body { form, digest } = body;
    let hash = hash_new(&passwords, &form, |new| (&new.password, "")).await?;
    let make = move |conn: &mut _, ctx: &_| operations::accept_invitation(conn, ctx, &form, hash.as_ref());
    public.0.create(digest, make, |conn, _, id| operations::view_account(conn, id)).await
}
