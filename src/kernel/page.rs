//! Lists: a page of a keyset-ordered list and what asks for it.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// `?limit=&cursor=` of every list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many at most: 1…200, 50 unless told; above 200 is 200.
    pub limit: Option<i64>,
    /// Where to go on: the `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page and where the next one begins.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Hand this back as `cursor`; `null` on the last page.
    pub next_cursor: Option<String>,
}
