//! Keyset paging: the cursor is the last id of a page, sealed with an HMAC over caller and filter, so that an altered or
//! borrowed one is refused.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::kernel::page::{Page, PageQuery};
use crate::kernel::{Code, Error, Result};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// The key that cursors are sealed with; every instance of the service has the same.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

impl CursorKey {
    /// A key from the service's secrets.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A keyed digest of a digest.
    pub(super) fn keyed(&self, digest: &[u8; 32]) -> [u8; 32] {
        match <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0) {
            Ok(mut mac) => {
                mac.update(b"body digest");
                mac.update(digest);
                mac.finalize().into_bytes().into()
            }
            // HMAC takes keys of any length.
            Err(_) => [0; 32],
        }
    }

    /// A token that says where to go on, for whoever and whatever it is bound to.
    pub fn token(&self, place: Uuid, bound_to: &str) -> Option<String> {
        let mut bytes = place.as_bytes().to_vec();
        bytes.extend_from_slice(&self.seal(place, bound_to)?);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads such a token; 400 where it was altered or is somebody else's.
    pub fn place(&self, token: &str, bound_to: &str) -> Result<Uuid> {
        unseal(token, self, bound_to)
    }

    fn seal(&self, last: Uuid, bound_to: &str) -> Option<[u8; 32]> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        mac.update(last.as_bytes());
        mac.update(bound_to.as_bytes());
        Some(mac.finalize().into_bytes().into())
    }
}

/// What a list is asked for: how many rows, and after which id.
#[derive(Clone)]
pub struct Paging {
    /// How many rows to serve.
    pub limit: i64,
    /// The id after which the page begins; `None` on the first one.
    pub after: Option<Uuid>,
    key: CursorKey,
    bound_to: String,
}

impl Paging {
    /// Reads `limit` and `cursor`. `bound_to` names caller and filter.
    pub fn read(query: &PageQuery, key: &CursorKey, bound_to: String) -> Result<Self> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        if limit < 1 {
            return Err(Error::field("?limit", "out_of_range", "1 to 200"));
        }
        let after = query.cursor.as_deref().map(|cursor| unseal(cursor, key, &bound_to)).transpose()?;
        Ok(Self { limit: limit.min(MAX_LIMIT), after, key: key.clone(), bound_to })
    }

    /// How many rows to load: one more than is served tells whether there is a next page.
    pub fn fetch(&self) -> i64 {
        self.limit + 1
    }

    /// Where a descending list goes on: below this id; the largest one on the first page.
    pub fn before(&self) -> Uuid {
        self.after.unwrap_or(Uuid::max())
    }

    /// Where an ascending list goes on: above this id; the smallest one on the first page.
    pub fn above(&self) -> Uuid {
        self.after.unwrap_or(Uuid::nil())
    }

    /// Makes the page out of what `fetch` loaded.
    pub fn page<T>(&self, mut rows: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        let wanted = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > wanted;
        rows.truncate(wanted);
        let last = rows.last().filter(|_| more).map(id);
        let next_cursor = last.and_then(|last| self.key.token(last, &self.bound_to));
        Page { data: rows, next_cursor }
    }
}

fn unseal(cursor: &str, key: &CursorKey, bound_to: &str) -> Result<Uuid> {
    let refused = || Error::Refused(Code::InvalidCursor);
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let (id, seal) = bytes.split_at_checked(16).ok_or_else(refused)?;
    let id = Uuid::from_slice(id).map_err(|_| refused())?;
    let expected = key.seal(id, bound_to).ok_or_else(refused)?;
    if bool::from(subtle::ConstantTimeEq::ct_eq(seal, &expected[..])) { Ok(id) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_caller_and_filter() {
        let key = CursorKey::new([7; 32]);
        let first = Paging::read(&PageQuery { limit: Some(2), cursor: None }, &key, "ann /v1/tasks".into()).unwrap();
        let ids: Vec<Uuid> = (1..=3).map(Uuid::from_u128).collect();
        let page = first.page(ids.clone(), |id| *id);
        assert_eq!(page.data, ids[..2]);
        let again = |cursor: String, bound: &str| {
            Paging::read(&PageQuery { limit: None, cursor: Some(cursor) }, &key, bound.to_owned())
        };
        let cursor = page.next_cursor.unwrap();
        assert_eq!(again(cursor.clone(), "ann /v1/tasks").unwrap().after, Some(ids[1]));
        assert!(again(cursor.clone(), "bob /v1/tasks").is_err());
        assert!(again(cursor[1..].to_owned(), "ann /v1/tasks").is_err());
        assert!(first.page(ids[..2].to_vec(), |id| *id).next_cursor.is_none());
    }

    #[test]
    fn limits_are_bounded() {
        let read = |limit| Paging::read(&PageQuery { limit, cursor: None }, &CursorKey::new([0; 32]), String::new());
        assert_eq!(read(Some(100_000)).unwrap().limit, 200);
        assert_eq!(read(None).unwrap().limit, 50);
        assert!(read(Some(0)).is_err());
    }
}
