//! What a file may be called.

/// Longest name, in characters.
const MAX_CHARS: usize = 200;

/// Whether it is the name of a file: 1 to 200 characters, no path, nothing that a terminal would act upon.
pub fn is_name(text: &str) -> bool {
    let chars = text.chars().count();
    let plain = !text.chars().any(|letter| letter.is_control() || matches!(letter, '/' | '\\'));
    (1..=MAX_CHARS).contains(&chars) && plain && !matches!(text, "." | "..") && text.trim() == text
}

/// The value of `Content-Disposition` (RFC 6266, RFC 8187): the name in full, and a plain likeness for old readers.
pub fn disposition(name: &str) -> String {
    let likeness: String =
        name.chars().map(|letter| if is_token(letter) || letter == ' ' { letter } else { '_' }).collect();
    let mut full = String::new();
    for byte in name.bytes() {
        if is_token(char::from(byte)) {
            full.push(char::from(byte));
        } else {
            full.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{likeness}\"; filename*=UTF-8''{full}")
}

fn is_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_paths() {
        for name in ["scan.dcm", "Vertrag (unterschrieben).pdf", "録音.wav", ".hidden", &"x".repeat(200)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", ".", "..", "a/b", "a\\b", "a\nb", "a\0", " a", &"x".repeat(201)] {
            assert!(!is_name(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        let header = disposition("a\"; filename=b é.txt");
        assert_eq!(
            header,
            "attachment; filename=\"a__ filename_b _.txt\"; filename*=UTF-8''a%22%3B%20filename%3Db%20%C3%A9.txt"
        );
    }
}
