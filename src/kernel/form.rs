//! A body that was read but not yet judged: the order of refusals asks for 403 and 404 before 422, so the
//! edge hands its findings on and the operation opens the form once it knows the caller and the object.

use super::{Error, FieldError, Result};

/// Either the typed body or what was wrong with it.
#[derive(Debug, Clone)]
pub struct Form<T>(std::result::Result<T, Vec<FieldError>>);

impl<T> Form<T> {
    /// A body that fits its type.
    pub fn of(value: T) -> Self {
        Self(Ok(value))
    }

    /// A body that does not.
    pub fn wrong(errors: Vec<FieldError>) -> Self {
        Self(Err(errors))
    }

    /// The body, or 422 with every finding.
    pub fn open(&self) -> Result<&T> {
        self.0.as_ref().map_err(|errors| Error::Invalid(errors.clone()))
    }
}

/// Collects findings about several fields, so that a caller learns all of them at once.
#[derive(Debug, Default)]
pub struct Findings(Vec<FieldError>);

/// More findings than this help nobody.
const MAX_FINDINGS: usize = 50;

impl Findings {
    /// Notes a finding at a JSON pointer.
    pub fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        if self.0.len() < MAX_FINDINGS {
            self.0.push(FieldError { pointer: pointer.into(), code: code.to_owned(), detail: detail.into() });
        }
    }

    /// Notes a finding unless `holds`.
    pub fn check(&mut self, holds: bool, pointer: &str, code: &'static str, detail: &str) {
        if !holds {
            self.add(pointer, code, detail);
        }
    }

    /// Keeps the value or notes why there is none.
    pub fn keep<T, E: std::fmt::Display>(
        &mut self,
        pointer: &str,
        code: &'static str,
        value: std::result::Result<T, E>,
    ) -> Option<T> {
        value.map_err(|error| self.add(pointer, code, error.to_string())).ok()
    }

    /// Takes over findings made elsewhere, below `pointer`.
    pub fn extend(&mut self, pointer: &str, found: Vec<FieldError>) {
        for FieldError { pointer: inner, code, detail } in found {
            if self.0.len() < MAX_FINDINGS {
                self.0.push(FieldError { pointer: format!("{pointer}{inner}"), code, detail });
            }
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// 422 with what was found, if anything was.
    pub fn done(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self.0)) }
    }
}
