//! What an expert says of a new credential, and what it must be to be looked at.

use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use utoipa::ToSchema;

use super::credential::{CredentialKind, CredentialLevel};
use super::isced::FieldCode;
use super::license_title::LicenseTitle;
use super::orcid::Orcid;
use super::ror::RorId;
use crate::kernel::form::Findings;
use crate::kernel::jurisdiction::Jurisdiction;
use crate::kernel::text::Unfit;
use crate::kernel::{Error, Result};

/// Longest title and institution, in characters.
const MAX_NAME_CHARS: usize = 200;
/// Years outside these are slips of the pen.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// The body of `POST /v1/experts/{id}/credentials`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// What kind of thing it is.
    pub kind: CredentialKind,
    /// ISCED-F 2013 code of the field.
    #[schema(example = "0511")]
    pub field: String,
    /// How far it goes; a degree must say.
    #[serde(default)]
    pub level: Option<CredentialLevel>,
    /// A license's is one of the controlled list; any other in 1…200 characters.
    pub title: String,
    /// Who awarded it, in 1…200 characters.
    pub institution: String,
    /// The institution's ROR id.
    #[serde(default)]
    pub ror_id: Option<String>,
    /// Where it holds, `US` or `US-NY`; a license must say.
    #[serde(default)]
    pub jurisdiction: Option<String>,
    /// The day it was awarded, not in the future.
    pub awarded_on: NaiveDate,
    /// The last day on which it holds.
    #[serde(default)]
    pub expires_on: Option<NaiveDate>,
    /// The holder's ORCID iD.
    #[serde(default)]
    pub orcid: Option<String>,
}

/// A new credential that may be stored as `pending`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialClaim {
    /// What kind of thing it is.
    pub kind: CredentialKind,
    /// Its field.
    pub field: FieldCode,
    /// How far it goes; every degree says.
    pub level: Option<CredentialLevel>,
    /// Its title, a [`LicenseTitle`] for a license.
    pub title: String,
    /// Who awarded it.
    pub institution: String,
    /// The institution's ROR id.
    pub ror_id: Option<RorId>,
    /// Where it holds; every license says.
    pub jurisdiction: Option<Jurisdiction>,
    /// The day it was awarded.
    pub awarded_on: NaiveDate,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// The holder's ORCID iD.
    pub orcid: Option<Orcid>,
}

impl NewCredential {
    /// The claim made of this body on the day `today`, or 422 with everything that is wrong.
    pub fn validate(&self, today: NaiveDate) -> Result<CredentialClaim> {
        let mut found = Findings::default();
        let field = fit::<FieldCode>(&mut found, "/field", &self.field);
        let ror_id = self.ror_id.as_deref().and_then(|text| fit::<RorId>(&mut found, "/ror_id", text));
        let orcid = self.orcid.as_deref().and_then(|text| fit::<Orcid>(&mut found, "/orcid", text));
        let place = self.jurisdiction.as_deref();
        let jurisdiction = place.and_then(|text| fit::<Jurisdiction>(&mut found, "/jurisdiction", text));
        let title = name(&mut found, "/title", &self.title);
        let institution = name(&mut found, "/institution", &self.institution);
        self.check_kind(&mut found);
        self.check_days(&mut found, today);
        found.done()?;
        // Where nothing was found there is a field.
        let field = field.ok_or_else(|| Error::field("/field", "required", "name a field"))?;
        Ok(CredentialClaim {
            kind: self.kind,
            field,
            level: self.level,
            title,
            institution,
            ror_id,
            jurisdiction,
            awarded_on: self.awarded_on,
            expires_on: self.expires_on,
            orcid,
        })
    }

    fn check_kind(&self, found: &mut Findings) {
        match self.kind {
            CredentialKind::Degree => {
                found.check(self.level.is_some(), "/level", "required", "a degree says how far it goes");
            }
            CredentialKind::License => {
                let title = self.title.trim();
                let known = title.is_empty() || title.parse::<LicenseTitle>().is_ok();
                let list = || LicenseTitle::ALL.iter().map(|title| title.as_str()).collect::<Vec<_>>().join(", ");
                if !known {
                    found.add("/title", "unknown_license_title", format!("a license's title is one of {}", list()));
                }
                let place = self.jurisdiction.is_some();
                found.check(place, "/jurisdiction", "required", "a license says where it holds");
            }
            CredentialKind::Certification => {}
        }
    }

    fn check_days(&self, found: &mut Findings, today: NaiveDate) {
        let sane = |day: NaiveDate| YEARS.contains(&day.year());
        found.check(sane(self.awarded_on), "/awarded_on", "out_of_range", "write a year from 1900 to 2199");
        found.check(self.awarded_on <= today, "/awarded_on", "in_the_future", "it must have been awarded already");
        if let Some(expires_on) = self.expires_on {
            let after = expires_on > self.awarded_on;
            found.check(after, "/expires_on", "not_after_awarded_on", "it must expire after it was awarded");
            found.check(sane(expires_on), "/expires_on", "out_of_range", "write a year from 1900 to 2199");
        }
    }
}

fn fit<T: FromStr<Err = Unfit>>(found: &mut Findings, pointer: &str, text: &str) -> Option<T> {
    text.parse().map_err(|unfit: Unfit| found.add(pointer, unfit.code, unfit.detail)).ok()
}

/// A name without space around it; the database takes no NUL and no reader other control characters.
fn name(found: &mut Findings, pointer: &str, text: &str) -> String {
    let text = text.trim();
    let fits = (1..=MAX_NAME_CHARS).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    found.check(fits, pointer, "not_a_name", "write 1 to 200 characters, none of them control characters");
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn validate(body: Value) -> Result<CredentialClaim> {
        let today = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap();
        serde_json::from_value::<NewCredential>(body).unwrap().validate(today)
    }

    fn degree(with: Value) -> Value {
        let mut body = json!({"kind": "degree", "field": "0511", "level": "doctoral", "title": "PhD", "institution": "MIT", "awarded_on": "2020-06-01"});
        for (name, value) in with.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    fn wrong(body: Value) -> Vec<(String, String)> {
        match validate(body) {
            Err(Error::Invalid(found)) => found.into_iter().map(|one| (one.pointer, one.code)).collect(),
            other => panic!("{other:?}"),
        }
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect()
    }

    #[test]
    fn a_degree_is_read_and_its_ids_are_made_canonical() {
        let ids = json!({"ror_id": "https://ror.org/042nb2s44", "orcid": "https://orcid.org/0000-0002-1694-233X", "title": " PhD "});
        let claim = validate(degree(ids)).unwrap();
        assert_eq!(claim.ror_id.unwrap().as_str(), "042nb2s44");
        assert_eq!(claim.orcid.unwrap().as_str(), "0000-0002-1694-233X");
        assert_eq!((claim.title.as_str(), claim.level), ("PhD", Some(CredentialLevel::Doctoral)));
        assert!(validate(degree(json!({"awarded_on": "2026-03-01"}))).is_ok());
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let body = json!({"field": "0599", "level": null, "title": " ", "institution": "a\u{0}b", "ror_id": "042nb2s45",
            "orcid": "0000-0002-1694-2330", "jurisdiction": "USA", "awarded_on": "2026-03-02", "expires_on": "2026-03-02"});
        let expected = [
            ("/field", "unknown_field"),
            ("/ror_id", "ror_checksum"),
            ("/orcid", "orcid_checksum"),
            ("/jurisdiction", "unknown_jurisdiction"),
            ("/title", "not_a_name"),
            ("/institution", "not_a_name"),
            ("/level", "required"),
            ("/awarded_on", "in_the_future"),
            ("/expires_on", "not_after_awarded_on"),
        ];
        assert_eq!(wrong(degree(body)), pairs(&expected));
    }

    #[test]
    fn a_license_has_a_listed_title_and_a_place() {
        let license = |title: &str, place: Value| {
            degree(json!({"kind": "license", "level": null, "title": title, "jurisdiction": place, "field": "0421"}))
        };
        assert!(validate(license("bar", json!("US-NY"))).is_ok());
        let expected = [("/title", "unknown_license_title"), ("/jurisdiction", "required")];
        assert_eq!(wrong(license("Attorney", Value::Null)), pairs(&expected));
        assert!(validate(degree(json!({"kind": "certification", "level": null, "title": "AWS Architect"}))).is_ok());
    }

    #[test]
    fn absurd_years_never_reach_the_database() {
        let expected = [("/awarded_on", "out_of_range"), ("/expires_on", "out_of_range")];
        assert_eq!(
            wrong(degree(json!({"awarded_on": "-20000-01-01", "expires_on": "+99999-01-01"}))),
            pairs(&expected)
        );
    }
}
