//! Schemas are pinned, local and bounded; findings point to where they belong.

use serde_json::{Value, json};

use super::*;

fn schema(value: Value) -> Schema {
    compile(value.to_string().as_bytes()).unwrap()
}

fn refusal(value: Value) -> Vec<(String, String)> {
    pairs(compile(value.to_string().as_bytes()).unwrap_err())
}

fn pairs(found: Vec<FieldError>) -> Vec<(String, String)> {
    found.into_iter().map(|one| (one.pointer, one.code)).collect()
}

fn one(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

fn pointers(schema: &Schema, instance: &Value) -> Vec<String> {
    schema.validate(instance.to_string().as_bytes()).into_iter().map(|found| found.pointer).collect()
}

#[test]
fn findings_point_into_the_instance_and_keep_its_values_to_themselves() {
    let schema = schema(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"label": {"enum": ["a", "b"]}, "spans": {"type": "array", "items": {"type": "string", "pattern": "^\\d+$"}}},
        "required": ["label"],
        "unevaluatedProperties": false
    }));
    assert!(schema.validate(br#"{"label":"a","spans":["1"]}"#).is_empty());
    assert_eq!(pointers(&schema, &json!({"label": "secret", "spans": ["1", "x"]})), ["/label", "/spans/1"]);
    assert!(!format!("{:?}", schema.validate(br#"{"label":"secret"}"#)).contains("secret"));
    assert_eq!(pointers(&schema, &json!({})), [""]);
    let many = json!({"label": "a", "spans": vec!["x"; 200]});
    assert_eq!(pointers(&schema, &many).len(), 50);
}

#[test]
fn what_is_no_instance_is_told_as_a_finding() {
    let schema = schema(json!(true));
    assert_eq!(pairs(schema.validate(b"{")), one("", "malformed_json"));
    assert_eq!(pairs(schema.validate(br#"{"a":{"b":1,"b":2}}"#)), one("/a/b", "duplicate_member"));
    assert_eq!(pairs(schema.validate(b"1e400")), one("", "number_out_of_range"));
    assert_eq!(pairs(schema.validate(&vec![b' '; MAX_INSTANCE_BYTES + 1])), one("", "too_large"));
}

#[test]
fn a_bad_schema_is_told_with_its_pointer() {
    for (value, pointer, code) in [
        (json!({"type": "strin"}), "/type", "invalid_schema"),
        (json!({"properties": {"a": {"enum": 3}}}), "/properties/a/enum", "invalid_schema"),
        (json!(3), "", "invalid_schema"),
        (json!({"properties": {"a": {"pattern": "(?=x)y"}}}), "/properties/a/pattern", "pattern_not_supported"),
        (json!({"items": {"pattern": "(a)\\1"}}), "/items/pattern", "pattern_not_supported"),
        (json!({"patternProperties": {"(": true}}), "/patternProperties/(", "pattern_not_supported"),
        (json!({"$ref": "http://example.com/s"}), "/$ref", "remote_reference"),
        (json!({"items": {"$dynamicRef": "other.json#a"}}), "/items/$dynamicRef", "remote_reference"),
        (json!({"$ref": "https://json-schema.org/draft/2020-12/schema"}), "/$ref", "remote_reference"),
        (json!({"$defs": {"a/b": {"$ref": "x"}}}), "/$defs/a~1b/$ref", "remote_reference"),
        (json!({"allOf": [{"$ref": "#/$defs/none"}]}), "/allOf/0/$ref", "unknown_reference"),
        (json!({"$dynamicRef": "#none"}), "/$dynamicRef", "unknown_reference"),
        (json!({"$schema": "http://json-schema.org/draft-07/schema#"}), "/$schema", "unsupported_draft"),
        (json!({"$defs": {"a": {"$id": "http://example.com/a"}}}), "/$defs/a/$id", "embedded_schema"),
        (json!({"not": {"$ref": "#"}}), "", "endless_reference"),
    ] {
        assert_eq!(refusal(value.clone()), one(pointer, code), "{value}");
    }
    assert_eq!(pairs(compile(br#"{"a":1,"a":2}"#).unwrap_err()), one("/a", "duplicate_member"));
    assert_eq!(pairs(compile(&vec![b' '; MAX_SCHEMA_BYTES + 1]).unwrap_err()), one("", "too_large"));
}

#[test]
fn what_only_looks_like_a_reference_is_none() {
    let schema =
        schema(json!({"properties": {"$ref": {"type": "string"}, "x": {"const": {"$ref": "http://example.com"}}}}));
    assert!(pointers(&schema, &json!({"$ref": "http://example.com", "x": {"$ref": "http://example.com"}})).is_empty());
}

#[test]
fn references_within_the_schema_work() {
    let tree = schema(json!({
        "$ref": "#node",
        "$defs": {"a b": {"$anchor": "node", "type": "object", "additionalProperties": false, "properties": {
            "left": {"$ref": "#/$defs/a%20b"}, "right": {"$ref": "#node"}, "label": {"type": "string"}}}}
    }));
    let deep =
        (0..60).fold(
            json!({"label": 1}),
            |inner, n| if n % 2 == 0 { json!({"left": inner}) } else { json!({"right": inner}) },
        );
    assert_eq!(pointers(&tree, &deep).len(), 1);
    assert!(pointers(&tree, &json!({"left": {"right": {"label": "x"}}})).is_empty());
    let json = schema(json!({"anyOf": [{"type": ["string", "number"]}, {"type": "array", "items": {"$ref": "#"}},
        {"type": "object", "additionalProperties": {"$ref": "#"}}]}));
    assert!(pointers(&json, &json!({"a": [1, {"b": "c"}]})).is_empty());
    assert_eq!(pointers(&json, &json!({"a": [1, {"b": null}]})).len(), 1);
}

#[test]
fn a_schema_that_multiplies_is_refused() {
    let twice = |target: String| json!({"allOf": [{"$ref": target}, {"$ref": target}]});
    let mut defs: serde_json::Map<String, Value> =
        (0..40).map(|n| (format!("n{n}"), twice(format!("#/$defs/n{}", n + 1)))).collect();
    defs.insert("n40".to_owned(), json!({"type": "string"}));
    assert_eq!(refusal(json!({"$ref": "#/$defs/n0", "$defs": defs})), one("", "too_costly"));
    let recursive = json!({"$ref": "#/$defs/n", "$defs": {"n": {"properties": {"a": twice("#/$defs/n".to_owned())}}}});
    assert_eq!(refusal(recursive), one("", "too_costly"));
    let recursive = json!({"items": {"$ref": "#"}, "contains": {"$ref": "#"}});
    assert_eq!(refusal(recursive), one("", "too_costly"));
    let mut chain: serde_json::Map<String, Value> =
        (0..1_100).map(|n| (format!("n{n}"), json!({"$ref": format!("#/$defs/n{}", n + 1)}))).collect();
    chain.insert("n1100".to_owned(), json!(true));
    assert_eq!(refusal(json!({"$ref": "#/$defs/n0", "$defs": chain})), one("", "too_costly"));
}

/// Lists in lists, with `links` references to follow on every level.
fn chained(links: usize) -> Value {
    let link = |n: usize| (format!("n{n}"), json!({"allOf": [{"$ref": format!("#/$defs/n{}", n + 1)}]}));
    let mut defs: serde_json::Map<String, Value> = (0..links).map(link).collect();
    defs.insert(format!("n{links}"), json!({"type": "array", "items": {"$ref": "#/$defs/n0"}}));
    json!({"$ref": "#/$defs/n0", "$defs": defs})
}

#[test]
fn the_longest_chain_allowed_fits_a_small_stack() {
    assert_eq!(refusal(chained(7)), one("", "too_costly"));
    let schema = schema(chained(6));
    let instance = (0..63).fold(json!(1), |inner, _| json!([inner]));
    let checked = std::thread::Builder::new().stack_size(1_024 * 1_024).spawn(move || pointers(&schema, &instance));
    assert_eq!(checked.unwrap().join().unwrap().len(), 1);
}

#[test]
fn a_wide_schema_is_no_costly_one() {
    let text = json!({"type": "string", "minLength": 1});
    let names = |count: usize| (0..count).map(|n| (format!("p{n}"), text.clone())).collect::<serde_json::Map<_, _>>();
    assert!(compile(json!({"properties": names(1_500)}).to_string().as_bytes()).is_ok());
    let mut recursive = names(200);
    recursive.insert("more".to_owned(), json!({"type": "array", "items": {"$ref": "#"}}));
    assert!(
        compile(json!({"properties": recursive, "patternProperties": {"^x-": true}}).to_string().as_bytes()).is_ok()
    );
    assert!(compile(json!({"enum": (0..9_000).collect::<Vec<_>>()}).to_string().as_bytes()).is_ok());
}

#[test]
fn a_large_instance_is_checked_and_not_explained() {
    let schema = schema(json!({"items": {"anyOf": [{"type": "string"}, {"type": "null"}]}}));
    let fits = format!("[{}null]", "\"x\",".repeat(100_000));
    assert!(schema.validate(fits.as_bytes()).is_empty());
    let not = format!("[{}0]", "1,".repeat(200_000));
    assert_eq!(pairs(schema.validate(not.as_bytes())), one("", "schema"));
}

#[test]
fn a_cache_compiles_once_and_remembers_no_failure() {
    let cache = SchemaCache::new(8);
    let first = cache.compile(b"{}").unwrap();
    assert!(Arc::ptr_eq(&first.validator, &cache.compile(b"{}").unwrap().validator));
    assert!(cache.compile(b"[]").is_err() && cache.compile(b"[]").is_err());
}
