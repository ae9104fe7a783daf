//! A schema as a graph: which subschema asks which others about the same value, and which about a value below it.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::finding;
use crate::kernel::FieldError;
use crate::kernel::json::push_pointer;

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The part of the value below that a subschema is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Step<'a> {
    /// The member of this name.
    Name(&'a str),
    /// The item at this index.
    Index(usize),
    /// Any member.
    AnyName,
    /// Any member but those that the asking subschema's `properties` name.
    OtherName,
    /// Any item from this index on.
    ItemFrom(usize),
}

/// A subschema.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub(super) pointer: String,
    /// Comparisons that its own keywords take, at least 1.
    pub(super) weight: u64,
    /// Subschemas asked about the same value; twice where `unevaluated…` asks them again.
    pub(super) in_place: Vec<usize>,
    /// Subschemas asked about values below.
    pub(super) below: Vec<(Step<'a>, usize)>,
    /// The names in `properties`, which `OtherName` does not mean.
    pub(super) names: Option<&'a Map<String, Value>>,
}

/// Every subschema of a document, the whole of it first.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    pub(super) nodes: Vec<Node<'a>>,
}

impl<'a> Graph<'a> {
    /// The graph of a schema, or every reference and keyword in it that is not taken here.
    pub(super) fn of(schema: &'a Value) -> Result<Self, Vec<FieldError>> {
        let mut builder = Builder {
            root: schema,
            nodes: Vec::new(),
            at: HashMap::new(),
            anchors: BTreeMap::new(),
            references: Vec::new(),
            found: Vec::new(),
        };
        builder.visit(schema, String::new());
        builder.resolve();
        if builder.found.is_empty() { Ok(Graph { nodes: builder.nodes }) } else { Err(builder.found) }
    }
}

struct Builder<'a> {
    root: &'a Value,
    nodes: Vec<Node<'a>>,
    at: HashMap<String, usize>,
    anchors: BTreeMap<&'a str, usize>,
    references: Vec<(usize, &'static str, &'a str)>,
    found: Vec<FieldError>,
}

impl<'a> Builder<'a> {
    fn refuse(&mut self, pointer: &str, code: &str, detail: &str) {
        if self.found.len() < super::MAX_FINDINGS {
            self.found.push(finding(pointer, code, detail));
        }
    }

    fn node(&mut self, index: usize) -> Option<&mut Node<'a>> {
        self.nodes.get_mut(index)
    }

    fn visit(&mut self, schema: &'a Value, pointer: String) -> usize {
        if let Some(known) = self.at.get(&pointer) {
            return *known;
        }
        let index = self.nodes.len();
        self.at.insert(pointer.clone(), index);
        self.nodes.push(Node { pointer: pointer.clone(), weight: 1, ..Node::default() });
        if let Some(keywords) = schema.as_object() {
            self.identify(index, keywords, &pointer);
            self.visit_in_place(index, keywords, &pointer);
            self.visit_members(index, keywords, &pointer);
            self.visit_items(index, keywords, &pointer);
            for name in ["$defs", "definitions"] {
                self.map(keywords, name, &pointer);
            }
        }
        index
    }

    /// What a schema calls itself, and what it refers to.
    fn identify(&mut self, index: usize, keywords: &'a Map<String, Value>, pointer: &str) {
        let text = |name: &str| keywords.get(name).and_then(Value::as_str);
        if text("$schema").is_some_and(|draft| draft.trim_end_matches('#') != DRAFT) {
            self.refuse(&format!("{pointer}/$schema"), "unsupported_draft", "schemas are JSON Schema 2020-12");
        }
        if text("$id").is_some() && !pointer.is_empty() {
            self.refuse(&format!("{pointer}/$id"), "embedded_schema", "only the whole schema may have an $id");
        }
        for anchor in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
            self.anchors.entry(anchor).or_insert(index);
        }
        for name in ["$ref", "$dynamicRef"] {
            match text(name) {
                Some(target) if target.starts_with('#') => self.references.push((index, name, target)),
                Some(_) => {
                    let at = format!("{pointer}/{name}");
                    self.refuse(&at, "remote_reference", "a reference begins with # and stays within the schema");
                }
                None => {}
            }
        }
        let long = ["enum", "required", "type"].into_iter().filter_map(|name| keywords.get(name)?.as_array());
        let entries = long.map(Vec::len).fold(1usize, usize::saturating_add);
        if let Some(node) = self.node(index) {
            node.weight = u64::try_from(entries).unwrap_or(u64::MAX);
        }
    }

    fn visit_in_place(&mut self, index: usize, keywords: &'a Map<String, Value>, pointer: &str) {
        let mut asked = Vec::new();
        for name in ["not", "if", "then", "else"] {
            asked.extend(self.one(keywords, name, pointer));
        }
        for name in ["allOf", "anyOf", "oneOf"] {
            asked.extend(self.list(keywords, name, pointer));
        }
        for name in ["dependentSchemas", "dependencies"] {
            asked.extend(self.map(keywords, name, pointer).into_iter().map(|(_, target)| target));
        }
        if let Some(node) = self.node(index) {
            node.in_place = asked;
        }
    }

    fn visit_members(&mut self, index: usize, keywords: &'a Map<String, Value>, pointer: &str) {
        let mut below: Vec<(Step<'a>, usize)> = Vec::new();
        let named = self.map(keywords, "properties", pointer);
        below.extend(named.into_iter().map(|(name, target)| (Step::Name(name), target)));
        // A pattern may meet any member, the named ones too.
        let patterns = self.map(keywords, "patternProperties", pointer).into_iter().map(|(_, target)| target);
        below.extend(patterns.map(|target| (Step::AnyName, target)));
        below.extend(self.one(keywords, "propertyNames", pointer).map(|target| (Step::AnyName, target)));
        for name in ["additionalProperties", "unevaluatedProperties"] {
            below.extend(self.one(keywords, name, pointer).map(|target| (Step::OtherName, target)));
        }
        if let Some(node) = self.node(index) {
            node.below.extend(below);
            node.names = keywords.get("properties").and_then(Value::as_object);
        }
    }

    fn visit_items(&mut self, index: usize, keywords: &'a Map<String, Value>, pointer: &str) {
        let prefix = self.list(keywords, "prefixItems", pointer);
        let rest = Step::ItemFrom(prefix.len());
        let mut below: Vec<(Step<'a>, usize)> =
            prefix.into_iter().enumerate().map(|(place, target)| (Step::Index(place), target)).collect();
        below.extend(self.one(keywords, "items", pointer).map(|target| (rest, target)));
        for name in ["contains", "unevaluatedItems"] {
            below.extend(self.one(keywords, name, pointer).map(|target| (Step::ItemFrom(0), target)));
        }
        if let Some(node) = self.node(index) {
            node.below.extend(below);
        }
    }

    fn one(&mut self, keywords: &'a Map<String, Value>, name: &str, pointer: &str) -> Option<usize> {
        keywords.get(name).map(|schema| self.visit(schema, format!("{pointer}/{name}")))
    }

    fn list(&mut self, keywords: &'a Map<String, Value>, name: &str, pointer: &str) -> Vec<usize> {
        let list = keywords.get(name).and_then(Value::as_array).into_iter().flatten().enumerate();
        list.map(|(place, schema)| self.visit(schema, format!("{pointer}/{name}/{place}"))).collect()
    }

    fn map(&mut self, keywords: &'a Map<String, Value>, name: &str, pointer: &str) -> Vec<(&'a str, usize)> {
        let map = keywords.get(name).and_then(Value::as_object).into_iter().flatten();
        map.map(|(member, schema)| {
            let mut at = format!("{pointer}/{name}");
            push_pointer(&mut at, member);
            (member.as_str(), self.visit(schema, at))
        })
        .collect()
    }

    /// Follows every reference, also to places that no keyword calls a schema.
    fn resolve(&mut self) {
        while let Some((from, keyword, target)) = self.references.pop() {
            let to = self.target(target.strip_prefix('#').unwrap_or(target));
            let Some(node) = self.node(from) else { continue };
            match to {
                Some(to) => node.in_place.push(to),
                None => {
                    let at = format!("{}/{keyword}", node.pointer);
                    self.refuse(&at, "unknown_reference", "the schema has no such place");
                }
            }
        }
        for node in &mut self.nodes {
            // `unevaluated…` asks the subschemas beside it once more.
            let again = ["unevaluatedProperties", "unevaluatedItems"];
            let here = self.root.pointer(&node.pointer).and_then(Value::as_object);
            if here.is_some_and(|keywords| again.iter().any(|name| keywords.contains_key(*name))) {
                node.in_place.extend_from_within(..);
            }
        }
    }

    fn target(&mut self, fragment: &str) -> Option<usize> {
        let fragment = percent_decoded(fragment)?;
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return self.anchors.get(fragment.as_str()).copied();
        }
        let root = self.root;
        let schema = root.pointer(&fragment)?;
        (schema.is_object() || schema.is_boolean()).then(|| self.visit(schema, canonical(&fragment)))
    }
}

/// One way of writing a pointer, so that a subschema has one node.
fn canonical(pointer: &str) -> String {
    let mut written = String::new();
    for token in pointer.split('/').skip(1) {
        push_pointer(&mut written, &token.replace("~1", "/").replace("~0", "~"));
    }
    written
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
