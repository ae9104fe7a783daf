//! Received JSON, judged without being changed: what a client sent is stored and served as its very bytes, so
//! this only says whether they are JSON that every reader understands alike. RFC 8259 leaves members of the same
//! name to each reader's taste; here they are refused. No number is turned into a float: `1e400` is fine.

use std::collections::HashSet;

use serde_json::value::RawValue;

/// Arrays and objects nested deeper than this are refused.
pub const MAX_DEPTH: usize = 64;

/// Why bytes are not taken as JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonFault {
    /// Not one JSON value in UTF-8.
    #[error("the body is not JSON in UTF-8")]
    NotJson,
    /// An object names a member twice; holds the member's JSON pointer.
    #[error("{0} is given twice")]
    DuplicateMember(String),
    /// Nested deeper than [`MAX_DEPTH`].
    #[error("arrays and objects may be nested 64 deep")]
    TooDeep,
    /// More bytes than the caller allows.
    #[error("the JSON is too large")]
    TooLarge,
}

/// Whether `bytes` are one JSON value of at most `max_bytes`, nested at most [`MAX_DEPTH`] deep, every member of
/// an object named once (`"a"` and `"\u0061"` are one name).
pub fn check(bytes: &[u8], max_bytes: usize) -> Result<(), JsonFault> {
    if bytes.len() > max_bytes {
        return Err(JsonFault::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| JsonFault::NotJson)?;
    // The grammar is serde_json's to judge, without recursion; the walk below may then take it for granted.
    let raw: &RawValue = serde_json::from_str(text).map_err(|_| JsonFault::NotJson)?;
    Walk { rest: raw.get(), open: Vec::new() }.run()
}

/// Appends a reference token to a JSON pointer (RFC 6901).
pub fn push_pointer(pointer: &mut String, token: &str) {
    pointer.push('/');
    for letter in token.chars() {
        match letter {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

/// A container that the walk is in.
enum Open {
    Array { index: usize },
    Object { names: HashSet<String>, member: Option<String> },
}

/// A walk over text that is known to follow the grammar.
struct Walk<'a> {
    rest: &'a str,
    open: Vec<Open>,
}

impl Walk<'_> {
    fn run(mut self) -> Result<(), JsonFault> {
        while let Some(first) = self.rest.chars().next() {
            match first {
                '[' => self.enter(Open::Array { index: 0 })?,
                '{' => self.enter(Open::Object { names: HashSet::new(), member: None })?,
                ']' | '}' => {
                    self.open.pop();
                }
                ',' => match self.open.last_mut() {
                    Some(Open::Array { index }) => *index = index.saturating_add(1),
                    Some(Open::Object { member, .. }) => *member = None,
                    None => {}
                },
                '"' => {
                    self.string()?;
                    continue;
                }
                _ => {}
            }
            self.skip(first.len_utf8());
        }
        Ok(())
    }

    fn enter(&mut self, container: Open) -> Result<(), JsonFault> {
        if self.open.len() >= MAX_DEPTH {
            return Err(JsonFault::TooDeep);
        }
        self.open.push(container);
        Ok(())
    }

    fn skip(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    /// Reads a string: a member's name, if one is due, else a value.
    fn string(&mut self) -> Result<(), JsonFault> {
        let mut escaped = false;
        let inner = self.rest.bytes().skip(1).take_while(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            !ends
        });
        let quoted = self.rest.get(..inner.count().saturating_add(2)).ok_or(JsonFault::NotJson)?;
        let name_is_due = matches!(self.open.last(), Some(Open::Object { member: None, .. }));
        if name_is_due || quoted.contains('\\') {
            // Half a surrogate pair passes the grammar and is no text.
            let text: String = serde_json::from_str(quoted).map_err(|_| JsonFault::NotJson)?;
            if name_is_due {
                self.name(text)?;
            }
        }
        self.skip(quoted.len());
        Ok(())
    }

    fn name(&mut self, name: String) -> Result<(), JsonFault> {
        let Some(Open::Object { names, member }) = self.open.last_mut() else { return Ok(()) };
        let new = names.insert(name.clone());
        *member = Some(name);
        if new { Ok(()) } else { Err(JsonFault::DuplicateMember(self.pointer())) }
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for container in &self.open {
            match container {
                Open::Array { index } => push_pointer(&mut pointer, &index.to_string()),
                Open::Object { member, .. } => push_pointer(&mut pointer, member.as_deref().unwrap_or_default()),
            }
        }
        pointer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn judge(text: &str) -> Result<(), JsonFault> {
        check(text.as_bytes(), 1_000)
    }

    fn twice(pointer: &str) -> Result<(), JsonFault> {
        Err(JsonFault::DuplicateMember(pointer.to_owned()))
    }

    #[test]
    fn json_passes_whatever_its_numbers() {
        for text in
            ["null", " [] ", "{}", "1e400", "-0.10", "123456789012345678901234567890", r#"{"a":"a","b":{"a":1}}"#]
        {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
        for text in
            [r#"[{"a":1},{"a":2}]"#, r#"{"a":["a","a"],"\\":"\\\"","\\\"":"{"}"#, r#"{"":{"":0}}"#, r#""\ud83d\ude00""#]
        {
            assert_eq!(judge(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_json() {
        for text in
            ["", "nul", "{", "[1,]", "{\"a\":1,}", "01", "'a'", "1 2", "\u{feff}1", "\"\n\"", "NaN", "\"\\ud800\""]
        {
            assert_eq!(judge(text), Err(JsonFault::NotJson), "{text}");
        }
        assert_eq!(check(b"\"\xff\"", 10), Err(JsonFault::NotJson));
        assert_eq!(check(b"{\"\\ud800\":1}", 20), Err(JsonFault::NotJson));
    }

    #[test]
    fn a_member_given_twice_is_told_with_its_pointer() {
        assert_eq!(judge(r#"{"a":1,"a":1}"#), twice("/a"));
        assert_eq!(judge(r#"{"a":1,"\u0061":1}"#), twice("/a"));
        assert_eq!(judge(r#"{"x":[0,{"a/b~":{},"c":"]","a/b~":2}]}"#), twice("/x/1/a~1b~0"));
        assert_eq!(judge(r#"{"x":{"y":[]},"z":0,"x":1}"#), twice("/x"));
    }

    #[test]
    fn depth_and_size_have_limits() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(check(nested(64).as_bytes(), 1_000), Ok(()));
        assert_eq!(check(nested(65).as_bytes(), 1_000), Err(JsonFault::TooDeep));
        assert_eq!(check(nested(500_000).as_bytes(), 1_000_000), Err(JsonFault::TooDeep));
        assert_eq!(check(b"[1]", 2), Err(JsonFault::TooLarge));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,6}".prop_map(Value::from)
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::vec((".{0,3}", inner), 0..5).prop_map(|all| Value::Object(all.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_passes(value in value()) {
            prop_assert_eq!(check(value.to_string().as_bytes(), usize::MAX), Ok(()));
            prop_assert_eq!(check(serde_json::to_string_pretty(&value).unwrap().as_bytes(), usize::MAX), Ok(()));
        }

        #[test]
        fn whatever_comes_is_judged_as_serde_judges_it(text in "[\\[\\]{}\",:\\\\u01ae. ]{0,14}") {
            let judged = check(text.as_bytes(), 1_000);
            match serde_json::from_str::<Value>(&text) {
                Ok(_) => prop_assert!(matches!(judged, Ok(()) | Err(JsonFault::DuplicateMember(_)))),
                Err(error) => prop_assert!(judged == Err(JsonFault::NotJson) || error.to_string().contains("out of range")),
            }
        }
    }
}
