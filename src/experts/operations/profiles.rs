//! Profiles: signing up, looking, changing.

use std::collections::HashMap;

use diesel::PgConnection;
use serde_json::json;

use super::SEES_EXPERTS;
use crate::experts::credential::CredentialLevel;
use crate::experts::expert::{ExpertState, Whose, judge_hours, judge_languages};
use crate::experts::language::SpokenLanguage;
use crate::experts::routes::{ExpertFilter, ExpertPatch, ExpertView, NewExpert};
use crate::experts::store::{self, ExpertRow, Narrowed, NewExpertRow, ProfileChange};
use crate::http::{Paging, Precondition};
use crate::identity::operations::{judge_email, judge_name};
use crate::identity::{NewAccount, PasswordHash, Passwords, create_account};
use crate::kernel::form::Findings;
use crate::kernel::{Code, Ctx, Error, ExpertId, Form, Page, Result, Role};
use crate::record::{self, Change, Event};

/// Signs an expert up, with their account.
pub fn sign_up(
    conn: &mut PgConnection,
    ctx: &Ctx,
    form: &Form<NewExpert>,
    password: Option<&PasswordHash>,
) -> Result<ExpertId> {
    let new = form.open()?;
    let mut findings = Findings::default();
    judge_name("/display_name", &new.display_name, &mut findings);
    judge_email(&new.email, &mut findings);
    Passwords::judge(&new.password, &new.email, &mut findings);
    judge_languages(&new.languages, &mut findings);
    judge_hours(new.weekly_hours, &mut findings);
    findings.done()?;
    let password = password.ok_or_else(|| Error::internal("a good password was not hashed"))?.clone();
    let id = ExpertId(ctx.ids.next());
    let display_name = new.display_name.trim();
    let row = NewExpertRow {
        id,
        display_name,
        country: &new.country,
        timezone: &new.timezone,
        weekly_hours: new.weekly_hours,
    };
    store::insert_expert(conn, &row)?;
    store::insert_languages(conn, id, &new.languages)?;
    store::insert_seat(conn, id)?;
    let account = NewAccount {
        email: new.email.clone(),
        display_name: display_name.to_owned(),
        password,
        role: Role::Expert,
        lab: None,
        expert: Some(id),
    };
    create_account(conn, ctx, account)?;
    store::insert_due(conn, &[(ctx.ids.next(), id)])?;
    let detail = json!({"expert_id": id});
    record::change(conn, ctx, Change { event: Event::ExpertCreated, object: id.0, lab: None, detail })?;
    Ok(id)
}

/// The expert, shown to whoever signed them up or changed them.
pub fn view(conn: &mut PgConnection, id: ExpertId) -> Result<ExpertView> {
    let row = store::find_expert(conn, id)?.ok_or(Error::NotFound)?;
    views(conn, vec![row])?.pop().ok_or(Error::NotFound)
}

/// An expert as they themselves and staff see them.
pub fn get(conn: &mut PgConnection, ctx: &Ctx, whose: Whose) -> Result<ExpertView> {
    let id = whose.resolve(&ctx.actor, SEES_EXPERTS)?;
    view(conn, id)
}

/// Every expert, narrowed.
pub fn list(conn: &mut PgConnection, ctx: &Ctx, filter: &ExpertFilter, paging: &Paging) -> Result<Page<ExpertView>> {
    ctx.actor.require(SEES_EXPERTS)?;
    let as_high =
        |wanted: CredentialLevel| CredentialLevel::ALL.iter().copied().filter(|level| level.at_least(wanted)).collect();
    let narrowed = Narrowed {
        field: filter.field.clone(),
        levels: filter.level.map(as_high),
        country: filter.country.clone(),
        language: filter.language.clone(),
        state: filter.state,
        words: filter.q.clone(),
        on: ctx.today(),
    };
    let rows = store::list_experts(conn, &narrowed, paging.before(), paging.fetch())?;
    let views = views(conn, rows)?;
    Ok(paging.page(views, |view| view.id.0))
}

/// Changes a profile: their own, or anybody's by operations, who alone may move somebody to another country.
pub fn update(
    conn: &mut PgConnection,
    ctx: &Ctx,
    whose: Whose,
    precondition: &Precondition,
    form: &Form<ExpertPatch>,
) -> Result<ExpertId> {
    let id = whose.resolve(&ctx.actor, &[Role::Operations])?;
    let expert = store::lock_expert(conn, id)?.ok_or(Error::NotFound)?;
    precondition.require(expert.version)?;
    let patch = form.open()?;
    judge(ctx, patch)?;
    if expert.state == ExpertState::Left {
        return Err(Code::InvalidState.into());
    }
    if let Some(languages) = &patch.languages {
        store::delete_languages(conn, id)?;
        store::insert_languages(conn, id, languages)?;
    }
    let change = ProfileChange {
        display_name: patch.display_name.as_deref().map(str::trim),
        country: patch.country.as_ref(),
        timezone: patch.timezone.as_ref(),
        weekly_hours: patch.weekly_hours,
        updated_at: ctx.now,
    };
    store::update_expert(conn, id, &change)?;
    if patch.languages.is_some() || patch.country.is_some() {
        store::insert_due(conn, &[(ctx.ids.next(), id)])?;
    }
    let detail = json!({"expert_id": id, "changed": changed(patch)});
    record::change(conn, ctx, Change { event: Event::ExpertUpdated, object: id.0, lab: None, detail })?;
    Ok(id)
}

fn judge(ctx: &Ctx, patch: &ExpertPatch) -> Result<()> {
    let mut findings = Findings::default();
    if let Some(name) = &patch.display_name {
        judge_name("/display_name", name, &mut findings);
    }
    if let Some(languages) = &patch.languages {
        judge_languages(languages, &mut findings);
    }
    if let Some(hours) = patch.weekly_hours {
        judge_hours(hours, &mut findings);
    }
    let may_move = patch.country.is_none() || ctx.actor.role() == Some(Role::Operations);
    findings.check(may_move, "/country", "operations_only", "operations change a country, on proof of residence");
    findings.done()
}

fn changed(patch: &ExpertPatch) -> Vec<&'static str> {
    let members = [
        ("display_name", patch.display_name.is_some()),
        ("country", patch.country.is_some()),
        ("languages", patch.languages.is_some()),
        ("timezone", patch.timezone.is_some()),
        ("weekly_hours", patch.weekly_hours.is_some()),
    ];
    members.into_iter().filter(|(_, there)| *there).map(|(member, _)| member).collect()
}

fn views(conn: &mut PgConnection, rows: Vec<ExpertRow>) -> Result<Vec<ExpertView>> {
    let ids: Vec<ExpertId> = rows.iter().map(|row| row.id).collect();
    let mut spoken: HashMap<ExpertId, Vec<SpokenLanguage>> = HashMap::new();
    for (id, language) in store::list_languages(conn, &ids)? {
        spoken.entry(id).or_default().push(language);
    }
    let view = |row: ExpertRow| {
        let languages = spoken.remove(&row.id).unwrap_or_default();
        ExpertView::new(row, languages)
    };
    Ok(rows.into_iter().map(view).collect())
}
