//! What serde says of a value that does not fit its type, told as a finding about a field.

use serde_path_to_error::{Path, Segment};

use crate::kernel::FieldError;

/// The finding at this path: our own types say `code: detail`, serde's words are told by their beginning.
pub(super) fn of(path: &Path, said: &str) -> FieldError {
    let mut pointer: String = path.iter().filter_map(step).collect();
    let quoted = said.split('`').nth(1).unwrap_or_default();
    let code = if said.starts_with("unknown field") {
        pointer = named(&pointer, quoted);
        "unknown_field"
    } else if said.starts_with("missing field") {
        pointer = named(&pointer, quoted);
        "required"
    } else if said.starts_with("unknown variant") {
        "unknown_word"
    } else if said.starts_with("invalid type") {
        "wrong_type"
    } else if let Some((code, detail)) = said.split_once(": ").filter(|(code, _)| is_code(code)) {
        if code.starts_with("amount_") {
            pointer.push_str("/amount");
        }
        return FieldError { pointer, code: code.to_owned(), detail: detail.to_owned() };
    } else {
        "invalid"
    };
    FieldError { pointer, code: code.to_owned(), detail: said.to_owned() }
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

/// The pointer of a field named in the message, whether or not serde's path already ends in it.
fn named(pointer: &str, field: &str) -> String {
    if pointer.ends_with(&format!("/{field}")) { pointer.to_owned() } else { format!("{pointer}/{field}") }
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}
