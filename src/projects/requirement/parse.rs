//! Reading a requirement: strictly, and with every finding at its JSON pointer.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::tree::{ExpertRef, Leaf, Requirement};
use crate::kernel::form::Findings;
use crate::kernel::json::push_pointer;
use crate::kernel::text::Unfit;
use crate::kernel::{Error, FieldError, ProjectId};

/// Nodes above one another, the leaf counted.
pub const MAX_DEPTH: usize = 8;
/// Leaves of one requirement.
pub const MAX_LEAVES: usize = 64;
/// Entries of an `in` list.
pub const MAX_IN: usize = 500;
/// Longest title of a certification, in characters.
const MAX_TITLE_CHARS: usize = 200;
/// Accepted tasks that may be asked for.
const MAX_ACCEPTED_TASKS: u32 = 1_000_000;

/// Reads a requirement. Pointers are within it (`/all/1/credential/field`): hand the findings to
/// `Findings::extend` with the pointer of the requirement itself.
pub fn parse(value: &Value) -> Result<Requirement, Vec<FieldError>> {
    let mut reader = Reader { found: Findings::default(), leaves: 0 };
    let requirement = reader.node(value, String::new(), 1);
    match (reader.found.done(), requirement) {
        (Ok(()), Some(requirement)) => Ok(requirement),
        (Err(Error::Invalid(found)), _) => Err(found),
        _ => Err(Vec::new()),
    }
}

struct Reader {
    found: Findings,
    leaves: usize,
}

/// The members of a leaf, with the pointer of the leaf.
struct Members<'a> {
    pointer: String,
    members: &'a Map<String, Value>,
}

impl Members<'_> {
    fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.pointer)
    }
}

impl Reader {
    fn node(&mut self, value: &Value, pointer: String, depth: usize) -> Option<Requirement> {
        let only = value.as_object().and_then(|object| match object.len() {
            1 => object.iter().next(),
            _ => None,
        });
        let Some((word, inner)) = only else {
            self.found.add(pointer, "not_a_requirement", "write an object with one member: all, any, not or a leaf");
            return None;
        };
        if depth > MAX_DEPTH {
            self.found.add(pointer, "too_deep", "a requirement may be nested 8 deep");
            return None;
        }
        let mut below = pointer;
        push_pointer(&mut below, word);
        match word.as_str() {
            "all" => self.children(inner, &below, depth).map(Requirement::All),
            "any" => self.children(inner, &below, depth).map(Requirement::Any),
            "not" => self.node(inner, below, depth.saturating_add(1)).map(|node| Requirement::Not(Box::new(node))),
            leaf => self.leaf(leaf, inner, below).map(Requirement::Leaf),
        }
    }

    fn children(&mut self, value: &Value, pointer: &str, depth: usize) -> Option<Vec<Requirement>> {
        let children = self.list(value, pointer, MAX_LEAVES)?;
        let read = children.iter().enumerate();
        // Every child is read, so that every finding is told; then one missing child fails them all.
        let read: Vec<_> = read
            .map(|(index, child)| self.node(child, format!("{pointer}/{index}"), depth.saturating_add(1)))
            .collect();
        read.into_iter().collect()
    }

    fn list<'a>(&mut self, value: &'a Value, pointer: &str, max: usize) -> Option<&'a Vec<Value>> {
        match value.as_array() {
            None => self.found.add(pointer, "not_a_list", "write a list"),
            Some(list) if list.is_empty() => self.found.add(pointer, "empty", "an empty list asks for nothing"),
            Some(list) if list.len() > max => self.found.add(pointer, "too_long", format!("at most {max} entries")),
            Some(list) => return Some(list),
        }
        None
    }

    fn leaf(&mut self, word: &str, value: &Value, pointer: String) -> Option<Leaf> {
        self.leaves = self.leaves.saturating_add(1);
        if self.leaves > MAX_LEAVES {
            self.found.add(pointer, "too_many_leaves", "a requirement may have 64 leaves");
            return None;
        }
        let names: &[&str] = match word {
            "credential" => &["field", "level"],
            "license" => &["title", "jurisdiction"],
            "certification" => &["title"],
            "language" => &["code", "at_least"],
            "country" | "expert" => &["in"],
            "reputation" => &["at_least", "field"],
            "accepted_tasks" => &["at_least"],
            "qualified" => &["project"],
            _ => {
                self.found.add(
                    pointer,
                    "unknown_leaf",
                    "no such leaf; all, any, not and the leaves are listed in the documentation",
                );
                return None;
            }
        };
        let Some(members) = value.as_object() else {
            self.found.add(pointer, "not_an_object", format!("write an object with {}", names.join(", ")));
            return None;
        };
        for unknown in members.keys().filter(|name| !names.contains(&name.as_str())) {
            let mut at = pointer.clone();
            push_pointer(&mut at, unknown);
            self.found.add(at, "unknown_member", format!("here stand only {}", names.join(", ")));
        }
        self.known_leaf(word, &Members { pointer, members })
    }

    fn known_leaf(&mut self, word: &str, leaf: &Members<'_>) -> Option<Leaf> {
        match word {
            "credential" => {
                let (field, level) = (self.required(leaf, "field"), self.optional(leaf, "level"));
                Some(Leaf::Credential { field: field?, level: level? })
            }
            "license" => {
                let (title, jurisdiction) = (self.required(leaf, "title"), self.optional(leaf, "jurisdiction"));
                Some(Leaf::License { title: title?, jurisdiction: jurisdiction? })
            }
            "certification" => self.required(leaf, "title").map(|Title(title)| Leaf::Certification { title }),
            "language" => {
                let (code, at_least) = (self.required(leaf, "code"), self.optional(leaf, "at_least"));
                Some(Leaf::Language { code: code?, at_least: at_least? })
            }
            "country" => self.entries(leaf).map(|within| Leaf::Country { within }),
            "reputation" => {
                let (at_least_bps, field) = (self.fraction_bps(leaf), self.optional(leaf, "field"));
                Some(Leaf::Reputation { at_least_bps: at_least_bps?, field: field? })
            }
            "accepted_tasks" => self.count(leaf).map(|at_least| Leaf::AcceptedTasks { at_least }),
            "qualified" => self.required(leaf, "project").map(|project| Leaf::Qualified { project }),
            _ => self.entries(leaf).map(|among| Leaf::Expert { among }),
        }
    }

    fn required<T: Readable>(&mut self, leaf: &Members<'_>, name: &str) -> Option<T> {
        let Some(value) = leaf.members.get(name) else {
            self.found.add(leaf.at(name), "required", format!("{name} is missing"));
            return None;
        };
        self.read(value, leaf.at(name))
    }

    /// `None` is a finding, `Some(None)` a member that is not there.
    fn optional<T: Readable>(&mut self, leaf: &Members<'_>, name: &str) -> Option<Option<T>> {
        match leaf.members.get(name) {
            None => Some(None),
            Some(value) => self.read(value, leaf.at(name)).map(Some),
        }
    }

    fn read<T: Readable>(&mut self, value: &Value, pointer: String) -> Option<T> {
        let Some(text) = value.as_str() else {
            self.found.add(pointer, "not_text", "write a string");
            return None;
        };
        T::read(text).map_err(|(code, detail)| self.found.add(pointer, code, detail)).ok()
    }

    fn entries<T: Readable>(&mut self, leaf: &Members<'_>) -> Option<Vec<T>> {
        let pointer = leaf.at("in");
        let Some(value) = leaf.members.get("in") else {
            self.found.add(pointer, "required", "in is missing");
            return None;
        };
        let entries = self.list(value, &pointer, MAX_IN)?;
        let entries = entries.iter().enumerate();
        let read: Vec<_> = entries.map(|(index, entry)| self.read(entry, format!("{pointer}/{index}"))).collect();
        read.into_iter().collect()
    }

    /// A number from 0 to 1 in steps of a basis point; read from its digits, so that no float decides.
    fn fraction_bps(&mut self, leaf: &Members<'_>) -> Option<u16> {
        let number = leaf.members.get("at_least").and_then(Value::as_number);
        let bps = number
            .and_then(|number| Decimal::from_str_exact(&number.to_string()).ok())
            .and_then(|fraction| fraction.checked_mul(Decimal::from(10_000)))
            .filter(|bps| bps.is_integer() && *bps <= Decimal::from(10_000))
            .and_then(|bps| u16::try_from(bps).ok());
        if bps.is_none() {
            self.found.add(leaf.at("at_least"), "out_of_range", "write a number from 0 to 1 with at most 4 decimals");
        }
        bps
    }

    fn count(&mut self, leaf: &Members<'_>) -> Option<u32> {
        let count = leaf.members.get("at_least").and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
        let count = count.filter(|count| *count <= MAX_ACCEPTED_TASKS);
        if count.is_none() {
            self.found.add(leaf.at("at_least"), "out_of_range", "write a whole number from 0 to 1000000");
        }
        count
    }
}

type Wrong = (&'static str, String);

/// What a string in a leaf may stand for.
trait Readable: Sized {
    fn read(text: &str) -> Result<Self, Wrong>;
}

macro_rules! readable_checked_text {
    ($($name:ty),+) => {
        $(impl Readable for $name {
            fn read(text: &str) -> Result<Self, Wrong> {
                Self::from_str(text).map_err(|Unfit { code, detail }| (code, detail.to_owned()))
            }
        })+
    };
}

readable_checked_text!(
    crate::experts::isced::FieldCode,
    crate::kernel::jurisdiction::CountryCode,
    crate::kernel::jurisdiction::Jurisdiction,
    crate::experts::language::LanguageCode
);

macro_rules! readable_words {
    ($($name:ty),+) => {
        $(impl Readable for $name {
            fn read(text: &str) -> Result<Self, Wrong> {
                let words = || Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", ");
                Self::from_str(text).map_err(|_| ("unknown_word", format!("write one of {}", words())))
            }
        })+
    };
}

readable_words!(
    crate::experts::credential::CredentialLevel,
    crate::experts::language::LanguageLevel,
    crate::experts::license_title::LicenseTitle
);

/// The title of a certification.
struct Title(String);

impl Readable for Title {
    fn read(text: &str) -> Result<Self, Wrong> {
        let fits = (1..=MAX_TITLE_CHARS).contains(&text.chars().count());
        if fits && !text.trim().is_empty() && !text.chars().any(char::is_control) {
            return Ok(Self(text.to_owned()));
        }
        Err(("not_a_name", "write 1 to 200 characters, none of them control characters".to_owned()))
    }
}

impl Readable for ProjectId {
    fn read(text: &str) -> Result<Self, Wrong> {
        text.parse().map_err(|_| ("not_an_id", "write an id of a project, prj_ and 26 letters and digits".to_owned()))
    }
}

impl Readable for ExpertRef {
    fn read(text: &str) -> Result<Self, Wrong> {
        let pseudonym = text.parse().map(Self::Pseudonym);
        let either = pseudonym.or_else(|_| text.parse().map(Self::Expert));
        either.map_err(|_| ("not_an_id", "write an id of an expert, xpn_ and 26 letters and digits".to_owned()))
    }
}
