//! Signing up, in and out; sessions, keys, invitations.

use chrono::{DateTime, Days, Utc};
use diesel::PgConnection;
use serde_json::json;

use super::store::{self, AccountRow, InvitationRow, NewKeyRow, Which};
use super::token::random_text;
use super::{PasswordHash, Passwords, api_key};
use crate::http::Paging;
use crate::kernel::actor::Signed;
use crate::kernel::error::on_constraint;
use crate::kernel::form::Findings;
use crate::kernel::{
    AccountId, Actor, ApiKeyId, Code, Ctx, Error, ExpertId, Form, InvitationId, LabId, Page, Result, Role, SessionId,
};
use crate::record::{self, Change, Event};

use super::routes::{Acceptance, AccountView, ApiKeyView, InvitationView, NewApiKey, NewInvitation, SessionView};

/// A refresh token is good for thirty days, an invitation for seven.
const SESSION_DAYS: Days = Days::new(30);
const INVITATION_DAYS: Days = Days::new(7);

/// What an account is made of; the password is hashed before the transaction begins.
#[derive(Clone)]
pub struct NewAccount {
    /// Where to write to; one account each.
    pub email: String,
    /// What to call the person.
    pub display_name: String,
    /// The hashed password.
    pub password: PasswordHash,
    /// The one role.
    pub role: Role,
    /// The lab of a lab's account.
    pub lab: Option<LabId>,
    /// The expert of an expert's account.
    pub expert: Option<ExpertId>,
}

/// Judges an e-mail address: something, an `@`, a host. Whether it is read is told by the first letter sent there.
pub fn judge_email(email: &str, findings: &mut Findings) {
    let fine = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && host.contains('.')
                && !host.starts_with('.')
                && !host.ends_with('.')
                && !host.contains('@')
        });
    findings.check(fine, "/email", "not_an_email", "an e-mail address such as ada@example.org");
}

/// Judges a name a person is shown.
pub fn judge_name(pointer: &str, name: &str, findings: &mut Findings) {
    let fine = !name.trim().is_empty() && name.chars().count() <= 200 && !name.chars().any(char::is_control);
    findings.check(fine, pointer, "not_a_name", "1 to 200 characters on one line");
}

/// Makes an account; called by whoever signs somebody up.
pub fn create_account(conn: &mut PgConnection, ctx: &Ctx, new: NewAccount) -> Result<AccountId> {
    let id = AccountId(ctx.ids.next());
    let (role, lab) = (new.role, new.lab);
    let row = AccountRow {
        id,
        email: new.email,
        password_hash: new.password.0,
        display_name: new.display_name,
        role,
        lab_id: lab,
        expert_id: new.expert,
    };
    on_constraint(store::insert_account(conn, &row), "account_email_key", Code::EmailTaken)?;
    let detail = json!({"account_id": id, "role": role});
    record::change(conn, ctx, Change { event: Event::AccountCreated, object: id.0, lab, detail })?;
    Ok(id)
}

/// A session and its secrets, shown once.
pub struct Started {
    /// The session.
    pub session: SessionId,
    /// Whose.
    pub account: AccountView,
    /// Good for one rotation.
    pub refresh_token: String,
}

/// What a login is checked against; reading it tells nobody whether the account exists.
pub fn find_login(conn: &mut PgConnection, email: &str) -> Result<Option<(AccountId, PasswordHash)>> {
    Ok(store::find_login(conn, email)?.map(|(id, hash)| (id, PasswordHash(hash))))
}

/// Starts a session for an account whose password was right.
pub fn start_session(conn: &mut PgConnection, ctx: &Ctx, account: AccountId) -> Result<Started> {
    let session = SessionId(ctx.ids.next());
    let expires_at = ctx.now.checked_add_days(SESSION_DAYS).ok_or_else(|| Error::internal("the end of time"))?;
    store::insert_session(conn, session, account, expires_at)?;
    let detail = json!({"session_id": session, "account_id": account});
    record::change(conn, ctx, Change { event: Event::SessionStarted, object: session.0, lab: None, detail })?;
    let refresh_token = new_refresh_token(conn, session)?;
    Ok(Started { session, account: view_account(conn, account)?, refresh_token })
}

fn new_refresh_token(conn: &mut PgConnection, session: SessionId) -> Result<String> {
    let secret = format!("clr_{}", random_text(43)?);
    store::insert_refresh_token(conn, session, &api_key::digest(&secret))?;
    Ok(secret)
}

/// Rotates a refresh token. One that was spent before is in two hands: the whole family ends. That must hold although
/// the call is refused, so the refusal is the inner result and the transaction is kept.
pub fn refresh_session(conn: &mut PgConnection, ctx: &Ctx, token: &str) -> Result<Result<Started>> {
    let digest = api_key::digest(token);
    let Some((session, account, spent, stands)) = store::lock_refresh_token(conn, &digest, ctx.now)? else {
        return Ok(Err(Error::Unauthenticated));
    };
    if spent && stands {
        end_sessions(conn, ctx, account, Which::One(session), "refresh_token_reused")?;
    }
    if spent || !stands {
        return Ok(Err(Error::Unauthenticated));
    }
    store::spend_refresh_token(conn, &digest, ctx.now)?;
    store::touch_session(conn, session, ctx.now)?;
    let refresh_token = new_refresh_token(conn, session)?;
    let account = view_account(conn, account)?;
    if account.state != "active" {
        return Ok(Err(Error::Unauthenticated));
    }
    Ok(Ok(Started { session, account, refresh_token }))
}

fn end_sessions(conn: &mut PgConnection, ctx: &Ctx, account: AccountId, which: Which, because: &str) -> Result<usize> {
    let ended = store::revoke_sessions(conn, account, which, because, ctx.now)?;
    let changes = ended.iter().map(|session| Change {
        event: Event::SessionRevoked,
        object: session.0,
        // A lab's transaction may write down what is its lab's alone.
        lab: ctx.actor.lab(),
        detail: json!({"session_id": session, "account_id": account, "because": because}),
    });
    record::changes(conn, ctx, changes.collect())?;
    Ok(ended.len())
}

fn signed_in(ctx: &Ctx) -> Result<&Signed> {
    match &ctx.actor {
        Actor::Account(signed) => Ok(signed),
        Actor::Public | Actor::System => Err(Error::Unauthenticated),
    }
}

/// Ends the caller's own session.
pub fn log_out(conn: &mut PgConnection, ctx: &Ctx) -> Result<()> {
    let signed = signed_in(ctx)?;
    if let Some(session) = signed.session {
        end_sessions(conn, ctx, signed.account, Which::One(session), "logged_out")?;
    }
    Ok(())
}

/// Ends one of the caller's sessions.
pub fn end_session(conn: &mut PgConnection, ctx: &Ctx, session: SessionId) -> Result<()> {
    let signed = signed_in(ctx)?;
    match end_sessions(conn, ctx, signed.account, Which::One(session), "ended_by_owner")? {
        0 => Err(Error::NotFound),
        _ => Ok(()),
    }
}

/// The hash that a change of password is checked against.
pub fn get_own_password(conn: &mut PgConnection, ctx: &Ctx) -> Result<PasswordHash> {
    let account = signed_in(ctx)?.account;
    store::find_password(conn, account)?.map(PasswordHash).ok_or(Error::Unauthenticated)
}

/// Sets a new password, once the old one was right, and ends every other session.
pub fn change_password(conn: &mut PgConnection, ctx: &Ctx, new: &PasswordHash) -> Result<()> {
    let signed = signed_in(ctx)?;
    store::update_password(conn, signed.account, &new.0)?;
    end_sessions(conn, ctx, signed.account, Which::AllBut(signed.session), "password_changed")?;
    let detail = json!({"account_id": signed.account});
    record::change(
        conn,
        ctx,
        Change { event: Event::PasswordChanged, object: signed.account.0, lab: signed.lab, detail },
    )
}

/// The account as its owner and staff see it.
pub fn view_account(conn: &mut PgConnection, id: AccountId) -> Result<AccountView> {
    Ok(store::find_account(conn, id)?.ok_or(Error::NotFound)?.into())
}

/// Who am I.
pub fn me(conn: &mut PgConnection, ctx: &Ctx) -> Result<AccountView> {
    view_account(conn, signed_in(ctx)?.account)
}

/// Where am I signed in.
pub fn list_sessions(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<SessionView>> {
    let signed = signed_in(ctx)?;
    let rows = store::list_sessions(conn, signed.account, ctx.now, paging.before(), paging.fetch())?;
    let current = signed.session;
    let views = rows.into_iter().map(|row| SessionView {
        current: current == Some(row.id),
        id: row.id,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    });
    Ok(paging.page(views.collect(), |view| view.id.0))
}

/// The marketplace's own people.
pub fn list_staff(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<AccountView>> {
    ctx.actor.require(&[Role::Admin, Role::Auditor, Role::Operations, Role::Finance])?;
    let rows = store::list_staff(conn, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(AccountView::from).collect(), |view| view.id.0))
}

/// Makes a key for a lab's machines; the key itself is shown once.
pub fn create_key(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewApiKey>) -> Result<(ApiKeyId, String)> {
    let lab = ctx.actor.require_lab(&[Role::LabOwner])?;
    let signed = signed_in(ctx)?;
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_name("/name", &new.name, &mut findings);
    findings.check(!new.scopes.is_empty(), "/scopes", "required", "at least one of read, write");
    let past = new.expires_at.is_some_and(|at| at <= ctx.now);
    findings.check(!past, "/expires_at", "in_the_past", "a time to come");
    findings.done()?;
    let secret = api_key::generate()?;
    let id = ApiKeyId(ctx.ids.next());
    let mut scopes: Vec<String> = new.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
    scopes.sort();
    scopes.dedup();
    let row = NewKeyRow {
        id,
        account_id: signed.account,
        lab_id: lab,
        name: new.name.clone(),
        digest: api_key::digest(&secret),
        last_four: secret.chars().skip(secret.len() - 4).collect(),
        scopes: scopes.clone(),
        expires_at: new.expires_at,
    };
    store::insert_key(conn, &row)?;
    let detail = json!({"api_key_id": id, "scopes": scopes, "expires_at": new.expires_at});
    record::change(conn, ctx, Change { event: Event::ApiKeyCreated, object: id.0, lab: Some(lab), detail })?;
    Ok((id, secret))
}

/// A key as its lab sees it: without the key.
pub fn view_key(conn: &mut PgConnection, ctx: &Ctx, id: ApiKeyId, key: Option<String>) -> Result<ApiKeyView> {
    let lab = ctx.actor.require_lab(&[Role::LabOwner])?;
    let row = store::find_key(conn, lab, id)?.ok_or(Error::NotFound)?;
    Ok(ApiKeyView { key, ..row.into() })
}

/// The lab's keys.
pub fn list_keys(conn: &mut PgConnection, ctx: &Ctx, paging: &Paging) -> Result<Page<ApiKeyView>> {
    let lab = ctx.actor.require_lab(&[Role::LabOwner])?;
    let rows = store::list_keys(conn, lab, paging.before(), paging.fetch())?;
    Ok(paging.page(rows.into_iter().map(ApiKeyView::from).collect(), |view| view.id.0))
}

/// Ends a key.
pub fn revoke_key(conn: &mut PgConnection, ctx: &Ctx, id: ApiKeyId) -> Result<()> {
    let lab = ctx.actor.require_lab(&[Role::LabOwner])?;
    if store::revoke_key(conn, lab, id, ctx.now)? == 0 {
        return Err(Error::NotFound);
    }
    let detail = json!({"api_key_id": id});
    record::change(conn, ctx, Change { event: Event::ApiKeyRevoked, object: id.0, lab: Some(lab), detail })
}

/// Invites a colleague of the marketplace; the token is shown once, to be sent by the inviter.
pub fn invite_staff(conn: &mut PgConnection, ctx: &Ctx, form: &Form<NewInvitation>) -> Result<(InvitationId, String)> {
    ctx.actor.require(&[Role::Admin])?;
    invite(conn, ctx, form, None, Role::STAFF)
}

/// Invites a member of the caller's lab.
pub fn invite_member(
    conn: &mut PgConnection,
    ctx: &Ctx,
    lab: LabId,
    form: &Form<NewInvitation>,
) -> Result<(InvitationId, String)> {
    let own = ctx.actor.require_lab(&[Role::LabOwner])?;
    if own != lab {
        return Err(Error::NotFound);
    }
    invite(conn, ctx, form, Some(lab), Role::LAB)
}

fn invite(
    conn: &mut PgConnection,
    ctx: &Ctx,
    form: &Form<NewInvitation>,
    lab: Option<LabId>,
    roles: &[Role],
) -> Result<(InvitationId, String)> {
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_email(&new.email, &mut findings);
    if let Some(name) = &new.display_name {
        judge_name("/display_name", name, &mut findings);
    }
    findings.check(roles.contains(&new.role), "/role", "not_allowed", "not a role that you can give");
    findings.done()?;
    let secret = format!("cli_{}", random_text(43)?);
    let id = InvitationId(ctx.ids.next());
    let expires_at: DateTime<Utc> = ctx.now.checked_add_days(INVITATION_DAYS).unwrap_or(ctx.now);
    let display_name = new.display_name.clone().unwrap_or_else(|| new.email.clone());
    let row = InvitationRow {
        id,
        lab_id: lab,
        email: new.email.clone(),
        display_name,
        role: new.role,
        digest: api_key::digest(&secret),
        invited_by: signed_in(ctx)?.account,
        expires_at,
    };
    store::insert_invitation(conn, &row)?;
    let detail = json!({"invitation_id": id, "role": new.role});
    record::change(conn, ctx, Change { event: Event::AccountInvited, object: id.0, lab, detail })?;
    Ok((id, secret))
}

/// An invitation as its maker sees it.
pub fn view_invitation(
    conn: &mut PgConnection,
    _: &Ctx,
    id: InvitationId,
    token: Option<String>,
) -> Result<InvitationView> {
    let row = store::find_invitation(conn, id)?.ok_or(Error::NotFound)?;
    Ok(InvitationView { id, email: row.email, role: row.role, expires_at: row.expires_at, token })
}

/// Takes an invitation up: makes the account it was for.
pub fn accept_invitation(
    conn: &mut PgConnection,
    ctx: &Ctx,
    form: &Form<Acceptance>,
    password: Option<&PasswordHash>,
) -> Result<AccountId> {
    let wish = form.open()?;
    let row = store::lock_open_invitation(conn, &api_key::digest(&wish.token), ctx.now)?;
    let row = row.ok_or_else(|| Error::field("/token", "not_found", "no open invitation has this token"))?;
    let mut findings = Findings::default();
    Passwords::judge(&wish.password, &row.email, &mut findings);
    findings.done()?;
    let password = password.ok_or_else(|| Error::internal("a good password was not hashed"))?.clone();
    let new = NewAccount {
        email: row.email,
        display_name: row.display_name,
        password,
        role: row.role,
        lab: row.lab_id,
        expert: None,
    };
    let account = create_account(conn, ctx, new)?;
    store::accept_invitation(conn, row.id, account, ctx.now)?;
    Ok(account)
}
