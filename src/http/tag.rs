//! Strong ETags and preconditions (RFC 9110 §8.8.3, §13.1.1).

use actix_web::http::header::HeaderMap;

use super::Problem;
use crate::kernel::{Code, Error, Result};

/// A single object: its version makes its ETag.
pub trait Tagged {
    /// Counts the changes of the object, from 1.
    fn version(&self) -> i64;
}

/// The ETag of a version.
pub fn etag(version: i64) -> String {
    format!("\"{version}\"")
}

/// What `If-Match` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// No header: PATCH and PUT over something that exists want one.
    Absent,
    /// `*`: whatever version it is.
    Any,
    /// One of these tags.
    OneOf(Vec<String>),
}

impl Precondition {
    /// Reads `If-Match`.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut tags = Vec::new();
        for value in headers.get_all("if-match") {
            let text = value.to_str().map_err(|_| Problem::from(Code::MalformedHeader).detail("If-Match"))?;
            if text.trim() == "*" {
                return Ok(Self::Any);
            }
            tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
        }
        let well_formed = |tag: &str| tag.len() >= 2 && tag.starts_with('"') && tag.ends_with('"');
        // A weak tag never matches strongly, so it is a stale one rather than a malformed header.
        if tags.iter().any(|tag| !well_formed(tag.trim_start_matches("W/"))) {
            return Err(Problem::from(Code::MalformedHeader).detail("If-Match holds quoted ETags"));
        }
        Ok(if tags.is_empty() { Self::Absent } else { Self::OneOf(tags) })
    }

    /// 428 without the header, 412 where the object has another version by now.
    pub fn require(&self, version: i64) -> Result<()> {
        self.require_tag(&etag(version))
    }

    /// The same for an object whose ETag is made of its content.
    pub fn require_tag(&self, tag: &str) -> Result<()> {
        match self {
            Self::Absent => Err(Error::Refused(Code::PreconditionRequired)),
            Self::Any => Ok(()),
            Self::OneOf(tags) if tags.iter().any(|known| known == tag) => Ok(()),
            Self::OneOf(_) => Err(Error::Refused(Code::PreconditionFailed)),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn read(value: &str) -> Result<Precondition, Problem> {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static("if-match"), HeaderValue::from_str(value).unwrap());
        Precondition::read(&headers)
    }

    #[test]
    fn tags_are_compared_strongly() {
        assert!(read("\"3\"").unwrap().require(3).is_ok());
        assert!(read("\"2\", \"3\"").unwrap().require(3).is_ok());
        assert!(read("*").unwrap().require(9).is_ok());
        assert!(matches!(read("\"2\"").unwrap().require(3), Err(Error::Refused(Code::PreconditionFailed))));
        assert!(matches!(read("W/\"3\"").unwrap().require(3), Err(Error::Refused(Code::PreconditionFailed))));
        assert!(matches!(Precondition::Absent.require(1), Err(Error::Refused(Code::PreconditionRequired))));
        assert!(read("3").is_err());
    }
}
