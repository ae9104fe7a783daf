//! `"format": "collegium-file"`: a string that names a file. Which strings of an instance are asked to be one follows from the
//! annotations of JSON Schema 2020-12 (§7.2.1): of the branches that the instance fits, and of no others.

use serde_json::Value;

use super::{MAX_INSTANCE_BYTES, Schema, finding, read};
use crate::kernel::FieldError;

/// The format's name.
const FORMAT: &str = "collegium-file";
/// Subschema visits above which annotations are not gathered: they take memory, where a check takes none.
const MAX_GATHERED_VISITS: u64 = 1_000_000;

/// A string that names a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// JSON pointer into the instance.
    pub pointer: String,
    /// What it says.
    pub name: String,
}

/// Whether a schema asks for files anywhere; one that only quotes the words is looked at for nothing.
pub(super) fn asks(schema: &Value) -> bool {
    match schema {
        Value::Object(members) => {
            members.get("format").and_then(Value::as_str) == Some(FORMAT) || members.values().any(asks)
        }
        Value::Array(items) => items.iter().any(asks),
        _ => false,
    }
}

impl Schema {
    /// Whether its instances may name files.
    pub fn asks_for_files(&self) -> bool {
        self.asks_for_files
    }

    /// Which files an instance names that fits the schema.
    pub fn files(&self, instance: &[u8]) -> Result<Vec<Named>, Vec<FieldError>> {
        if !self.asks_for_files {
            return Ok(Vec::new());
        }
        let value = read(instance, MAX_INSTANCE_BYTES)?;
        if self.visits_of(&value, instance.len()) > MAX_GATHERED_VISITS {
            let detail = "it is too large to look for the files that it names";
            return Err(vec![finding("", "too_costly", detail)]);
        }
        let evaluation = self.validator.evaluate(&value);
        let mut named: Vec<Named> = Vec::new();
        for entry in evaluation.iter_annotations().filter(|entry| entry.schema_location.ends_with("/format")) {
            let pointer = entry.instance_location.as_str();
            if entry.annotations.value().as_str() == Some(FORMAT)
                && let Some(name) = value.pointer(pointer).and_then(Value::as_str)
                && !named.iter().any(|known| known.pointer == pointer)
            {
                named.push(Named { pointer: pointer.to_owned(), name: name.to_owned() });
            }
        }
        Ok(named)
    }
}

/// What is wrong with a string that names no file.
pub fn unknown_file(pointer: String) -> FieldError {
    FieldError { pointer, code: "not_found".to_owned(), detail: "no file of this name".to_owned() }
}

#[cfg(test)]
mod tests {
    use crate::projects::json_schema::compile;

    fn files(schema: &str, instance: &str) -> Vec<(String, String)> {
        let named = compile(schema.as_bytes()).unwrap().files(instance.as_bytes()).unwrap();
        named.into_iter().map(|named| (named.pointer, named.name)).collect()
    }

    fn one(pointer: &str, name: &str) -> Vec<(String, String)> {
        vec![(pointer.to_owned(), name.to_owned())]
    }

    #[test]
    fn strings_of_the_format_are_found_wherever_they_stand() {
        let schema = r##"{"$defs": {"f": {"type": "string", "format": "collegium-file"}}, "properties": {
            "scan": {"$ref": "#/$defs/f"}, "more": {"items": {"$ref": "#/$defs/f"}}, "note": {"type": "string"}}}"##;
        let found = files(schema, r#"{"scan": "a.dcm", "more": ["b/c", "d"], "note": "e"}"#);
        let expected = [("/scan", "a.dcm"), ("/more/0", "b/c"), ("/more/1", "d")];
        let mut found: Vec<_> = found.iter().map(|(pointer, name)| (pointer.as_str(), name.as_str())).collect();
        found.sort_by_key(|(pointer, _)| expected.iter().position(|(known, _)| known == pointer));
        assert_eq!(found, expected);
        assert_eq!(
            files(r#"{"properties": {"a/b": {"format": "collegium-file"}}}"#, r#"{"a/b": "x"}"#),
            one("/a~1b", "x")
        );
    }

    #[test]
    fn a_branch_that_does_not_fit_asks_for_nothing() {
        let schema = r#"{"oneOf": [
            {"properties": {"kind": {"const": "text"}, "value": {"type": "string"}}},
            {"properties": {"kind": {"const": "file"}, "value": {"format": "collegium-file"}}}]}"#;
        assert_eq!(files(schema, r#"{"kind": "text", "value": "words"}"#), []);
        assert_eq!(files(schema, r#"{"kind": "file", "value": "a.pdf"}"#), one("/value", "a.pdf"));
        assert_eq!(files(schema, r#"{"kind": "file", "value": 7}"#), [], "a number names no file");
    }

    #[test]
    fn schemas_without_the_format_are_known() {
        assert!(!compile(br#"{"properties": {"a": {"format": "date"}}}"#).unwrap().asks_for_files());
        assert!(compile(br#"{"items": {"anyOf": [true, {"format": "collegium-file"}]}}"#).unwrap().asks_for_files());
    }
}
