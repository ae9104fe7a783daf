//! The tree of a requirement and its canonical JSON.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::{Map, Number, Value, json};

use crate::experts::credential::CredentialLevel;
use crate::experts::isced::FieldCode;
use crate::experts::language::{LanguageCode, LanguageLevel};
use crate::experts::license_title::LicenseTitle;
use crate::kernel::jurisdiction::{CountryCode, Jurisdiction};
use crate::kernel::{ExpertId, ProjectId, PseudonymId};

/// Who may do the work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// Every one of these, of which there is at least one.
    All(Vec<Requirement>),
    /// One of these, of which there is at least one.
    Any(Vec<Requirement>),
    /// Not this.
    Not(Box<Requirement>),
    /// A question about the expert.
    Leaf(Leaf),
}

/// A question about an expert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// A verified credential of any kind in this field or one within it, at least of this level where one is given.
    Credential { field: FieldCode, level: Option<CredentialLevel> },
    /// A verified license, of this place or a part of it where one is given.
    License { title: LicenseTitle, jurisdiction: Option<Jurisdiction> },
    /// A verified certification of this title; case and the width of space do not matter.
    Certification { title: String },
    /// A language, at least this well where a level is given.
    Language { code: LanguageCode, at_least: Option<LanguageLevel> },
    /// One of these countries.
    Country { within: Vec<CountryCode> },
    /// A reputation in basis points (10,000 is 1): overall, or in this field or one within it.
    Reputation { at_least_bps: u16, field: Option<FieldCode> },
    /// So many accepted tasks.
    AcceptedTasks { at_least: u32 },
    /// The qualification of this project of the same lab.
    Qualified { project: ProjectId },
    /// One of these experts, kept as they were named.
    Expert { among: Vec<ExpertRef> },
}

/// An expert as a lab or as staff name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpertRef {
    /// `xpn_…`, as one lab knows them.
    Pseudonym(PseudonymId),
    /// `exp_…`, as staff do.
    Expert(ExpertId),
}

impl fmt::Display for ExpertRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pseudonym(id) => id.fmt(f),
            Self::Expert(id) => id.fmt(f),
        }
    }
}

impl Requirement {
    /// Every leaf with its JSON pointer within the requirement, such as `/all/1/credential`, in the order written.
    pub fn leaves(&self) -> Vec<(String, &Leaf)> {
        let mut leaves = Vec::new();
        self.gather(String::new(), &mut leaves);
        leaves
    }

    fn gather<'a>(&'a self, pointer: String, leaves: &mut Vec<(String, &'a Leaf)>) {
        match self {
            Self::All(children) | Self::Any(children) => {
                for (index, child) in children.iter().enumerate() {
                    child.gather(format!("{pointer}/{}/{index}", self.word()), leaves);
                }
            }
            Self::Not(child) => child.gather(format!("{pointer}/not"), leaves),
            Self::Leaf(leaf) => leaves.push((format!("{pointer}/{}", leaf.word()), leaf)),
        }
    }

    /// The member that stands for this node in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Not(_) => "not",
            Self::Leaf(leaf) => leaf.word(),
        }
    }

    /// The canonical JSON: what is absent stays absent, lists keep their order, numbers have no spare digits.
    pub fn to_json(&self) -> Value {
        let inner = match self {
            Self::All(children) | Self::Any(children) => children.iter().map(Self::to_json).collect(),
            Self::Not(child) => child.to_json(),
            Self::Leaf(leaf) => leaf.members(),
        };
        Value::Object(Map::from_iter([(self.word().to_owned(), inner)]))
    }
}

impl Leaf {
    /// The member that stands for this leaf in JSON.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Credential { .. } => "credential",
            Self::License { .. } => "license",
            Self::Certification { .. } => "certification",
            Self::Language { .. } => "language",
            Self::Country { .. } => "country",
            Self::Reputation { .. } => "reputation",
            Self::AcceptedTasks { .. } => "accepted_tasks",
            Self::Qualified { .. } => "qualified",
            Self::Expert { .. } => "expert",
        }
    }

    /// The canonical JSON of what stands below the word.
    pub fn members(&self) -> Value {
        let mut members = match self {
            Self::Credential { field, level } => json!({"field": field, "level": level}),
            Self::License { title, jurisdiction } => json!({"title": title, "jurisdiction": jurisdiction}),
            Self::Certification { title } => json!({"title": title}),
            Self::Language { code, at_least } => json!({"code": code, "at_least": at_least}),
            Self::Country { within } => json!({"in": within}),
            Self::Reputation { at_least_bps, field } => json!({"at_least": fraction(*at_least_bps), "field": field}),
            Self::AcceptedTasks { at_least } => json!({"at_least": at_least}),
            Self::Qualified { project } => json!({"project": project}),
            Self::Expert { among } => json!({"in": among.iter().map(ToString::to_string).collect::<Vec<_>>()}),
        };
        if let Some(members) = members.as_object_mut() {
            members.retain(|_, value| !value.is_null());
        }
        members
    }

    /// What the leaf asks for, to be read after "asks for" or "anyone with". Names no other expert.
    pub fn describe(&self) -> String {
        match self {
            Self::Credential { field, level: None } => format!("a verified credential in {field} ({})", field.label()),
            Self::Credential { field, level: Some(level) } => {
                format!("a verified {level} or higher credential in {field} ({})", field.label())
            }
            Self::License { title, jurisdiction: None } => format!("a verified {title} license"),
            Self::License { title, jurisdiction: Some(place) } => format!("a verified {title} license for {place}"),
            Self::Certification { title } => format!("the verified certification \"{title}\""),
            Self::Language { code, at_least: None } => format!("the language {code}"),
            Self::Language { code, at_least: Some(level) } => format!("the language {code} at {level} or better"),
            Self::Country { within } => match within.as_slice() {
                few if few.len() <= 10 => {
                    let few: Vec<&str> = few.iter().map(CountryCode::as_str).collect();
                    format!("residence in {}", few.join(" or "))
                }
                many => format!("residence in one of {} countries", many.len()),
            },
            Self::Reputation { at_least_bps, field: None } => {
                format!("a reputation of {} or more", fraction(*at_least_bps))
            }
            Self::Reputation { at_least_bps, field: Some(field) } => {
                format!("a reputation of {} or more in {field} ({})", fraction(*at_least_bps), field.label())
            }
            Self::AcceptedTasks { at_least } => format!("{at_least} or more accepted tasks"),
            Self::Qualified { project } => format!("the qualification of project {project}"),
            Self::Expert { .. } => "a place on the list of named experts".to_owned(),
        }
    }
}

/// Basis points as the JSON number a caller wrote: 8000 is `0.8`.
fn fraction(bps: u16) -> Value {
    let text = Decimal::new(i64::from(bps), 4).normalize().to_string();
    Number::from_str(&text).map_or(Value::Null, Value::Number)
}

impl Serialize for Requirement {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(to)
    }
}

impl utoipa::PartialSchema for Requirement {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::Object)
            .description(Some(
                "One member: `all` or `any` (1 or more requirements), `not` (one), or a leaf: \
                 `credential {field, level?}`, `license {title, jurisdiction?}`, `certification {title}`, \
                 `language {code, at_least?}`, `country {in}`, `reputation {at_least, field?}`, \
                 `accepted_tasks {at_least}`, `qualified {project}`, `expert {in}`. At most 8 deep and 64 leaves.",
            ))
            .examples([json!({"all": [{"credential": {"field": "051", "level": "doctoral"}}, {"language": {"code": "en", "at_least": "C1"}}]})])
            .into()
    }
}

impl utoipa::ToSchema for Requirement {}
