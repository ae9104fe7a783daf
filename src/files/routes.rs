//! Files over HTTP, whatever they belong to: what a file looks like, taking one in, and sending one out. The addresses are
//! the rooms' below.

mod open_file;
mod send;
mod take;

pub use open_file::OpenFile;
pub use send::{Asked, send};
pub use take::{Incoming, store, take};

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::Depot;
use crate::http::Problem;
use crate::identity::Identity;
use crate::kernel::{Error, FileId};
use crate::trust::Door;

/// A file, without its bytes.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = File)]
pub struct FileView {
    /// Its id.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    /// What its sender called it, without parameters.
    pub media_type: String,
    /// How long it is.
    pub bytes: i64,
    /// SHA-256 of what is stored, in hexadecimal.
    pub sha256: String,
    /// Of a delivered file: whether what tells of its author was taken out of it. `false` where its format is not one that
    /// can be looked through, or it is larger than 32 MiB. Absent for what the lab supplied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stripped: Option<bool>,
    /// Its ETag, for `If-Match` and `If-Range`: equal bytes of a lab have the same.
    pub etag: String,
    /// When it was first stored.
    pub created_at: DateTime<Utc>,
    /// When it was last replaced.
    pub updated_at: DateTime<Utc>,
}

/// What stands behind every route of files.
#[derive(Clone)]
pub struct Desk {
    /// The door.
    pub door: Door,
    depot: Depot,
    identity: web::Data<Identity>,
}

impl FromRequest for Desk {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let door = request.app_data::<web::Data<Door>>();
        let depot = request.app_data::<web::Data<Depot>>();
        let identity = request.app_data::<web::Data<Identity>>();
        let (Some(door), Some(depot), Some(identity)) = (door, depot, identity) else {
            return ready(Err(Error::internal("a service without a place for files").into()));
        };
        ready(Ok(Self { door: door.get_ref().clone(), depot: depot.get_ref().clone(), identity: identity.clone() }))
    }
}
