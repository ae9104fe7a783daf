//! Profiles.

use actix_web::{get, patch, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::experts::credential::CredentialLevel;
use crate::experts::expert::{ExpertState, Whose};
use crate::experts::isced::FieldCode;
use crate::experts::language::{LanguageCode, SpokenLanguage};
use crate::experts::operations;
use crate::experts::store::ExpertRow;
use crate::experts::timezone::Timezone;
use crate::http::{Answer, Body, Call, Public, Query, Tagged};
use crate::identity::Passwords;
use crate::identity::routes::hash_new;
use crate::kernel::jurisdiction::CountryCode;
use crate::kernel::{ExpertId, Page, PageQuery};

/// What signing an expert up takes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewExpert {
    /// The expert signs in with it.
    pub email: String,
    #[schema(format = "password")]
    pub password: String,
    pub display_name: String,
    /// Where they live.
    pub country: CountryCode,
    /// At most 40, each once.
    pub languages: Vec<SpokenLanguage>,
    pub timezone: Timezone,
    /// Hours a week that they offer, 1 to 80.
    pub weekly_hours: i16,
}

/// What may be changed of a profile; what is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpertPatch {
    #[serde(default)]
    pub display_name: Option<String>,
    /// By operations only.
    #[serde(default)]
    pub country: Option<CountryCode>,
    /// All of them: the list replaces the one that stands.
    #[serde(default)]
    pub languages: Option<Vec<SpokenLanguage>>,
    #[serde(default)]
    pub timezone: Option<Timezone>,
    /// 1 to 80.
    #[serde(default)]
    pub weekly_hours: Option<i16>,
}

/// An expert.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Expert)]
pub struct ExpertView {
    pub id: ExpertId,
    pub display_name: String,
    pub country: CountryCode,
    /// In the order of their codes.
    pub languages: Vec<SpokenLanguage>,
    pub timezone: Timezone,
    /// Hours a week.
    pub weekly_hours: i16,
    pub state: ExpertState,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub version: i64,
}

impl ExpertView {
    pub(in crate::experts) fn new(row: ExpertRow, languages: Vec<SpokenLanguage>) -> Self {
        let ExpertRow { id, display_name, country, timezone, weekly_hours, state, created_at, updated_at, version } =
            row;
        Self { id, display_name, country, languages, timezone, weekly_hours, state, created_at, updated_at, version }
    }
}

impl Tagged for ExpertView {
    fn version(&self) -> i64 {
        self.version
    }
}

/// What a list of experts is narrowed to.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExpertFilter {
    /// Holders of a credential that counts today in this ISCED-F field or one within it.
    #[param(value_type = Option<String>)]
    pub field: Option<FieldCode>,
    /// Holders of a credential that counts today of this level or a higher one; with `field`: in that field.
    #[param(value_type = Option<String>)]
    pub level: Option<CredentialLevel>,
    /// Where they live.
    #[param(value_type = Option<String>)]
    pub country: Option<CountryCode>,
    /// Speakers of this language, however well.
    #[param(value_type = Option<String>)]
    pub language: Option<LanguageCode>,
    /// Words of their name, or of a credential's title and institution, as typed into a search box.
    pub q: Option<String>,
    /// Where they stand.
    #[param(value_type = Option<String>)]
    pub state: Option<ExpertState>,
}

/// Sign an expert up with their account.
#[utoipa::path(tag = "Experts", request_body = NewExpert, responses((status = 201, description = "Signed up", body = ExpertView)))]
#[post("/v1/experts")]
pub async fn sign_up(public: Public, passwords: web::Data<Passwords>, body: Body<NewExpert>) -> Answer {
    let Body { form, digest } = body;
    let hash = hash_new(&passwords, &form, |new| (&new.password, &new.email)).await?;
    let make = move |conn: &mut _, ctx: &_| operations::sign_up(conn, ctx, &form, hash.as_ref());
    public.0.create(digest, make, |conn, _, id| operations::view(conn, id)).await
}

/// Every expert (operations, admin, auditor).
#[utoipa::path(tag = "Experts", params(PageQuery, ExpertFilter), responses((status = 200, description = "Experts, newest first", body = Page<ExpertView>)))]
#[get("/v1/experts")]
pub async fn list_experts(call: Call, query: Query<PageQuery>, filter: Query<ExpertFilter>) -> Answer {
    let filter = filter.into_inner();
    let bound = format!("{filter:?}");
    call.list(&query, &bound, move |conn, ctx, paging| operations::list(conn, ctx, &filter, paging)).await
}

/// One expert: oneself, or anybody (operations, admin, auditor).
#[utoipa::path(tag = "Experts", params(("id" = Whose, Path)), responses((status = 200, description = "The expert", body = ExpertView)))]
#[get("/v1/experts/{id}")]
pub async fn get_expert(call: Call, whose: web::Path<Whose>) -> Answer {
    let whose = whose.into_inner();
    call.show(move |conn, ctx| operations::get(conn, ctx, whose)).await
}

/// Change a profile: one's own, or anybody's (operations).
#[utoipa::path(tag = "Experts", params(("id" = Whose, Path)), request_body = ExpertPatch, responses((status = 200, description = "Changed", body = ExpertView)))]
#[patch("/v1/experts/{id}")]
pub async fn update_expert(call: Call, whose: web::Path<Whose>, body: Body<ExpertPatch>) -> Answer {
    let (whose, precondition, Body { form, digest }) = (whose.into_inner(), call.precondition(), body);
    let change = move |conn: &mut _, ctx: &_| operations::update(conn, ctx, whose, &precondition, &form);
    call.settling().act(digest, change, |conn, _, id| operations::view(conn, id)).await
}
