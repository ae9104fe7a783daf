//! `{id|me}` in a path.

use serde::Deserialize;

use crate::kernel::ExpertId;

/// An expert in a path: an id, or `me`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpertPath(Option<ExpertId>);

impl ExpertPath {
    /// The id; `None` for `me`.
    pub fn id(self) -> Option<ExpertId> {
        self.0
    }
}

impl<'de> Deserialize<'de> for ExpertPath {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        match text.as_str() {
            "me" => Ok(Self(None)),
            id => id.parse().map(|id| Self(Some(id))).map_err(serde::de::Error::custom),
        }
    }
}
