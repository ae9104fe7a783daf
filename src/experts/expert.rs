//! An expert: where they stand, who is meant by an address, and what a profile must be.

use std::str::FromStr;

use super::language::SpokenLanguage;
use crate::kernel::form::Findings;
use crate::kernel::id::NotAnId;
use crate::kernel::{Actor, Error, ExpertId, Result, Role};
use crate::words;

words!(
    /// The states of an expert; only an active one is eligible for anything.
    ExpertState { Active = "active", Paused = "paused", Suspended = "suspended", Left = "left" }
);

/// Hours a week that somebody may offer.
const WEEKLY_HOURS: std::ops::RangeInclusive<i16> = 1..=80;
/// Nobody is asked for more languages.
const MAX_LANGUAGES: usize = 40;

/// The expert of an address: `me`, or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The caller.
    Me,
    /// This one.
    Expert(ExpertId),
}

impl Whose {
    /// The expert that is meant, for a call that experts make on themselves and `staff` on anybody: 403 for every other
    /// role, 404 for another expert.
    pub fn resolve(self, actor: &Actor, staff: &[Role]) -> Result<ExpertId> {
        match self {
            Self::Me => actor.require_expert(),
            Self::Expert(id) if actor.require(staff).is_ok() => Ok(id),
            Self::Expert(id) if actor.require_expert()? == id => Ok(id),
            Self::Expert(_) => Err(Error::NotFound),
        }
    }
}

impl FromStr for Whose {
    type Err = NotAnId;
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text == "me" { Ok(Self::Me) } else { text.parse().map(Self::Expert) }
    }
}

impl<'de> serde::Deserialize<'de> for Whose {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Whose {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("TypeID of an expert, or `me` for the calling one"))
            .pattern(Some("^(me|exp_[0-7][0-9a-hjkmnp-tv-z]{25})$"))
            .into()
    }
}

impl utoipa::ToSchema for Whose {}

/// Judges the hours a week that somebody offers.
pub fn judge_hours(hours: i16, findings: &mut Findings) {
    findings.check(WEEKLY_HOURS.contains(&hours), "/weekly_hours", "out_of_range", "1 to 80 hours a week");
}

/// Judges the languages of a profile: not too many, each once.
pub fn judge_languages(languages: &[SpokenLanguage], findings: &mut Findings) {
    findings.check(languages.len() <= MAX_LANGUAGES, "/languages", "too_many", "at most 40 languages");
    for (index, language) in languages.iter().enumerate().take(MAX_LANGUAGES) {
        let before = languages.iter().take(index).any(|earlier| earlier.code == language.code);
        findings.check(!before, &format!("/languages/{index}/code"), "named_twice", "name each language once");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::AccountId;
    use crate::kernel::actor::Signed;
    use uuid::Uuid;

    fn actor(role: Role, expert: Option<ExpertId>) -> Actor {
        let account = AccountId(Uuid::from_u128(1));
        Actor::Account(Signed { account, role, lab: None, expert, session: None, api_key: None, may_write: true })
    }

    #[test]
    fn experts_act_on_themselves_and_staff_on_anybody() {
        let (ann, bob) = (ExpertId(Uuid::from_u128(7)), ExpertId(Uuid::from_u128(8)));
        let own = actor(Role::Expert, Some(ann));
        let staff = &[Role::Operations];
        assert_eq!(Whose::Me.resolve(&own, staff).unwrap(), ann);
        assert_eq!(Whose::Expert(ann).resolve(&own, staff).unwrap(), ann);
        assert!(matches!(Whose::Expert(bob).resolve(&own, staff), Err(Error::NotFound)));
        assert_eq!(Whose::Expert(bob).resolve(&actor(Role::Operations, None), staff).unwrap(), bob);
        assert!(matches!(Whose::Me.resolve(&actor(Role::Operations, None), staff), Err(Error::Forbidden)));
        assert!(matches!(Whose::Expert(bob).resolve(&actor(Role::Finance, None), staff), Err(Error::Forbidden)));
        assert!(matches!(Whose::Expert(bob).resolve(&Actor::Public, staff), Err(Error::Unauthenticated)));
    }

    #[test]
    fn an_address_is_me_or_an_id() {
        assert_eq!("me".parse::<Whose>().unwrap(), Whose::Me);
        assert!("exp_00000000000000000000000007".parse::<Whose>().is_ok());
        for text in ["", "Me", "lab_00000000000000000000000007", "exp_"] {
            assert!(text.parse::<Whose>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_language_is_named_once() {
        let languages: Vec<SpokenLanguage> =
            serde_json::from_str(r#"[{"code":"en","level":"C1"},{"code":"en","level":"C2"}]"#).unwrap();
        let mut findings = Findings::default();
        judge_languages(&languages, &mut findings);
        judge_hours(0, &mut findings);
        let Err(Error::Invalid(found)) = findings.done() else { panic!() };
        let pointers: Vec<&str> = found.iter().map(|one| one.pointer.as_str()).collect();
        assert_eq!(pointers, ["/languages/1/code", "/weekly_hours"]);
    }
}
