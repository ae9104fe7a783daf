//! HTTP of identity: `/v1/auth`, `/v1/me`, `/v1/api-keys`, `/v1/staff`, invitations.

mod invitations;
mod keys;

use actix_web::{delete, get, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::store::AccountFacts;
use super::{Identity, PasswordHash, Passwords, operations, token};
use crate::http::limits::Limit;
use crate::http::{Answer, Body, Call, Problem, Public, Query, Tagged, json};
use crate::kernel::form::Findings;
use crate::kernel::{AccountId, Error, ExpertId, Form, LabId, Page, PageQuery, Result, Role, SessionId};
pub use invitations::{Acceptance, InvitationView, NewInvitation};
pub use keys::{ApiKeyView, NewApiKey};

/// Adds the routes of this room.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(log_in)
        .service(refresh)
        .service(log_out)
        .service(change_password)
        .service(me)
        .service(list_sessions)
        .service(end_session)
        .service(keys::create_key)
        .service(keys::list_keys)
        .service(keys::get_key)
        .service(keys::revoke_key)
        .service(invitations::invite_staff)
        .service(invitations::list_staff)
        .service(invitations::invite_member)
        .service(invitations::accept_invitation);
}

/// Attempts to sign in: per account ten in five minutes, per address a hundred, everybody together fifty a second.
pub struct LoginLimits {
    accounts: Limit<String>,
    addresses: Limit<String>,
    everybody: Limit<()>,
}

impl Default for LoginLimits {
    fn default() -> Self {
        Self {
            accounts: Limit::over("login", 10, 300),
            addresses: Limit::over("login-address", 100, 300),
            everybody: Limit::new("login-all", 50, 200),
        }
    }
}

impl LoginLimits {
    /// Forgets accounts and addresses that have been idle.
    pub fn forget_idle(&self) {
        self.accounts.forget_idle();
        self.addresses.forget_idle();
    }

    fn count(&self, email: &str, address: &str) -> Result<()> {
        self.everybody.count(&())?;
        // No account has a longer address, and no key of a limit is as long as somebody likes.
        if email.len() > 254 {
            return Err(Error::Unauthenticated);
        }
        self.addresses.count(&address.to_owned())?;
        self.accounts.count(&email.to_lowercase())?;
        Ok(())
    }
}

/// An account.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    pub id: AccountId,
    pub email: String,
    pub display_name: String,
    pub role: Role,
    /// The lab of a lab's account.
    pub lab_id: Option<LabId>,
    /// The expert of an expert's account.
    pub expert_id: Option<ExpertId>,
    /// `active` or `disabled`.
    pub state: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl Tagged for AccountView {
    fn version(&self) -> i64 {
        self.version
    }
}

impl From<AccountFacts> for AccountView {
    fn from(row: AccountFacts) -> Self {
        let AccountFacts { id, email, display_name, role, lab_id, expert_id, state, created_at, updated_at, version } =
            row;
        Self { id, email, display_name, role, lab_id, expert_id, state, created_at, updated_at, version }
    }
}

/// What signing in takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Login {
    pub email: String,
    #[schema(format = "password")]
    pub password: String,
}

/// Both tokens and whose they are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Send as `Authorization: Bearer`; good for ten minutes.
    pub access_token: String,
    /// Good for one call of `/v1/auth/refresh`; a second use ends the session.
    pub refresh_token: String,
    /// `Bearer`.
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    pub account: AccountView,
}

fn tokens(identity: &Identity, started: operations::Started) -> Result<Tokens> {
    Ok(Tokens {
        access_token: identity.tokens().issue(started.account.id, started.session)?,
        refresh_token: started.refresh_token,
        token_type: "Bearer",
        expires_in: token::LIFETIME_SECONDS,
        account: started.account,
    })
}

/// Sign in with e-mail address and password.
#[utoipa::path(tag = "Identity", responses((status = 200, description = "Signed in", body = Tokens)))]
#[post("/v1/auth/login")]
pub async fn log_in(
    request: actix_web::HttpRequest,
    public: Public,
    services: (web::Data<Identity>, web::Data<Passwords>, web::Data<LoginLimits>),
    body: Body<Login>,
) -> Answer {
    let (identity, passwords, limits) = services;
    let Login { email, password } = body.form.open()?;
    let address = request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    limits.count(email, &address)?;
    let (db, origin) = (public.0.db().clone(), public.0.origin().clone());
    let wanted = email.clone();
    let known = db.read(origin.clone(), move |conn, _| operations::find_login(conn, &wanted)).await?;
    let (account, hash) = known.map_or((None, None), |(account, hash)| (Some(account), Some(hash)));
    let right = passwords.verify(password.clone(), hash).await?;
    // The same words for both, so that nobody learns which accounts there are.
    let wrong = || Problem::from(Error::Unauthenticated).detail("the e-mail address or the password is not right");
    let account = account.filter(|_| right).ok_or_else(wrong)?;
    let started = db.write(origin, move |conn, ctx| operations::start_session(conn, ctx, account)).await?;
    json(actix_web::http::StatusCode::OK, &tokens(&identity, started)?, None)
}

/// What a rotation takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    pub refresh_token: String,
}

/// Rotate the refresh token; a spent one used again ends the whole session.
#[utoipa::path(tag = "Identity", responses((status = 200, description = "New tokens", body = Tokens)))]
#[post("/v1/auth/refresh")]
pub async fn refresh(public: Public, identity: web::Data<Identity>, body: Body<Refresh>) -> Answer {
    let token = body.form.open()?.refresh_token.clone();
    let (db, origin) = (public.0.db().clone(), public.0.origin().clone());
    let turned = db.write(origin, move |conn, ctx| operations::refresh_session(conn, ctx, &token)).await?;
    if turned.is_err() {
        identity.forget_all();
    }
    json(actix_web::http::StatusCode::OK, &tokens(&identity, turned?)?, None)
}

/// Sign out of this session.
#[utoipa::path(tag = "Identity", responses((status = 204, description = "Signed out")))]
#[post("/v1/auth/logout")]
pub async fn log_out(call: Call, identity: web::Data<Identity>) -> Answer {
    let done = call.remove(operations::log_out).await;
    identity.forget_all();
    done
}

/// What a change of password takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(format = "password")]
    pub current_password: String,
    #[schema(format = "password")]
    pub password: String,
}

/// Change the password; every other session ends.
#[utoipa::path(tag = "Identity", responses((status = 204, description = "Changed")))]
#[post("/v1/auth/password")]
pub async fn change_password(
    call: Call,
    identity: web::Data<Identity>,
    passwords: web::Data<Passwords>,
    body: Body<PasswordChange>,
) -> Answer {
    let PasswordChange { current_password, password } = body.form.open()?;
    let (db, origin) = (call.db().clone(), call.origin().clone());
    let (hash, account) =
        db.read(origin, |conn, ctx| Ok((operations::get_own_password(conn, ctx)?, operations::me(conn, ctx)?))).await?;
    if !passwords.verify(current_password.clone(), Some(hash)).await? {
        return Err(Error::field("/current_password", "wrong_password", "not the current password").into());
    }
    let mut findings = Findings::default();
    Passwords::judge(password, &account.email, &mut findings);
    findings.done()?;
    let new = passwords.hash(password.clone()).await?;
    let done = call.remove(move |conn, ctx| operations::change_password(conn, ctx, &new)).await;
    identity.forget_all();
    done
}

/// Who am I.
#[utoipa::path(tag = "Identity", responses((status = 200, description = "The caller's account", body = AccountView)))]
#[get("/v1/me")]
pub async fn me(call: Call) -> Answer {
    call.show(operations::me).await
}

/// A place where the caller is signed in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionView {
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    pub created_at: DateTime<Utc>,
    pub last_used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Where am I signed in.
#[utoipa::path(tag = "Identity", params(PageQuery), responses((status = 200, description = "Sessions, newest first", body = Page<SessionView>)))]
#[get("/v1/me/sessions")]
pub async fn list_sessions(call: Call, query: Query<PageQuery>) -> Answer {
    call.list(&query, "", operations::list_sessions).await
}

/// End a session.
#[utoipa::path(tag = "Identity", params(("id" = SessionId, Path)), responses((status = 204, description = "Ended")))]
#[delete("/v1/me/sessions/{id}")]
pub async fn end_session(call: Call, identity: web::Data<Identity>, id: web::Path<SessionId>) -> Answer {
    let id = id.into_inner();
    let done = call.remove(move |conn, ctx| operations::end_session(conn, ctx, id)).await;
    identity.forget(id);
    done
}

/// Judges and hashes the password of a sign-up before the transaction begins; nothing where the form is wrong anyway.
pub async fn hash_new<T>(
    passwords: &Passwords,
    form: &Form<T>,
    of: impl Fn(&T) -> (&String, &str),
) -> Result<Option<PasswordHash>> {
    let Ok(new) = form.open() else { return Ok(None) };
    let (password, email) = of(new);
    let mut findings = Findings::default();
    Passwords::judge(password, email, &mut findings);
    // The operation judges again and says what is wrong; a password that will be refused is not worth a core.
    if findings.is_empty() { passwords.hash(password.clone()).await.map(Some) } else { Ok(None) }
}
