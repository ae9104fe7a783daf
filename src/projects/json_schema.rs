//! JSON Schema 2020-12 for the inputs and answers of tasks. A lab writes the schema and a stranger the answer, so
//! both are bounded: no reference leaves the document, patterns match in linear time, and a schema whose
//! references multiply (`allOf` of twice the next definition, forty times over) is refused before it is run.

mod cost;
mod files;
mod graph;

use std::sync::{Arc, LazyLock};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;
use sha2::{Digest, Sha256};

pub use files::{Named, unknown_file};

use crate::kernel::FieldError;
use crate::kernel::json::{self, JsonFault};

/// The largest schema, in bytes.
pub const MAX_SCHEMA_BYTES: usize = 64 * 1_024;
/// The largest instance, in bytes.
pub const MAX_INSTANCE_BYTES: usize = 1_024 * 1_024;
/// More findings than this help nobody.
const MAX_FINDINGS: usize = 50;
/// Longest detail of a finding, in characters: a schema's `enum` may be long.
const MAX_DETAIL_CHARS: usize = 300;
/// Memory of a compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1_024 * 1_024;
/// Subschema visits above which an instance is not checked at all: a second or two.
const MAX_VISITS: u64 = 100_000_000;
/// Subschema visits above which an instance that does not fit is not told where: the list alone would be huge.
const MAX_EXPLAINED_VISITS: u64 = 200_000;

/// A schema that is ready to check instances.
#[derive(Debug, Clone)]
pub struct Schema {
    validator: Arc<Validator>,
    /// Subschemas visited at most per value of an instance.
    visits: u64,
    /// Whether any of it asks for the name of a file.
    asks_for_files: bool,
}

/// Reads a schema of at most 64 KiB, nested at most 64 deep, or says what is wrong with it: pointers are within it.
pub fn compile(bytes: &[u8]) -> Result<Schema, Vec<FieldError>> {
    let schema = read(bytes, MAX_SCHEMA_BYTES)?;
    // The bounds come first: nothing else ever walks a schema that multiplies.
    let graph = graph::Graph::of(&schema)?;
    let visits = cost::visits_per_value(&graph).map_err(|finding| vec![finding])?;
    let validator = build(&schema).map_err(|error| vec![schema_finding(&error)])?;
    Ok(Schema { validator: Arc::new(validator), visits, asks_for_files: files::asks(&schema) })
}

fn build(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .offline()
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN_BYTES))
        .build(schema)
}

impl Schema {
    /// What is wrong with an instance, as received, at most 50 findings with pointers into it; empty when it fits.
    /// Details never repeat the instance's values, which are confidential.
    pub fn validate(&self, instance: &[u8]) -> Vec<FieldError> {
        match read(instance, MAX_INSTANCE_BYTES) {
            Ok(value) => self.validate_value(&value, instance.len()),
            Err(found) => found,
        }
    }

    /// The same for text that `kernel::json::check` has passed, as a part of something larger or by itself.
    pub fn validate_json(&self, instance: &str) -> Vec<FieldError> {
        if instance.len() > MAX_INSTANCE_BYTES {
            return vec![finding("", "too_large", &format!("at most {MAX_INSTANCE_BYTES} bytes"))];
        }
        match serde_json::from_str(instance) {
            Ok(value) => self.validate_value(&value, instance.len()),
            Err(_) => vec![out_of_range()],
        }
    }

    fn validate_value(&self, instance: &Value, bytes: usize) -> Vec<FieldError> {
        let visits = self.visits_of(instance, bytes);
        if visits > MAX_VISITS {
            return vec![finding("", "too_costly", "checking so large a value against this schema takes too long")];
        }
        if self.validator.is_valid(instance) {
            return Vec::new();
        }
        if visits > MAX_EXPLAINED_VISITS {
            return vec![finding("", "schema", "it does not fit the schema, and is too large to say where")];
        }
        self.validator.iter_errors(instance).take(MAX_FINDINGS).map(|error| instance_finding(&error)).collect()
    }

    fn visits_of(&self, instance: &Value, bytes: usize) -> u64 {
        // A pattern's work grows with the text it reads, so that 32 bytes count as one more value.
        let size = count_values(instance).saturating_add(u64::try_from(bytes / 32).unwrap_or(u64::MAX));
        size.saturating_mul(self.visits)
    }
}

/// Compiled schemas by the SHA-256 of their bytes; schemas of projects never change once they are open.
#[derive(Debug, Clone)]
pub struct SchemaCache(moka::sync::Cache<[u8; 32], Schema>);

impl SchemaCache {
    /// A cache of at most so many schemas.
    pub fn new(max_schemas: u64) -> Self {
        Self(moka::sync::Cache::new(max_schemas))
    }

    /// The schema of these bytes, compiled if it is not at hand.
    pub fn compile(&self, bytes: &[u8]) -> Result<Schema, Vec<FieldError>> {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        self.0.try_get_with(digest, || compile(bytes)).map_err(|found| (*found).clone())
    }
}

/// The schema of these bytes out of the one cache of the process: a pure function, remembered.
pub fn cached(bytes: &[u8]) -> Result<Schema, Vec<FieldError>> {
    static CACHE: LazyLock<SchemaCache> = LazyLock::new(|| SchemaCache::new(1_000));
    CACHE.compile(bytes)
}

fn read(bytes: &[u8], max_bytes: usize) -> Result<Value, Vec<FieldError>> {
    let fault = |fault: JsonFault| match &fault {
        JsonFault::NotJson => finding("", "malformed_json", &fault.to_string()),
        JsonFault::DuplicateMember(pointer) => finding(pointer, "duplicate_member", &fault.to_string()),
        JsonFault::TooDeep => finding("", "too_deep", &fault.to_string()),
        JsonFault::TooLarge => finding("", "too_large", &format!("at most {max_bytes} bytes")),
    };
    json::check(bytes, max_bytes).map_err(|found| vec![fault(found)])?;
    serde_json::from_slice(bytes).map_err(|_| vec![out_of_range()])
}

fn out_of_range() -> FieldError {
    finding("", "number_out_of_range", "a number is too large to be checked")
}

fn count_values(value: &Value) -> u64 {
    match value {
        Value::Array(items) => items.iter().map(count_values).fold(1, u64::saturating_add),
        Value::Object(members) => members.values().map(count_values).fold(1, u64::saturating_add),
        _ => 1,
    }
}

fn finding(pointer: &str, code: &str, detail: &str) -> FieldError {
    let detail = match detail.char_indices().nth(MAX_DETAIL_CHARS) {
        Some((end, _)) => format!("{}…", detail.get(..end).unwrap_or_default()),
        None => detail.to_owned(),
    };
    FieldError { pointer: pointer.to_owned(), code: code.to_owned(), detail }
}

fn instance_finding(error: &ValidationError<'_>) -> FieldError {
    finding(error.instance_path().as_str(), "schema", &error.masked().to_string())
}

fn schema_finding(error: &ValidationError<'_>) -> FieldError {
    let pointer = error.instance_path().as_str();
    match error.kind() {
        ValidationErrorKind::Format { format } if format == "regex" => finding(
            pointer,
            "pattern_not_supported",
            "a pattern is a regular expression without look-around and back-references, and not huge",
        ),
        _ => finding(pointer, "invalid_schema", &error.to_string()),
    }
}

#[cfg(test)]
mod tests;
